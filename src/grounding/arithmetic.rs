//! Recomputes arithmetic that a reply shows: `12,345.67 EUR / 30 = 411.52 EUR`.

use std::ops::Range;

use super::scan::{self, Hedge, Number, Reading, Sign, Unit};
use super::units;
use crate::format::number;

/// How many bytes before a sign of equality a calculation may begin.
const FAR: usize = 240;
const MOST_PARTS: usize = 40;

/// A calculation with its stated result.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sum {
    /// From the currency of the first operand to the result's unit, in bytes.
    pub range: Range<usize>,
    /// Where the result begins.
    pub result: usize,
    pub is_right: bool,
    /// `12,345.67 EUR / 30 = 411.52 EUR`, with the right result.
    pub shown: String,
}

#[derive(Clone, Debug)]
enum Part {
    Operand {
        readings: Vec<f64>,
        step: f64,
        is_percent: bool,
    },
    Operator(char),
    /// The sign of a negative operand.
    Minus,
    Open,
    Close,
}

/// Which values the operands have.
#[derive(Clone, Copy)]
struct Choice<'a> {
    /// Whether an ambiguous `1,234` has decimals.
    decimal: bool,
    /// Values that may have been rounded for display.
    exact: &'a [f64],
}

/// Returns the calculations in a text. `values`: those of the cited facts, which operands may show rounded.
pub(super) fn sums(text: &str, values: &[f64]) -> Vec<Sum> {
    let mut found: Vec<Sum> = Vec::new();
    let equals = text.char_indices().filter(|(_, c)| matches!(c, '=' | '≈'));
    for (at, sign) in equals {
        let floor = found.last().map_or(0, |sum| sum.result);
        if let Some(sum) = sum(text, at, sign, floor, values) {
            found.push(sum);
        }
    }
    found
}

fn sum(text: &str, at: usize, sign: char, floor: usize, values: &[f64]) -> Option<Sum> {
    let result = result(text, at + sign.len_utf8())?;
    let start = start_of(text, at).max(floor.min(at));
    let (parts, places) = parts(text, start, at);
    let (first, last) = (0..parts.len()).find_map(|first| {
        let starts = matches!(parts[first], Part::Operand { .. } | Part::Open | Part::Minus);
        let is_whole =
            starts && evaluate(&parts[first..], Choice { decimal: false, exact: &[] }).is_some();
        is_whole.then_some((first, parts.len()))
    })?;
    let parts = &parts[first..last];
    if !parts.iter().any(|part| matches!(part, Part::Operator(_))) {
        return None;
    }
    let choices = [(false, &[][..]), (true, &[][..]), (false, values), (true, values)];
    let results: Vec<f64> = choices
        .iter()
        .filter_map(|(decimal, exact)| evaluate(parts, Choice { decimal: *decimal, exact }))
        .collect();
    let by_hundred = parts.iter().any(|part| matches!(part, Part::Operand { readings, is_percent: false, .. } if readings == &[100.0]));
    let is_right = results.iter().any(|value| is_result(*value, &result, sign == '≈', by_hundred));
    let begin = match parts.first() {
        Some(Part::Operand { .. }) => scan::money_start(text, places[first], start),
        _ => places[first],
    };
    let left = text.get(begin..at)?.split_whitespace().collect::<Vec<_>>().join(" ");
    let right = match is_right {
        true => text.get(result.range.clone())?.to_owned(),
        false => written(*results.first()?, &result, by_hundred, text),
    };
    let unit = repeated_word(text, &result, &left);
    Some(Sum {
        range: begin..result.range.end,
        result: result.range.start,
        is_right,
        shown: format!("{left} = {right}{unit}"),
    })
}

/// Returns the word behind a result without a unit, with its space, if an operand has it too: `287 orders / 7 = 41 orders`.
fn repeated_word<'t>(text: &'t str, result: &Number, left: &str) -> &'t str {
    let behind = &text[result.range.end..];
    let letters = behind.strip_prefix(' ').filter(|_| result.unit == Unit::None);
    let length =
        letters.map_or(0, |rest| rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len()));
    let word = &behind[..if length == 0 { 0 } else { 1 + length }];
    let is_repeated = left.split(|c: char| !c.is_alphabetic()).any(|other| other == word.trim());
    if is_repeated { word } else { "" }
}

/// Reads the number directly behind a sign of equality.
fn result(text: &str, from: usize) -> Option<Number> {
    let rest = &text[from..];
    let digit = from + rest.find(|c: char| c.is_ascii_digit())?;
    let between = &text[from..digit];
    let passes =
        |c: char| c.is_whitespace() || c.is_ascii_uppercase() || "+-−–~≈€$£¥₹.*(".contains(c);
    if between.len() > 12 || !between.chars().all(passes) {
        return None;
    }
    scan::number_at(text, digit, from)
}

/// Returns where the clause before a sign of equality begins.
fn start_of(text: &str, at: usize) -> usize {
    let far = text.floor_char_boundary(at.saturating_sub(FAR));
    let before = &text[far..at];
    let mut start = far;
    let mut chars = before.char_indices().peekable();
    while let Some((place, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        let is_end = match c {
            '=' | '≈' | ';' | '?' | '!' | '\n' | ':' | '\u{fffc}' => true,
            ',' | '.' => next.is_none_or(char::is_whitespace),
            _ => false,
        };
        if is_end {
            start = far + place + c.len_utf8();
        }
    }
    start
}

/// Returns the parts of a calculation and where each begins. Words such as units are left out.
fn parts(text: &str, start: usize, end: usize) -> (Vec<Part>, Vec<usize>) {
    let (mut parts, mut places) = (Vec::new(), Vec::new());
    let mut at = start;
    let push = |part: Part, place: usize, parts: &mut Vec<Part>, places: &mut Vec<usize>| {
        parts.push(part);
        places.push(place);
    };
    while let Some(c) = text[at..end].chars().next() {
        let after = at + c.len_utf8();
        let follows_operand = matches!(parts.last(), Some(Part::Operand { .. } | Part::Close));
        if parts.len() >= MOST_PARTS {
            parts.clear();
            places.clear();
        }
        match c {
            c if c.is_ascii_digit() => match scan::operand_at(text, at, end) {
                Some((readings, unit, stop)) => {
                    let step = readings.first().map_or(1.0, |reading| reading.step);
                    let values = readings.iter().map(|reading| reading.value).collect();
                    let part =
                        Part::Operand { readings: values, step, is_percent: unit == Unit::Percent };
                    push(part, at, &mut parts, &mut places);
                    at = stop.max(after);
                    continue;
                }
                None => {
                    parts.clear();
                    places.clear();
                }
            },
            // `12 EUR/month`
            '/' if text[after..end].trim_start().starts_with(char::is_alphabetic) => {}
            // `the 7-day mean`
            '-' | '‑'
                if follows_operand
                    && text[..at].ends_with(|c: char| c.is_ascii_digit())
                    && text[after..end].starts_with(char::is_alphabetic) =>
            {
                parts.pop();
                places.pop();
            }
            '-' | '‑' if follows_operand && text[after..end].starts_with(char::is_alphabetic) => {
            }
            '+' | '×' | '*' | '·' | '÷' | '/' | '∕' => {
                push(Part::Operator(operator(c)), at, &mut parts, &mut places)
            }
            '-' | '−' | '–' if follows_operand => {
                push(Part::Operator('-'), at, &mut parts, &mut places)
            }
            '-' | '−'
                if text[after..end]
                    .starts_with(|c: char| c.is_ascii_digit() || "€$£(".contains(c))
                    && !text[..at].ends_with(char::is_alphanumeric) =>
            {
                push(Part::Minus, at, &mut parts, &mut places)
            }
            '(' => push(Part::Open, at, &mut parts, &mut places),
            ')' => push(Part::Close, at, &mut parts, &mut places),
            c if c.is_alphabetic() => {
                let rest = &text[at..end];
                let stop = at + rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
                let is_next_number = text[stop..end]
                    .trim_start()
                    .starts_with(|c: char| c.is_ascii_digit() || "€$£(".contains(c));
                let word = text[at..stop].to_lowercase();
                let operator = match word.as_str() {
                    "x" | "times" | "mal" | "fois" | "por" | "per"
                        if follows_operand && is_next_number =>
                    {
                        Some('*')
                    }
                    "plus" if follows_operand => Some('+'),
                    "minus" | "moins" | "menos" | "meno" if follows_operand => Some('-'),
                    "divided" | "geteilt" | "divisé" | "dividido" | "diviso" if follows_operand => {
                        Some('/')
                    }
                    _ => None,
                };
                if let Some(operator) = operator {
                    push(Part::Operator(operator), at, &mut parts, &mut places);
                }
                at = stop;
                continue;
            }
            _ => {}
        }
        at = after;
    }
    (parts, places)
}

fn operator(c: char) -> char {
    match c {
        '×' | '*' | '·' => '*',
        '÷' | '/' | '∕' => '/',
        c => c,
    }
}

/// Evaluates all of the parts. `None` if they are no calculation.
fn evaluate(parts: &[Part], choice: Choice<'_>) -> Option<f64> {
    let mut at = 0;
    let value = terms(parts, &mut at, choice, 0)?;
    (at == parts.len() && value.is_finite()).then_some(value)
}

fn terms(parts: &[Part], at: &mut usize, choice: Choice<'_>, depth: u8) -> Option<f64> {
    let mut value = factors(parts, at, choice, depth)?;
    while let Some(Part::Operator(sign @ ('+' | '-'))) = parts.get(*at) {
        *at += 1;
        let next = factors(parts, at, choice, depth)?;
        value += if *sign == '+' { next } else { -next };
    }
    Some(value)
}

fn factors(parts: &[Part], at: &mut usize, choice: Choice<'_>, depth: u8) -> Option<f64> {
    let mut value = operand(parts, at, choice, depth)?;
    while let Some(Part::Operator(sign @ ('*' | '/'))) = parts.get(*at) {
        *at += 1;
        let next = operand(parts, at, choice, depth)?;
        value = if *sign == '*' { value * next } else { value / next };
    }
    Some(value)
}

fn operand(parts: &[Part], at: &mut usize, choice: Choice<'_>, depth: u8) -> Option<f64> {
    let part = parts.get(*at)?;
    *at += 1;
    match part {
        Part::Operand { readings, step, is_percent } => {
            let shown = if choice.decimal { *readings.last()? } else { *readings.first()? };
            let exact = choice
                .exact
                .iter()
                .map(|value| value.abs())
                .find(|value| (value - shown).abs() <= step / 2.0 * (1.0 + 1e-9));
            let value = exact.unwrap_or(shown);
            Some(if *is_percent { value / 100.0 } else { value })
        }
        Part::Minus if depth < 8 => operand(parts, at, choice, depth + 1).map(|value| -value),
        Part::Open if depth < 8 => {
            let value = terms(parts, at, choice, depth + 1)?;
            matches!(parts.get(*at), Some(Part::Close)).then(|| *at += 1)?;
            Some(value)
        }
        _ => None,
    }
}

/// Whether a stated result is this value, at the precision that it is written with.
fn is_result(value: f64, result: &Number, is_about: bool, by_hundred: bool) -> bool {
    let sign = if result.sign == Some(Sign::Minus) { -1.0 } else { 1.0 };
    let targets = match result.unit {
        Unit::Percent => [value * 100.0, if by_hundred { value } else { value * 100.0 }],
        _ => [value, value],
    };
    let hedge = if is_about { Some(Hedge::About) } else { result.hedge };
    targets.iter().any(|target| {
        (target * sign >= 0.0)
            && result.readings.iter().any(|reading| is_exact(target.abs(), *reading, hedge))
    })
}

fn is_exact(target: f64, reading: Reading, hedge: Option<Hedge>) -> bool {
    let Reading { value, step, .. } = reading;
    (target - value).abs() <= step / 2.0 * (1.0 + 1e-6) + value.abs() * 1e-9
        || hedge.is_some() && units::is_within(target, reading, hedge)
}

/// Formats the right result as the stated one is written: with its currency or unit, and its decimals.
fn written(value: f64, stated: &Number, by_hundred: bool, text: &str) -> String {
    let scan::Written { before, after, scale } = scan::written(text, stated);
    let is_percent = stated.unit == Unit::Percent;
    let value = if is_percent && !by_hundred { value * 100.0 } else { value } / scale;
    let step = stated.readings.first().map_or(1.0, |reading| reading.step) / scale;
    let decimals = if step >= 1.0 && value.fract().abs() > 1e-9 {
        2
    } else {
        (-step.log10()).round().clamp(0.0, 6.0) as usize
    };
    let sign = if value < 0.0 { "−" } else { "" };
    format!("{sign}{before}{}{after}", number::fixed(value.abs(), decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        sums(text, &[]).pop().map(|sum| sum.shown)
    }

    #[test]
    fn a_calculation_keeps_the_units_of_its_operands_and_of_its_result() {
        for (text, calculation) in [
            ("It was 12,000 EUR / 30 = 400 EUR.", "12,000 EUR / 30 = 400 EUR"),
            ("It was €12,000 / 30 = €400 a day.", "€12,000 / 30 = €400"),
            ("It was US$ 12,000 / 30 = US$ 400.", "US$ 12,000 / 30 = US$ 400"),
            ("A share of 90 / 3,600 × 100 = 2.5% bought.", "90 / 3,600 × 100 = 2.5%"),
            ("That is 287 orders / 7 = 41 orders a day.", "287 orders / 7 = 41 orders"),
            ("That is 287 orders / 7 = 41 a day.", "287 orders / 7 = 41"),
            ("It took 10 hours / 4 = 2.5 hours.", "10 hours / 4 = 2.5 hours"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(calculation));
        }
    }

    #[test]
    fn a_corrected_result_has_the_unit_and_decimals_of_the_stated_one() {
        for (text, calculation) in [
            ("It was 12,000 EUR / 30 = 390 EUR.", "12,000 EUR / 30 = 400 EUR"),
            ("It was €12,345.67 / 30 = €400.52 a day.", "€12,345.67 / 30 = €411.52"),
            ("It was 24 million EUR / 2 = 13 million EUR.", "24 million EUR / 2 = 12 million EUR"),
            ("It was $24.4k / 2 = $13.1k.", "$24.4k / 2 = $12.2k"),
            ("A share of 90 / 3,600 = 3.5 %.", "90 / 3,600 = 2.5 %"),
            ("That is 287 orders / 7 = 51 orders a day.", "287 orders / 7 = 41 orders"),
            ("It took 10 hours / 4 = 4 hours.", "10 hours / 4 = 2.50 hours"),
            ("The loss: 100 EUR − 300 EUR = 200 EUR.", "100 EUR − 300 EUR = −200 EUR"),
            ("The loss: $100 − $300 = $200.", "$100 − $300 = −$200"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(calculation));
        }
    }

    #[test]
    fn an_operand_can_be_negative() {
        for (text, calculation) in [
            ("It fell: −12 / 3 = −4 a day.", "−12 / 3 = −4"),
            ("It fell: -€12,000 / 30 = -€400.", "-€12,000 / 30 = -€400"),
            ("A loss of −300 + 100 = 200.", "−300 + 100 = −200"),
            ("That is 3 × (−12 + 4) = −24.", "3 × (−12 + 4) = −24"),
            ("- 12 / 3 = 4", "12 / 3 = 4"),
            ("In week-12 / 3 = 4.", "12 / 3 = 4"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(calculation), "{text}");
        }
    }

    #[test]
    fn the_currency_of_the_first_operand_belongs_to_the_calculation() {
        let text = "It was €12,000 / 30 = €400.";
        let range = sums(text, &[]).pop().map(|sum| text[sum.range].to_owned());
        assert_eq!(range.as_deref(), Some("€12,000 / 30 = €400"));
    }
}
