//! Time series: means of windows, and downsampling for charts.

use serde::{Deserialize, Serialize};

use super::model::{Aggregation, Delta};
use super::windows::Daily;

/// A Julian day and a metric's value on it. Series are sorted oldest first.
pub type Point = (i32, f64);

/// The lengths of the compared windows in days.
pub const WINDOWS: [i32; 2] = [7, 30];

/// Compares the newest `days` days with the same number of days before: by their means, or a level's ends. Returns
/// `None` if either window has values for less than half of its days, because such a mean would mislead.
pub fn delta(daily: Daily<'_>, days: i32) -> Option<Delta> {
    let newest = daily.points.last()?.0;
    let level = |last: i32| Some(daily.telling(last, days)?.level(daily.aggregation));
    Some(Delta { days, mean: level(newest)?, mean_before: level(newest - days)? })
}

/// Consecutive days. A point of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Julian days of the first and last observation.
    pub first: i32,
    pub last: i32,
    /// Mean of the observations' days.
    pub day: f64,
    /// Mean of the observations; of a level, the newest one.
    pub value: f64,
}

/// Downsamples to at most `most` buckets, each of a fixed number of consecutive days, which is returned too. A flow
/// stays an amount a day, so that the scale does not depend on the length of a bucket.
pub fn thin_out(daily: Daily<'_>, most: i32) -> (Vec<Bucket>, i32) {
    let points = daily.points;
    let (Some((first, _)), Some((last, _))) = (points.first(), points.last()) else {
        return (Vec::new(), 1);
    };
    let days = ((last - first) / most + 1).max(1);
    let place = |point: &Point| (point.0 - first) / days;
    let chunks = points.chunk_by(|a, b| place(a) == place(b));
    (chunks.filter_map(|points| bucket(Daily { points, ..daily })).collect(), days)
}

fn bucket(daily: Daily<'_>) -> Option<Bucket> {
    let ((first, only), (last, _)) = (*daily.points.first()?, *daily.points.last()?);
    let count = daily.points.len() as f64;
    let middle = daily.points.iter().map(|(day, _)| f64::from(*day)).sum::<f64>() / count;
    // A single day is shown as it is, even without a weight.
    let value = match daily.points.len() {
        1 => only,
        _ => daily.window(last, last - first + 1)?.level(daily.aggregation),
    };
    let day = if daily.aggregation == Aggregation::Last { f64::from(last) } else { middle };
    Some(Bucket { first, last, day, value })
}

/// Returns round values for the grid lines of a chart. The first is at or below `low`, the last at or above
/// `high`.
pub fn ticks(low: f64, high: f64) -> Vec<f64> {
    // Starts at zero if that leaves enough room for the line.
    let low = if low > 0.0 && low < high * 0.6 { 0.0 } else { low };
    let span = if high > low { high - low } else { low.abs().max(1.0) };
    let raw = span / 4.0;
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|step| *step >= raw);
    let step = step.unwrap_or(10.0 * power);
    let first = (low / step).floor();
    let last = (high / step).ceil().max(first + 1.0);
    // The span is four to ten steps, so there are few values.
    (0..=(last - first) as i32).map(|n| (first + f64::from(n)) * step).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn flow(points: &[Point]) -> Daily<'_> {
        Daily::plain(points, Aggregation::Sum)
    }

    fn daily(values: &[f64]) -> Vec<Point> {
        values.iter().enumerate().map(|(day, value)| (day as i32, *value)).collect()
    }

    #[test]
    fn a_week_is_compared_with_the_week_before_it() {
        let mut values = vec![10.0; 7];
        values.extend([12.0; 7]);
        let delta = delta(flow(&daily(&values)), 7).unwrap();
        assert_eq!((delta.mean, delta.mean_before), (12.0, 10.0));
        assert_eq!(delta.percent(), Some(20.0));
        assert_eq!(super::delta(flow(&daily(&values)), 30), None, "too few days");
        assert_eq!(super::delta(flow(&[]), 7), None);
    }

    #[test]
    fn missing_days_are_not_zeros() {
        let points = [
            (0, 10.0),
            (2, 10.0),
            (4, 10.0),
            (6, 10.0),
            (8, 20.0),
            (9, 20.0),
            (11, 20.0),
            (13, 20.0),
        ];
        let delta = delta(flow(&points), 7).unwrap();
        assert_eq!((delta.mean, delta.mean_before), (20.0, 10.0));
        assert_eq!(super::delta(flow(&points[..5]), 7), None, "one day of seven is no week");
    }

    #[test]
    fn a_level_is_compared_and_drawn_by_its_ends() {
        let points: Vec<Point> = [(0, 500.0), (6, 400.0), (7, 380.0), (13, 90.0)].into();
        let level = Daily::plain(&points, Aggregation::Last);
        let delta = delta(level, 7).unwrap();
        assert_eq!((delta.mean, delta.mean_before), (90.0, 400.0));
        let (thin, days) = thin_out(level, 2);
        let drawn: Vec<(f64, f64)> = thin.iter().map(|it| (it.day, it.value)).collect();
        assert_eq!((drawn, days), (vec![(6.0, 400.0), (13.0, 90.0)], 7));
    }

    #[test]
    fn ten_years_become_few_points_with_the_same_mean() {
        let values: Vec<f64> = (0..3_650).map(f64::from).collect();
        let (thin, days) = thin_out(flow(&daily(&values)), 400);
        assert_eq!((thin.len(), days), (365, 10));
        assert_eq!(thin[0], Bucket { first: 0, last: 9, day: 4.5, value: 4.5 });
        assert_eq!(thin_out(flow(&daily(&values[..90])), 400).1, 1);
        assert_eq!(thin_out(flow(&[]), 400), (vec![], 1));
    }

    #[test]
    fn plot_lines_are_at_round_values() {
        assert_eq!(ticks(3.0, 97.0), [0.0, 50.0, 100.0]);
        assert_eq!(ticks(940.0, 960.0), [940.0, 945.0, 950.0, 955.0, 960.0]);
        assert_eq!(ticks(0.0, 0.0), [0.0, 0.5]);
        assert_eq!(ticks(-5.0, 5.0), [-5.0, 0.0, 5.0]);
    }

    proptest! {
        #[test]
        fn a_plot_holds_every_value_between_few_lines(a in -1e15f64..1e15, b in -1e15f64..1e15) {
            let (low, high) = (a.min(b), a.max(b));
            let lines = ticks(low, high);
            prop_assert!(lines.len() >= 2 && lines.len() <= 13, "{:?}", lines);
            prop_assert!(lines[0] <= low && *lines.last().unwrap() >= high, "{:?}", lines);
        }
    }
}
