//! The facts of one metric.

use super::{MONTH, age, gaps, of_window, old, uneven};
use crate::analytics::model::{Aggregation, Measure};
use crate::analytics::series::{Point, WINDOWS};
use crate::analytics::service::History;
use crate::analytics::windows::{Daily, Window, percent_change, year_before};
use crate::facts::derivation::{Derivation, Derived};
use crate::facts::model::{Fact, Missing, Number};
use crate::facts::wording::{amount, name, note, span, tidy, unit};
use crate::format::{date, number};

/// A metric with its observations.
pub struct Series<'a> {
    measure: &'a Measure,
    /// Complete days only.
    points: &'a [Point],
    /// What its windows are made by.
    daily: Daily<'a>,
    /// The name of the metric that weights it.
    weight: Option<String>,
    /// Today's partial observation.
    so_far: Option<Point>,
    name: String,
    unit: String,
    /// Age in days of the newest observation, if it is overdue.
    age: Option<i32>,
}

impl<'a> Series<'a> {
    pub fn new(
        measure: &'a Measure,
        points: &'a [Point],
        history: &'a History,
        today: i32,
    ) -> Self {
        let (whole, rest) = points.split_at(points.partition_point(|(day, _)| *day < today));
        Self {
            measure,
            points: whole,
            daily: history.daily(measure, whole),
            weight: measure.weight.as_deref().map(|slug| {
                let weight = history.series.iter().find(|(measure, _)| measure.slug == slug);
                weight.map_or_else(|| slug.to_owned(), |(measure, _)| name(measure))
            }),
            // A business that has moved west may have numbers of days that have not begun there.
            so_far: rest.first().copied().filter(|(day, _)| *day == today),
            name: name(measure),
            unit: unit(measure),
            age: age(whole, today),
        }
    }

    pub fn facts(&self) -> Vec<Derived> {
        let mut facts: Vec<Derived> = self.today_so_far().into_iter().collect();
        let Some((newest, value)) = self.points.last().copied() else { return facts };
        let what = if self.is_level() { "at the end of the day" } else { "one day" };
        facts.push(self.day(newest, value, what, note([self.old()])));
        for days in WINDOWS {
            let Some(now) = self.daily.telling(newest, days) else { continue };
            let id = format!("K.{}.{days}d", self.measure.slug);
            facts.push(self.value(id.clone(), &now));
            let before = self.daily.telling(newest - days, days);
            facts.extend(self.change(format!("{id}.change"), &now, before, "the days before"));
            if days == MONTH {
                let year_ago = year_before(newest).and_then(|last| self.daily.telling(last, days));
                facts.extend(self.change(format!("{id}.year"), &now, year_ago, "a year earlier"));
            }
        }
        facts
    }

    fn today_so_far(&self) -> Option<Derived> {
        let (today, value) = self.so_far?;
        let remark = "the day is not over; it is in no total, mean or change".to_owned();
        Some(self.day(today, value, "today so far", Some(remark)))
    }

    fn day(&self, day: i32, value: f64, what: &str, note: Option<String>) -> Derived {
        self.derived(
            Fact {
                id: format!("K.{}@{}", self.measure.slug, date::iso(day)),
                label: format!("{}, {}, {what}", self.name, date::julian(day)),
                text: amount(value, &self.unit),
                number: Some(Number { value, unit: self.unit.clone() }),
                span: Some((date::iso(day), date::iso(day))),
                source: format!("/analytics/day?date={}", date::iso(day)),
                note,
            },
            Derivation::Day { of: self.slug() },
        )
    }

    fn is_level(&self) -> bool {
        self.measure.aggregation == Aggregation::Last
    }

    fn value(&self, id: String, window: &Window) -> Derived {
        let value = tidy(window.value(self.measure.aggregation));
        let kind = match (self.measure.aggregation, &self.weight) {
            (Aggregation::Sum, _) => "total".to_owned(),
            (Aggregation::Last, _) => format!("at the end of {}", date::julian(window.end.0)),
            (Aggregation::Mean, None) => "mean of the days".to_owned(),
            (Aggregation::Mean, Some(weight)) => format!("mean weighted by {weight}"),
            // Who comes on two days would be counted twice in a total.
            (Aggregation::Distinct, _) => "mean a day".to_owned(),
        };
        let is_total = self.measure.aggregation == Aggregation::Sum;
        let gaps = if self.is_level() { None } else { gaps(window, is_total) };
        self.derived(
            Fact {
                id,
                label: format!("{}, {}, {kind}", self.name, span(window)),
                text: amount(value, &self.unit),
                number: Some(Number { value, unit: self.unit.clone() }),
                note: note([self.old(), gaps]),
                ..of_window(&self.measure.slug, window)
            },
            Derivation::Window {
                of: self.slug(),
                window: *window,
                aggregation: self.measure.aggregation,
            },
        )
    }

    /// Compares the means of the known days, or the ends of a level. For complete windows the means change exactly as
    /// the totals do.
    fn change(
        &self,
        id: String,
        now: &Window,
        before: Option<Window>,
        than: &str,
    ) -> Option<Derived> {
        let before = before?;
        let aggregation = self.measure.aggregation;
        let change = percent_change(now.level(aggregation), before.level(aggregation))?;
        let percent = tidy(change);
        // Prevents a relative change of a percentage from being read as percentage points.
        let relative = if self.measure.is_percentage() { "relative " } else { "" };
        let ends = match self.is_level() {
            true => {
                let [from, to] = [before.end.0, now.end.0].map(date::julian);
                format!(", from the end of {from} to the end of {to}")
            }
            false => String::new(),
        };
        let uneven = if self.is_level() { earlier(&before) } else { uneven(now, &before) };
        let fact = Fact {
            id,
            label: format!(
                "{}, {relative}change of the {} against {than} ({}){ends}",
                self.name,
                span(now),
                span(&before)
            ),
            text: number::percent(percent),
            number: Some(Number { value: percent, unit: "%".to_owned() }),
            note: note([self.old(), uneven]),
            ..of_window(&self.measure.slug, now)
        };
        let from = Derivation::Change { of: self.slug(), now: *now, before, aggregation };
        Some(self.derived(fact, from))
    }

    fn derived(&self, fact: Fact, from: Derivation) -> Derived {
        Derived { entered: fact.source.clone(), fact, from }
    }

    fn slug(&self) -> String {
        self.measure.slug.clone()
    }

    fn old(&self) -> Option<String> {
        old(self.age)
    }

    /// Returns what is missing: the metric as a whole, newer observations, or the same month a year ago.
    pub fn missing(&self) -> Option<Missing> {
        let Self { measure, points, age, name, .. } = self;
        let Some((newest, _)) = points.last().copied() else {
            if self.so_far.is_some() {
                return None;
            }
            let source = "/analytics/day".to_owned();
            return Some(Missing { what: format!("{name}: no day has a number"), source });
        };
        if age.is_some() {
            let what = format!("{name} since {}", date::julian(newest));
            return Some(Missing { what, source: "/analytics/day".to_owned() });
        }
        let month = self.daily.telling(newest, MONTH).is_some();
        let year_ago = year_before(newest).and_then(|last| self.daily.telling(last, MONTH));
        (month && year_ago.is_none()).then(|| Missing {
            what: format!("{name} of the same days a year ago"),
            source: format!("/analytics?metric={}&range=365#trend", measure.slug),
        })
    }
}

/// Notes that a level has no value on the day it is compared with.
fn earlier(before: &Window) -> Option<String> {
    let (day, last) = (before.end.0, before.last);
    (day < last).then(|| {
        format!("no value on {}, the one of {} is taken", date::julian(last), date::julian(day))
    })
}
