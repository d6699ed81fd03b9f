//! Windows of days: their observations, and comparisons between them.
//!
//! A window records how many of its days have an observation. This keeps one day's value from being taken for
//! a month's, and a missing day from being taken for zero.

use time::{Date, Month};

use super::model::Aggregation;
use super::series::Point;
use crate::format::number::{shown, tidy};

/// Consecutive days, and what their observations add up to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Julian days, both inclusive.
    pub first: i32,
    pub last: i32,
    /// Number of days with an observation; at least one.
    pub known: u32,
    /// Each day's value times its weight.
    pub sum: f64,
    /// The sum of the weights; `known` if every day counts the same.
    pub weight: f64,
    /// The newest observation.
    pub end: Point,
}

impl Window {
    /// Returns the length in days.
    pub fn days(&self) -> i32 {
        self.last - self.first + 1
    }

    /// Returns the mean of the days with an observation, weighted if the days have weights.
    pub fn mean(&self) -> f64 {
        self.sum / self.weight
    }

    /// Returns a metric's value for the whole window.
    pub fn value(&self, aggregation: Aggregation) -> f64 {
        match aggregation {
            Aggregation::Sum => self.sum,
            Aggregation::Last | Aggregation::Mean | Aggregation::Distinct => {
                self.level(aggregation)
            }
        }
    }

    /// Returns what windows are compared by: the end of a level, the mean of all others. Totals change as their
    /// means do, without depending on how many days are known.
    pub fn level(&self, aggregation: Aggregation) -> f64 {
        if aggregation == Aggregation::Last { self.end.1 } else { self.mean() }
    }

    /// Returns whether at least half of the days have an observation. With fewer, a total or a mean would
    /// mislead.
    pub fn is_telling(&self) -> bool {
        i64::from(self.known) * 2 >= i64::from(self.days())
    }

    /// Returns whether every day has an observation.
    pub fn is_whole(&self) -> bool {
        i64::from(self.known) == i64::from(self.days())
    }
}

/// Returns the window of the `days` days up to `last`. Returns `None` if none of them has an observation.
/// `points` are sorted oldest first.
pub fn window(points: &[Point], last: i32, days: i32) -> Option<Window> {
    let first = last - days + 1;
    let inside = inside(points, first, last);
    let known = u32::try_from(inside.len()).ok()?;
    let end = *inside.last()?;
    let sum = sum(inside.iter().map(|(_, value)| *value));
    Some(Window { first, last, known, sum, weight: f64::from(known), end })
}

/// Returns the points from `first` to `last`.
fn inside(points: &[Point], first: i32, last: i32) -> &[Point] {
    let from = points.partition_point(|(day, _)| *day < first);
    let to = points.partition_point(|(day, _)| *day <= last);
    points.get(from..to).unwrap_or_default()
}

/// A metric's days, and how they become the value of a window.
#[derive(Clone, Copy, Debug)]
pub struct Daily<'a> {
    /// Sorted oldest first.
    pub points: &'a [Point],
    pub aggregation: Aggregation,
    /// The days of the metric that weights a mean, sorted oldest first.
    pub weights: Option<&'a [Point]>,
}

impl<'a> Daily<'a> {
    /// Every day counts the same.
    pub fn plain(points: &'a [Point], aggregation: Aggregation) -> Self {
        Self { points, aggregation, weights: None }
    }

    /// Like [`window`]. Of a weighted mean, only days with a positive weight are known.
    pub fn window(&self, last: i32, days: i32) -> Option<Window> {
        let Some(weights) = self.weights else { return window(self.points, last, days) };
        let first = last - days + 1;
        let weighted: Vec<(Point, f64)> = inside(self.points, first, last)
            .iter()
            .filter_map(|point| {
                let at = weights.binary_search_by_key(&point.0, |(day, _)| *day).ok()?;
                let weight = weights.get(at).map(|(_, weight)| *weight)?;
                (weight > 0.0).then_some((*point, weight))
            })
            .collect();
        Some(Window {
            first,
            last,
            known: u32::try_from(weighted.len()).ok()?,
            sum: sum(weighted.iter().map(|((_, value), weight)| value * weight)),
            weight: sum(weighted.iter().map(|(_, weight)| *weight)),
            end: weighted.last()?.0,
        })
    }

    /// Returns the window if it says something of all its days: the end of a level, or what half of the days say.
    pub fn telling(&self, last: i32, days: i32) -> Option<Window> {
        let is_level = self.aggregation == Aggregation::Last;
        self.window(last, days).filter(|window| is_level || window.is_telling())
    }
}

/// Adds numbers up, with Neumaier's compensation. A sum as small as the error of the decimals themselves is 0:
/// 0.1 + 0.2 − 0.3 is nothing, and no percentage of it.
pub fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost, mut size) = (0.0_f64, 0.0, 0.0);
    for value in values {
        let next = sum + value;
        lost += match sum.abs() >= value.abs() {
            true => (sum - next) + value,
            false => (value - next) + sum,
        };
        sum = next;
        size += value.abs();
    }
    let sum = sum + lost;
    if sum.abs() <= size * f64::EPSILON { 0.0 } else { sum }
}

/// Returns the change from `before` to `now` in percent. Returns `None` if `before` is 0 or the signs differ.
pub fn percent_change(now: f64, before: f64) -> Option<f64> {
    (before != 0.0 && now * before >= 0.0).then(|| (now - before) / before.abs() * 100.0)
}

/// Returns the difference of two percentages in points. It is that of the rounded percentages, as they are
/// shown, so that readers who check it get the same result.
pub fn points(now: f64, before: f64) -> f64 {
    ((shown(tidy(now)) - shown(tidy(before))) * 1e4).round() / 1e4
}

/// Returns the same date a year earlier; 28 February for 29 February.
pub fn year_before(day: i32) -> Option<i32> {
    let date = Date::from_julian_day(day).ok()?;
    let day = if date.month() == Month::February { date.day().min(28) } else { date.day() };
    Date::from_calendar_date(date.year() - 1, date.month(), day).ok().map(Date::to_julian_day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_window_says_how_many_of_its_days_are_known() {
        let points = [(1, 5.0), (3, 7.0), (4, 9.0), (9, 100.0)];
        let window = window(&points, 4, 4).unwrap();
        assert_eq!((window.first, window.known, window.sum, window.mean()), (1, 3, 21.0, 7.0));
        assert!(window.is_telling() && !window.is_whole());
        assert!(!super::window(&points, 9, 5).unwrap().is_telling());
        assert_eq!(super::window(&points, 8, 4), None, "nothing is known of these days");
    }

    #[test]
    fn a_windows_value_is_a_total_an_end_or_a_mean() {
        let points = [(1, 5.0), (3, 7.0), (4, 9.0)];
        let window = window(&points, 5, 5).unwrap();
        let values = Aggregation::ALL.map(|aggregation| window.value(aggregation));
        assert_eq!(values, [21.0, 9.0, 7.0, 7.0]);
        let levels = Aggregation::ALL.map(|aggregation| window.level(aggregation));
        assert_eq!(levels, [7.0, 9.0, 7.0, 7.0], "windows with gaps are compared by their means");
    }

    #[test]
    fn a_level_needs_one_day_and_a_flow_half_of_them() {
        let points = [(3, 7.0), (30, 9.0)];
        let telling = |aggregation| Daily::plain(&points, aggregation).telling(30, 7).is_some();
        assert_eq!(Aggregation::ALL.map(telling), [false, true, false, false]);
    }

    #[test]
    fn a_weighted_mean_counts_days_that_have_both_by_their_weight() {
        let rates = [(1, 10.0), (2, 40.0), (3, 90.0), (4, 20.0)];
        let sessions = [(1, 300.0), (2, 100.0), (4, 0.0), (5, 50.0)];
        let daily = Daily {
            points: &rates,
            aggregation: Aggregation::Mean,
            weights: Some(sessions.as_slice()),
        };
        let window = daily.window(4, 4).unwrap();
        assert_eq!((window.known, window.sum, window.weight), (2, 7_000.0, 400.0));
        assert_eq!(window.mean(), 17.5, "day 3 has no weight, and day 4 none that counts");
        assert_eq!(daily.window(3, 1), None);
        let plain = Daily { weights: None, ..daily };
        assert_eq!(plain.window(4, 4).unwrap().mean(), 40.0);
    }

    #[test]
    fn decimals_that_cancel_out_sum_to_zero() {
        assert_eq!(sum([0.1, 0.2, -0.3].into_iter()), 0.0);
        assert_eq!(sum([12.35, -4.1, -8.25].into_iter()), 0.0);
        assert_eq!(sum([1e9, 0.01, -1e9].into_iter()), 0.01);
        assert_eq!(sum([0.1; 10].into_iter()), 1.0);
        assert_eq!(sum([].into_iter()), 0.0);
    }

    #[test]
    fn a_change_from_nothing_or_across_zero_has_no_percent() {
        assert_eq!(percent_change(90.0, 120.0), Some(-25.0));
        assert_eq!(percent_change(-30.0, -20.0), Some(-50.0));
        assert_eq!(percent_change(0.0, 20.0), Some(-100.0));
        assert_eq!(percent_change(5.0, 0.0), None);
        assert_eq!(percent_change(5.0, -5.0), None);
    }

    #[test]
    fn a_year_before_a_leap_day_is_the_28th() {
        let day =
            |year, month, day| Date::from_calendar_date(year, month, day).unwrap().to_julian_day();
        assert_eq!(
            year_before(day(2028, Month::February, 29)),
            Some(day(2027, Month::February, 28))
        );
        assert_eq!(year_before(day(2026, Month::November, 1)), Some(day(2025, Month::November, 1)));
    }

    proptest! {
        #[test]
        fn adjacent_windows_sum_to_their_union(
            values in proptest::collection::btree_map(0i32..60, -1e6f64..1e6, 0..60),
            last in 20i32..60, left in 1i32..10, right in 1i32..10,
        ) {
            let points: Vec<Point> = values.into_iter().collect();
            let known = |w: Option<Window>| w.map_or((0, 0.0), |w| (w.known, w.sum));
            let whole = known(window(&points, last, left + right));
            let (newer, older) = (known(window(&points, last, right)), known(window(&points, last - right, left)));
            prop_assert_eq!(whole.0, newer.0 + older.0);
            prop_assert!((whole.1 - newer.1 - older.1).abs() < 1e-3);
        }
    }
}
