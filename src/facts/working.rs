//! How the value of a fact is worked out: the steps of the calculation, and the days that it is made from.

use serde::{Deserialize, Serialize};

use super::derivation::{Computed, Derivation, Derived, Operand, Pair, PeriodValue, Sums};
use super::model::Fact;
use super::wording::{amount, span, tidy, unit};
use crate::analytics::model::{Aggregation, Formula, Grain, Measure, REVENUE};
use crate::analytics::series::Point;
use crate::analytics::service::History;
use crate::analytics::windows::Window;
use crate::format::date;
use crate::format::number::grouped;
use crate::insights::model::Basis;
use crate::platform::clock;

/// The calculation of a fact's value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Working {
    /// In order; the last one ends with the value.
    pub steps: Vec<Step>,
    pub tables: Vec<Table>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// `Mean of the 30 days to 31 Oct 2026`
    pub what: String,
    /// `12,345.69 EUR ÷ 30 days = 411.52 EUR`
    pub is: String,
}

/// The days of a window, or longer periods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// `30 days to 31 Oct 2026`
    pub title: String,
    /// The metrics with their units.
    pub columns: Vec<String>,
    /// Newest first, days without a number included.
    pub days: Vec<Day>,
    /// The sum of each column; empty for a single day.
    pub sums: Vec<String>,
    pub means: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// ISO; empty for a longer period, which has no page of its own.
    pub date: String,
    /// `Sat, 31 Oct 2026`, `October 2026`
    pub label: String,
    pub values: Vec<Option<String>>,
}

impl Working {
    /// Returns the calculation in one line, operands included: its last step.
    pub fn line(&self) -> Option<String> {
        self.steps.last().map(|Step { what, is }| format!("{what}: {is}"))
    }
}

/// Maximum number of days in a table.
const MOST_DAYS: i32 = 400;

/// Works a fact out. `history` must contain the days that it was derived from.
pub fn of(derived: &Derived, history: &History) -> Working {
    let Derived { fact, from, .. } = derived;
    let days = Days { history };
    match from {
        Derivation::Text { .. } => Working::default(),
        Derivation::Day { of } => Working {
            steps: vec![step("The stored number of the day", fact.text.clone())],
            tables: spanned(fact).map(|span| days.table(&[of], span)).into_iter().collect(),
        },
        Derivation::Window { of, window, aggregation } => Working {
            steps: days.window(of, window, *aggregation, &fact.text),
            tables: vec![days.table(&days.weighted(of), (window.first, window.last))],
        },
        Derivation::Change { of, now, before, aggregation } => {
            let level = |window: &Window| days.level(of, window, *aggregation);
            let [is_now, was] = [now, before].map(|it| it.level(*aggregation));
            Working {
                steps: vec![level(now), level(before), change(is_now, was, &days.unit(of), fact)],
                tables: [now, before]
                    .map(|it| days.table(&days.weighted(of), (it.first, it.last)))
                    .to_vec(),
            }
        }
        Derivation::Period { of, grain, value } => Working {
            steps: days.period(of, *grain, value, &fact.text),
            tables: days.period_tables(of, *grain, &[*value]),
        },
        Derivation::PeriodChange { of, grain, now, before } => Working {
            steps: [now, before]
                .map(|it| step(&grain.sentence(it.first), days.amount(of, it.value)))
                .into_iter()
                .chain([change(now.value, before.value, &days.unit(of), fact)])
                .collect(),
            tables: days.period_tables(of, *grain, &[*before, *now]),
        },
        Derivation::PeriodTotal { of, months } => Working {
            steps: vec![step(&format!("Sum of {} months", months.len()), fact.text.clone())],
            tables: vec![days.period_table(of, Grain::Month, months)],
        },
        Derivation::Ratio { pair, now } => Working {
            steps: days.ratio(*pair, now, fact),
            tables: vec![days.table(&[pair.of, pair.per], (now.of.first, now.of.last))],
        },
        Derivation::RatioChange { pair, now, before } => {
            let quotient = |sums: &Sums| {
                let text = days.quotient(*pair, sums);
                step(&format!("The {}", span(&sums.of)), text)
            };
            let (now_is, then) = (now.ratio(*pair), before.ratio(*pair));
            Working {
                steps: vec![
                    quotient(now),
                    quotient(before),
                    change(now_is, then, &days.unit_of_ratio(*pair), fact),
                ],
                tables: [now, before]
                    .map(|it| days.table(&[pair.of, pair.per], (it.of.first, it.of.last)))
                    .to_vec(),
            }
        }
        Derivation::Formula { name, formula, now, .. } => {
            let mut steps: Vec<Step> = now.operands.iter().map(|it| days.operand(it)).collect();
            let value = format!("{} = {}", days.computed(formula, now), fact.text);
            steps.push(step(&format!("{name} = {}", days.named(formula)), value));
            Working { steps, tables: days.of_operands(now) }
        }
        Derivation::FormulaChange { formula, unit, now, before } => {
            let line = |it: &Computed| {
                let what =
                    format!("The {} days to {}", it.last - it.first + 1, date::julian(it.last));
                let value = amount(tidy(it.value.unwrap_or_default()), unit);
                step(&what, format!("{} = {value}", days.computed(formula, it)))
            };
            let [is, was] = [now, before].map(|it| it.value.unwrap_or_default());
            Working {
                steps: vec![line(now), line(before), change(is, was, unit, fact)],
                tables: [now, before].into_iter().flat_map(|it| days.of_operands(it)).collect(),
            }
        }
        Derivation::Basis(basis) => days.basis(basis, fact),
    }
}

fn step(what: &str, is: String) -> Step {
    Step { what: what.to_owned(), is }
}

/// `(411.52 EUR − 400 EUR) ÷ 400 EUR × 100 = +2.9%`
fn change(now: f64, before: f64, unit: &str, fact: &Fact) -> Step {
    let [now, then] = [now, before].map(|n| operand(n, unit));
    let size = amount(tidy(before.abs()), unit);
    step("Change", format!("({now} − {then}) ÷ {size} × 100 = {}", fact.text))
}

/// Formats an operand; a negative one in parentheses.
fn operand(n: f64, unit: &str) -> String {
    let text = amount(tidy(n), unit);
    if n < 0.0 { format!("({text})") } else { text }
}

/// Returns the first and the last day of a fact.
fn spanned(fact: &Fact) -> Option<(i32, i32)> {
    fact.span.as_ref().and_then(parsed)
}

fn parsed((first, last): &(String, String)) -> Option<(i32, i32)> {
    let day = |text: &str| clock::parse_date(text).map(time::Date::to_julian_day);
    Some((day(first)?, day(last)?))
}

/// `all 30 days`, `the 27 known days of 30`
fn known(window: &Window) -> String {
    match window.is_whole() {
        true => format!("all {} days", window.days()),
        false => format!("the {} known days of {}", window.known, window.days()),
    }
}

/// `Value at the end of 31 Oct 2026`
fn end(window: &Window) -> String {
    format!("Value at the end of {}", date::julian(window.end.0))
}

/// The stored days.
struct Days<'a> {
    history: &'a History,
}

impl Days<'_> {
    fn find(&self, slug: &str) -> Option<&(Measure, Vec<Point>)> {
        self.history.series.iter().find(|(measure, _)| measure.slug == slug)
    }

    fn unit(&self, slug: &str) -> String {
        self.find(slug).map(|(measure, _)| unit(measure)).unwrap_or_default()
    }

    fn unit_of_ratio(&self, pair: Pair) -> String {
        if pair.is_share { "%".to_owned() } else { self.unit(pair.of) }
    }

    fn amount(&self, slug: &str, n: f64) -> String {
        amount(tidy(n), &self.unit(slug))
    }

    /// Formats a sum of a ratio: a number without a unit with what it counts, as in `3,600 sessions`.
    fn counted(&self, slug: &str, n: f64) -> String {
        match self.unit(slug) {
            unit if unit.is_empty() => amount(tidy(n), &self.name(slug).to_lowercase()),
            unit => amount(tidy(n), &unit),
        }
    }

    fn name(&self, slug: &str) -> String {
        self.find(slug).map_or_else(|| slug.to_owned(), |(measure, _)| measure.name.clone())
    }

    /// Returns a metric's slug, and that of its weight.
    fn weighted(&self, slug: &str) -> Vec<String> {
        let weight = self.find(slug).and_then(|(measure, _)| measure.weight.clone());
        [Some(slug.to_owned()), weight].into_iter().flatten().collect()
    }

    fn window(
        &self,
        slug: &str,
        window: &Window,
        aggregation: Aggregation,
        text: &str,
    ) -> Vec<Step> {
        let sum = format!("Sum of {}", known(window));
        match (aggregation, self.weighted(slug).get(1)) {
            (Aggregation::Sum, _) => vec![step(&sum, text.to_owned())],
            (Aggregation::Last, _) => vec![step(&end(window), text.to_owned())],
            (_, Some(weight)) => {
                let sum = format!("Sum of {}, each times {}", known(window), self.name(weight));
                let is = format!("{} = {text}", self.weighted_mean(window, weight));
                vec![step(&sum, grouped(tidy(window.sum))), step("Weighted mean", is)]
            }
            _ => {
                let total = self.amount(slug, window.sum);
                vec![
                    step(&sum, total.clone()),
                    step("Mean", format!("{total} ÷ {} days = {text}", window.known)),
                ]
            }
        }
    }

    fn period(&self, slug: &str, grain: Grain, of: &PeriodValue, text: &str) -> Vec<Step> {
        let days = of.last - of.first + 1;
        if !of.is_from_days {
            let what = format!("The stored number of the {}", grain.name());
            return vec![step(&what, text.to_owned())];
        }
        let aggregation = self.find(slug).map(|(measure, _)| measure.aggregation);
        let what = match aggregation.unwrap_or_default() {
            Aggregation::Sum => format!("Sum of all {days} days"),
            Aggregation::Last => "The number of the last day".to_owned(),
            Aggregation::Mean | Aggregation::Distinct => format!("Mean of all {days} days"),
        };
        vec![step(&what, text.to_owned())]
    }

    /// Lists the days of periods that are made of days, and imported periods as rows of one table.
    fn period_tables(&self, slug: &str, grain: Grain, all: &[PeriodValue]) -> Vec<Table> {
        let imported: Vec<PeriodValue> =
            all.iter().filter(|it| !it.is_from_days).copied().collect();
        let mut tables = Vec::new();
        if !imported.is_empty() {
            tables.push(self.period_table(slug, grain, &imported));
        }
        let from_days = all.iter().rev().filter(|it| it.is_from_days);
        tables.extend(from_days.map(|it| self.table(&[slug], (it.first, it.last))));
        tables
    }

    /// `periods` are oldest first.
    fn period_table(&self, slug: &str, grain: Grain, periods: &[PeriodValue]) -> Table {
        let day = |of: &PeriodValue| Day {
            date: String::new(),
            label: grain.sentence(of.first),
            values: vec![Some(grouped(tidy(of.value)))],
        };
        Table {
            title: grain.heading().to_owned(),
            columns: vec![self.titled(slug)],
            days: periods.iter().rev().map(day).collect(),
            sums: Vec::new(),
            means: Vec::new(),
        }
    }

    /// Returns the name of a metric with its unit.
    fn titled(&self, slug: &str) -> String {
        match self.unit(slug) {
            unit if unit.is_empty() => self.name(slug),
            unit => format!("{} ({unit})", self.name(slug)),
        }
    }

    /// `7,000 ÷ 400 sessions`
    fn weighted_mean(&self, window: &Window, weight: &str) -> String {
        format!("{} ÷ {}", grouped(tidy(window.sum)), self.counted(weight, window.weight))
    }

    /// Works out what a window is compared by.
    fn level(&self, slug: &str, window: &Window, aggregation: Aggregation) -> Step {
        if aggregation == Aggregation::Last {
            return step(&end(window), self.amount(slug, window.end.1));
        }
        let (sum, mean) = (self.amount(slug, window.sum), self.amount(slug, window.mean()));
        let known = match window.is_whole() {
            true => format!("{} days", window.known),
            false => format!("{} known days", window.known),
        };
        let quotient = match self.weighted(slug).get(1) {
            Some(weight) => self.weighted_mean(window, weight),
            None => format!("{sum} ÷ {known}"),
        };
        step(&format!("Mean of the {}", span(window)), format!("{quotient} = {mean}"))
    }

    fn ratio(&self, pair: Pair, sums: &Sums, fact: &Fact) -> Vec<Step> {
        let sum = |slug: &str, window: &Window| {
            let what = format!("{}, sum of {}", self.name(slug), known(window));
            step(&what, self.amount(slug, window.sum))
        };
        let quotient = step("Ratio", format!("{} = {}", self.operands(pair, sums), fact.text));
        vec![sum(pair.of, &sums.of), sum(pair.per, &sums.per), quotient]
    }

    fn quotient(&self, pair: Pair, sums: &Sums) -> String {
        let ratio = amount(tidy(sums.ratio(pair)), &self.unit_of_ratio(pair));
        format!("{} = {ratio}", self.operands(pair, sums))
    }

    fn operands(&self, pair: Pair, sums: &Sums) -> String {
        let (of, per) = (self.counted(pair.of, sums.of.sum), self.counted(pair.per, sums.per.sum));
        format!("{of} ÷ {per}{}", if pair.is_share { " × 100" } else { "" })
    }

    /// `Revenue, sum of all 30 days: 15,000 EUR`
    fn operand(&self, operand: &Operand) -> Step {
        let Operand { of, window, aggregation } = operand;
        let how = match aggregation {
            Aggregation::Sum => format!("sum of {}", known(window)),
            Aggregation::Last => format!("at the end of {}", date::julian(window.end.0)),
            Aggregation::Mean | Aggregation::Distinct => format!("mean of {}", known(window)),
        };
        step(&format!("{}, {how}", self.name(of)), self.amount(of, operand.value()))
    }

    /// Writes a formula with the names of its metrics.
    fn named(&self, formula: &Formula) -> String {
        formula.shown(|slug| self.name(slug), None)
    }

    /// Writes a formula with the values of its metrics.
    fn computed(&self, formula: &Formula, computed: &Computed) -> String {
        let value = |slug: &str| {
            let found = computed.operands.iter().find(|it| it.of == slug);
            found.map_or_else(|| slug.to_owned(), |it| operand(it.value(), &self.unit(slug)))
        };
        formula.shown(value, Some(computed.known))
    }

    /// Returns the days of the flows, which are the same for all, and those of the levels.
    fn of_operands(&self, computed: &Computed) -> Vec<Table> {
        let (levels, flows): (Vec<&Operand>, Vec<&Operand>) =
            computed.operands.iter().partition(|it| it.aggregation == Aggregation::Last);
        let slugs = |operands: &[&Operand]| -> Vec<String> {
            operands.iter().map(|it| it.of.clone()).collect()
        };
        [slugs(&flows), slugs(&levels)]
            .into_iter()
            .filter(|slugs| !slugs.is_empty())
            .map(|slugs| self.table(&slugs, (computed.first, computed.last)))
            .collect()
    }

    /// The modules of insights word their own formulas.
    fn basis(&self, basis: &Basis, fact: &Fact) -> Working {
        let slugs: &[&str] = match basis.measure.as_str() {
            "conversion-rate" => &["conversions", "sessions"],
            "revenue-per-user" => &[REVENUE, "users"],
            slug => &[slug],
        };
        let is_known = slugs.iter().all(|slug| self.find(slug).is_some());
        let spans = [Some(&basis.span), basis.before.as_ref()];
        let spans = spans.into_iter().flatten().filter_map(parsed).filter(|_| is_known);
        let what = if basis.formula.is_some() { "Formula" } else { "Value" };
        let formula = basis.formula.as_ref().map(|formula| format!("{formula} = "));
        let is = format!("{}{}", formula.unwrap_or_default(), fact.text);
        Working {
            steps: vec![step(what, is)],
            tables: spans.map(|span| self.table(slugs, span)).collect(),
        }
    }

    fn table(&self, slugs: &[impl AsRef<str>], (first, last): (i32, i32)) -> Table {
        let first = first.max(last - MOST_DAYS + 1);
        let series: Vec<&(Measure, Vec<Point>)> =
            slugs.iter().filter_map(|slug| self.find(slug.as_ref())).collect();
        let value = |points: &[Point], day: i32| {
            let at = points.binary_search_by_key(&day, |(day, _)| *day).ok()?;
            points.get(at).map(|(_, value)| *value)
        };
        let columns = series.iter().map(|(measure, _)| match unit(measure) {
            unit if unit.is_empty() => measure.name.clone(),
            unit => format!("{} ({unit})", measure.name),
        });
        // Ratios use only the days that have both.
        let is_used = |day: &i32| series.iter().all(|(_, points)| value(points, *day).is_some());
        let used: Vec<i32> = (first..=last).filter(is_used).collect();
        let sum = |points: &[Point]| {
            crate::analytics::windows::sum(used.iter().filter_map(|day| value(points, *day)))
        };
        let mean = |points: &[Point]| sum(points) / used.len() as f64;
        // The days of a level make neither a sum nor a mean that it is told by.
        let is_level = |measure: &Measure| measure.aggregation == Aggregation::Last;
        let is_summed = first < last
            && !used.is_empty()
            && !series.iter().all(|(measure, _)| is_level(measure));
        let all = |figure: &dyn Fn(&[Point]) -> f64| -> Vec<String> {
            let series = series.iter().filter(|_| is_summed);
            series
                .map(|(measure, points)| match is_level(measure) {
                    true => String::new(),
                    false => grouped(tidy(figure(points))),
                })
                .collect()
        };
        Table {
            title: match last - first + 1 {
                1 => date::julian(last),
                days => format!("{days} days to {}", date::julian(last)),
            },
            columns: columns.collect(),
            sums: all(&sum),
            means: all(&mean),
            days: (first..=last)
                .rev()
                .map(|day| Day {
                    date: date::iso(day),
                    label: format!(
                        "{}, {}",
                        date::weekday(day).get(..3).unwrap_or_default(),
                        date::julian(day)
                    ),
                    values: series
                        .iter()
                        .map(|(_, points)| value(points, day).map(grouped))
                        .collect(),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
#[path = "working_tests.rs"]
mod tests;
