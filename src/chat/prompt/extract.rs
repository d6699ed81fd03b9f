//! What stands in for earlier messages where no model has summarised them: the beginnings of the last questions and
//! answers. Pure, and the same for the same messages.

use super::branch::Exchange;
use crate::facts::text::one_line;
use crate::platform::tokens;

/// The most characters of a question and of an answer.
const QUESTION_CHARS: usize = 140;
const ANSWER_CHARS: usize = 220;
/// The most lines of it.
const MOST_LINES: usize = 24;

/// An extract of at most `most` tokens: the text before, and a line for each exchange; of too many, the last
/// ones. None where not one line fits.
pub(super) fn text(before: Option<&str>, exchanges: &[Exchange], most: usize) -> Option<String> {
    let mut lines: Vec<String> = before.unwrap_or_default().lines().map(str::to_owned).collect();
    lines.extend(exchanges.iter().map(line));
    let mut left = most;
    let mut kept: Vec<String> = Vec::new();
    for line in lines.into_iter().rev().take(MOST_LINES) {
        let size = tokens::count_once(&line) as usize + 1;
        if size > left {
            break;
        }
        left -= size;
        kept.push(line);
    }
    kept.reverse();
    (!kept.is_empty()).then(|| kept.join("\n"))
}

fn line(exchange: &Exchange) -> String {
    let Exchange { question, answer, .. } = exchange;
    format!(
        "- Asked: {} Answered: {}",
        short(question, QUESTION_CHARS),
        short(answer, ANSWER_CHARS)
    )
}

/// The beginning of a text, up to the end of a word.
fn short(text: &str, most: usize) -> String {
    let line = one_line(text);
    if line.chars().count() <= most {
        return line;
    }
    let cut: String = line.chars().take(most).collect();
    let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{cut}…")
}
