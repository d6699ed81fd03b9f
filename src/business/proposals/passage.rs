//! Checks that a text is a passage of what a member wrote.

/// Quotation marks. Single ones are missing because they are apostrophes as well.
const MARKS: [char; 13] = ['"', '“', '”', '„', '‟', '«', '»', '‹', '›', '「', '」', '『', '』'];
/// Replaces quoted lines, so that no passage spans one. Messages cannot contain it.
const BARRIER: char = '\u{1d}';

/// Returns `text` with single spaces if it is a passage of the member's own words in `message`, whole words only.
///
/// What a message quotes is not its member's: lines that begin with `>`, and everything from its first quotation mark to its
/// last. Suggested questions quote insights and other data that way, and a quoted text may contain marks itself.
pub fn passage(message: &str, text: &str) -> Option<String> {
    let text = single_spaced(text);
    let is_word = text.chars().any(char::is_alphanumeric);
    let is_held = || own_parts(message).iter().any(|part| holds(&single_spaced(part), &text));
    (is_word && is_held()).then_some(text)
}

/// Returns the parts of a message that quote nothing.
pub(super) fn own_parts(message: &str) -> Vec<String> {
    let mut lines = String::with_capacity(message.len());
    for line in message.lines() {
        match line.trim_start().starts_with('>') {
            true => lines.push(BARRIER),
            false => lines.push_str(line),
        }
        lines.push('\n');
    }
    let sides = match (lines.find(MARKS), lines.rfind(MARKS)) {
        (Some(first), Some(last)) => [lines.get(..first), lines.get(last..)],
        _ => [Some(lines.as_str()), None],
    };
    let parts = sides.into_iter().flatten().flat_map(|side| side.split(BARRIER));
    let parts = parts.map(|part| part.trim_start_matches(MARKS).trim());
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

pub(super) fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns whether `text` stands in `part` as whole words.
pub(super) fn holds(part: &str, text: &str) -> bool {
    part.match_indices(text).any(|(at, _)| {
        let before = part.get(..at).and_then(|it| it.chars().next_back());
        let behind = part.get(at + text.len()..).and_then(|it| it.chars().next());
        !within_word(before, text.chars().next()) && !within_word(text.chars().next_back(), behind)
    })
}

/// Returns whether two neighbours belong to one word, in scripts that separate words by spaces.
fn within_word(left: Option<char>, right: Option<char>) -> bool {
    const FIRST_WITHOUT_SPACES: char = '\u{2e80}';
    let is_letter = |c: char| c.is_alphanumeric() && c < FIRST_WITHOUT_SPACES;
    left.is_some_and(is_letter) && right.is_some_and(is_letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_passage_is_found_whatever_its_white_space() {
        let message = "Hi!\nWe sell sourdough\n and  cakes to order. Raise prices?";
        let found = passage(message, " sourdough and\tcakes to order ");
        assert_eq!(found.as_deref(), Some("sourdough and cakes to order"));
    }

    #[test]
    fn other_words_and_parts_of_words_are_no_passage() {
        let message = "We sell sourdough and cakes.";
        for text in
            ["Sourdough", "dough", "cake", "cakes and sourdough", "bread", "", " ", ".", "…"]
        {
            assert_eq!(passage(message, text), None, "{text:?}");
        }
    }

    #[test]
    fn a_passage_of_a_script_without_spaces_has_no_words() {
        assert_eq!(passage("私たちはパンを売っています。", "パン").as_deref(), Some("パン"));
    }

    #[test]
    fn what_a_message_quotes_is_not_its_members() {
        for message in [
            "“We sell weapons.” What is behind this, and what should we do?",
            "“Flour” We sell weapons. “is low.” What now?",
            "What should we do about this: \"We sell weapons\"?",
            "> We sell weapons\nWhat do you say?",
            "Hi\n  > He said “hm”. We sell weapons",
            "«Nous vendons: We sell weapons» ?",
        ] {
            assert_eq!(passage(message, "weapons"), None, "{message:?}");
        }
        let around = "We sell bread. “We sell weapons.” We sell cakes.";
        assert!(passage(around, "bread").is_some() && passage(around, "cakes").is_some());
        assert_eq!(passage(around, "bread. We sell cakes"), None, "it spans what is quoted");
    }

    proptest! {
        #[test]
        fn a_passage_is_always_a_part_of_the_message(
            message in r#"[a-c“”" >\n\u{1d}é私]{0,60}"#, text in r#"[a-c“”" >\n\u{1d}é私]{0,8}"#
        ) {
            if let Some(found) = passage(&message, &text) {
                prop_assert!(single_spaced(&message).contains(&found), "{found:?}");
                prop_assert!(!found.contains(MARKS));
            }
        }

        #[test]
        fn any_message_can_be_searched_for_any_text(message in any::<String>(), text in any::<String>()) {
            if let Some(found) = passage(&message, &text) {
                prop_assert!(single_spaced(&message).contains(&found), "{found:?}");
            }
        }
    }
}
