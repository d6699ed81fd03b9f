//! Builds the chart of a metric: downsampled, with its gaps.

use time::Date;

use super::model::{Chart, Grain, Measure};
use super::rhythm;
use super::series::{self, Bucket, Point};
use super::windows::Daily;
use crate::format::date;

/// Maximum number of points in the chart, more than most screens can show.
const MOST_POINTS: i32 = 400;
/// Number of rows in the table beside the chart.
const LISTED: usize = 12;
/// A metric whose observations are at least this many days apart is expected at that interval. Others are expected on the
/// weekdays that usually have a value.
const WEEK: i32 = 7;

/// Builds the chart of the days from `from` on that are over. Today's incomplete value is drawn apart. `points` are
/// sorted oldest first and may begin earlier, so that a gap at the start is recognised. `None` without a
/// point in the range. `weights` are the days of the metric that weights it.
pub fn chart(
    measure: Measure,
    points: &[Point],
    weights: Option<&[Point]>,
    from: i32,
    today: Date,
) -> Option<Chart> {
    let today = today.to_julian_day();
    let earlier = points.partition_point(|(day, _)| *day < from);
    let (before, shown) = points.split_at(earlier);
    let ((first_known, _), (last, _)) = (*shown.first()?, *shown.last()?);
    // A metric that began within the range has no gap before its beginning.
    let first = if before.is_empty() { first_known } else { from.min(first_known) };
    let (whole, unfinished) = shown.split_at(shown.partition_point(|(day, _)| *day < today));
    let (buckets, days_a_point) = series::thin_out(
        Daily { points: whole, aggregation: measure.aggregation, weights },
        MOST_POINTS,
    );
    let place = |day: i32| f64::from(day - first);
    let gaps = gaps(before.last().map(|(day, _)| *day), &rhythm::days(whole), days_a_point)
        .into_iter()
        .map(|(a, b)| (place(a.max(first)), place(b)))
        .filter(|(a, b)| a < b)
        .collect();
    let values = || buckets.iter().map(|bucket| bucket.value);
    let listed = shown.iter().rev().take(LISTED);
    Some(Chart {
        grain: Grain::Day,
        measure,
        from: date::julian(first),
        to: labelled(last, today),
        first,
        days: place(last),
        lowest: values().reduce(f64::min).unwrap_or_default(),
        highest: values().reduce(f64::max).unwrap_or_default(),
        points: buckets,
        days_a_point,
        gaps,
        so_far: unfinished.last().map(|(day, value)| (place(*day), *value)),
        listed: listed.map(|(day, value)| (labelled(*day, today), *value)).collect(),
    })
}

/// Maximum number of longer periods in a chart: three years of months.
const MOST_PERIODS: usize = 36;

/// Builds the chart of a metric's newest longer periods. `points` are sorted oldest first. `None` without any.
pub fn period_chart(measure: Measure, grain: Grain, points: &[Point]) -> Option<Chart> {
    let shown = points.get(points.len().saturating_sub(MOST_PERIODS)..)?;
    let ((first, _), (last, _)) = (*shown.first()?, *shown.last()?);
    let end = |first: i32| grain.last_day(date::of_julian(first)).to_julian_day();
    let point = |(first, value): &Point| Bucket {
        first: *first,
        last: end(*first),
        day: f64::from(*first),
        value: *value,
    };
    let place = |day: i32| f64::from(day - first);
    let gaps = shown
        .windows(2)
        .filter_map(|pair| Some((pair.first()?.0, pair.get(1)?.0)))
        .filter(|(a, b)| end(*a) + 1 != *b)
        .map(|(a, b)| (place(a), place(b)));
    let values = || shown.iter().map(|(_, value)| *value);
    Some(Chart {
        grain,
        measure,
        from: grain.label(date::of_julian(first)),
        to: grain.label(date::of_julian(last)),
        first,
        days: place(last),
        lowest: values().reduce(f64::min).unwrap_or_default(),
        highest: values().reduce(f64::max).unwrap_or_default(),
        points: shown.iter().map(point).collect(),
        days_a_point: 1,
        gaps: gaps.collect(),
        so_far: None,
        listed: shown
            .iter()
            .rev()
            .take(LISTED)
            .map(|(first, value)| (grain.sentence(*first), *value))
            .collect(),
    })
}

/// Returns the neighbouring known days between which expected ones are missing: days of a weekday that usually has a
/// value, or, for metrics with fewer values, much more than the usual interval. Gaps shorter than a point are averaged away.
/// `before` is the newest known day before the shown ones.
fn gaps(before: Option<i32>, known: &[i32], days_a_point: i32) -> Vec<(i32, i32)> {
    let (Some(first), Some(last), Some(step)) = (known.first(), known.last(), rhythm::step(known))
    else {
        return Vec::new();
    };
    let (missing, _) = match step < WEEK {
        true => rhythm::missing(known, *first, *last),
        false => (Vec::new(), 0),
    };
    let farthest = if step < WEEK { 3 * step } else { step + step / 2 };
    before
        .into_iter()
        .chain(known.iter().copied())
        .zip(known.iter().copied().skip(usize::from(before.is_none())))
        .filter(|(a, b)| {
            let next = missing.partition_point(|day| day <= a);
            let is_missing = missing.get(next).is_some_and(|day| day < b);
            (is_missing || b - a > farthest) && b - a > days_a_point
        })
        .collect()
}

/// Formats a day, and says of today that it is not over.
pub fn labelled(julian_day: i32, today: i32) -> String {
    let so_far = if julian_day < today { "" } else { ", so far" };
    format!("{}{so_far}", date::julian(julian_day))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use time::Duration;

    use super::*;

    fn users() -> Measure {
        Measure {
            slug: "users".into(),
            name: "Users".into(),
            unit: String::new(),
            higher_is_better: true,
            is_count: true,
            ..Measure::default()
        }
    }

    fn today() -> Date {
        Date::from_ordinal_date(2026, 60).unwrap()
    }

    /// Returns a value for each of the days that end with yesterday.
    fn until_yesterday(days: i32, today: Date) -> Vec<Point> {
        let yesterday = (today - Duration::DAY).to_julian_day();
        (0..days).map(|day| (yesterday - days + 1 + day, f64::from(day))).collect()
    }

    fn whole(points: &[Point], today: Date) -> Chart {
        chart(users(), points, None, i32::MIN, today).unwrap()
    }

    #[test]
    fn a_chart_of_ten_years_has_few_points_and_tells_how_many_days_each_stands_for() {
        let today = Date::from_ordinal_date(2026, 1).unwrap();
        let chart = whole(&until_yesterday(3_653, today), today);
        assert_eq!((chart.points.len(), chart.days_a_point), (366, 10));
        assert_eq!((chart.from.as_str(), chart.to.as_str()), ("1 Jan 2016", "31 Dec 2025"));
        assert_eq!((chart.listed.len(), chart.gaps), (12, vec![]));
    }

    #[test]
    fn missing_days_are_gaps_and_days_off_are_not() {
        let gaps_of = |is_known: &dyn Fn(i32) -> bool| {
            let known = until_yesterday(56, today());
            let known: Vec<Point> = known.into_iter().filter(|(day, _)| is_known(*day)).collect();
            whole(&known, today()).gaps
        };
        let first = until_yesterday(56, today())[0].0;
        assert_eq!(gaps_of(&|_| true), vec![]);
        assert_eq!(gaps_of(&|day| day - first != 20), [(19.0, 21.0)]);
        assert_eq!(gaps_of(&|day| !(20..=33).contains(&(day - first))), [(19.0, 34.0)]);
        assert_eq!(gaps_of(&|day| rhythm::weekday(day) < 5), vec![], "closed at weekends");
        assert_eq!(gaps_of(&|day| (day - first) % 7 == 0), vec![], "a value a week");
        let weekly = gaps_of(&|day| (day - first) % 7 == 0 && day - first != 28);
        assert_eq!(weekly, [(21.0, 35.0)]);
    }

    #[test]
    fn a_range_that_begins_within_a_gap_shows_it() {
        let mut points = until_yesterday(90, today());
        let from = points[60].0;
        points.drain(55..65);
        let chart = chart(users(), &points, None, from, today()).unwrap();
        assert_eq!((chart.first, chart.gaps.as_slice()), (from, &[(0.0, 5.0)][..]));
        let young =
            super::chart(users(), &until_yesterday(5, today()), None, from, today()).unwrap();
        assert_eq!((young.days, young.gaps), (4.0, vec![]), "it began within the range");
    }

    proptest! {
        #[test]
        fn what_there_is_of_today_changes_no_point_of_a_day_that_is_over(
            days in prop::sample::select(vec![1, 29, 30, 90, 365, 399, 400, 401, 3_650]),
            value in -1e12f64..1e12,
        ) {
            let mut points = until_yesterday(days, today());
            let before = whole(&points, today());
            points.push((today().to_julian_day(), value));
            let after = whole(&points, today());
            prop_assert_eq!(&after.points, &before.points);
            prop_assert_eq!((after.lowest, after.highest), (before.lowest, before.highest));
            prop_assert_eq!(after.days_a_point, before.days_a_point);
            prop_assert_eq!(&after.from, &before.from);
            prop_assert_eq!(&after.gaps, &before.gaps);
            prop_assert_eq!(before.so_far, None);
            prop_assert_eq!(before.to, "28 Feb 2026");
            prop_assert_eq!(after.so_far, Some((f64::from(days), value)));
            prop_assert_eq!(after.to, "1 Mar 2026, so far");
            let listed: Vec<_> = before.listed.iter().take(LISTED - 1).cloned().collect();
            prop_assert_eq!(&after.listed[0], &("1 Mar 2026, so far".to_owned(), value));
            prop_assert_eq!(&after.listed[1..], &listed);
        }

        #[test]
        fn gaps_hold_no_point_and_lie_within_the_axis(
            days in prop::collection::btree_set(0i32..900, 1..300), from in 0i32..900,
        ) {
            let yesterday = (today() - Duration::DAY).to_julian_day();
            let points: Vec<Point> = days.iter().map(|day| (yesterday - 900 + day, 1.0)).collect();
            let Some(chart) = chart(users(), &points, None, yesterday - 900 + from, today()) else {
                return Ok(());
            };
            for (a, b) in &chart.gaps {
                prop_assert!(0.0 <= *a && a < b && *b <= chart.days);
                let inside = |day: f64| *a < chart.place(day) && chart.place(day) < *b;
                prop_assert!(!chart.points.iter().any(|it| inside(it.day)), "{:?}", chart);
            }
        }
    }

    #[test]
    fn months_are_points_of_their_own_with_gaps_where_one_is_missing() {
        let month = |month: u8| {
            let first = time::Month::try_from(month).ok();
            let first = first.and_then(|it| Date::from_calendar_date(2026, it, 1).ok());
            first.unwrap().to_julian_day()
        };
        let points = [(month(1), 5.0), (month(2), 7.0), (month(4), 6.0)];
        let chart = period_chart(users(), Grain::Month, &points).unwrap();
        assert_eq!((chart.from.as_str(), chart.to.as_str()), ("January 2026", "April 2026"));
        assert_eq!(chart.points.iter().map(|it| it.value).collect::<Vec<_>>(), [5.0, 7.0, 6.0]);
        assert_eq!((chart.points[0].last, chart.days_a_point), (month(2) - 1, 1));
        assert_eq!(chart.gaps, [(31.0, 90.0)]);
        assert_eq!(chart.listed[0], ("April 2026".to_owned(), 6.0));
        assert_eq!(period_chart(users(), Grain::Month, &[]), None);
        let many: Vec<Point> = (0..500).map(|week| (week * 7, 1.0)).collect();
        assert_eq!(period_chart(users(), Grain::Week, &many).unwrap().points.len(), 36);
    }

    #[test]
    fn a_chart_of_today_alone_has_no_line() {
        let chart = whole(&[(today().to_julian_day(), 3.0)], today());
        assert_eq!((chart.points.as_slice(), chart.so_far), (&[][..], Some((0.0, 3.0))));
    }
}
