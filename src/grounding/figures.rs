//! Extracts the numbers of a fact and checks whether a number in a reply matches one of them.

use super::digits::Plain;
use super::scan::{self, Hedge, Number, Reading, Sign, Standing, Unit};
use super::words;
use crate::facts::model::Fact;

/// A known number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    value: f64,
    unit: Unit,
    /// Whether its sign expresses a change: `fell by 12 %`.
    is_change: bool,
    /// Whether it may be an amount of money although its unit does not say so.
    may_be_money: bool,
    /// Whether it is the fact's own value rather than a number in its text.
    is_value: bool,
}

/// The context of a number in a reply.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place<'a> {
    /// The whole passage.
    pub text: &'a str,
    /// Whether the passage is a table cell, whose unit may stand in the table's headers.
    pub in_cell: bool,
    /// The headers of the cell's column and row.
    pub heads: &'a str,
}

/// Returns all numbers of a fact: its value, and those in its text and note.
pub(super) fn of_fact(fact: &Fact) -> Vec<Figure> {
    let is_change = says_change(&fact.id) || says_change(&fact.label);
    let is_count = ["K.sessions", "K.users", "K.conversions"].iter().any(|count| {
        fact.id
            .strip_prefix(count)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '@']))
    });
    let may_be_money = !is_count;
    let mut figures = Vec::new();
    if let Some(number) = &fact.number {
        let unit = unit_of(&number.unit);
        let (value, is_value) = (number.value, true);
        figures.push(Figure { value, unit, is_change, may_be_money, is_value });
    }
    let unit = fact.number.as_ref().map(|number| unit_of(&number.unit));
    for text in [Some(&fact.text), fact.note.as_ref()].into_iter().flatten() {
        figures.extend(of_text(text).into_iter().map(|figure| {
            let unit = unit.clone().filter(|_| figure.unit == Unit::None).unwrap_or(figure.unit);
            Figure { unit, may_be_money, is_change: figure.is_change || is_change, ..figure }
        }));
    }
    figures
}

/// Returns all numbers in a text, dates included: repeating one of them is not an invention.
pub(super) fn of_text(text: &str) -> Vec<Figure> {
    let (text, mut figures) = (&Plain::new(text).text, Vec::new());
    for number in scan::numbers(text) {
        let trend = number.sign.or_else(|| scan::trend(text, &number));
        let sign = if trend == Some(Sign::Minus) { -1.0 } else { 1.0 };
        figures.extend(number.readings.iter().map(|reading| Figure {
            value: sign * reading.value,
            unit: number.unit.clone(),
            is_change: trend.is_some(),
            may_be_money: true,
            is_value: false,
        }));
    }
    figures
}

/// Returns the lower-case words that name what a fact counts. Empty for amounts and percentages, whose
/// numbers carry their own unit.
pub(super) fn counted(fact: &Fact) -> Vec<String> {
    let unit = fact.number.as_ref().map(|number| unit_of(&number.unit));
    if !matches!(unit, Some(Unit::None | Unit::Other)) {
        return Vec::new();
    }
    let words = fact.label.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
    words
        .filter(|word| word.chars().count() > 3 && !words::SAID_OF_ALL.contains(word.as_str()))
        .collect()
}

fn says_change(text: &str) -> bool {
    let text = text.to_lowercase();
    ["change", "delta", "growth", "against", " vs "].iter().any(|word| text.contains(word))
}

/// Parses a fact's unit into the units that numbers in replies can have.
pub(super) fn unit_of(unit: &str) -> Unit {
    let unit = unit.trim();
    let lower = unit.to_lowercase();
    let money = |word: &str| -> Option<String> {
        let sign = word.chars().next().and_then(|c| words::SIGNS.iter().find(|(s, _)| *s == c));
        let code = words::CODES.get(word).copied().or_else(|| sign.map(|(_, code)| *code));
        code.map(str::to_owned)
    };
    if unit.is_empty() {
        Unit::None
    } else if unit.contains('%') || lower == "points" || words::PERCENT.contains(lower.as_str()) {
        Unit::Percent
    } else if let Some(stem) = words::TIMES.get(lower.as_str()) {
        Unit::Time(stem)
    } else if let Some(code) = unit.split(|c: char| c.is_whitespace() || c == '/').find_map(money) {
        Unit::Money(code)
    } else if unit.len() == 3 && unit.bytes().all(|b| b.is_ascii_uppercase()) {
        Unit::Money(unit.to_owned())
    } else {
        Unit::Other
    }
}

impl Figure {
    /// Whether this is a fact's own value in the given unit of time.
    pub fn counts_in(&self, unit: &Unit) -> bool {
        self.is_value && self.unit == *unit
    }

    /// Whether `claim` states this number, at the precision of the claim and with the right direction.
    pub fn bears(&self, claim: &Number, place: Place<'_>) -> bool {
        self.agrees_in_sign(claim, place.text) && self.is_told_by(claim, place)
    }

    /// Like [`Self::bears`], but ignores the direction of a change.
    pub fn is_told_by(&self, claim: &Number, place: Place<'_>) -> bool {
        let scale = head_scale(place.heads);
        claim.readings.iter().any(|reading| {
            let scaled = scale.map(|scale| reading.times(scale));
            std::iter::once(*reading).chain(scaled).any(|reading| {
                self.targets(claim, reading, place)
                    .into_iter()
                    .flatten()
                    .any(|(target, reading)| is_within(target.abs(), reading, claim.hedge))
            })
        })
    }

    /// Whether the value lies within a range that is narrow enough to be a statement about it.
    pub fn lies_between(&self, low: &Number, high: &Number) -> bool {
        let ends = || low.readings.iter().zip(&high.readings);
        let value = self.value.abs();
        let fits = self.unit == low.unit || self.unit == Unit::Other && low.unit == Unit::None;
        fits && ends().any(|(low, high)| {
            low.value <= value && value <= high.value && high.value <= low.value * 1.5
        })
    }

    /// Pairs the values with the readings they must be close to. Empty where the units differ.
    fn targets(
        &self,
        claim: &Number,
        reading: Reading,
        place: Place<'_>,
    ) -> [Option<(f64, Reading)>; 2] {
        let same = [Some((self.value, reading)), None];
        let differs = [None, None];
        let finely = reading.step < 1.0;
        let by_heads = Some(&claim.unit).filter(|unit| **unit == Unit::None);
        let claimed = by_heads.and_then(|_| heads_unit(place.heads));
        match (claimed.as_ref().unwrap_or(&claim.unit), &self.unit) {
            (Unit::Percent, Unit::Percent) => same,
            // 0.12 equals 12 %, and vice versa.
            (Unit::Percent, Unit::None) if self.is_value && self.value.abs() <= 1.5 => {
                [Some((self.value * 100.0, reading)), None]
            }
            (Unit::Percent, _) => differs,
            (Unit::None, Unit::Percent) => [
                Some((self.value, reading)).filter(|_| place.in_cell || finely),
                Some((self.value, reading.times(100.0))).filter(|_| finely && reading.value <= 1.5),
            ],
            (Unit::Money(claimed), Unit::Money(known)) if is_same_money(claimed, known) => same,
            (Unit::Money(_), Unit::None) if self.may_be_money => same,
            (Unit::Money(_), _) => differs,
            (Unit::Time(claimed), Unit::Time(known)) if claimed != known => differs,
            (Unit::Time(_), Unit::Money(_) | Unit::Percent | Unit::Other) => differs,
            _ => same,
        }
    }

    fn agrees_in_sign(&self, claim: &Number, text: &str) -> bool {
        let negative = self.value < 0.0;
        let is_change = self.is_change || negative;
        match claim.sign {
            _ if self.value == 0.0 => true,
            Some(Sign::Minus) => negative,
            Some(Sign::Plus) => !negative,
            None if !is_change => true,
            None => match scan::trend(text, claim) {
                Some(Sign::Minus) => negative,
                Some(Sign::Plus) => !negative,
                None => true,
            },
        }
    }
}

/// Returns the unit that table headers imply for a number without one.
fn heads_unit(heads: &str) -> Option<Unit> {
    heads.contains('%').then_some(Unit::Percent)
}

/// Returns the multiplier that table headers imply, such as 1,000 for `k EUR`.
fn head_scale(heads: &str) -> Option<f64> {
    let words = heads.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words
        .filter_map(|word| {
            let short = ["k", "T", "TEUR", "Mio", "MEUR", "M"].contains(&word);
            let long = words::SCALES.get(word.to_lowercase().as_str()).filter(|_| word.len() > 2);
            match word {
                "TEUR" => Some(1e3),
                "MEUR" => Some(1e6),
                _ if short => words::SHORT_SCALES.get(word).copied(),
                _ => long.copied(),
            }
        })
        .next()
}

fn is_same_money(claimed: &str, known: &str) -> bool {
    let dollars =
        ["$", "USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP"];
    let crowns = ["kr", "SEK", "NOK", "DKK", "ISK"];
    let yens = ["JPY", "CNY"];
    claimed == known
        || claimed == "$" && dollars.contains(&known)
        || known == "$" && dollars.contains(&claimed)
        || claimed == "kr" && crowns.contains(&known)
        || claimed == "JPY" && yens.contains(&known)
}

/// Whether `reading` is `target` after rounding: as written, or as its hedge allows.
fn is_within(target: f64, reading: Reading, hedge: Option<Hedge>) -> bool {
    let Reading { value, step, round } = reading;
    let off = target - value;
    let shown = step / 2.0 * (1.0 + 1e-9) + value.abs() * 1e-9;
    if off.abs() <= shown {
        return true;
    }
    // Accepts truncated decimals: many write 12,345.67 as 12,345.
    let cut = value >= 100.0 * step && off > 0.0 && off < step;
    // 12,300 may be rounded silently. 12,000 for 12,345 needs a hedge such as "about".
    let silently = (round / 2.0).min(value * 0.01);
    let said = (round / 2.0).min(value * 0.1).max(value * 0.02);
    let side = round.min(value * 0.1).max(value * 0.02);
    cut || match hedge {
        None => off.abs() <= silently,
        Some(Hedge::About) => off.abs() <= said,
        Some(Hedge::Above) => (0.0..side).contains(&off),
        Some(Hedge::Below) => (-side..0.0).contains(&off),
    }
}

/// Whether a number makes a statement that needs a source, given the known figures.
pub(super) fn is_claim(
    number: &Number,
    place: Place<'_>,
    known: &[Figure],
    counted: &[String],
) -> bool {
    match &number.standing {
        Standing::Claim => true,
        Standing::No => false,
        Standing::Span => {
            known.iter().any(|figure| figure.counts_in(&number.unit))
                && !scan::is_span(place.text, number)
        }
        Standing::Few(near) => near.iter().any(|word| {
            let stem = word.strip_suffix('s').unwrap_or(word);
            counted
                .iter()
                .any(|known| known == word || known.strip_suffix('s').unwrap_or(known) == stem)
        }),
    }
}
