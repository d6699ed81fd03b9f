//! Statistics that one odd number does not move.

use crate::analytics::series::Point;

/// How much a median absolute deviation is scaled to be a standard deviation where numbers scatter normally.
const MAD_SCALE: f64 = 1.4826;

/// None of nothing. The order of `values` is lost.
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

/// The scaled median of the distances from `center`. None of nothing.
pub fn scatter(values: impl Iterator<Item = f64>, center: f64) -> Option<f64> {
    let mut distances: Vec<f64> = values.map(|value| (value - center).abs()).collect();
    median(&mut distances).map(|mad| mad * MAD_SCALE)
}

/// The points from day `first` to day `last`, both included.
pub fn inside(points: &[Point], first: i32, last: i32) -> &[Point] {
    let from = points.partition_point(|(day, _)| *day < first);
    let to = points.partition_point(|(day, _)| *day <= last);
    points.get(from..to).unwrap_or_default()
}

/// The mean's variance: how far the mean of these numbers might be off, squared. None of fewer than two.
pub fn mean_variance(values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some(squares / (count - 1.0) / count)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_median_stands_in_the_middle() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [7.0]), Some(7.0));
        assert_eq!(median(&mut [9.0, 1.0, 4.0]), Some(4.0));
        assert_eq!(median(&mut [9.0, 1.0, 4.0, 2.0]), Some(3.0));
    }

    #[test]
    fn one_odd_number_does_not_move_the_scatter() {
        let calm = [10.0, 12.0, 8.0, 11.0, 9.0];
        assert_eq!(scatter(calm.into_iter(), 10.0), Some(MAD_SCALE));
        let odd = [10.0, 12.0, 8.0, 11.0, 1e9];
        assert_eq!(scatter(odd.into_iter(), 10.0), Some(2.0 * MAD_SCALE));
    }

    #[test]
    fn a_mean_of_more_days_is_surer() {
        // Sample variance 2.5 over 5 days.
        assert_eq!(mean_variance(&[1.0, 2.0, 3.0, 4.0, 5.0]), Some(0.5));
        assert_eq!(mean_variance(&[4.0]), None);
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
