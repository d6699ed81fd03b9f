//! On which days numbers are to be expected.

use crate::analytics::series::Point;

/// How many of the newest steps tell a rhythm.
const STEPS: usize = 60;

/// How many days usually lie between a number and the next. None of fewer than three numbers.
pub fn step(days: &[i32]) -> Option<i32> {
    let newest = days.get(days.len().saturating_sub(STEPS + 1)..)?;
    let mut steps: Vec<i32> = newest.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    (steps.len() >= 2).then(|| steps[steps.len() / 2])
}

/// How late a number may be before anybody is told: three of its steps, but some days at least.
pub fn grace(days: &[i32], least: i32) -> i32 {
    step(days).map_or(least, |step| (3 * step).max(least))
}

/// The days of each measured day, oldest first.
pub fn days(points: &[Point]) -> Vec<i32> {
    points.iter().map(|(day, _)| *day).collect()
}

/// The days without a number from `first` to `last` among those on whose weekday there usually is one, and how
/// many such days there are in all.
pub fn missing(known: &[i32], first: i32, last: i32) -> (Vec<i32>, u32) {
    let is_known = |day: &i32| known.binary_search(day).is_ok();
    let weekday = |day: i32| day.rem_euclid(7) as usize;
    let mut counts = [(0_u32, 0_u32); 7];
    for day in first..=last {
        if let Some((known, all)) = counts.get_mut(weekday(day)) {
            *all += 1;
            *known += u32::from(is_known(&day));
        }
    }
    let is_expected =
        |day: &i32| counts.get(weekday(*day)).is_some_and(|(known, all)| known * 2 >= *all);
    let expected = (first..=last).filter(is_expected);
    let count = u32::try_from(expected.clone().count()).unwrap_or(u32::MAX);
    (expected.filter(|day| !is_known(day)).collect(), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rhythm_is_the_usual_step() {
        assert_eq!(step(&[1, 2, 3, 9, 10, 11]), Some(1));
        assert_eq!(step(&[1, 8, 15, 22]), Some(7));
        assert_eq!(step(&[1, 8]), None);
        assert_eq!(step(&[]), None);
        assert_eq!((grace(&[1, 8, 15, 22], 3), grace(&[1, 2, 3], 3), grace(&[1], 3)), (21, 3, 3));
    }

    #[test]
    fn days_off_are_not_missing() {
        // Four weeks, never on two weekdays, and once not on a day where there should be a number.
        let known: Vec<i32> = (0..28).filter(|day| day % 7 < 5 && *day != 16).collect();
        assert_eq!(missing(&known, 0, 27), (vec![16], 20));
        assert_eq!(missing(&(0..28).collect::<Vec<_>>(), 0, 27), (vec![], 28));
    }
}
