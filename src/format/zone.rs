//! Dates and times in the tenant's time zone.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime, civil};
use time::{Date, Month};

use super::date;
use crate::platform::clock::{self, Micros};

/// A tenant's time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// Returns the zone of an IANA name; UTC if the name is unknown.
    pub fn of(name: &str) -> Self {
        match TimeZone::get(name) {
            Ok(zone) => Self { name: name.to_owned(), zone },
            Err(_) => Self::utc(),
        }
    }

    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }

    /// Returns the IANA name, such as `Europe/Berlin`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the date at a point in time.
    pub fn date(&self, at: Micros) -> Date {
        self.at(at).and_then(|at| date_of(at.date())).unwrap_or_else(|| clock::date(at))
    }

    /// Formats a time for display: `23 Nov 2026, 07:32 CET`.
    pub fn human(&self, at: Micros) -> String {
        self.with_zone(at, "%-d %b %Y, %H:%M")
    }

    /// Formats a time within the coming days for display: `23 Nov, 07:32 CET`.
    pub fn soon(&self, at: Micros) -> String {
        self.with_zone(at, "%-d %b, %H:%M")
    }

    fn with_zone(&self, at: Micros, format: &str) -> String {
        let Some(at) = self.at(at) else { return date::moment(at) };
        let zone = at.strftime("%Z").to_string();
        // Zones without an abbreviation are shown by their offset from UTC.
        let utc = if zone.starts_with(['+', '-']) { "UTC" } else { "" };
        format!("{} {utc}{zone}", at.strftime(format))
    }

    /// Formats a time of a list: `07:32` on the day of `now`, `23 Nov, 07:32` in its year, else `23 Nov 2025`.
    pub fn brief(&self, at: Micros, now: Micros) -> String {
        let (Some(at), Some(now)) = (self.at(at), self.at(now)) else { return date::moment(at) };
        let format = match (at.date() == now.date(), at.year() == now.year()) {
            (true, _) => "%H:%M",
            (false, true) => "%-d %b, %H:%M",
            (false, false) => "%-d %b %Y",
        };
        at.strftime(format).to_string()
    }

    /// Formats a time with the zone's offset: `2026-11-23T07:32:00+01:00`.
    pub fn rfc3339(&self, at: Micros) -> String {
        self.at(at).map_or_else(
            || clock::rfc3339(at),
            |at| at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        )
    }

    /// Formats the start of a day for display: `1 Dec 2026, 00:00 in Europe/Berlin`.
    pub fn start_of(&self, day: Date) -> String {
        // If clocks go forward at midnight, the day starts an hour later.
        let time = self
            .midnight(day)
            .map_or_else(|| "00:00".to_owned(), |at| at.strftime("%H:%M").to_string());
        let zone = if self.name == "UTC" { "UTC".to_owned() } else { format!("in {}", self.name) };
        format!("{}, {time} {zone}", date::day(day))
    }

    /// Returns the end of the day that contains a point in time.
    pub fn day_end(&self, at: Micros) -> Micros {
        const DAY: Micros = 86_400_000_000;
        let next = self.date(at).next_day().and_then(|day| self.midnight(day));
        next.map_or_else(
            || (at.div_euclid(DAY) + 1) * DAY,
            |next| next.timestamp().as_microsecond(),
        )
    }

    fn at(&self, at: Micros) -> Option<ZonedDateTime> {
        Some(Timestamp::from_microsecond(at).ok()?.to_zoned_datetime(self.zone.clone()))
    }

    fn midnight(&self, day: Date) -> Option<ZonedDateTime> {
        let (year, month) = (i16::try_from(day.year()).ok()?, u8::from(day.month()));
        let day = civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day.day()).ok()?)
            .ok()?;
        day.to_zoned_datetime(self.zone.clone()).ok()?.start_of_day().ok()
    }
}

fn date_of(date: civil::Date) -> Option<Date> {
    let month = Month::try_from(u8::try_from(date.month()).ok()?).ok()?;
    Date::from_calendar_date(date.year().into(), month, u8::try_from(date.day()).ok()?).ok()
}

/// Returns the canonical spelling of a zone's name, matched case-insensitively.
pub fn find(name: &str) -> Option<String> {
    Some(TimeZone::get(name).ok()?.iana_name()?.to_owned())
}

/// Lists the names of all time zones, sorted.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    names.retain(|name| name.contains('/') || name == "UTC");
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_in_the_businesss_time_zone() {
        // 2026-11-23T23:30:00Z
        let late = 1_795_476_600_000_000;
        for (zone, date, human, rfc3339) in [
            ("UTC", "2026-11-23", "23 Nov 2026, 23:30 UTC", "2026-11-23T23:30:00+00:00"),
            ("Europe/Berlin", "2026-11-24", "24 Nov 2026, 00:30 CET", "2026-11-24T00:30:00+01:00"),
            (
                "America/Los_Angeles",
                "2026-11-23",
                "23 Nov 2026, 15:30 PST",
                "2026-11-23T15:30:00-08:00",
            ),
            (
                "America/Sao_Paulo",
                "2026-11-23",
                "23 Nov 2026, 20:30 UTC-03",
                "2026-11-23T20:30:00-03:00",
            ),
            ("Mars/Olympus", "2026-11-23", "23 Nov 2026, 23:30 UTC", "2026-11-23T23:30:00+00:00"),
        ] {
            let zone = Zone::of(zone);
            assert_eq!(clock::iso_date(zone.date(late)), date);
            assert_eq!((zone.human(late).as_str(), zone.rfc3339(late).as_str()), (human, rfc3339));
        }
    }

    #[test]
    fn a_time_in_a_list_is_as_short_as_its_age_allows() {
        // 2026-11-23T23:30:00Z
        let (now, hour) = (1_795_476_600_000_000, 3_600_000_000);
        let berlin = Zone::of("Europe/Berlin");
        assert_eq!(Zone::utc().brief(now - hour, now), "22:30");
        assert_eq!(berlin.brief(now - hour, now), "23 Nov, 23:30");
        assert_eq!(berlin.brief(now - 365 * 24 * hour, now), "24 Nov 2025");
        assert_eq!(berlin.soon(now), "24 Nov, 00:30 CET");
    }

    #[test]
    fn a_day_ends_where_the_next_one_begins() {
        // 2026-10-24T22:30:00Z. In Berlin this is the day on which clocks go back, which has 25 hours.
        let late = 1_792_881_000_000_000;
        for (zone, end) in [
            ("UTC", "2026-10-25T00:00:00Z"),
            ("Europe/Berlin", "2026-10-25T23:00:00Z"),
            ("Mars/Olympus", "2026-10-25T00:00:00Z"),
        ] {
            assert_eq!(clock::rfc3339(Zone::of(zone).day_end(late)), end, "{zone}");
        }
        let utc = Zone::utc();
        assert!(utc.day_end(utc.day_end(late)) > utc.day_end(late), "midnight is of the next day");
        // 2026-03-28T23:30:00Z. The day on which clocks go forward has 23 hours.
        let berlin = Zone::of("Europe/Berlin");
        assert_eq!(clock::rfc3339(berlin.day_end(1_774_740_600_000_000)), "2026-03-29T22:00:00Z");
    }

    #[test]
    fn a_day_without_midnight_begins_after_the_gap() {
        let day = |month, day| Date::from_calendar_date(2026, month, day).unwrap_or(Date::MIN);
        let start = |zone: &str, day| Zone::of(zone).start_of(day);
        assert_eq!(start("UTC", day(Month::December, 1)), "1 Dec 2026, 00:00 UTC");
        let berlin = start("Europe/Berlin", day(Month::December, 1));
        assert_eq!(berlin, "1 Dec 2026, 00:00 in Europe/Berlin");
        // Clocks go forward at midnight.
        let cairo = start("Africa/Cairo", day(Month::April, 24));
        assert_eq!(cairo, "24 Apr 2026, 01:00 in Africa/Cairo");
    }

    #[test]
    fn time_zones_need_no_system_database() {
        assert!(names().iter().any(|name| name == "Pacific/Auckland"));
        assert_eq!(find("europe/berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(find("Mars/Olympus"), None);
    }
}
