//! Robust statistics: estimates that a single outlier does not move.

use crate::analytics::series::Point;

/// Scales a median absolute deviation to the standard deviation of a normal distribution.
const MAD_SCALE: f64 = 1.4826;

/// Returns the median, `None` if `values` is empty. Reorders `values`.
pub fn median(values: &mut [f64]) -> Option<f64> {
    let (count, middle) = (values.len(), values.len() / 2);
    if count == 0 {
        return None;
    }
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    if count % 2 == 1 {
        return Some(upper);
    }
    let lower = below.iter().copied().max_by(f64::total_cmp).unwrap_or(upper);
    Some(lower + (upper - lower) / 2.0)
}

/// Returns the scaled median absolute deviation from `center`, `None` if `values` is empty.
pub fn scatter(values: impl Iterator<Item = f64>, center: f64) -> Option<f64> {
    let mut distances: Vec<f64> = values.map(|value| (value - center).abs()).collect();
    median(&mut distances).map(|mad| mad * MAD_SCALE)
}

/// Returns the points from day `first` to day `last`, inclusive.
pub fn inside(points: &[Point], first: i32, last: i32) -> &[Point] {
    let from = points.partition_point(|(day, _)| *day < first);
    let to = points.partition_point(|(day, _)| *day <= last);
    points.get(from..to).unwrap_or_default()
}

/// Estimates the standard deviation of a day from the differences between days a week apart. This is robust
/// against weekdays and outliers, and a trend counts only with its weekly change. `None` with fewer than
/// [`LEAST_PAIRS`] such pairs.
pub fn daily_scatter(points: &[Point]) -> Option<f64> {
    let differences: Vec<f64> = points
        .iter()
        .filter_map(|(day, value)| {
            let before = points.binary_search_by_key(&(day - 7), |(day, _)| *day).ok()?;
            Some(value - points.get(before)?.1)
        })
        .collect();
    if differences.len() < LEAST_PAIRS {
        return None;
    }
    Some(scatter(differences.into_iter(), 0.0)? / std::f64::consts::SQRT_2)
}

/// Minimum number of pairs for an estimate.
const LEAST_PAIRS: usize = 7;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_median_is_the_middle_value() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [7.0]), Some(7.0));
        assert_eq!(median(&mut [9.0, 1.0, 4.0]), Some(4.0));
        assert_eq!(median(&mut [9.0, 1.0, 4.0, 2.0]), Some(3.0));
    }

    #[test]
    fn one_outlier_changes_the_scatter_little() {
        let calm = [10.0, 12.0, 8.0, 11.0, 9.0];
        assert_eq!(scatter(calm.into_iter(), 10.0), Some(MAD_SCALE));
        let odd = [10.0, 12.0, 8.0, 11.0, 1e9];
        assert_eq!(scatter(odd.into_iter(), 10.0), Some(2.0 * MAD_SCALE));
    }

    #[test]
    fn weekdays_and_outliers_are_not_scatter() {
        let level = |day: i32| if day % 7 == 2 { 50.0 } else { 10.0 };
        let mut points: Vec<Point> = (0..28).map(|day| (day, level(day))).collect();
        assert_eq!(daily_scatter(&points), Some(0.0));
        points[20].1 = 1e9;
        assert_eq!(daily_scatter(&points), Some(0.0));
        assert_eq!(daily_scatter(&points[..13]), None);
        // Each day is 3 higher than a week before.
        let rising: Vec<Point> =
            (0..28).map(|day| (day, level(day) + f64::from(day / 7 * 3))).collect();
        let scatter = daily_scatter(&rising).unwrap();
        assert!((scatter - 3.0 * MAD_SCALE / 2f64.sqrt()).abs() < 1e-9, "{scatter}");
    }

    proptest! {
        #[test]
        fn as_many_are_below_the_median_as_above(mut values in proptest::collection::vec(-1e6f64..1e6, 1..60)) {
            let middle = median(&mut values).unwrap();
            let below = values.iter().filter(|value| **value < middle).count();
            let above = values.iter().filter(|value| **value > middle).count();
            prop_assert!(below <= values.len() / 2 && above <= values.len() / 2);
        }
    }
}
