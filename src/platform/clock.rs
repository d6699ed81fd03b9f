//! Timestamps: microseconds since the Unix epoch in an `i64`.

use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

/// Microseconds since the Unix epoch.
pub type Micros = i64;

/// Returns the current time.
pub fn now() -> Micros {
    #[cfg(test)]
    if let Some(at) = stopped::at() {
        return at;
    }
    // i128 nanoseconds to i64 microseconds: fits until the year 294246.
    (OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000) as Micros
}

/// Returns the moment in UTC.
pub fn date_time(micros: Micros) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Formats as `2026-11-23T06:32:00.123Z`, in whole milliseconds, for the API and `<time datetime>`.
pub fn rfc3339(micros: Micros) -> String {
    let whole_millis = micros.div_euclid(1_000) * 1_000;
    date_time(whole_millis).format(&Rfc3339).unwrap_or_default()
}

/// Parses any RFC 3339 time, such as [`rfc3339`] formats.
pub fn parse_rfc3339(text: &str) -> Option<Micros> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000).ok()
}

/// Returns the UTC date.
pub fn date(micros: Micros) -> Date {
    date_time(micros).date()
}

/// Formats as `2026-11-23`.
pub fn iso_date(date: Date) -> String {
    date.format(time::macros::format_description!("[year]-[month]-[day]")).unwrap_or_default()
}

/// Parses what [`iso_date`] formats.
pub fn parse_date(text: &str) -> Option<Date> {
    Date::parse(text, time::macros::format_description!("[year]-[month]-[day]")).ok()
}

/// A clock that tests stop at a moment.
#[cfg(test)]
pub mod stopped {
    use std::cell::Cell;

    use super::Micros;

    thread_local! {
        static AT: Cell<Option<Micros>> = const { Cell::new(None) };
    }

    /// Stops the clock of this thread. Call it again to move on.
    pub fn stop_at(at: Micros) {
        AT.set(Some(at));
    }

    pub(super) fn at() -> Option<Micros> {
        AT.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_formatted_for_machines() {
        let moment = 1_795_415_520_123_456;
        assert_eq!(rfc3339(moment), "2026-11-23T06:32:00.123Z");
        assert_eq!(parse_rfc3339("2026-11-23T06:32:00.123Z"), Some(1_795_415_520_123_000));
        assert_eq!(iso_date(date(moment)), "2026-11-23");
    }

    #[test]
    fn dates_are_parsed_only_as_year_month_day() {
        let day = date(1_795_415_520_123_456);
        assert_eq!(parse_date("2026-11-23"), Some(day));
        for text in ["", "2026-11-31", "23.11.2026", "2026-11-23T00:00:00Z", "2026-1-2"] {
            assert_eq!(parse_date(text), None, "{text:?}");
        }
    }
}
