//! Time series: means of windows, and downsampling for charts.

use serde::{Deserialize, Serialize};

use super::model::Delta;

/// A Julian day and a metric's value on it. Series are sorted oldest first.
pub type Point = (i32, f64);

/// The lengths of the compared windows in days.
pub const WINDOWS: [i32; 2] = [7, 30];

/// Compares the mean of the newest `days` days with that of the same number of days before. Returns `None` if
/// either window has values for less than half of its days, because such a mean would mislead.
pub fn delta(points: &[Point], days: i32) -> Option<Delta> {
    let newest = points.last()?.0;
    let mean = mean(points, newest - days, newest, days)?;
    let mean_before = self::mean(points, newest - 2 * days, newest - days, days)?;
    Some(Delta { days, mean, mean_before })
}

/// Returns the mean of the points after day `after` up to day `to`.
fn mean(points: &[Point], after: i32, to: i32, days: i32) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0);
    for (_, value) in points.iter().filter(|(day, _)| (after + 1..=to).contains(day)) {
        sum += value;
        count += 1;
    }
    (count * 2 >= days).then(|| sum / f64::from(count))
}

/// The mean of consecutive days. A point of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Julian days of the first and last observation.
    pub first: i32,
    pub last: i32,
    /// Mean of the observations' days.
    pub day: f64,
    /// Mean of the observations.
    pub value: f64,
}

/// Downsamples to at most `most` buckets, each of a fixed number of consecutive days, which is returned too.
pub fn thin_out(points: &[Point], most: i32) -> (Vec<Bucket>, i32) {
    let (Some((first, _)), Some((last, _))) = (points.first(), points.last()) else {
        return (Vec::new(), 1);
    };
    let days = ((last - first) / most + 1).max(1);
    let place = |point: &Point| (point.0 - first) / days;
    let thin = points.chunk_by(|a, b| place(a) == place(b)).filter_map(bucket).collect();
    (thin, days)
}

fn bucket(points: &[Point]) -> Option<Bucket> {
    let ((first, _), (last, _)) = (points.first()?, points.last()?);
    let count = points.len() as f64;
    Some(Bucket {
        first: *first,
        last: *last,
        day: points.iter().map(|(day, _)| f64::from(*day)).sum::<f64>() / count,
        value: points.iter().map(|(_, value)| value).sum::<f64>() / count,
    })
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

    fn daily(values: &[f64]) -> Vec<Point> {
        values.iter().enumerate().map(|(day, value)| (day as i32, *value)).collect()
    }

    #[test]
    fn a_week_is_compared_with_the_week_before_it() {
        let mut values = vec![10.0; 7];
        values.extend([12.0; 7]);
        let delta = delta(&daily(&values), 7).unwrap();
        assert_eq!((delta.mean, delta.mean_before), (12.0, 10.0));
        assert_eq!(delta.percent(), Some(20.0));
        assert_eq!(super::delta(&daily(&values), 30), None, "too few days");
        assert_eq!(super::delta(&[], 7), None);
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
        let delta = delta(&points, 7).unwrap();
        assert_eq!((delta.mean, delta.mean_before), (20.0, 10.0));
        assert_eq!(super::delta(&points[..5], 7), None, "one day of seven is no week");
    }

    #[test]
    fn ten_years_become_few_points_with_the_same_mean() {
        let values: Vec<f64> = (0..3_650).map(f64::from).collect();
        let (thin, days) = thin_out(&daily(&values), 400);
        assert_eq!((thin.len(), days), (365, 10));
        assert_eq!(thin[0], Bucket { first: 0, last: 9, day: 4.5, value: 4.5 });
        assert_eq!(thin_out(&daily(&values[..90]), 400).1, 1);
        assert_eq!(thin_out(&[], 400), (vec![], 1));
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
