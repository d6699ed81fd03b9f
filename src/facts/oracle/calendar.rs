//! The calendar and the moments of the oracle, without a date library: days are counted from 1 January 1970.

/// Days since 1 January 1970.
pub type Day = i64;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub fn month_length(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Counts the days one year and one month at a time.
pub fn day(year: i64, month: i64, of_month: i64) -> Day {
    let years: i64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let months: i64 = (1..month).map(|month| month_length(year, month)).sum();
    years + months + of_month - 1
}

/// Returns year, month and day of the month.
pub fn date(mut day: Day) -> (i64, i64, i64) {
    let mut year = 1970;
    while day >= if is_leap(year) { 366 } else { 365 } {
        day -= if is_leap(year) { 366 } else { 365 };
        year += 1;
    }
    let mut month = 1;
    while day >= month_length(year, month) {
        day -= month_length(year, month);
        month += 1;
    }
    (year, month, day + 1)
}

/// `2026-11-23`
pub fn iso(day: Day) -> String {
    let (year, month, of_month) = date(day);
    format!("{year}-{month:02}-{of_month:02}")
}

/// `23 Nov 2026`
pub fn human(day: Day) -> String {
    let (year, month, of_month) = date(day);
    format!("{of_month} {} {year}", MONTHS[month as usize - 1])
}

/// Returns the weekday, 0 for Monday. 1 January 1970 was a Thursday.
pub fn weekday(day: Day) -> i64 {
    (day + 3) % 7
}

/// Returns the same date a year earlier; 28 February for 29 February.
pub fn a_year_before(at: Day) -> Day {
    match date(at) {
        (year, 2, 29) => day(year - 1, 2, 28),
        (year, month, of_month) => day(year - 1, month, of_month),
    }
}

/// A moment in a time zone, as its clocks show it.
pub struct Moment {
    pub zone: &'static str,
    pub today: Day,
    /// Microseconds since 1970 in UTC.
    pub at: i64,
}

type Date = (i64, i64, i64);
type Clock = (i64, i64);

/// Zone, date, hour and minute there, and minutes ahead of UTC: days on which clocks change, before and after
/// the change, the turn of the year, leap days, and times when UTC has another date.
const MOMENTS: &[(&str, Date, Clock, i64)] = &[
    ("UTC", (2026, 11, 25), (12, 0), 0),
    ("Europe/Berlin", (2026, 3, 28), (23, 59), 60),
    ("Europe/Berlin", (2026, 3, 29), (0, 1), 60),
    ("Europe/Berlin", (2026, 3, 29), (23, 30), 120),
    ("Europe/Berlin", (2026, 10, 25), (0, 30), 120),
    ("Europe/Berlin", (2026, 10, 25), (23, 59), 60),
    ("Europe/Berlin", (2026, 12, 31), (23, 59), 60),
    ("Europe/Berlin", (2027, 1, 1), (0, 0), 60),
    ("Europe/Berlin", (2028, 2, 29), (0, 30), 60),
    ("Europe/Berlin", (2028, 3, 1), (0, 0), 60),
    ("Europe/Berlin", (2029, 2, 28), (23, 59), 60),
    ("America/Los_Angeles", (2026, 3, 8), (0, 30), -480),
    ("America/Los_Angeles", (2026, 3, 8), (23, 30), -420),
    ("America/Los_Angeles", (2026, 11, 1), (0, 30), -420),
    ("America/Los_Angeles", (2026, 11, 1), (23, 30), -480),
    ("America/Los_Angeles", (2026, 12, 31), (16, 0), -480),
    ("America/Los_Angeles", (2028, 2, 29), (23, 59), -480),
    ("America/Los_Angeles", (2028, 3, 1), (0, 1), -480),
    ("Pacific/Auckland", (2026, 4, 5), (0, 30), 780),
    ("Pacific/Auckland", (2026, 4, 5), (23, 30), 720),
    ("Pacific/Auckland", (2026, 9, 27), (0, 30), 720),
    ("Pacific/Auckland", (2026, 9, 27), (23, 30), 780),
    ("Pacific/Auckland", (2027, 1, 1), (0, 30), 780),
    ("Pacific/Auckland", (2028, 2, 29), (6, 0), 780),
    ("Asia/Kathmandu", (2027, 1, 1), (5, 0), 345),
    ("Pacific/Kiritimati", (2028, 3, 1), (1, 0), 840),
    ("Pacific/Pago_Pago", (2028, 2, 29), (23, 0), -660),
];

pub fn moments() -> Vec<Moment> {
    let moment =
        |(zone, (year, month, of_month), (hour, minute), ahead): &(&'static str, _, _, i64)| {
            let (today, minutes) = (day(*year, *month, *of_month), hour * 60 + minute - ahead);
            Moment { zone, today, at: (today * 1_440 + minutes) * 60_000_000 }
        };
    MOMENTS.iter().map(moment).collect()
}

#[test]
fn days_are_counted_as_the_calendar_does() {
    assert_eq!((iso(0), weekday(0)), ("1970-01-01".to_owned(), 3));
    assert_eq!((iso(20_780), weekday(20_780)), ("2026-11-23".to_owned(), 0));
    for at in 20_000..25_000 {
        let (year, month, of_month) = date(at);
        assert_eq!(day(year, month, of_month), at);
    }
    assert_eq!(human(a_year_before(day(2028, 2, 29))), "28 Feb 2027");
}
