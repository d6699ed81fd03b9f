//! The numbers in a line of text, with what stands around them and says what they are.

mod extent;
mod fractions;
mod near;
mod prefix;
mod ranges;
mod spelled;
mod standing;
mod suffix;

use std::ops::Range;

use super::words;
use crate::analytics::numbers::{self, Mark};
use extent::{composite_end, digits_end, is_attached, name_end};
use near::{before, last_token, word_after, word_before};
use prefix::prefix;
use standing::{hedge, near, standing_of};
use suffix::suffix;

/// A number as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number {
    /// From its sign to its unit, in bytes.
    pub range: Range<usize>,
    /// What its digits can mean, without the sign: `1,234` can mean two numbers.
    pub readings: Vec<Reading>,
    /// As it is written before the digits.
    pub sign: Option<Sign>,
    pub unit: Unit,
    pub hedge: Option<Hedge>,
    pub standing: Standing,
    /// Whether it is the first of two such as `10–12 %`.
    pub starts_range: bool,
}

/// A value, and how finely it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reading {
    pub value: f64,
    /// What one more in the last digit would add.
    pub step: f64,
    /// The same of the last digit that is not 0.
    pub round: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
}

/// What a number counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Nothing that is known here: `12`, `12 customers`.
    None,
    Percent,
    /// By its code; `$` for every dollar.
    Money(String),
    /// By its stem, such as `day`.
    Time(&'static str),
    /// Any other that a fact has.
    Other,
}

/// A word that says that a number is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hedge {
    About,
    /// The true number is above.
    Above,
    /// The true number is below.
    Below,
}

/// Whether a number says how much there is of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Claim,
    /// Only where something is known that counts in this unit: `30 days` is mostly a span.
    Span,
    /// Only where one of these words near it names what is counted: `3 options`, `3 orders`.
    Few(Vec<String>),
    /// A date, a place in a row, a name.
    No,
}

/// All numbers of a text, in their order. Its digits are ASCII's.
pub(super) fn numbers(text: &str) -> Vec<Number> {
    let mut found = digits(text);
    let words = spelled::words_of(text);
    for told in [fractions::numbers(text, &words), spelled::numbers(text, &words)] {
        let apart = |number: &Number| {
            let (start, end) = (number.range.start, number.range.end);
            let at = found.partition_point(|other| other.range.end <= start);
            found.get(at).is_none_or(|other| end <= other.range.start)
        };
        let told: Vec<Number> = told.into_iter().filter(apart).collect();
        found.extend(told);
        found.sort_by_key(|number| number.range.start);
    }
    ranges::join_ranges(text, &mut found);
    let says_nothing =
        |number: &Number| matches!(&number.standing, Standing::Few(near) if near.is_empty());
    let is_spelled =
        |number: &Number| !text[number.range.clone()].contains(|c: char| c.is_ascii_digit());
    found.retain(|number| {
        !is_spelled(number) || number.standing != Standing::No && !says_nothing(number)
    });
    found
}

/// All that is written in digits.
fn digits(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(digit) = text[at..].find(|c: char| c.is_ascii_digit()).map(|next| at + next) {
        let before = found.last().map_or(0, |number: &Number| number.range.end);
        let (number, end) = read(text, digit, before);
        found.extend(number);
        at = end.max(digit + 1);
    }
    found
}

/// Reads the number whose first digit stands at `digit`; none where the digits are no number by
/// themselves. `floor`: where the number before ends. Also where to go on.
fn read(text: &str, digit: usize, floor: usize) -> (Option<Number>, usize) {
    let token_end = text[digit..].find(char::is_whitespace).map_or(text.len(), |n| digit + n);
    let token_start = text[..digit].len() - last_token(&text[..digit]).len();
    let token = &text[token_start..token_end];
    if token.contains("://") || token.contains("www.") || token.contains('@') {
        return (None, token_end);
    }
    if is_attached(text, digit) {
        return (None, name_end(text, digit));
    }
    let start = match before(text, digit) {
        Some('.') if !before(text, digit - 1).is_some_and(|c| c.is_alphanumeric()) => digit - 1,
        _ => digit,
    };
    let end = digits_end(text, digit);
    if let Some(end) = composite_end(text, digit, end) {
        return (None, end);
    }
    let raw = &text[start..end];
    let Some(readings) = readings(raw) else { return (None, name_end(text, end)) };
    let suffix = suffix(text, end, &readings);
    let Some(suffix) = suffix else { return (None, name_end(text, end)) };
    let prefix = prefix(text, start, floor);
    let unit = match (prefix.money, suffix.unit) {
        (Some(code), Unit::None) => Unit::Money(code),
        (_, unit) => unit,
    };
    let readings: Vec<Reading> = readings.into_iter().map(|r| r.times(suffix.scale)).collect();
    let range = prefix.start..suffix.end;
    let mut standing = suffix.standing;
    if prefix.names {
        standing = Standing::No;
    }
    if standing == Standing::Claim && unit == Unit::None && suffix.scale == 1.0 {
        standing = standing_of(text, &range, raw, &readings);
    }
    if standing == Standing::Claim && unit == Unit::Percent && raw == "100" {
        // As sure as can be: a way of speaking.
        standing = Standing::Few(near(text, &range));
    }
    let hedge = prefix.hedge.or_else(|| hedge(text, prefix.start));
    let end = range.end;
    let number =
        Number { range, readings, sign: prefix.sign, unit, hedge, standing, starts_range: false };
    (Some(number), end)
}

fn readings(raw: &str) -> Option<Vec<Reading>> {
    let read = numbers::read(raw).ok()??;
    let decimals = |mark: Mark| {
        raw.rsplit_once(mark.as_char()).map_or(0, |(_, behind)| behind.len()).min(15) as i32
    };
    let whole = |value| Reading::new(value, 0);
    Some(match read {
        numbers::Reading::Plain(value) => vec![whole(value)],
        // More than one of the same mark stand between thousands.
        numbers::Reading::With(mark, value) if raw.matches(mark.as_char()).count() == 1 => {
            vec![Reading::new(value, decimals(mark))]
        }
        numbers::Reading::With(_, value) => vec![whole(value)],
        numbers::Reading::Either { mark, grouped, decimal } => {
            vec![whole(grouped), Reading::new(decimal, decimals(mark))]
        }
    })
}

impl Reading {
    fn new(value: f64, decimals: i32) -> Self {
        Self::of_step(value, 10f64.powi(-decimals))
    }

    /// What is told in steps of this size.
    fn of_step(value: f64, step: f64) -> Self {
        let mut round = step;
        // Far beyond what is ever counted, and an end for the loop.
        while value != 0.0 && round < 1e15 && is_whole(value / (round * 10.0)) {
            round *= 10.0;
        }
        Self { value, step, round }
    }

    pub fn times(self, scale: f64) -> Self {
        Self { value: self.value * scale, step: self.step * scale, round: self.round * scale }
    }
}

fn is_whole(n: f64) -> bool {
    (n - n.round()).abs() < 1e-9
}

/// In which direction the words around a number say that something went: `fell by 12 %`, `a 12 % rise`.
pub(super) fn trend(text: &str, number: &Number) -> Option<Sign> {
    let direction = |word: &str| match word {
        word if words::DOWN.contains(word) => Some(Sign::Minus),
        word if words::UP.contains(word) => Some(Sign::Plus),
        _ => None,
    };
    if let Some(arrow) = text[number.range.clone()].chars().find_map(arrow) {
        return Some(arrow);
    }
    let mut at = number.range.start;
    for _ in 0..5 {
        let Some((word, start)) = word_before(text, at) else { break };
        if !words::FILLERS.contains(word.as_str()) {
            if let Some(sign) = direction(&word) {
                return Some(sign);
            }
            break;
        }
        at = start;
    }
    let mut at = number.range.end;
    for _ in 0..2 {
        let (word, end) = word_after(text, at)?;
        if let Some(sign) = direction(&word) {
            return Some(sign);
        }
        at = end;
    }
    None
}

/// Whether a number of days, weeks and the like is a time to plan for or to look back over.
pub(super) fn is_span(text: &str, number: &Number) -> bool {
    word_before(text, number.range.start)
        .is_some_and(|(word, _)| words::SPANS.contains(word.as_str()))
}

fn arrow(c: char) -> Option<Sign> {
    match c {
        '▲' | '△' | '▴' | '↑' | '↗' => Some(Sign::Plus),
        '▼' | '▽' | '▾' | '↓' | '↘' => Some(Sign::Minus),
        _ => None,
    }
}
