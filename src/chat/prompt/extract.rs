//! Extracts replace earlier messages if no model has summarised them. They contain the beginnings
//! of the last questions and replies. Pure and deterministic.

use super::branch::Exchange;
use crate::facts::text::one_line;
use crate::platform::tokens;

/// Maximum characters of a question and of a reply.
const QUESTION_CHARS: usize = 140;
const ANSWER_CHARS: usize = 220;
/// Maximum lines of an extract.
const MOST_LINES: usize = 24;

/// Returns an extract of at most `most` tokens: the lines of `before` and one line for each
/// exchange. If they do not all fit, keeps the last ones. `None` if not even one line fits.
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

/// Truncates a text to its beginning, at the end of a word.
fn short(text: &str, most: usize) -> String {
    let line = one_line(text);
    if line.chars().count() <= most {
        return line;
    }
    let cut: String = line.chars().take(most).collect();
    let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{cut}…")
}
