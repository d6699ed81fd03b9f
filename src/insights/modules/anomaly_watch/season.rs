//! Estimates the usual value of a day: the level of its weekday in the preceding weeks, extrapolated along
//! the trend.

use crate::analytics::rhythm::weekday;
use crate::analytics::series::Point;
use crate::format::number::tidy;
use crate::insights::modules::robust;

/// Length of the reference period before a day: thirteen weeks.
pub const SEASON: i32 = 91;
/// Minimum number of known days in the reference period, in all and on the same weekday.
const LEAST_KNOWN: usize = 28;
const LEAST_SAME_WEEKDAY: usize = 5;
/// Lower bound of the scatter as a share of the usual value. Smaller deviations do not matter to anyone.
const LEAST_SCATTER: f64 = 0.05;

/// The usual value of a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    pub value: f64,
    /// Robust standard deviation of days from their usual value.
    pub scatter: f64,
    /// How many days of the same weekday the estimate uses.
    pub known: usize,
    /// The first of those days.
    pub first: i32,
    /// The last of those days.
    pub last: i32,
}

/// Estimates what is usual for `day` from the days before it. `None` if too few are known or all are zero.
pub fn usual(points: &[Point], day: i32, is_count: bool) -> Option<Usual> {
    let season = robust::inside(points, day - SEASON, day - 1);
    if season.len() < LEAST_KNOWN {
        return None;
    }
    let mut weekdays: [Vec<Point>; 7] = Default::default();
    for point in season {
        weekdays.get_mut(weekday(point.0))?.push(*point);
    }
    let slope = slope(&weekdays)?;
    // A day's value extrapolated along the trend to `day`.
    let carried = |(at, value): &Point| value + slope * f64::from(day - at);
    let levels = weekdays.each_ref().map(|points| {
        robust::median(&mut points.iter().map(carried).collect::<Vec<_>>()).unwrap_or_default()
    });
    let residuals =
        season.iter().filter_map(|point| Some(carried(point) - levels.get(weekday(point.0))?));
    let scatter = robust::scatter(residuals, 0.0)?;
    let same = weekdays.get(weekday(day)).filter(|same| same.len() >= LEAST_SAME_WEEKDAY)?;
    let level = *levels.get(weekday(day))?;
    let value = if is_count { level.max(0.0) } else { level };
    // Counts follow roughly a Poisson distribution, whose deviation grows with the square root.
    let of_counting = if is_count { value.max(1.0).sqrt() } else { 0.0 };
    let scatter = scatter.max(LEAST_SCATTER * value.abs()).max(of_counting);
    let (first, last) = (same.first()?.0, same.last()?.0);
    let value = tidy(value);
    (scatter > 0.0).then_some(Usual { value, scatter, known: same.len(), first, last })
}

/// Theil–Sen estimate of the daily trend: the median slope over all pairs of days of the same weekday.
fn slope(weekdays: &[Vec<Point>; 7]) -> Option<f64> {
    let mut slopes: Vec<f64> = weekdays
        .iter()
        .flat_map(|points| {
            points.iter().enumerate().flat_map(|(place, (from, before))| {
                points
                    .iter()
                    .skip(place + 1)
                    .map(move |(to, after)| (after - before) / f64::from(to - from))
            })
        })
        .collect();
    robust::median(&mut slopes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    /// Returns `level + trend · day`, with the level doubled on one weekday.
    fn weekly(days: i32, level: f64, trend: f64) -> Vec<Point> {
        (0..days)
            .map(|day| (day, level * if day % 7 == 5 { 2.0 } else { 1.0 } + trend * f64::from(day)))
            .collect()
    }

    #[test]
    fn a_weekday_is_expected_at_its_own_level_along_the_trend() {
        let points = weekly(91, 1_000.0, 10.0);
        for (day, value) in [(91, 1_910.0), (96, 2_960.0)] {
            let usual = usual(&points, day, false).unwrap();
            assert!((usual.value - value).abs() < 1e-6, "{day}: {usual:?}");
        }
        let usual = usual(&points, 96, false).unwrap();
        assert_eq!((usual.known, usual.first, usual.last), (13, 5, 89));
        assert!((usual.scatter - 148.0).abs() < 1e-6, "a twentieth of 2,960: {usual:?}");
    }

    #[test]
    fn scatter_is_the_median_distance_from_each_weekdays_level() {
        // Weeks alternate between 110 and 90: no trend, and each day is 10 from the median.
        let points: Vec<Point> =
            (0..84).map(|day| (day, if day / 7 % 2 == 0 { 110.0 } else { 90.0 })).collect();
        let usual = usual(&points, 84, false).unwrap();
        assert_eq!(usual.value, 100.0);
        assert!((usual.scatter - 14.826).abs() < 1e-9, "{usual:?}");
    }

    #[test]
    fn too_few_days_give_no_estimate() {
        assert_eq!(usual(&weekly(27, 100.0, 0.0), 27, false), None);
        assert_eq!(usual(&weekly(34, 100.0, 0.0), 34, false), None, "four days of this weekday");
        assert!(usual(&weekly(35, 100.0, 0.0), 35, false).is_some());
        assert_eq!(usual(&weekly(91, 0.0, 0.0), 91, false), None, "nothing but zeros");
        let mondays: Vec<Point> = (0..20).map(|week| (week * 7, 5.0)).collect();
        assert_eq!(usual(&mondays, 140, false), None, "13 days of 91");
    }

    #[test]
    fn counts_scatter_at_least_by_their_root_and_are_never_negative() {
        let points: Vec<Point> = (0..91).map(|day| (day, 400.0)).collect();
        assert_eq!(usual(&points, 91, true).map(|it| it.scatter), Some(20.0));
        let falling: Vec<Point> = (0..91).map(|day| (day, f64::from(90 - day))).collect();
        assert_eq!(
            usual(&falling, 100, true).map(|it| (it.value, it.scatter > 0.9)),
            Some((0.0, true))
        );
    }

    proptest! {
        #[test]
        fn the_estimate_scales_with_the_values(
            noise in proptest::collection::vec(-20.0f64..20.0, 91), factor in 0.01f64..1e4,
        ) {
            let points: Vec<Point> =
                noise.iter().enumerate().map(|(day, noise)| (day as i32, 200.0 + noise)).collect();
            let scaled: Vec<Point> = points.iter().map(|(day, value)| (*day, value * factor)).collect();
            let (one, other) = (usual(&points, 91, false).unwrap(), usual(&scaled, 91, false).unwrap());
            prop_assert!((one.value * factor - other.value).abs() < 1e-6 * other.value.abs());
            prop_assert!((one.scatter * factor - other.scatter).abs() < 1e-6 * other.scatter);
        }

        #[test]
        fn one_wild_day_changes_little(wild in -1e12f64..1e12, at in 0usize..91) {
            let mut points = weekly(91, 1_000.0, 1.0);
            points[at].1 = wild;
            let usual = usual(&points, 91, false).unwrap();
            prop_assert!((usual.value - 1_091.0).abs() < 10.0, "{:?}", usual);
        }
    }
}
