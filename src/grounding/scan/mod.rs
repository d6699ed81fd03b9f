//! Finds the numbers in a line of text and classifies them by their context.

mod cjk;
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
use near::{before, is_cjk, word_before};
use prefix::prefix;
use standing::{hedge, near, standing_of};
use suffix::suffix;

/// A number as written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number {
    /// From its sign to its unit, in bytes.
    pub range: Range<usize>,
    /// Possible values of the digits, without the sign. `1,234` is ambiguous and has two.
    pub readings: Vec<Reading>,
    /// The sign in front of the digits.
    pub sign: Option<Sign>,
    pub unit: Unit,
    pub hedge: Option<Hedge>,
    pub standing: Standing,
    /// Whether it is the lower end of a range such as `10–12 %`.
    pub starts_range: bool,
    /// Whether a word such as `doubled` says it. It is a claim only of a metric.
    pub is_verb: bool,
}

/// A value with its precision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reading {
    pub value: f64,
    /// The value of one unit in the last written digit.
    pub step: f64,
    /// The value of one unit in the last digit that is not 0.
    pub round: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
}

/// The unit of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// No recognised unit: `12`, `12 customers`.
    None,
    Percent,
    /// Percentage points.
    Points,
    /// Thousandths.
    Permille,
    /// A multiple: `2×`.
    Times,
    /// A mass, length, volume or energy, by its usual sign: `kg`.
    Measure(&'static str),
    /// A currency code. `$` stands for any dollar.
    Money(String),
    /// The stem, such as `day`.
    Time(&'static str),
    /// A unit known only from a fact.
    Other,
}

/// A word or sign that marks a number as rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hedge {
    About,
    /// The true number is higher.
    Above,
    /// The true number is lower.
    Below,
}

/// Whether a number states an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Claim,
    /// A claim only if a known figure has this unit: `30 days` is usually a period.
    Span,
    /// A claim only if one of these nearby words names what a fact counts: `3 options`, `3 orders`.
    Few(Vec<String>),
    /// A date, an ordinal or a name.
    No,
}

/// Maximum length in bytes of a token whose numbers are read.
const LONGEST_TOKEN: usize = 300;

/// Returns all numbers in order. Expects ASCII digits; see [`super::digits`].
pub(super) fn numbers(text: &str) -> Vec<Number> {
    let mut found = digits(text);
    let words = spelled::words_of(text);
    for told in
        [fractions::numbers(text, &words), spelled::numbers(text, &words), cjk::numbers(text)]
    {
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

/// Reads the number whose first digit is at `digit`, with its sign and unit, if it states an amount. `floor` is where its
/// sign may begin.
pub(super) fn number_at(text: &str, digit: usize, floor: usize) -> Option<Number> {
    read(text, digit, floor).0.filter(|number| number.range.end > digit)
}

/// Reads an operand of shown arithmetic: its values, its unit, and where it ends, at most at `end`.
pub(super) fn operand_at(
    text: &str,
    digit: usize,
    end: usize,
) -> Option<(Vec<Reading>, Unit, usize)> {
    if is_attached(text, digit) && !before(text, digit).is_some_and(|c| "xX-–".contains(c)) {
        return None;
    }
    let stop = digits_end(text, digit);
    let readings = readings(&text[digit..stop])?;
    let suffix = suffix(text, stop, &readings);
    let (scale, unit, stop) =
        suffix.map_or((1.0, Unit::None, stop), |suffix| (suffix.scale, suffix.unit, suffix.end));
    let readings = readings.into_iter().map(|reading| reading.times(scale)).collect();
    (stop <= end).then_some((readings, unit, stop))
}

/// Returns where the currency in front of an operand begins, at least at `floor`; `digit` without one.
pub(super) fn money_start(text: &str, digit: usize, floor: usize) -> usize {
    let prefix = prefix(text, digit, floor);
    if prefix.money.is_some() && prefix.sign.is_none() { prefix.start } else { digit }
}

/// What a number is written with, besides its sign and its digits.
pub(super) struct Written<'t> {
    /// `€`
    pub before: &'t str,
    /// ` EUR`, `k`, `%`
    pub after: &'t str,
    /// The value of one as it is written: 1,000 for `12k`.
    pub scale: f64,
}

/// Returns what surrounds the digits of a number that was read from `text`.
pub(super) fn written<'t>(text: &'t str, number: &Number) -> Written<'t> {
    around(text, number).unwrap_or(Written { before: "", after: "", scale: 1.0 })
}

fn around<'t>(text: &'t str, number: &Number) -> Option<Written<'t>> {
    let whole = text.get(number.range.clone())?;
    let digit = whole.find(|c: char| c.is_ascii_digit())?;
    let stop = digits_end(whole, digit);
    let plain = readings(&whole[digit..stop])?;
    let is_sign = |c: char| matches!(c, '-' | '−' | '–' | '+' | '.') || arrow(c).is_some();
    Some(Written {
        before: whole[..digit].trim_matches(is_sign),
        after: &whole[stop..],
        scale: suffix(whole, stop, &plain).map_or(1.0, |suffix| suffix.scale),
    })
}

/// Returns the numbers written in digits.
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

/// Reads the number whose first digit is at `digit`, and returns where to continue. `None` if the digits
/// are not a number of their own. `floor` is the end of the preceding number.
fn read(text: &str, digit: usize, floor: usize) -> (Option<Number>, usize) {
    let token = match token(text, digit) {
        Ok(token) => token,
        Err(end) => return (None, end),
    };
    let is_address = ["://", "www.", "@"].iter().any(|sign| text[token.clone()].contains(sign));
    if is_address {
        return (None, token.end);
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
        // "100 %" is often a figure of speech.
        standing = Standing::Few(near(text, &range));
    }
    let hedge = prefix.hedge.or_else(|| hedge(text, prefix.start));
    let end = range.end;
    let number = Number {
        range,
        readings,
        sign: prefix.sign,
        unit,
        hedge,
        standing,
        starts_range: false,
        is_verb: false,
    };
    (Some(number), end)
}

/// Returns the token around `digit`: the text between white space, or between characters of a script without spaces. Longer
/// ones are no prose, and each number would read all of them: returns where to continue behind such a one, at least one
/// character on.
fn token(text: &str, digit: usize) -> Result<Range<usize>, usize> {
    let ends = |c: char| c.is_whitespace() || is_spaceless(c);
    let first = text.ceil_char_boundary(digit.saturating_sub(LONGEST_TOKEN));
    let last = text.floor_char_boundary(digit.saturating_add(LONGEST_TOKEN));
    let before = &text[first..digit];
    let start =
        before.rfind(ends).map(|at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let end = text[digit..last].find(ends).map(|at| digit + at);
    let is_whole = (start.is_some() || first == 0) && (end.is_some() || last == text.len());
    let token = first + start.unwrap_or(0)..end.unwrap_or(last);
    if is_whole && token.len() <= LONGEST_TOKEN { Ok(token) } else { Err(token.end) }
}

/// Whether `c` belongs to a script without spaces, or to its punctuation.
fn is_spaceless(c: char) -> bool {
    // Lao to Tibetan, Burmese and Khmer write without spaces too.
    is_cjk(c)
        || matches!(c, '\u{0e80}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}')
}

fn readings(raw: &str) -> Option<Vec<Reading>> {
    let read = numbers::read(raw).ok()??;
    let decimals = |mark: Mark| {
        raw.rsplit_once(mark.as_char()).map_or(0, |(_, behind)| behind.len()).min(15) as i32
    };
    let whole = |value| Reading::new(value, 0);
    Some(match read {
        numbers::Reading::Plain(value) => vec![whole(value)],
        // A mark that repeats separates thousands.
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

    /// Builds a reading with the given precision.
    fn of_step(value: f64, step: f64) -> Self {
        let mut round = step;
        // The upper bound is beyond any real count and ends the loop.
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

/// Whether a duration is a period to plan for or to look back over.
pub(super) fn is_span(text: &str, number: &Number) -> bool {
    word_before(text, number.range.start)
        .is_some_and(|(word, _)| words::SPANS.contains(word.as_str()))
}

pub(super) fn arrow(c: char) -> Option<Sign> {
    match c {
        '▲' | '△' | '▴' | '↑' | '↗' => Some(Sign::Plus),
        '▼' | '▽' | '▾' | '↓' | '↘' => Some(Sign::Minus),
        _ => None,
    }
}
