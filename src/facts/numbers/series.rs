//! The facts of one metric.

use super::{MONTH, USERS, age, gaps, of_window, old, telling, uneven};
use crate::analytics::model::{Measure, REVENUE};
use crate::analytics::series::{Point, WINDOWS};
use crate::analytics::windows::{Window, percent_change, year_before};
use crate::facts::derivation::{Derivation, Derived};
use crate::facts::model::{Fact, Missing, Number};
use crate::facts::wording::{amount, name, note, span, tidy, unit};
use crate::format::{date, number};

/// A metric with its observations.
pub struct Series<'a> {
    measure: &'a Measure,
    /// Complete days only.
    points: &'a [Point],
    /// Today's partial observation.
    so_far: Option<Point>,
    name: String,
    unit: String,
    /// Age in days of the newest observation, if it is overdue.
    age: Option<i32>,
}

impl<'a> Series<'a> {
    pub fn new(measure: &'a Measure, points: &'a [Point], today: i32) -> Self {
        let (whole, rest) = points.split_at(points.partition_point(|(day, _)| *day < today));
        Self {
            measure,
            points: whole,
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
        facts.push(self.day(newest, value, "one day", note([self.old()])));
        for days in WINDOWS {
            let Some(now) = telling(self.points, newest, days) else { continue };
            let id = format!("K.{}.{days}d", self.measure.slug);
            facts.push(self.sum(id.clone(), &now));
            let before = telling(self.points, newest - days, days);
            facts.extend(self.change(format!("{id}.change"), &now, before, "the days before"));
            if days == MONTH {
                let year_ago =
                    year_before(newest).and_then(|last| telling(self.points, last, days));
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

    /// Counts and money add up; other metrics are averaged.
    fn is_total(&self) -> bool {
        self.measure.is_count || self.measure.slug == REVENUE
    }

    fn sum(&self, id: String, window: &Window) -> Derived {
        let (value, kind) = match self.is_total() {
            // A user who visits on two days is counted twice.
            true if self.measure.slug == USERS => (window.sum, "sum of each day's users"),
            true => (window.sum, "total"),
            false => (window.mean(), "mean of the days"),
        };
        self.derived(
            Fact {
                id,
                label: format!("{}, {}, {kind}", self.name, span(window)),
                text: amount(tidy(value), &self.unit),
                number: Some(Number { value: tidy(value), unit: self.unit.clone() }),
                note: note([self.old(), gaps(window, self.is_total())]),
                ..of_window(&self.measure.slug, window)
            },
            Derivation::Window { of: self.slug(), window: *window, is_total: self.is_total() },
        )
    }

    /// Compares the means of the known days. For complete windows these change exactly as the totals do.
    fn change(
        &self,
        id: String,
        now: &Window,
        before: Option<Window>,
        than: &str,
    ) -> Option<Derived> {
        let before = before?;
        let percent = tidy(percent_change(now.mean(), before.mean())?);
        // Prevents a relative change of a percentage from being read as percentage points.
        let relative = if self.measure.is_percentage() { "relative " } else { "" };
        let fact = Fact {
            id,
            label: format!(
                "{}, {relative}change of the {} against {than} ({})",
                self.name,
                span(now),
                span(&before)
            ),
            text: number::percent(percent),
            number: Some(Number { value: percent, unit: "%".to_owned() }),
            note: note([self.old(), uneven(now, &before)]),
            ..of_window(&self.measure.slug, now)
        };
        let from = Derivation::Change { of: self.slug(), now: *now, before };
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
        let month = telling(points, newest, MONTH).is_some();
        let year_ago = year_before(newest).and_then(|last| telling(points, last, MONTH));
        (month && year_ago.is_none()).then(|| Missing {
            what: format!("{name} of the same days a year ago"),
            source: format!("/analytics?metric={}&range=365#trend", measure.slug),
        })
    }
}
