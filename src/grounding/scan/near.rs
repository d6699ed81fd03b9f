//! Helpers for the words and characters around a position in a text.

use super::super::words;

/// Spaces that occur within and around numbers.
pub(super) const SPACES: [char; 4] = [' ', '\u{a0}', '\u{202f}', '\u{2009}'];

pub(super) const DASHES: [char; 4] = ['-', '–', '—', '‑'];

pub(super) fn is_gap(c: char) -> bool {
    SPACES.contains(&c) || c == '\n'
}

pub(super) fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

/// Whether `c` belongs to a script that writes without spaces, so that digits may follow it directly.
pub(super) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}')
}

pub(super) fn letters_at(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    &rest[..rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len())]
}

/// Returns the lower-case word before `at` in the same clause, and its start.
pub(super) fn word_before(text: &str, at: usize) -> Option<(String, usize)> {
    let skipped = |c: char| is_gap(c) || "([\"“„*'’:~≈#-–.€$£".contains(c);
    let rest = text[..at].trim_end_matches(is_gap);
    let rest = match rest.ends_with('.') {
        // A full stop ends the sentence unless it belongs to an abbreviation: `No. 3`, `ca. 12 %`.
        true => {
            let word = rest.trim_end_matches('.');
            let letters = word.len() - word.trim_end_matches(char::is_alphabetic).len();
            let last = word[word.len() - letters..].to_lowercase();
            let shortened = [&words::WHICH, &words::MONTHS, &words::ABOUT];
            if letters > 6 || !shortened.iter().any(|words| words.contains(last.as_str())) {
                return None;
            }
            word
        }
        false => rest.trim_end_matches(skipped),
    };
    let start = rest.rfind(|c: char| !c.is_alphanumeric() && !"'’".contains(c));
    let start = start.map_or(0, |at| at + rest[at..].chars().next().map_or(1, char::len_utf8));
    let word = &rest[start..];
    (!word.is_empty()).then(|| (word.to_lowercase(), start))
}

/// Returns the lower-case word after `at` in the same clause, and its end.
pub(super) fn word_after(text: &str, at: usize) -> Option<(String, usize)> {
    let rest = text[at..].trim_start_matches(|c: char| is_gap(c) || "*'’\"”)".contains(c));
    let start = text.len() - rest.len();
    let end =
        rest.find(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’').unwrap_or(rest.len());
    (end > 0).then(|| (rest[..end].to_lowercase(), start + end))
}
