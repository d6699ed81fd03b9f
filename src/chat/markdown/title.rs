//! Derives a conversation's title from its first message.

use super::is_unwelcome;

/// Maximum length of a derived title in characters.
const MAX_CHARS: usize = 60;
/// A sentence shorter than this is more likely an abbreviation.
const MIN_SENTENCE_CHARS: usize = 12;

/// Returns the first sentence of a question in one line of at most 60 characters. Truncates between
/// words where possible. Never empty.
pub fn plain_title(question: &str) -> String {
    question
        .lines()
        .map(one_line)
        .find(|line| line.chars().any(is_visible))
        .map_or_else(|| "New conversation".to_owned(), |line| cut(first_sentence(&line)))
}

/// Normalises white space and removes invisible characters, except those within emoji.
fn one_line(line: &str) -> String {
    let words: Vec<String> = line
        .split_whitespace()
        .map(|word| word.chars().filter(|&c| !is_unwelcome(c) && !is_filler(c)).collect())
        .filter(|word: &String| !word.is_empty())
        .collect();
    words.join(" ")
}

/// Invisible characters: zero-width space, byte order mark, soft hyphen.
fn is_filler(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{feff}' | '\u{ad}' | '\u{2060}')
}

fn is_visible(c: char) -> bool {
    !c.is_whitespace()
        && !joins_what_precedes(c)
        && !matches!(c, '\u{200c}' | '\u{200e}' | '\u{200f}')
}

fn first_sentence(line: &str) -> &str {
    let mut ends = line.char_indices().enumerate().filter_map(|(count, (at, c))| {
        let end = at + c.len_utf8();
        let is_end = match c {
            '.' | '?' | '!' => line[end..].starts_with(' ') && count + 1 >= MIN_SENTENCE_CHARS,
            '。' | '？' | '！' => true,
            _ => false,
        };
        is_end.then_some(end)
    });
    ends.next().map_or(line, |end| &line[..end])
}

fn cut(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    if chars.len() <= MAX_CHARS {
        return line.to_owned();
    }
    let most = MAX_CHARS - 1;
    // Truncate within a word if omitting it would remove more than half of the title.
    let space = (most / 2..=most).rev().find(|&at| chars[at] == ' ');
    let whole = (1..=most).rev().find(|&at| !splits_symbol(&chars, at));
    let end = space.or(whole).unwrap_or(most);
    let mut title: String = chars[..end].iter().collect();
    title.truncate(title.trim_end_matches([' ', ',', ';', ':', '–', '-']).len());
    title.push('…');
    title
}

/// Returns whether a cut before `at` would split a grapheme.
fn splits_symbol(chars: &[char], at: usize) -> bool {
    let flags = chars[..at].iter().rev().take_while(|&&c| is_flag_letter(c)).count();
    joins_what_precedes(chars[at])
        || chars[at - 1] == '\u{200d}'
        || (is_flag_letter(chars[at]) && flags % 2 == 1)
}

fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Combining marks, variation selectors, skin tones, tags and the joiner itself.
fn joins_what_precedes(c: char) -> bool {
    matches!(c,
        '\u{200d}' | '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' | '\u{20d0}'..='\u{20ff}'
        | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_short_question_is_its_own_title() {
        assert_eq!(plain_title("  How do we\t grow?  "), "How do we grow?");
    }

    #[test]
    fn the_first_sentence_of_the_first_line_is_enough() {
        assert_eq!(
            plain_title("\n\nWhat should I do first? We sell bread."),
            "What should I do first?"
        );
        assert_eq!(plain_title("Plan the year\nand the next"), "Plan the year");
        assert_eq!(plain_title("St. John wants bread"), "St. John wants bread");
    }

    #[test]
    fn a_long_title_is_cut_between_words() {
        let title = plain_title(&"seven words of bread and butter, ".repeat(5));
        assert_eq!(title, "seven words of bread and butter, seven words of bread and…");
    }

    #[test]
    fn an_endless_word_is_truncated() {
        assert_eq!(plain_title(&"x".repeat(4_000)), format!("{}…", "x".repeat(59)));
    }

    #[test]
    fn invisible_characters_make_no_title() {
        for blank in
            ["", " \n ", "\0\u{7}", "\u{202e}\u{2066}", "\u{200b}\u{feff}", "\u{200d}\u{fe0f}"]
        {
            assert_eq!(plain_title(blank), "New conversation", "{blank:?}");
        }
        assert_eq!(plain_title("a\u{202e}b\0c"), "abc");
    }

    #[test]
    fn no_emoji_is_split() {
        let family = "👨‍👩‍👧‍👦";
        let title = plain_title(&family.repeat(20));
        let inner = title.trim_end_matches('…');
        assert!(inner.chars().count().is_multiple_of(family.chars().count()), "{title}");
        let flags = plain_title(&"🇩🇪".repeat(40));
        assert_eq!(flags.chars().count(), 59, "29 flags of two letters and the dots");
    }

    proptest! {
        #[test]
        fn a_title_is_one_short_line_whatever_was_typed(question in "(?s).{0,200}") {
            let title = plain_title(&question);
            prop_assert!((1..=MAX_CHARS).contains(&title.chars().count()));
            prop_assert!(!title.contains(is_unwelcome) && !title.contains('\n'));
            prop_assert_eq!(title.trim(), &title);
        }
    }
}
