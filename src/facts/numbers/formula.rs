//! The facts of derived metrics: a formula over the windows of other metrics.

use super::{MONTH, REACH, age, gaps, newest_whole, of_window, old, uneven};
use crate::analytics::model::{Aggregation, Formula, Measure, RUNWAY, Undefined};
use crate::analytics::series::{Point, WINDOWS};
use crate::analytics::service::History;
use crate::analytics::windows::{Daily, Window, percent_change};
use crate::facts::derivation::{Computed, Derivation, Derived, Operand};
use crate::facts::model::{Fact, Missing, Number};
use crate::facts::wording::{amount, name, note, span, tidy, unit};
use crate::format::{date, number};

const METRICS: &str = "/analytics/metrics";
/// In place of a number of months.
const NO_END: &str =
    "none to state: in these days the business took in at least as much as it spent";

/// A derived metric.
pub struct Computation<'a> {
    measure: &'a Measure,
    formula: &'a Formula,
    name: String,
    unit: String,
    history: &'a History,
    today: i32,
}

/// A metric of a formula, with its days that count.
struct Part<'a> {
    measure: &'a Measure,
    points: Vec<Point>,
}

impl Part<'_> {
    fn is_level(&self) -> bool {
        self.measure.aggregation == Aggregation::Last
    }
}

/// The metrics of a formula. Flows have the days that all flows have.
struct Parts<'a> {
    all: Vec<Part<'a>>,
    newest: i32,
}

impl<'a> Computation<'a> {
    pub fn new(
        (measure, formula): &'a (Measure, Formula),
        history: &'a History,
        today: i32,
    ) -> Self {
        let (name, unit) = (name(measure), unit(measure));
        Self { measure, formula, name, unit, history, today }
    }

    /// Returns its facts, and why the newest month has none.
    pub fn facts(&self) -> (Vec<Derived>, Option<Missing>) {
        let parts = match self.parts() {
            Ok(parts) => parts,
            Err(missing) => return (Vec::new(), Some(missing)),
        };
        let (mut facts, mut without) = (Vec::new(), None);
        for days in WINDOWS {
            // Weeks differ too much for months to be told from one.
            if self.measure.slug == RUNWAY && days != MONTH {
                continue;
            }
            match self.at(&parts, parts.newest, days) {
                Ok(now) => facts.extend(self.of_window(&parts, &now, days)),
                Err(missing) if days == MONTH => without = Some(missing),
                Err(_) => {}
            }
        }
        (facts, without)
    }

    fn missing(&self, why: &str, source: &str) -> Missing {
        Missing { what: format!("{}: {why}", short(self.measure)), source: source.to_owned() }
    }

    fn parts(&self) -> Result<Parts<'a>, Missing> {
        let mut all = Vec::new();
        for slug in self.formula.metrics() {
            let found = self.history.series.iter().find(|(measure, _)| measure.slug == slug);
            let Some((measure, points)) = found else {
                let why = format!("its formula uses {slug}, which is archived");
                return Err(self.missing(&why, METRICS));
            };
            let whole = points.partition_point(|(day, _)| *day < self.today);
            let points = points.get(..whole).unwrap_or_default().to_vec();
            if points.is_empty() {
                let why = format!("no day has a number of {}", short(measure));
                return Err(self.missing(&why, "/analytics/day"));
            }
            all.push(Part { measure, points });
        }
        let ends = all.iter().filter_map(|part| newest_whole(&part.points, self.today)).min();
        keep_common_days(&mut all);
        // A level that is older than the flows still stands.
        let newest_of = |levels: bool| {
            let parts = all.iter().filter(|part| part.is_level() == levels);
            parts.filter_map(|part| part.points.last()).map(|(day, _)| *day).min()
        };
        let newest = newest_of(false).or(newest_of(true));
        match (newest, ends) {
            (Some(newest), Some(ends))
                if all.iter().all(|part| !part.points.is_empty())
                    && newest >= ends - (REACH - 2 * MONTH) =>
            {
                Ok(Parts { all, newest })
            }
            _ => {
                let names = listed(all.iter());
                let why = format!("no recent day has numbers of all of {names}");
                Err(self.missing(&why, "/analytics/day"))
            }
        }
    }

    /// Computes the window of `days` days up to `last`. Errors: why it has no value.
    fn at(&self, parts: &Parts<'a>, last: i32, days: i32) -> Result<Computed, Missing> {
        let mut operands = Vec::new();
        for part in &parts.all {
            let Daily { aggregation, weights, .. } = self.history.daily(part.measure, &part.points);
            let daily = Daily { points: &part.points, aggregation, weights };
            let Some(window) = daily.telling(last, days) else {
                let why = match part.is_level() {
                    true => format!("no number of {} in", short(part.measure)),
                    false => {
                        let flows = || parts.all.iter().filter(|part| !part.is_level());
                        let names = listed(flows());
                        match flows().count() {
                            1 => format!("{names} has numbers on fewer than half of"),
                            _ => format!("fewer than half of the days have all of {names} in"),
                        }
                    }
                };
                let why = format!("{why} the {days} days to {}", date::julian(last));
                return Err(self.missing(&why, "/analytics/day"));
            };
            let of = part.measure.slug.clone();
            operands.push(Operand { of, window, aggregation });
        }
        let flow = operands.iter().find(|it| it.aggregation != Aggregation::Last);
        let known = flow.map_or(days.unsigned_abs(), |flow| flow.window.known);
        let value = |slug: &str| {
            let found = operands.iter().find(|operand| operand.of == slug);
            found.map(Operand::value)
        };
        let divisor = self.formula.divisor(value, known);
        if self.measure.slug == RUNWAY && divisor.is_some_and(|burn| burn <= 0.0) {
            return Ok(Computed { value: None, known, operands, first: last - days + 1, last });
        }
        match self.formula.evaluate(value, known) {
            Ok(value) => {
                let value = Some(value);
                Ok(Computed { value, known, operands, first: last - days + 1, last })
            }
            Err(reason) => {
                let why = match reason {
                    Undefined::Unknown(slug) => format!("{slug} has no value in"),
                    Undefined::DividesByZero => "its formula divides by zero in".to_owned(),
                    Undefined::TooLarge => "the result is too large in".to_owned(),
                };
                let why = format!("{why} the {days} days to {}", date::julian(last));
                Err(self.missing(&why, METRICS))
            }
        }
    }

    fn of_window(&self, parts: &Parts<'a>, now: &Computed, days: i32) -> Vec<Derived> {
        let id = format!("K.{}.{days}d", self.measure.slug);
        let window = now.window();
        let value = now.value.map(tidy);
        let number = value.map(|value| Number { value, unit: self.unit.clone() });
        let fact = Fact {
            id: id.clone(),
            label: format!("{}, {}, by formula", self.name, span(&window)),
            text: value.map_or_else(|| NO_END.to_owned(), |value| amount(value, &self.unit)),
            number,
            note: note([Some(self.formula_note()), self.old(parts), gaps(&window, false)]),
            ..of_window(&self.measure.slug, &window)
        };
        let from = Derivation::Formula {
            name: self.measure.name.clone(),
            formula: self.formula.clone(),
            unit: self.unit.clone(),
            now: now.clone(),
        };
        let change = self.at(parts, now.last - days, days).ok();
        let change = change.and_then(|before| self.change(parts, &id, now, &before));
        [Some(derived(fact, from)), change].into_iter().flatten().collect()
    }

    fn change(
        &self,
        parts: &Parts<'a>,
        id: &str,
        now: &Computed,
        before: &Computed,
    ) -> Option<Derived> {
        let (is, was) = (now.value?, before.value?);
        let percent = tidy(percent_change(is, was)?);
        let relative = if self.measure.is_percentage() { "relative " } else { "" };
        let [this, that] = [now, before].map(Computed::window);
        let fact = Fact {
            id: format!("{id}.change"),
            label: format!(
                "{}, {relative}change of the {} against the days before ({})",
                self.name,
                span(&this),
                span(&that)
            ),
            text: number::percent(percent),
            number: Some(Number { value: percent, unit: "%".to_owned() }),
            note: note([self.old(parts), uneven(&this, &that)]),
            ..of_window(&self.measure.slug, &this)
        };
        let from = Derivation::FormulaChange {
            formula: self.formula.clone(),
            unit: self.unit.clone(),
            now: now.clone(),
            before: before.clone(),
        };
        Some(derived(fact, from))
    }

    fn formula_note(&self) -> String {
        let named = |slug: &str| {
            let found = self.history.series.iter().find(|(measure, _)| measure.slug == slug);
            found.map_or_else(|| slug.to_owned(), |(measure, _)| short(measure))
        };
        format!("computed as {}", self.formula.shown(named, None))
    }

    fn old(&self, parts: &Parts<'a>) -> Option<String> {
        let ages = parts.all.iter().filter_map(|part| age(&part.points, self.today));
        old(ages.max())
    }
}

fn derived(fact: Fact, from: Derivation) -> Derived {
    Derived { entered: METRICS.to_owned(), fact, from }
}

/// Returns a metric's name in a formula, without its direction.
fn short(measure: &Measure) -> String {
    name(&Measure { higher_is_better: true, ..measure.clone() })
}

fn listed<'p, 'q: 'p>(parts: impl Iterator<Item = &'p Part<'q>>) -> String {
    parts.map(|part| short(part.measure)).collect::<Vec<_>>().join(", ")
}

/// Leaves the days of flows on which all of them are known, so that a formula never sets a month of one against a
/// week of another.
fn keep_common_days(parts: &mut [Part<'_>]) {
    let flows: Vec<Vec<i32>> = parts
        .iter()
        .filter(|part| !part.is_level())
        .map(|part| part.points.iter().map(|(day, _)| *day).collect())
        .collect();
    for part in parts.iter_mut().filter(|part| !part.is_level()) {
        part.points.retain(|(day, _)| flows.iter().all(|days| days.binary_search(day).is_ok()));
    }
}

impl Computed {
    /// Returns the days of the whole computation, for their count and their wording.
    fn window(&self) -> Window {
        let is_flow = |it: &&Operand| it.aggregation != Aggregation::Last;
        match self.operands.iter().find(is_flow) {
            Some(flow) => flow.window,
            None => Window {
                first: self.first,
                last: self.last,
                known: self.known,
                sum: 0.0,
                weight: 0.0,
                end: (self.last, 0.0),
            },
        }
    }
}

#[cfg(test)]
#[path = "formula_tests.rs"]
mod tests;
