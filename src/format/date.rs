//! Formats days and times.

use time::Date;
use time::macros::format_description;

use crate::platform::clock::{self, Micros};

/// `23 Nov 2026, 06:32 UTC`
pub fn moment(micros: Micros) -> String {
    let format =
        format_description!("[day padding:none] [month repr:short] [year], [hour]:[minute] UTC");
    clock::date_time(micros).format(&format).unwrap_or_default()
}

/// `23 Nov 2026`
pub fn day(date: Date) -> String {
    let format = format_description!("[day padding:none] [month repr:short] [year]");
    date.format(&format).unwrap_or_default()
}

/// Returns the date of a Julian day.
pub fn of_julian(day: i32) -> Date {
    Date::from_julian_day(day).unwrap_or(Date::MIN)
}

/// Formats a Julian day: `23 Nov 2026`.
pub fn julian(julian: i32) -> String {
    day(of_julian(julian))
}

/// Formats a Julian day: `2026-11-23`.
pub fn iso(julian: i32) -> String {
    clock::iso_date(of_julian(julian))
}

/// Formats a Julian day: `Monday`.
pub fn weekday(julian: i32) -> String {
    of_julian(julian).weekday().to_string()
}

/// Formats a Julian day: `Monday, 23 Nov 2026`.
pub fn with_weekday(day: i32) -> String {
    format!("{}, {}", weekday(day), julian(day))
}

/// Formats Julian days: `27 Oct to 25 Nov 2026`. Names both years if they differ, and a single day once.
pub fn span(first: i32, last: i32) -> String {
    let (from, to) = (julian(first), julian(last));
    if first == last {
        return to;
    }
    let year = format!(" {}", of_julian(last).year());
    format!("{} to {to}", from.strip_suffix(&year).unwrap_or(&from))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn days_and_times_are_unambiguous() {
        let at = 1_795_415_520_123_456;
        assert_eq!(moment(at), "23 Nov 2026, 06:32 UTC");
        assert_eq!(day(clock::date(at)), "23 Nov 2026");
        let julian = |date: Date| date.to_julian_day();
        let (a, b) = (julian(date!(2026 - 10 - 27)), julian(date!(2026 - 11 - 25)));
        assert_eq!(with_weekday(b), "Wednesday, 25 Nov 2026");
        assert_eq!(iso(b), "2026-11-25");
        assert_eq!(span(a, b), "27 Oct to 25 Nov 2026");
        assert_eq!(span(b, b), "25 Nov 2026");
        let (a, b) = (julian(date!(2025 - 12 - 20)), julian(date!(2026 - 01 - 18)));
        assert_eq!(span(a, b), "20 Dec 2025 to 18 Jan 2026");
    }
}
