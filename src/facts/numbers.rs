//! Facts from the business's metrics: the newest day, totals and means over 7 and 30 days, and changes
//! against the preceding window and the same window a year ago. Windows end on a complete day; today's
//! partial observation is a separate fact.
//!
//! Every comparison is computed here. Misleading ones are left out: windows with fewer than half of their
//! days known, and percentage changes from zero.

use super::model::{Fact, Knowledge, Missing, Number};
use super::wording::{amount, name, note, span, tidy, unit};
use crate::analytics::model::{Measure, REVENUE};
use crate::analytics::rhythm;
use crate::analytics::series::{Point, WINDOWS};
use crate::analytics::service::History;
use crate::analytics::windows::{Window, percent_change, window, year_before};
use crate::format::date;
use crate::format::number;

/// How many days back from the newest day the year-ago comparison reaches.
pub const REACH: i32 = 366 + 30;
/// Days after which the newest observation counts as old when there are too few to infer their rhythm.
const FRESH_DAYS: i32 = 3;
const USERS: &str = "users";
/// Length in days of the window that is also compared with a year ago.
const MONTH: i32 = 30;

/// Returns how many days ago the metric that ends first has its newest observation; 0 without observations.
pub fn oldest_age(history: &History) -> i32 {
    let newest = history.series.iter().filter_map(|(_, points)| Some(points.last()?.0));
    newest.min().map_or(0, |day| history.today.to_julian_day() - day)
}

/// Adds the facts of each metric, then the ratios between metrics.
pub fn add(knowledge: &mut Knowledge, history: &History) {
    let today = history.today.to_julian_day();
    if history.series.iter().all(|(_, points)| points.is_empty()) {
        let what = "Any number of the business's days".to_owned();
        knowledge.missing.push(Missing { what, source: "/analytics/import".to_owned() });
        return;
    }
    for (measure, points) in &history.series {
        if measure.slug == REVENUE && measure.unit.is_empty() && !points.is_empty() {
            let what = "The currency of revenue".to_owned();
            knowledge.missing.push(Missing { what, source: "/analytics/metrics".to_owned() });
        }
        let series = Series::new(measure, points, today);
        knowledge.missing.extend(series.missing());
        knowledge.facts.extend(series.facts());
    }
    for ratio in [&CONVERSION, &REVENUE_PER_USER] {
        knowledge.facts.extend(ratio.facts(history, today));
    }
}

/// A metric with its observations.
struct Series<'a> {
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
    fn new(measure: &'a Measure, points: &'a [Point], today: i32) -> Self {
        let days: Vec<i32> = points.iter().map(|(day, _)| *day).collect();
        let (points, of_today) = points.split_at(days.partition_point(|day| *day < today));
        let so_far = of_today.first().copied();
        Self {
            measure,
            points,
            so_far,
            name: name(measure),
            unit: unit(measure),
            age: age(&days, today),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = self.today_so_far().into_iter().collect();
        let Some((newest, value)) = self.points.last().copied() else { return facts };
        facts.push(Fact {
            id: format!("K.{}@{}", self.measure.slug, date::iso(newest)),
            label: format!("{}, {}, one day", self.name, date::julian(newest)),
            text: amount(value, &self.unit),
            number: Some(Number { value, unit: self.unit.clone() }),
            span: Some((date::iso(newest), date::iso(newest))),
            source: format!("/analytics/day?date={}", date::iso(newest)),
            note: note([self.old()]),
        });
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

    fn today_so_far(&self) -> Option<Fact> {
        let (today, value) = self.so_far?;
        Some(Fact {
            id: format!("K.{}@{}", self.measure.slug, date::iso(today)),
            label: format!("{}, {}, today so far", self.name, date::julian(today)),
            text: amount(value, &self.unit),
            number: Some(Number { value, unit: self.unit.clone() }),
            span: Some((date::iso(today), date::iso(today))),
            source: format!("/analytics/day?date={}", date::iso(today)),
            note: Some("the day is not over; it is in no total, mean or change".to_owned()),
        })
    }

    /// Counts and money add up; other metrics are averaged.
    fn is_total(&self) -> bool {
        self.measure.is_count || self.measure.slug == REVENUE
    }

    fn sum(&self, id: String, window: &Window) -> Fact {
        let (value, kind) = match self.is_total() {
            // A user who visits on two days is counted twice.
            true if self.measure.slug == USERS => (window.sum, "sum of each day's users"),
            true => (window.sum, "total"),
            false => (window.mean(), "mean of the days"),
        };
        Fact {
            id,
            label: format!("{}, {}, {kind}", self.name, span(window)),
            text: amount(tidy(value), &self.unit),
            number: Some(Number { value: tidy(value), unit: self.unit.clone() }),
            note: note([self.old(), gaps(window, self.is_total())]),
            ..self.of(window)
        }
    }

    /// Compares the means of the known days. For complete windows these change exactly as the totals do.
    fn change(&self, id: String, now: &Window, before: Option<Window>, than: &str) -> Option<Fact> {
        let before = before?;
        let percent = tidy(percent_change(now.mean(), before.mean())?);
        // Prevents a relative change of a percentage from being read as percentage points.
        let relative = if self.unit == "%" { "relative " } else { "" };
        Some(Fact {
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
            ..self.of(now)
        })
    }

    fn of(&self, window: &Window) -> Fact {
        of_window(&self.measure.slug, window)
    }

    fn old(&self) -> Option<String> {
        old(self.age)
    }

    fn missing(&self) -> Option<Missing> {
        let Self { name, measure, points, age, .. } = self;
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

/// The ratio of two metrics, over the days on which both are known.
struct Ratio {
    of: &'static str,
    per: &'static str,
    /// Follows the window in the fact id.
    suffix: &'static str,
    label: &'static str,
    /// Whether the ratio is a percentage. Otherwise it has the unit of `of`.
    is_share: bool,
}

const CONVERSION: Ratio = Ratio {
    of: "conversions",
    per: "sessions",
    suffix: "rate",
    label: "Conversions per session",
    is_share: true,
};
const REVENUE_PER_USER: Ratio = Ratio {
    of: REVENUE,
    per: USERS,
    suffix: "per-user",
    label: "Revenue per user and day",
    is_share: false,
};

impl Ratio {
    fn facts(&self, history: &History, today: i32) -> Vec<Fact> {
        let find = |slug: &str| history.series.iter().find(|(measure, _)| measure.slug == slug);
        let (Some((measure, of)), Some((_, per))) = (find(self.of), find(self.per)) else {
            return Vec::new();
        };
        let unit = if self.is_share { "%".to_owned() } else { unit(measure) };
        let pairs: Vec<(i32, f64, f64)> = of
            .iter()
            .filter(|(day, _)| *day < today)
            .filter_map(|(day, n)| {
                let at = per.binary_search_by_key(day, |(day, _)| *day).ok()?;
                Some((*day, *n, per.get(at)?.1))
            })
            .collect();
        let Some(newest) = pairs.last().map(|(day, ..)| *day) else { return Vec::new() };
        let days: Vec<i32> = pairs.iter().map(|(day, ..)| *day).collect();
        let age = age(&days, today);
        let mut facts = Vec::new();
        for days in WINDOWS {
            let Some((now, value)) = self.over(&pairs, newest, days) else { continue };
            let id = format!("K.{}.{days}d.{}", self.of, self.suffix);
            facts.push(Fact {
                id: id.clone(),
                label: format!("{}, {}", self.label, span(&now)),
                text: amount(value, &unit),
                number: Some(Number { value, unit: unit.clone() }),
                note: note([old(age), gaps(&now, false)]),
                ..of_window(self.of, &now)
            });
            let Some((before, earlier)) = self.over(&pairs, newest - days, days) else { continue };
            let Some(percent) = percent_change(value, earlier).map(tidy) else { continue };
            facts.push(Fact {
                id: format!("{id}.change"),
                label: format!(
                    "{}, relative change of the {} against the days before ({})",
                    self.label,
                    span(&now),
                    span(&before)
                ),
                text: number::percent(percent),
                number: Some(Number { value: percent, unit: "%".to_owned() }),
                note: note([old(age), uneven(&now, &before)]),
                ..of_window(self.of, &now)
            });
        }
        facts
    }

    /// Divides sum by sum instead of averaging daily ratios, so that quiet days weigh little.
    fn over(&self, pairs: &[(i32, f64, f64)], last: i32, days: i32) -> Option<(Window, f64)> {
        let of: Vec<Point> = pairs.iter().map(|(day, of, _)| (*day, *of)).collect();
        let per: Vec<Point> = pairs.iter().map(|(day, _, per)| (*day, *per)).collect();
        let (of, per) = (telling(&of, last, days)?, telling(&per, last, days)?);
        let scale = if self.is_share { 100.0 } else { 1.0 };
        (per.sum > 0.0).then(|| (of, tidy(of.sum / per.sum * scale)))
    }
}

/// Returns the span and source that all facts about a window share.
fn of_window(slug: &str, window: &Window) -> Fact {
    Fact {
        span: Some((date::iso(window.first), date::iso(window.last))),
        source: format!("/analytics?metric={slug}&range=90#trend"),
        ..Fact::default()
    }
}

fn telling(points: &[Point], last: i32, days: i32) -> Option<Window> {
    window(points, last, days).filter(Window::is_telling)
}

/// Returns the age in days of the newest observation once a newer one is overdue.
fn age(days: &[i32], today: i32) -> Option<i32> {
    let newest = *days.last()?;
    let expected = rhythm::next(days).unwrap_or(newest + FRESH_DAYS);
    (expected < today).then_some(today - newest)
}

fn old(age: Option<i32>) -> Option<String> {
    age.map(|age| format!("old, the newest number is from {age} days ago"))
}

fn gaps(window: &Window, is_total: bool) -> Option<String> {
    let what = if is_total { "a total of" } else { "only" };
    (!window.is_whole())
        .then(|| format!("{what} the {} known days of {}", window.known, window.days()))
}

fn uneven(now: &Window, before: &Window) -> Option<String> {
    (!now.is_whole() || !before.is_whole()).then(|| {
        format!(
            "by the means of the known days, {} of {} against {} of {}",
            now.known,
            now.days(),
            before.known,
            before.days()
        )
    })
}
