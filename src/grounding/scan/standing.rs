//! Decides whether a number without a unit states an amount.

use std::ops::Range;

use super::extent::{is_name, year};
use super::near::{before, letters_at, word_after, word_before};
use super::words::{self, Words};
use super::{Hedge, Reading, Standing};

/// Whole numbers up to this are treated as figures of speech.
const FEW: f64 = 10.0;

pub(super) fn standing_of(
    text: &str,
    range: &Range<usize>,
    raw: &str,
    readings: &[Reading],
) -> Standing {
    let whole = raw.bytes().all(|b| b.is_ascii_digit());
    let value = readings.first().map_or(0.0, |r| r.value);
    let (before_it, from) = word_before(text, range.start).unzip();
    // Behind a colon a number is what the words before it name.
    let is_label = from.is_some_and(|from| text[from..range.start].contains([':', '：']));
    let before_it = before_it.filter(|_| !is_label);
    let is_span = from.is_some_and(|from| is_recent(text, from));
    let word_is = |words: &Words| before_it.as_deref().is_some_and(|word| words.contains(word));
    let plain = whole || raw.bytes().all(|b| b.is_ascii_digit() || b == b'.') && value < 1_000.0;
    if is_name(raw)
        || plain && word_is(&words::WHICH) && !is_span
        || text[..range.start].trim_end().ends_with('§')
        || whole && value <= 31.0 && (word_is(&words::MONTHS) || is_german_date(text, range.end))
        || whole && value < 100.0 && is_list_number(text, range)
        || is_clock_or_date(text, range, raw, before_it.as_deref())
        || whole && is_in_address(text, range, raw)
        || plain && is_in_name(text, range, before_it.as_deref())
    {
        return Standing::No;
    }
    if whole && year(raw) {
        let dated = before_it.is_none() || word_is(&words::IN_A_YEAR) || word_is(&words::MONTHS);
        let counted = word_after(text, range.end).map(|(word, _)| word).filter(|_| !dated);
        return Standing::Few(counted.into_iter().collect());
    }
    if whole && value <= FEW {
        return Standing::Few(near(text, range));
    }
    Standing::Claim
}

/// Whether the word at `at` is a span that has passed: `in the last week 287 came`, `in 7 days 287 came`.
fn is_recent(text: &str, at: usize) -> bool {
    word_before(text, at).is_some_and(|(word, _)| {
        words::RECENT.contains(word.as_str()) || word.bytes().all(|b| b.is_ascii_digit())
    })
}

/// `12 Baker Street`, `Hauptstraße 12`, `10115 Berlin`
fn is_in_address(text: &str, range: &Range<usize>, raw: &str) -> bool {
    let is_street = |word: &str| words::STREETS.iter().any(|end| word.ends_with(end));
    let before_it = word_before(text, range.start);
    if before_it.is_some_and(|(word, _)| word.len() > 4 && is_street(&word)) {
        return raw.len() <= 4;
    }
    let name = letters_at(text, range.end + usize::from(text[range.end..].starts_with(' ')));
    let is_name = name.chars().next().is_some_and(char::is_uppercase) && name.len() > 2;
    let next = || word_after(text, range.end).and_then(|(_, end)| word_after(text, end));
    is_name
        && raw.len() <= 4
        && next().is_some_and(|(word, _)| words::STREETS.contains(&word.as_str()))
        || is_name
            && raw.len() == 5
            && word_before(text, range.start)
                .is_some_and(|(word, _)| words::PLACES.contains(word.as_str()))
}

/// `Windows 11`, `Python 3.12`: a name within a sentence.
fn is_in_name(text: &str, range: &Range<usize>, before_it: Option<&str>) -> bool {
    let Some(word) = before_it else { return false };
    before(text, range.start) == Some(' ') && words::PRODUCTS.contains(word)
}

/// `31. Oktober`, `3. Quartal`
fn is_german_date(text: &str, end: usize) -> bool {
    let Some(rest) = text[end..].strip_prefix(". ") else { return false };
    let word = letters_at(rest, 0).to_lowercase();
    words::MONTHS.contains(word.as_str())
        || ["quartal", "quartals", "platz"].contains(&word.as_str())
}

/// `1. ` or `2) ` at the start of a line, `(3)` within one.
fn is_list_number(text: &str, range: &Range<usize>) -> bool {
    let (before_it, behind) = (&text[..range.start], &text[range.end..]);
    let line = before_it.trim_end_matches([' ', '\t', '(', '*', '•', '-']);
    let starts = line.is_empty() || line.ends_with('\n');
    let marked = behind.starts_with(['.', ')', ':']) && behind[1..].trim_start() != "";
    starts && marked || before_it.ends_with('(') && behind.starts_with(')')
}

/// `31.10.` and `9.30 Uhr` look like decimals but are not.
fn is_clock_or_date(text: &str, range: &Range<usize>, raw: &str, before_it: Option<&str>) -> bool {
    let Some((first, second)) = raw.split_once('.') else { return false };
    let two = |part: &str| (1..=2).contains(&part.len());
    let dated = before_it.is_some_and(|word| {
        ["am", "vom", "bis", "zum", "ab", "den", "seit", "dem"].contains(&word)
    });
    let next = word_after(text, range.end).map(|(word, _)| word);
    let timed = next.is_some_and(|word| words::CLOCK.contains(word.as_str()));
    two(first) && two(second) && (timed || dated && text[range.end..].starts_with('.'))
}

/// Returns the words that may name what a number counts.
pub(super) fn near(text: &str, range: &Range<usize>) -> Vec<String> {
    let mut near = Vec::new();
    let (mut start, mut end) = (range.start, range.end);
    for _ in 0..2 {
        let Some((word, behind)) = word_after(text, end) else { break };
        near.push(word);
        end = behind;
    }
    for _ in 0..3 {
        let Some((word, before)) = word_before(text, start) else { break };
        near.push(word);
        start = before;
    }
    near
}

pub(super) fn hedge(text: &str, start: usize) -> Option<Hedge> {
    let (first, at) = word_before(text, start)?;
    let (word, _) = match words::THAN.contains(first.as_str()) {
        true => word_before(text, at)?,
        false => (first, at),
    };
    // `al menos`, `au moins` and `au plus` turn the word around.
    let is_turned = || {
        word_before(text, at)
            .is_some_and(|(before, _)| ["al", "au", "lo"].contains(&before.as_str()))
    };
    if ["menos", "moins", "meno"].contains(&word.as_str()) && is_turned() {
        Some(Hedge::Above)
    } else if word == "plus" && is_turned() || words::BELOW.contains(word.as_str()) {
        Some(Hedge::Below)
    } else if words::ABOVE.contains(word.as_str()) {
        Some(Hedge::Above)
    } else {
        words::ABOUT.contains(word.as_str()).then_some(Hedge::About)
    }
}
