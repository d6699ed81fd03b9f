//! Derives a conversation's title from its first message.

use super::plain::{one_line, plain_line};

/// Maximum length of a derived title in characters.
const MAX_CHARS: usize = 60;
/// A sentence shorter than this is more likely an abbreviation.
const MIN_SENTENCE_CHARS: usize = 12;

/// Returns the first sentence of a question in one line of at most 60 characters, without markup and greeting. Truncates
/// between words where possible. Never empty.
pub fn plain_title(question: &str) -> String {
    let is_some = |line: &String| line.chars().any(is_visible);
    let plain = question.lines().map(plain_line).filter(is_some);
    let telling = plain.map(|line| without_greeting(&line)).find(is_some);
    // A greeting, or signs that are all markup, are better than nothing.
    let any = || question.lines().map(one_line).find(is_some);
    telling
        .or_else(any)
        .map_or_else(|| "New conversation".to_owned(), |line| cut(first_sentence(&line)))
}

/// Words that greet. Of several that fit the longest is first.
const GREETINGS: [&str; 20] = [
    "good morning",
    "good afternoon",
    "good evening",
    "good day",
    "hi there",
    "hello there",
    "hey there",
    "hi all",
    "hello",
    "hey",
    "hi",
    "guten morgen",
    "guten tag",
    "guten abend",
    "hallo",
    "bonjour",
    "salut",
    "hola",
    "buongiorno",
    "ciao",
];
/// Words that greet only before a name and a comma.
const SALUTATIONS: [&str; 3] = ["dear", "liebe", "lieber"];
/// Maximum number of words of whom a greeting addresses.
const MOST_ADDRESSED: usize = 2;

/// Removes a greeting and a leading "please". A greeting ends at its punctuation; without any it is only its own words.
fn without_greeting(line: &str) -> String {
    let salutation = || SALUTATIONS.iter().find_map(|word| after_address(after_word(line, word)?));
    let greeting = || {
        let rest = GREETINGS.iter().find_map(|word| after_word(line, word))?;
        Some(after_address(rest).unwrap_or(rest))
    };
    let rest = salutation().or_else(greeting).map_or(line, after_signs);
    let rest = after_word(rest, "please").map_or(rest, after_signs);
    match rest.len() == line.len() {
        true => line.to_owned(),
        false => capitalised(rest),
    }
}

/// Removes punctuation and emoji at the start.
fn after_signs(rest: &str) -> &str {
    let begins = |c: char| c.is_alphanumeric() || "¿¡$€£#\"“(+-−".contains(c);
    rest.trim_start_matches(|c: char| !begins(c))
}

/// Returns what follows `word` at the start of a line, whatever its case.
fn after_word<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let (start, rest) = line.split_at_checked(word.len())?;
    let ends =
        rest.chars().next().is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '\'' | '’' | '-'));
    (start.eq_ignore_ascii_case(word) && ends).then_some(rest)
}

/// Returns what follows the punctuation after a name. So little that it says nothing, as in "Raise prices, or not?", shows
/// that there was no name.
fn after_address(rest: &str) -> Option<&str> {
    let end = rest.find([',', '!', '.', ':', '–', '—', '?', '，', '！'])?;
    let (address, after) = (rest.get(..end)?, rest.get(end..)?);
    let punctuation = after.chars().next().filter(|c| *c != '?')?;
    let is_short = address.split_whitespace().count() <= MOST_ADDRESSED;
    let rest = after.get(punctuation.len_utf8()..)?;
    let length = rest.trim().chars().count();
    (is_short && (length == 0 || length >= MIN_SENTENCE_CHARS)).then_some(rest)
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
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
    use super::super::is_unwelcome;
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
    fn markup_is_no_part_of_a_title() {
        for (question, title) in [
            ("# **Plan** for `2027`", "Plan for 2027"),
            ("> 1. Raise *our* [prices](https://x.example)", "Raise our prices"),
            ("```\nfn main() {}\n```", "fn main() {}"),
            ("***", "***"),
        ] {
            assert_eq!(plain_title(question), title, "{question:?}");
        }
    }

    #[test]
    fn a_greeting_is_no_part_of_a_title() {
        for (question, title) in [
            ("Hi, how do we grow?", "How do we grow?"),
            ("Hello CFO! Can we afford a shop?", "Can we afford a shop?"),
            ("Good morning dear CEO,\n\nwhat is first?", "what is first?"),
            ("hey there what should I do", "What should I do"),
            ("Dear Mr Smith, please draft a letter", "Draft a letter"),
            ("Guten Tag, wie wachsen wir?", "Wie wachsen wir?"),
            ("Please compare the two offers", "Compare the two offers"),
            ("Hi", "Hi"),
            ("Hello!", "Hello!"),
            ("Hi raise prices, or not?", "Raise prices, or not?"),
            ("🚀 Launch plan", "🚀 Launch plan"),
            ("High rent: what now?", "High rent: what now?"),
            ("Hi-fi sales are down", "Hi-fi sales are down"),
            ("Dear customers cost too much", "Dear customers cost too much"),
            ("Hey, is 5 % fine? Or 6?", "Is 5 % fine?"),
        ] {
            assert_eq!(plain_title(question), title, "{question:?}");
        }
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
