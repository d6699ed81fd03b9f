//! Composes a summary of a conversation if the request asks for one.

use std::fmt::Write;

use super::directives::Directives;

/// Instructions that start with this phrase ask for a summary.
const ASKED_BY: &str = "You keep the memory of a conversation";
/// First line of every summary.
const SIMULATED: &str = "Simulated summary: no model was asked.";
/// Maximum number of characters quoted per question.
const QUOTED_CHARS: usize = 100;
/// Maximum number of questions mentioned.
const MOST_QUESTIONS: usize = 12;

/// Returns whether the instructions ask for a summary.
pub(super) fn is_asked(instructions: &str) -> bool {
    instructions.starts_with(ASKED_BY)
}

/// Returns the directives of a summary request. Directives in the summarised messages do not apply, except
/// `#summary=fails`.
pub(super) fn directives(request: &str) -> Directives {
    let summary_fails = Directives::parse(request).summary_fails;
    Directives { summary_fails, question: request.to_owned(), ..Directives::default() }
}

/// Lists in order what the owner asked.
pub(super) fn compose(request: &str) -> String {
    let mut text = format!("{SIMULATED}\n");
    let parts: Vec<(&str, &str)> =
        request.split("\n\n").filter_map(|it| it.split_once(":\n")).collect();
    let said = |who: &'static str| {
        parts.iter().filter(move |(name, _)| *name == who).map(|(_, lines)| plain(lines))
    };
    for before in said("Summary so far") {
        let _ = writeln!(text, "{}", before.trim_start_matches(SIMULATED).trim());
    }
    let asked: Vec<String> = said("Owner").collect();
    for question in asked.iter().skip(asked.len().saturating_sub(MOST_QUESTIONS)) {
        let question: String = question.chars().take(QUOTED_CHARS).collect();
        let _ = writeln!(text, "The owner asked: {question}");
    }
    let _ = writeln!(text, "The adviser answered each with the records at hand.");
    text
}

/// Joins quoted lines into one, without directives.
fn plain(lines: &str) -> String {
    let words = lines.lines().flat_map(|line| line.trim_start_matches('>').split_whitespace());
    let words = words.filter(|word| !(word.starts_with('#') && word.contains('=')));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_tells_what_was_asked_in_order() {
        let request = "Conversation 1a begins.\n\nSummary so far:\n> Simulated summary: no model was asked.\n> They bake.\n\n\
                       Owner:\n> Raise\n> prices? #fault=http-503\n\nAdviser:\n> Yes.\n\nConversation 1a ends.\n\nWrite the summary.";
        let directives = directives(request);
        assert_eq!(directives.faults, []);
        let text = compose(&directives.question);
        assert!(
            text.starts_with(
                "Simulated summary: no model was asked.\nThey bake.\nThe owner asked: Raise prices?"
            ),
            "{text}"
        );
        assert!(super::directives("Owner:\n> Why? #summary=fails\n").summary_fails);
    }
}
