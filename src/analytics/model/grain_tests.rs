#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use time::macros::date;

use super::*;

fn calendar(week_start: WeekStart, fiscal_year_start: u8) -> Calendar {
    Calendar { week_start, fiscal_year_start }
}

#[test]
fn a_week_over_new_year_is_one_week() {
    let monday = Grain::Week.containing(date!(2027 - 01 - 01), Calendar::default()).unwrap();
    assert_eq!(
        (monday, Grain::Week.last_day(monday)),
        (date!(2026 - 12 - 28), date!(2027 - 01 - 03))
    );
    let sunday = calendar(WeekStart::Sunday, 1);
    assert_eq!(Grain::Week.containing(date!(2027 - 01 - 01), sunday), Some(date!(2026 - 12 - 27)));
    assert_eq!(Grain::Week.containing(date!(2026 - 12 - 27), sunday), Some(date!(2026 - 12 - 27)));
    assert_eq!(Grain::Week.year_before(monday), Some(date!(2025 - 12 - 29)));
}

#[test]
fn months_of_leap_years_end_on_their_last_day() {
    assert_eq!(Grain::Month.last_day(date!(2028 - 02 - 01)), date!(2028 - 02 - 29));
    assert_eq!(Grain::Month.year_before(date!(2028 - 02 - 01)), Some(date!(2027 - 02 - 01)));
    assert_eq!(Grain::Month.last_day(date!(2027 - 02 - 01)), date!(2027 - 02 - 28));
    assert_eq!(Grain::Year.last_day(date!(2028 - 01 - 01)), date!(2028 - 12 - 31));
}

#[test]
fn fiscal_years_and_quarters_begin_in_the_businesss_month() {
    let april = calendar(WeekStart::Monday, 4);
    let of = |grain: Grain, date| grain.containing(date, april).unwrap();
    assert_eq!(of(Grain::Year, date!(2026 - 03 - 31)), date!(2025 - 04 - 01));
    assert_eq!(of(Grain::Year, date!(2026 - 04 - 01)), date!(2026 - 04 - 01));
    let february = calendar(WeekStart::Monday, 2);
    let quarter = |date| Grain::Quarter.containing(date, february).unwrap();
    assert_eq!(quarter(date!(2026 - 01 - 31)), date!(2025 - 11 - 01));
    assert_eq!(quarter(date!(2026 - 02 - 01)), date!(2026 - 02 - 01));
}

#[test]
fn a_period_is_named_by_its_months() {
    for (grain, first, label) in [
        (Grain::Week, date!(2026 - 10 - 19), "week of 19 Oct 2026"),
        (Grain::Month, date!(2026 - 10 - 01), "October 2026"),
        (Grain::Quarter, date!(2026 - 07 - 01), "July to September 2026"),
        (Grain::Quarter, date!(2025 - 11 - 01), "November 2025 to January 2026"),
        (Grain::Year, date!(2026 - 01 - 01), "2026"),
        (Grain::Year, date!(2025 - 04 - 01), "April 2025 to March 2026"),
    ] {
        assert_eq!(grain.label(first), label);
    }
    assert_eq!(
        (Grain::Month.counted(1), Grain::Day.counted(1_200)),
        ("1 month".into(), "1,200 days".into())
    );
}

#[test]
fn days_are_a_period_only_if_it_is_whole() {
    for (first, last, grain) in [
        (date!(2026 - 10 - 05), date!(2026 - 10 - 05), Some(Grain::Day)),
        (date!(2026 - 10 - 05), date!(2026 - 10 - 11), Some(Grain::Week)),
        (date!(2026 - 02 - 01), date!(2026 - 02 - 28), Some(Grain::Month)),
        (date!(2028 - 02 - 01), date!(2028 - 02 - 28), None),
        (date!(2026 - 02 - 01), date!(2026 - 04 - 30), Some(Grain::Quarter)),
        (date!(2025 - 04 - 01), date!(2026 - 03 - 31), Some(Grain::Year)),
        (date!(2025 - 04 - 15), date!(2026 - 04 - 14), None),
        (date!(2026 - 10 - 05), date!(2026 - 10 - 10), None),
    ] {
        assert_eq!(Grain::of_days(first, last), grain, "{first} to {last}");
    }
}

proptest! {
    /// Periods of a grain follow each other without a gap, and each day is in exactly one.
    #[test]
    fn periods_follow_each_other(
        day in 2_000_000i32..2_700_000,
        grain in prop::sample::select(Grain::PERIODS.to_vec()),
        week_start in prop::sample::select(WeekStart::ALL.to_vec()),
        fiscal_year_start in 1u8..=12,
    ) {
        let calendar = calendar(week_start, fiscal_year_start);
        let date = Date::from_julian_day(day).unwrap();
        let first = grain.containing(date, calendar).unwrap();
        let last = grain.last_day(first);
        prop_assert!(first <= date && date <= last);
        prop_assert_eq!(grain.containing(last, calendar), Some(first));
        let next = grain.next(first).unwrap();
        prop_assert_eq!(last.next_day(), Some(next));
        prop_assert_eq!(grain.containing(next, calendar), Some(next));
        prop_assert_eq!(grain.previous(next), Some(first));
        prop_assert_eq!(Grain::of_days(first, last), Some(grain));
        let year_ago = grain.year_before(first).unwrap();
        prop_assert_eq!(grain.containing(year_ago, calendar), Some(year_ago));
        let apart = first.to_julian_day() - year_ago.to_julian_day();
        prop_assert!((364..=366).contains(&apart));
    }
}
