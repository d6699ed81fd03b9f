//! Facts from the business's metrics: the newest day, totals, means and ends of 7 and 30 days, and changes
//! against the preceding window and the same window a year ago. Windows end on a complete day; today's
//! partial observation is a separate fact. Imported weeks, months, quarters and years have facts of their own.
//!
//! Every comparison is computed here. Misleading ones are left out: windows with fewer than half of their
//! days known, and percentage changes from zero.

mod formula;
mod periods;
mod ratio;
mod series;

pub use periods::last_day;

use time::Date;

use super::derivation::Derived;
use super::model::{Fact, Missing};
use crate::analytics::model::{Aggregation, Grain, Measure, REVENUE};
use crate::analytics::rhythm;
use crate::analytics::series::Point;
use crate::analytics::service::History;
use crate::analytics::windows::{Daily, Window};
use crate::format::date;
use formula::Computation;
use periods::OfGrain;
use ratio::{CONVERSION, REVENUE_PER_USER};
use series::Series;

/// Length of the history before the newest complete day that the comparison with a year earlier needs, in days.
pub const REACH: i32 = 366 + MONTH;
/// Days after which the newest observation counts as old when there are too few to infer their rhythm.
const FRESH_DAYS: i32 = 3;
const USERS: &str = "users";
/// Length in days of the window that is also compared with a year ago.
const MONTH: i32 = 30;

/// Returns how many days ago the metric that ends first has its newest complete day or longer period; 0 without any.
pub fn oldest_age(history: &History) -> i32 {
    let today = history.today.to_julian_day();
    let newest = history.series.iter().filter_map(|(_, points)| newest_whole(points, today));
    let periods = history.periods.iter().flat_map(|periods| {
        periods.series.iter().filter_map(|(_, points)| {
            let (first, _) = points.last()?;
            Some(periods.grain.last_day(date::of_julian(*first)).to_julian_day())
        })
    });
    newest.chain(periods).min().map_or(0, |day| today - day)
}

/// Returns the length of the history that the comparisons need: longer periods can be years that are made of days.
pub fn reach(history: &History) -> i32 {
    if history.periods.is_empty() { REACH } else { REACH.max(2 * 366) }
}

/// Returns the newest day before today that has an observation.
pub fn newest_whole(points: &[Point], today: i32) -> Option<i32> {
    points.iter().rev().map(|(day, _)| *day).find(|day| *day < today)
}

/// Returns the facts of each metric, then of derived metrics and of the ratios between metrics, and what is missing.
pub fn derive(history: &History) -> (Vec<Derived>, Vec<Missing>) {
    let (mut facts, mut missing) = (Vec::new(), Vec::new());
    let today = history.today.to_julian_day();
    let is_empty = |(measure, points): &(Measure, Vec<Point>)| {
        points.is_empty() && !periods::any(history, &measure.slug)
    };
    if history.series.iter().all(is_empty) {
        let what = "Any number of the business's days".to_owned();
        missing.push(Missing { what, source: "/analytics/import".to_owned() });
        return (facts, missing);
    }
    for (measure, points) in &history.series {
        let has_periods = periods::any(history, &measure.slug);
        let has_values = has_periods || !points.is_empty();
        if measure.slug == REVENUE && measure.unit.is_empty() && has_values {
            let what = "The currency of revenue".to_owned();
            missing.push(Missing { what, source: "/analytics/metrics".to_owned() });
        }
        let series = Series::new(measure, points, history, today);
        facts.extend(series.facts());
        let of_grains = OfGrain::all(history, measure, points);
        match points.is_empty() && has_periods {
            true => missing.extend(of_grains.iter().find_map(OfGrain::missing)),
            false => missing.extend(series.missing()),
        }
        facts.extend(of_grains.iter().flat_map(OfGrain::facts));
    }
    for derived in &history.formulas {
        let (computed, without) = Computation::new(derived, history, today).facts();
        facts.extend(computed);
        missing.extend(without);
    }
    for ratio in [&CONVERSION, &REVENUE_PER_USER] {
        facts.extend(ratio.facts(history, today));
    }
    (facts, missing)
}

/// Returns the span and source that all facts about a window share.
fn of_window(slug: &str, window: &Window) -> Fact {
    Fact {
        span: Some((date::iso(window.first), date::iso(window.last))),
        source: format!("/analytics?metric={slug}&range=90#trend"),
        ..Fact::default()
    }
}

/// Returns the window of a flow if at least half of its days are known.
fn telling(points: &[Point], last: i32, days: i32) -> Option<Window> {
    Daily::plain(points, Aggregation::Sum).telling(last, days)
}

/// Returns the age in days of the newest complete day once a newer one is overdue.
fn age(points: &[Point], today: i32) -> Option<i32> {
    let days = rhythm::days(points);
    let newest = *days.last()?;
    let expected = rhythm::next(&days).unwrap_or(newest + FRESH_DAYS);
    (expected < today).then_some(today - newest)
}

fn old(age: Option<i32>) -> Option<String> {
    age.map(|age| format!("old, the newest number is from {age} days ago"))
}

fn old_period(grain: Grain, first: Date) -> String {
    format!("old, the newest {} is {}", grain.name(), grain.label(first))
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
