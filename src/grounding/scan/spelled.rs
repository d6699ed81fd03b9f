//! Numbers in words: `twelve percent`, `two and a half million`, `fünfundzwanzig Prozent`.
//!
//! Most number words are not figures (`one of`, `two options`). Only those that a unit, a currency or their
//! size turns into a statement are reported.

use std::ops::Range;

use super::near::{DASHES, SPACES, before, word_before};
use super::standing::{hedge, near};
use super::suffix::suffix;
use super::{Number, Reading, Standing, Unit, words};

/// Counts and durations up to this are treated as figures of speech.
const FEW: f64 = 10.0;

/// A lower-case word with its byte range.
pub(super) struct Word {
    pub range: Range<usize>,
    pub lower: String,
}

/// Returns the words of a text in order.
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

/// Whether the second word follows the first after a single space or dash.
pub(super) fn follows(text: &str, first: &Word, second: &Word) -> bool {
    let mut between = text[first.range.end..second.range.start].chars();
    let joins = |c: char| SPACES.contains(&c) || DASHES.contains(&c);
    between.next().is_some_and(joins) && between.next().is_none()
}

/// Whether a word is not attached to a preceding dash, letter or digit.
pub(super) fn is_free(text: &str, word: &Word) -> bool {
    !before(text, word.range.start)
        .is_some_and(|c| c.is_alphanumeric() || DASHES.contains(&c) || "_/.'’".contains(c))
}

/// Returns the numbers among the words of a text. Those that state nothing by themselves get
/// [`Standing::Few`] without words, because they may be the start of a range.
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

/// The state of parsing number words.
#[derive(Debug)]
struct Spelled {
    value: f64,
    /// The part not yet multiplied by a scale word such as `thousand`.
    group: Option<f64>,
    /// The value of one unit in the last word.
    step: f64,
    /// The last scale word; only smaller ones may follow.
    scale: f64,
    /// Whether it begins with `a`: `a million` without a unit is a figure of speech.
    is_loose: bool,
    /// Whether it contains a word such as `hundred` or `million`.
    is_large: bool,
}

impl Spelled {
    /// Reads the longest number at the start of `all`. Also returns how many words it takes.
    fn read(text: &str, all: &[Word]) -> Option<(Self, usize)> {
        let mut words = Words { text, all, at: 0 };
        let mut read = Self::begin(&mut words);
        while let Some(count) = read.take(&words) {
            words.at += count;
        }
        let is_none = read.group == Some(0.5) || read.group.is_none() && !read.is_large;
        read.value += read.group.unwrap_or(0.0);
        (!is_none).then_some((read, words.at))
    }

    /// Handles openings that are not numbers by themselves: `half a million`, `a hundred`.
    fn begin(words: &mut Words<'_>) -> Self {
        let mut read = Self {
            value: 0.0,
            group: None,
            step: 1.0,
            scale: f64::INFINITY,
            is_loose: false,
            is_large: false,
        };
        let first = words.ahead(0).unwrap_or_default();
        let second = words.ahead(1).unwrap_or_default();
        if first == "half" && matches!(second, "a" | "an") {
            (read.group, read.step, words.at) = (Some(0.5), 0.1, 2);
        } else if matches!(first, "a" | "an" | "eine")
            && (second == "hundred" || scale(second).is_some())
        {
            (read.group, read.is_loose, words.at) = (Some(1.0), true, 1);
        }
        read
    }

    /// Consumes the next words if they belong to the number, and returns how many.
    fn take(&mut self, words: &Words<'_>) -> Option<usize> {
        let word = words.ahead(0)?;
        self.take_small(word)
            .or_else(|| self.take_german(word))
            .or_else(|| self.take_scale(word))
            .or_else(|| self.take_half(words))
            .or_else(|| self.take_joint(words))
            .or_else(|| self.take_decimals(words))
    }

    /// `twelve`, or `five` after `twenty` or `two hundred`.
    fn take_small(&mut self, word: &str) -> Option<usize> {
        let n = below_hundred(word)?;
        let fits = match self.group {
            None => true,
            Some(group) if group >= 100.0 => group % 100.0 == 0.0,
            Some(group) => is_tens(group) && (1.0..10.0).contains(&n),
        };
        if fits {
            (self.group, self.step) = (Some(self.group.unwrap_or(0.0) + n), 1.0);
        }
        fits.then_some(1)
    }

    fn take_german(&mut self, word: &str) -> Option<usize> {
        let n = german(word).filter(|_| self.group.is_none())?;
        self.group = Some(n);
        self.step = if word.ends_with("tausend") { 1e3 } else { 1.0 };
        self.is_large |= n >= 100.0;
        // `Tausend Dank` is a figure of speech.
        self.is_loose |= matches!(word, "hundert" | "tausend");
        Some(1)
    }

    /// `hundred`, `thousand`, `million`
    fn take_scale(&mut self, word: &str) -> Option<usize> {
        let group = self.group?;
        if word == "hundred" && (1.0..100.0).contains(&group) {
            self.group = Some(group * 100.0);
        } else {
            let scale = scale(word).filter(|scale| *scale < self.scale)?;
            self.value += group * scale;
            (self.group, self.scale, self.step) = (None, scale, self.step * scale);
        }
        self.is_large = true;
        Some(1)
    }

    /// `and a half`
    fn take_half(&mut self, words: &Words<'_>) -> Option<usize> {
        let group = self.group?;
        let is_half = (0..3).map(|place| words.ahead(place)).eq(["and", "a", "half"].map(Some));
        if is_half {
            (self.group, self.step) = (Some(group + 0.5), 0.5);
        }
        is_half.then_some(3)
    }

    /// `and` before the last part: `two hundred and five`, `treinta y cinco`.
    fn take_joint(&mut self, words: &Words<'_>) -> Option<usize> {
        let small = words.ahead(1).and_then(below_hundred)?;
        let fits = match (words.ahead(0)?, self.group) {
            ("and", Some(group)) => group >= 100.0 && group % 100.0 == 0.0,
            ("and", None) => self.is_large,
            ("y" | "et", Some(group)) => is_tens(group) && small < 10.0,
            _ => false,
        };
        // In `between two thousand and three thousand` the next number begins here.
        let begins = words
            .ahead(2)
            .is_some_and(|word| word == "hundred" || self.group.is_none() && scale(word).is_some());
        (fits && !begins).then_some(1)
    }

    /// `point five`
    fn take_decimals(&mut self, words: &Words<'_>) -> Option<usize> {
        let group = self.group.filter(|_| words.ahead(0) == Some("point"))?;
        let digits = (1..=6).map_while(|place| words.ahead(place).and_then(below_hundred));
        let digits: Vec<f64> = digits.take_while(|digit| *digit < 10.0).collect();
        self.step = 10f64.powi(-(digits.len() as i32));
        self.group = Some(group + digits.iter().fold(0.0, |all, n| all * 10.0 + n) * self.step);
        (!digits.is_empty()).then_some(digits.len() + 1)
    }

    /// Builds the number, taking its suffix and context into account.
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
            Unit::Percent | Unit::Points | Unit::Permille => Standing::Claim,
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
        Some(Number {
            range,
            readings,
            sign: None,
            unit,
            hedge,
            standing,
            starts_range: false,
            is_verb: false,
        })
    }

    /// `in two thousand and twenty-six`
    fn is_year(&self, text: &str, range: &Range<usize>) -> bool {
        (1900.0..=2100.0).contains(&self.value)
            && word_before(text, range.start)
                .is_some_and(|(word, _)| words::IN_A_YEAR.contains(word.as_str()))
    }
}

/// A cursor over the words of a text.
struct Words<'a> {
    text: &'a str,
    all: &'a [Word],
    at: usize,
}

impl<'a> Words<'a> {
    /// Returns the word `places` ahead, if only single spaces or dashes separate it from the current
    /// position.
    fn ahead(&self, places: usize) -> Option<&'a str> {
        let to = self.at + places;
        let word = self.all.get(to)?;
        let from = self.at.saturating_sub(1);
        let joined =
            self.all[from..=to].windows(2).all(|pair| follows(self.text, &pair[0], &pair[1]));
        joined.then_some(word.lower.as_str())
    }
}

/// Matches `thousand` and `Millionen`, but not the short forms, which only follow digits.
fn scale(word: &str) -> Option<f64> {
    words::SCALES.get(word).copied().filter(|_| word.chars().count() > 3)
}

fn is_tens(n: f64) -> bool {
    (20.0..100.0).contains(&n) && n % 10.0 == 0.0
}

fn below_hundred(word: &str) -> Option<f64> {
    words::SPELLED.get(word).copied()
}

/// Parses a German compound: `zwölf`, `fünfundzwanzig`, `dreitausendzweihundert`.
fn german(word: &str) -> Option<f64> {
    let part = |word: &str, empty: f64| match word.strip_prefix("und").unwrap_or(word) {
        "" => Some(empty),
        "ein" => Some(1.0),
        word => german(word),
    };
    for (name, times) in [("tausend", 1e3), ("hundert", 1e2)] {
        // The length limit bounds the recursion; the longest real compounds are shorter.
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
