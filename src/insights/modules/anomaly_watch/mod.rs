//! *Anomaly watch*: finds days far from the level usual for their weekday.

mod season;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use time::Date;

use super::{Module, robust, words};
use crate::analytics::model::{Measure, REVENUE};
use crate::analytics::series::Point;
use crate::analytics::service::History;
use crate::analytics::windows::percent_change;
use crate::format::date;
use crate::format::number::{fixed, in_unit};
use crate::insights::model::{Basis, Finding, Severity};
use season::{Usual, usual};

/// How many of the newest days are checked.
const JUDGED: i32 = 14;
/// Anomalies older than this are not reported.
const FRESH_DAYS: i32 = 31;
/// Distance from the usual value, in multiples of the usual variation, for a report, a warning, and a
/// critical finding. Critical also requires revenue at most half of the usual (`HALF`, in percent).
const FAR: f64 = 4.0;
const VERY_FAR: f64 = 6.0;
const EXTREMELY_FAR: f64 = 8.0;
const HALF: f64 = -50.0;
/// In percent. Smaller deviations are never reported.
const LEAST_CHANGE: f64 = 10.0;
const MOST_DAYS: usize = 3;
const MOST_HIGHLIGHTS: usize = 8;
const MOST_NAMED: usize = 3;

pub struct AnomalyWatch;

impl Module for AnomalyWatch {
    fn slug(&self) -> &'static str {
        "anomaly-watch"
    }

    fn name(&self) -> &'static str {
        "Anomaly watch"
    }

    fn reads(&self) -> &'static str {
        "The last 14 days of every metric, and the 13 weeks before each of them."
    }

    fn emits(&self) -> &'static str {
        "Days far outside the usual range: they differ from the usual value for their weekday, trend \
         included, by at least 10 % and by four times the usual variation. Today is checked once it has ended."
    }

    fn examine(&self, history: &History) -> Vec<Finding> {
        let mut days: BTreeMap<i32, Vec<Odd>> = BTreeMap::new();
        for (measure, points) in &history.series {
            if history.stop.is_cancelled() {
                return Vec::new();
            }
            for odd in odd_days(measure, points, history.today) {
                days.entry(odd.day).or_default().push(odd);
            }
        }
        days.into_iter()
            .rev()
            .take(MOST_DAYS)
            .map(|(day, odd)| finding(day, odd, history.today))
            .collect()
    }
}

/// A metric's anomalous day.
struct Odd<'a> {
    measure: &'a Measure,
    day: i32,
    value: f64,
    usual: Usual,
}

fn odd_days<'a>(measure: &'a Measure, points: &[Point], today: Date) -> Vec<Odd<'a>> {
    let today = today.to_julian_day();
    let newest = points.last().map_or(0, |(day, _)| *day);
    let first = (newest - JUDGED + 1).max(today - FRESH_DAYS);
    robust::inside(points, first, today - 1)
        .iter()
        .filter_map(|(day, value)| {
            let usual = usual(points, *day, measure.is_count)?;
            let odd = Odd { measure, day: *day, value: *value, usual };
            odd.is_far().then_some(odd)
        })
        .collect()
}

impl Odd<'_> {
    /// Returns the deviation in multiples of the usual variation.
    fn times(&self) -> f64 {
        (self.value - self.usual.value).abs() / self.usual.scatter
    }

    /// Returns the multiple as it is shown, so that sentence and basis agree.
    fn told_times(&self) -> f64 {
        let times = self.times();
        if times >= 10.0 { times.round() } else { (times * 10.0).round() / 10.0 }
    }

    fn difference(&self) -> Option<(String, f64, &'static str)> {
        words::difference(self.value, self.usual.value, &self.measure.unit)
    }

    fn is_far(&self) -> bool {
        let apart = (self.value - self.usual.value).abs();
        self.times() >= FAR && apart >= self.usual.value.abs() * LEAST_CHANGE / 100.0
    }

    fn is_above(&self) -> bool {
        self.value > self.usual.value
    }

    fn severity(&self) -> Severity {
        let half_below =
            percent_change(self.value, self.usual.value).is_some_and(|change| change <= HALF);
        match self.times() {
            _ if self.is_above() == self.measure.higher_is_better => Severity::Info,
            times if times >= EXTREMELY_FAR && half_below && self.measure.slug == REVENUE => {
                Severity::Critical
            }
            times if times >= VERY_FAR => Severity::Warning,
            _ => Severity::Notice,
        }
    }

    fn sentence(&self) -> String {
        let Usual { value: usual, known, first, last, .. } = self.usual;
        let Measure { name, unit, .. } = self.measure;
        let weekday = date::weekday(self.day);
        let change = match self.difference() {
            Some((size, change, _)) if change > 0.0 => format!("{size} above"),
            Some((size, ..)) => format!("{size} below"),
            None if self.is_above() => "far above".to_owned(),
            None => "far below".to_owned(),
        };
        format!(
            "{name} was {} on {}, {change} the {} usual for a {weekday} ({known} {weekday}s from {}): far outside \
             the usual range ({}×).",
            in_unit(self.value, unit),
            date::with_weekday(self.day),
            in_unit(usual, unit),
            date::span(first, last),
            times(self.told_times()),
        )
    }

    fn basis(&self, today: Date) -> Vec<Basis> {
        let Measure { slug, name, unit, .. } = self.measure;
        let (day, weekday) = (date::iso(self.day), date::weekday(self.day));
        let Usual { value: usual, known, first, last, .. } = self.usual;
        let on_day = |label: &str, value: f64, unit: &str| Basis {
            measure: slug.clone(),
            label: format!("{name}{label}, {}", date::julian(self.day)),
            value,
            unit: unit.to_owned(),
            span: (day.clone(), day.clone()),
            source: words::source(slug, self.day, today),
            note: None,
            formula: None,
            before: None,
        };
        let reference = (date::iso(first), date::iso(last));
        let mut basis = vec![on_day("", self.value, unit)];
        basis.extend(self.difference().map(|(_, change, of)| Basis {
            formula: Some(words::formula(self.value, usual, unit)),
            before: Some(reference.clone()),
            ..on_day(", change against the usual", change, of)
        }));
        basis.push(Basis {
            label: format!("{name}, usual for a {weekday}, {}", date::span(first, last)),
            value: usual,
            span: reference.clone(),
            source: words::source(slug, first, today),
            note: Some(format!("from {known} {weekday}s, carried on along their trend")),
            formula: Some(format!("median of {known} {weekday}s, each carried on along the trend")),
            ..on_day("", self.value, unit)
        });
        let apart = in_unit((self.value - usual).abs(), unit);
        let scatter = in_unit(self.usual.scatter, unit);
        basis.push(Basis {
            formula: Some(format!("{apart} from the usual ÷ {scatter} of usual variation")),
            before: Some(reference),
            ..on_day(", distance from the usual in usual variations", self.told_times(), "")
        });
        basis
    }
}

/// Formats a multiple: `25`, `4.5`.
fn times(n: f64) -> String {
    fixed(n, usize::from(n.fract() != 0.0))
}

/// Builds the finding for a day, largest deviation first.
fn finding(day: i32, mut odd: Vec<Odd>, today: Date) -> Finding {
    odd.sort_by(|a, b| {
        b.times().total_cmp(&a.times()).then_with(|| a.measure.slug.cmp(&b.measure.slug))
    });
    let severity = odd.iter().map(Odd::severity).max().unwrap_or_default();
    let summary = summary(day, &odd);
    odd.truncate(MOST_HIGHLIGHTS);
    Finding {
        subject: date::iso(day),
        severity,
        summary,
        highlights: odd.iter().map(Odd::sentence).collect(),
        basis: odd.iter().flat_map(|odd| odd.basis(today)).collect(),
    }
}

/// Formats `Friday, 20 Nov 2026: Revenue and Users far above, Mood far below what is usual for a Friday.`
fn summary(day: i32, odd: &[Odd]) -> String {
    let (named, others) = odd.split_at(odd.len().min(MOST_NAMED));
    let directions: Vec<String> = named
        .chunk_by(|a, b| a.is_above() == b.is_above())
        .map(|same| {
            let names: Vec<String> = same.iter().map(|odd| odd.measure.name.clone()).collect();
            let direction = if same.iter().all(Odd::is_above) { "far above" } else { "far below" };
            format!("{} {direction}", words::list(&names, MOST_NAMED))
        })
        .collect();
    let others = match others.len() {
        0 => String::new(),
        1 => "; 1 other metric is unusual too".to_owned(),
        count => format!("; {count} other metrics are unusual too"),
    };
    format!(
        "{}: {} what is usual for a {}{others}.",
        date::with_weekday(day),
        words::list(&directions, MOST_NAMED),
        date::weekday(day),
    )
}
