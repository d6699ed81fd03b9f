//! Estimates on which days observations are expected.

use time::Date;

use super::series::Point;

/// Number of the newest intervals that are evaluated.
const STEPS: usize = 60;

/// Returns the median number of days between consecutive observations. Returns `None` for fewer than three
/// observations.
pub fn step(days: &[i32]) -> Option<i32> {
    let newest = days.get(days.len().saturating_sub(STEPS + 1)..)?;
    let mut steps: Vec<i32> = newest.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    (steps.len() >= 2).then(|| steps[steps.len() / 2])
}

/// Returns how late an observation may be before it counts as overdue, in days: three intervals, but at least
/// `least`.
pub fn grace(days: &[i32], least: i32) -> i32 {
    step(days).map_or(least, |step| (3 * step).max(least))
}

/// Returns the days of all points, oldest first.
pub fn days(points: &[Point]) -> Vec<i32> {
    points.iter().map(|(day, _)| *day).collect()
}

/// Returns the first day after the newest observation on which another is expected, based on weekdays,
/// days of the month and intervals. Returns `None` for fewer than three observations.
pub fn next(days: &[i32]) -> Option<i32> {
    const WEEKS: i32 = 8;
    let (oldest, newest) = (*days.first()?, *days.last()?);
    let usual = step(days)?;
    let recent = days.get(days.len().saturating_sub(STEPS + 1)..)?;
    if usual >= 28
        && let Some(day) = next_of_month(recent, newest + usual)
    {
        return Some(day);
    }
    let steps: Vec<i32> = recent.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if usual >= 7 {
        let mut steps = steps;
        steps.sort_unstable();
        // The upper quartile, so that an observation that came early makes the next one not late.
        return steps.get(steps.len() * 3 / 4).map(|step| newest + step);
    }
    if usual > 1 && steps.iter().filter(|step| **step == usual).count() * 4 >= steps.len() * 3 {
        return Some(newest + usual);
    }
    let first = oldest.max(newest - 7 * WEEKS + 1);
    if newest - first < 13 {
        return Some(newest + usual);
    }
    let expected = weekdays(days, first, newest);
    let on_weekday = (newest + 1..=newest + 7).find(|day| expected[weekday(*day)]);
    on_weekday.map(|day| day.max(newest + usual))
}

/// Returns the day near `about` that is on the usual day of the month, if three quarters of the observations
/// are on the same one: the 1st, the 15th, or the last.
fn next_of_month(days: &[i32], about: i32) -> Option<i32> {
    /// Months differ by up to three days.
    const EARLIER: i32 = 4;
    let is_usual = |place: fn(i32) -> Option<u8>, usual: Option<u8>| {
        let count = days.iter().filter(|day| place(**day) == usual).count();
        usual.is_some() && count * 4 >= days.len() * 3
    };
    let newest = *days.last()?;
    // Counted from the end first: the last day of a month is the 28th to the 31st.
    let place = [from_the_end as fn(i32) -> Option<u8>, of_month]
        .into_iter()
        .find(|place| is_usual(*place, place(newest)))?;
    let usual = place(newest);
    (about - EARLIER..about + 31).filter(|day| *day > newest).find(|day| place(*day) == usual)
}

fn of_month(day: i32) -> Option<u8> {
    Date::from_julian_day(day).ok().map(Date::day)
}

/// Returns 0 for the last day of a month; `None` for days that are not among the last three.
fn from_the_end(day: i32) -> Option<u8> {
    (0..3).find(|more| of_month(day + i32::from(*more) + 1) == Some(1))
}

/// Returns the weekday of a Julian day, 0 for Monday.
pub fn weekday(day: i32) -> usize {
    // In 0..=6, so the cast is lossless.
    day.rem_euclid(7) as usize
}

/// Returns on which weekdays observations are usual: on at least half of those days from `first` to `last`.
fn weekdays(known: &[i32], first: i32, last: i32) -> [bool; 7] {
    let mut counts = [(0_u32, 0_u32); 7];
    for day in first..=last {
        let (known_days, all) = &mut counts[weekday(day)];
        *all += 1;
        *known_days += u32::from(known.binary_search(&day).is_ok());
    }
    counts.map(|(known, all)| known * 2 >= all)
}

/// Returns the days from `first` to `last` without an observation although their weekday usually has one, and
/// the number of all such weekdays in the range.
pub fn missing(known: &[i32], first: i32, last: i32) -> (Vec<i32>, u32) {
    let is_expected = weekdays(known, first, last);
    let expected = (first..=last).filter(|day| is_expected[weekday(*day)]);
    let count = u32::try_from(expected.clone().count()).unwrap_or(u32::MAX);
    (expected.filter(|day| known.binary_search(day).is_err()).collect(), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rhythm_is_the_usual_interval() {
        assert_eq!(step(&[1, 2, 3, 9, 10, 11]), Some(1));
        assert_eq!(step(&[1, 8, 15, 22]), Some(7));
        assert_eq!(step(&[1, 8]), None);
        assert_eq!(step(&[]), None);
        assert_eq!((grace(&[1, 8, 15, 22], 3), grace(&[1, 2, 3], 3), grace(&[1], 3)), (21, 3, 3));
    }

    #[test]
    fn the_next_number_is_expected_by_weekdays_and_steps() {
        let daily: Vec<i32> = (0..60).collect();
        assert_eq!(next(&daily), Some(60));
        // Five days a week: after the fifth day the next observation is three days later.
        let weekdays = |last: i32| (0..=last).filter(|day| day % 7 < 5).collect::<Vec<_>>();
        assert_eq!(next(&weekdays(60)), Some(63));
        assert_eq!(next(&weekdays(58)), Some(59));
        let twice_a_week: Vec<i32> = (0..60).filter(|day| matches!(day % 7, 1 | 3)).collect();
        assert_eq!((twice_a_week.last(), next(&twice_a_week)), (Some(&59), Some(64)));
        let every_other: Vec<i32> = (0..60).filter(|day| day % 2 == 0).collect();
        assert_eq!(next(&every_other), Some(60));
        assert_eq!(next(&[0, 7, 14, 21]), Some(28));
        assert_eq!(next(&[0, 31, 59, 90, 120, 151]), Some(182), "about a month");
        assert_eq!(next(&[3, 4, 5]), Some(6));
        assert_eq!(next(&[3, 4]), None);
    }

    #[test]
    fn a_monthly_number_is_expected_on_its_day_of_the_month() {
        use time::macros::date;
        let next_after = |dates: &[Date]| {
            let days: Vec<i32> = dates.iter().map(|date| date.to_julian_day()).collect();
            next(&days).and_then(|day| Date::from_julian_day(day).ok())
        };
        let firsts = [
            date!(2026 - 11 - 01),
            date!(2026 - 12 - 01),
            date!(2027 - 01 - 01),
            date!(2027 - 02 - 01),
        ];
        assert_eq!(next_after(&firsts), Some(date!(2027 - 03 - 01)));
        let lasts = [date!(2027 - 11 - 30), date!(2027 - 12 - 31), date!(2028 - 01 - 31)];
        assert_eq!(next_after(&lasts), Some(date!(2028 - 02 - 29)));
        let once_late = [
            date!(2026 - 08 - 15),
            date!(2026 - 09 - 15),
            date!(2026 - 10 - 17),
            date!(2026 - 11 - 15),
        ];
        assert_eq!(next_after(&once_late), Some(date!(2026 - 12 - 15)));
        let quarters = [date!(2026 - 01 - 01), date!(2026 - 04 - 01), date!(2026 - 07 - 01)];
        assert_eq!(next_after(&quarters), Some(date!(2026 - 10 - 01)));
    }

    #[test]
    fn days_off_are_not_missing() {
        // Four weeks without two of the weekdays, and one missing day on another weekday.
        let known: Vec<i32> = (0..28).filter(|day| day % 7 < 5 && *day != 16).collect();
        assert_eq!(missing(&known, 0, 27), (vec![16], 20));
        assert_eq!(missing(&(0..28).collect::<Vec<_>>(), 0, 27), (vec![], 28));
    }
}
