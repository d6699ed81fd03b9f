//! Numbers written as words: `twelve percent`, `two and a half million`, `fünfundzwanzig Prozent`.
//!
//! A word for a number is mostly no figure (`one of`, `two options`), so only what its unit, its money or
//! its size makes a statement of is told; the others are kept from the reader.

use std::ops::Range;

use super::near::{DASHES, SPACES, before, word_before};
use super::standing::{hedge, near};
use super::suffix::suffix;
use super::{Number, Reading, Standing, Unit, words};

/// Up to this a number of things or of days is a way of speaking.
const FEW: f64 = 10.0;

/// A word of the text, lower case.
pub(super) struct Word {
    pub range: Range<usize>,
    pub lower: String,
}

/// The words of a text, in their order.
pub(super) fn words_of(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(char::is_alphabetic).map(|next| at + next) {
        let rest = &text[start..];
        let end = start + rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        found.push(Word { range: start..end, lower: text[start..end].to_lowercase() });
        at = end;
    }
    found
}

/// Whether the second of two words goes on where the first one ends: behind one space or one dash.
pub(super) fn follows(text: &str, first: &Word, second: &Word) -> bool {
    let mut between = text[first.range.end..second.range.start].chars();
    let joins = |c: char| SPACES.contains(&c) || DASHES.contains(&c);
    between.next().is_some_and(joins) && between.next().is_none()
}

/// Whether a word stands by itself rather than behind a dash or at a digit.
pub(super) fn is_free(text: &str, word: &Word) -> bool {
    !before(text, word.range.start)
        .is_some_and(|c| c.is_alphanumeric() || DASHES.contains(&c) || "_/.'’".contains(c))
}

/// The numbers among the words of a text. Those that say nothing by themselves stand for
/// [`Standing::Few`] of no word: they may be the beginning of a range.
pub(super) fn numbers(text: &str, all: &[Word]) -> Vec<Number> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let spelled = is_free(text, &all[at]).then(|| Spelled::read(text, &all[at..])).flatten();
        let Some((spelled, count)) = spelled else {
            at += 1;
            continue;
        };
        let range = all[at].range.start..all[at + count - 1].range.end;
        found.extend(spelled.number(text, range));
        at += count;
    }
    found
}

/// What number words come to.
#[derive(Debug, Default)]
struct Spelled {
    value: f64,
    /// What one more in the last word would add.
    step: f64,
    /// Whether it begins with `a`: `a million`, a way of speaking without a unit.
    is_loose: bool,
    /// Whether a word such as `hundred` or `million` is part of it.
    is_large: bool,
}

impl Spelled {
    /// Reads as many words as make one number; also how many those are.
    fn read(text: &str, all: &[Word]) -> Option<(Self, usize)> {
        let mut reading = Words { text, all, at: 0 };
        let mut read = Self { step: 1.0, ..Self::default() };
        // What is counted in hundreds, thousands and so on, once that word comes.
        let mut group: Option<f64> = None;
        if reading.is("half") && reading.next_is(&["a", "an"]) {
            (group, reading.at, read.step) = (Some(0.5), 2, 0.1);
            if !reading.peek().is_some_and(|word| scale(word).is_some()) {
                return None;
            }
        } else if (reading.is("a") || reading.is("an") || reading.is("eine"))
            && reading.second().is_some_and(|word| word == "hundred" || scale(word).is_some())
        {
            (group, reading.at, read.is_loose) = (Some(1.0), 1, true);
        }
        let mut last_scale = f64::INFINITY;
        while let Some(word) = reading.peek() {
            if let Some(n) = below_hundred(word) {
                let fits = match group {
                    None => true,
                    Some(group) if group >= 100.0 => group % 100.0 == 0.0,
                    Some(group) => group >= 20.0 && group % 10.0 == 0.0 && (1.0..10.0).contains(&n),
                };
                if !fits {
                    break;
                }
                (group, read.step) = (Some(group.unwrap_or(0.0) + n), 1.0);
            } else if let Some(n) = german(word).filter(|_| group.is_none()) {
                group = Some(n);
                read.step = if word.ends_with("tausend") { 1e3 } else { 1.0 };
                read.is_large |= n >= 100.0;
                // `Tausend Dank`
                read.is_loose |= matches!(word, "hundert" | "tausend");
            } else if word == "hundred" && group.is_some_and(|n| (1.0..100.0).contains(&n)) {
                (group, read.is_large) = (group.map(|n| n * 100.0), true);
            } else if let Some(scale) = scale(word).filter(|scale| *scale < last_scale)
                && let Some(n) = group.take()
            {
                read.value += n * scale;
                (read.step, read.is_large, last_scale) = (read.step * scale, true, scale);
            } else if matches!(word, "and" | "y" | "et" | "und") {
                if group.is_some() && reading.next_is(&["a"]) && reading.third() == Some("half") {
                    (group, read.step) = (group.map(|n| n + 0.5), 0.5);
                    reading.at += 3;
                    continue;
                }
                let small = reading.second().and_then(below_hundred);
                // `between two thousand and three thousand`: here the next number begins.
                let begins = reading.third().is_some_and(|word| {
                    word == "hundred" || group.is_none() && scale(word).is_some()
                });
                let fits = match (word, group) {
                    ("and", Some(group)) => group >= 100.0 && group % 100.0 == 0.0,
                    ("and", None) => read.is_large,
                    ("y" | "et", Some(group)) => {
                        group >= 20.0 && group % 10.0 == 0.0 && small.is_some_and(|n| n < 10.0)
                    }
                    _ => false,
                };
                if small.is_none() || begins || !fits {
                    break;
                }
            } else if word == "point" && group.is_some() {
                let Some(decimals) = reading.decimals() else { break };
                let (tenths, count) = decimals;
                read.step = 10f64.powi(-count);
                group = group.map(|n| n + tenths * read.step);
                reading.at += count as usize;
            } else {
                break;
            }
            reading.at += 1;
        }
        read.value += group.unwrap_or(0.0);
        (reading.at > 0 && (group.is_some() || read.is_large)).then_some((read, reading.at))
    }

    /// The number with what stands around it.
    fn number(self, text: &str, range: Range<usize>) -> Option<Number> {
        if text[range.end..].starts_with(char::is_numeric) {
            return None;
        }
        let reading = Reading::of_step(self.value, self.step);
        let suffix = suffix(text, range.end, &[reading])?;
        let range = range.start..suffix.end;
        let is_large = self.is_large || suffix.scale > 1.0;
        let value = self.value * suffix.scale;
        let standing = match &suffix.unit {
            _ if suffix.standing == Standing::No => Standing::No,
            Unit::Percent if value == 100.0 => Standing::Few(near(text, &range)),
            Unit::Percent => Standing::Claim,
            Unit::Money(_) if value > 1.0 => Standing::Claim,
            Unit::Time(_) if value > FEW => Standing::Span,
            Unit::Time(_) => Standing::No,
            _ if self.is_year(text, &range) => Standing::No,
            Unit::None if is_large && !self.is_loose => Standing::Claim,
            Unit::None if value > FEW => Standing::Few(near(text, &range)),
            _ => Standing::Few(Vec::new()),
        };
        let hedge = hedge(text, range.start);
        let readings = vec![reading.times(suffix.scale)];
        let unit = suffix.unit;
        Some(Number { range, readings, sign: None, unit, hedge, standing, starts_range: false })
    }

    /// `in two thousand and twenty-six`
    fn is_year(&self, text: &str, range: &Range<usize>) -> bool {
        (1900.0..=2100.0).contains(&self.value)
            && word_before(text, range.start)
                .is_some_and(|(word, _)| words::IN_A_YEAR.contains(word.as_str()))
    }
}

/// Words that follow each other without a break.
struct Words<'a> {
    text: &'a str,
    all: &'a [Word],
    at: usize,
}

impl<'a> Words<'a> {
    /// The word so many places on, if none of those before it ends the number.
    fn ahead(&self, places: usize) -> Option<&'a str> {
        let to = self.at + places;
        let word = self.all.get(to)?;
        let from = self.at.saturating_sub(1);
        let joined =
            self.all[from..=to].windows(2).all(|pair| follows(self.text, &pair[0], &pair[1]));
        joined.then_some(word.lower.as_str())
    }

    fn peek(&self) -> Option<&'a str> {
        self.ahead(0)
    }

    fn second(&self) -> Option<&'a str> {
        self.ahead(1)
    }

    fn third(&self) -> Option<&'a str> {
        self.ahead(2)
    }

    fn is(&self, word: &str) -> bool {
        self.peek() == Some(word)
    }

    fn next_is(&self, words: &[&str]) -> bool {
        self.second().is_some_and(|second| words.contains(&second))
    }

    /// The digits said behind `point`, as one whole number, and how many there are.
    fn decimals(&self) -> Option<(f64, i32)> {
        let digits = (1..=6).map_while(|place| self.ahead(place).and_then(below_hundred));
        let (mut all, mut count) = (0.0, 0);
        for digit in digits.take_while(|n| *n < 10.0) {
            (all, count) = (all * 10.0 + digit, count + 1);
        }
        (count > 0).then_some((all, count))
    }
}

/// `thousand`, `Millionen`: not the short forms, which stand behind digits.
fn scale(word: &str) -> Option<f64> {
    words::SCALES.get(word).copied().filter(|_| word.chars().count() > 3)
}

fn below_hundred(word: &str) -> Option<f64> {
    words::SPELLED.get(word).copied()
}

/// What German writes as one word: `zwölf`, `fünfundzwanzig`, `dreitausendzweihundert`.
fn german(word: &str) -> Option<f64> {
    let part = |word: &str, empty: f64| match word.strip_prefix("und").unwrap_or(word) {
        "" => Some(empty),
        "ein" => Some(1.0),
        word => german(word),
    };
    for (name, times) in [("tausend", 1e3), ("hundert", 1e2)] {
        // The longest words are shorter: `neunhundertneunundneunzigtausend…`
        if let Some((left, right)) = word.split_once(name).filter(|_| word.len() < 80) {
            return Some(part(left, 1.0)? * times + part(right, 0.0)?);
        }
    }
    if let Some((ones, tens)) = word.split_once("und") {
        let ones = if ones == "ein" { 1.0 } else { *words::SPELLED_GERMAN.get(ones)? };
        let tens = *words::SPELLED_GERMAN.get(tens)?;
        return (ones < 10.0 && tens >= 20.0).then_some(ones + tens);
    }
    words::SPELLED_GERMAN.get(word).copied()
}
