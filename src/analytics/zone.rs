//! Days of the tenant's own time zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use time::{Date, Month};

use crate::platform::clock::{self, Micros};

/// The date in a time zone at a moment; in UTC where the zone is not known.
pub fn date(at: Micros, zone: &str) -> Date {
    local(at, zone).unwrap_or_else(|| clock::date(at))
}

fn local(at: Micros, zone: &str) -> Option<Date> {
    let zone = TimeZone::get(zone).ok()?;
    let date = Timestamp::from_microsecond(at).ok()?.to_zoned(zone).date();
    let month = Month::try_from(u8::try_from(date.month()).ok()?).ok()?;
    Date::from_calendar_date(date.year().into(), month, u8::try_from(date.day()).ok()?).ok()
}

/// When the day that a moment belongs to ends in a time zone; in UTC where the zone is not known.
pub fn day_end(at: Micros, zone: &str) -> Micros {
    const DAY: Micros = 86_400_000_000;
    next_day(at, zone).unwrap_or_else(|| (at.div_euclid(DAY) + 1) * DAY)
}

fn next_day(at: Micros, zone: &str) -> Option<Micros> {
    let zone = TimeZone::get(zone).ok()?;
    let tomorrow = Timestamp::from_microsecond(at).ok()?.to_zoned(zone).tomorrow().ok()?;
    Some(tomorrow.start_of_day().ok()?.timestamp().as_microsecond())
}

/// A zone's name as it is written, found without regard to case.
pub fn find(name: &str) -> Option<String> {
    Some(TimeZone::get(name).ok()?.iana_name()?.to_owned())
}

/// The names of all time zones, in their order.
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
    fn a_day_begins_where_the_business_is() {
        // 2026-11-23T23:30:00Z
        let late = 1_795_476_600_000_000;
        assert_eq!(clock::iso_date(date(late, "UTC")), "2026-11-23");
        assert_eq!(clock::iso_date(date(late, "Europe/Berlin")), "2026-11-24");
        assert_eq!(clock::iso_date(date(late, "America/New_York")), "2026-11-23");
        assert_eq!(clock::iso_date(date(late, "Mars/Olympus")), "2026-11-23");
    }

    #[test]
    fn a_day_ends_where_the_next_one_begins() {
        // 2026-10-24T22:30:00Z: in Berlin the day on which clocks go back, 25 hours long.
        let late = 1_792_881_000_000_000;
        assert_eq!(clock::rfc3339(day_end(late, "UTC")), "2026-10-25T00:00:00Z");
        assert_eq!(clock::rfc3339(day_end(late, "Europe/Berlin")), "2026-10-25T23:00:00Z");
        assert_eq!(clock::rfc3339(day_end(late, "Mars/Olympus")), "2026-10-25T00:00:00Z");
        assert!(
            day_end(day_end(late, "UTC"), "UTC") > day_end(late, "UTC"),
            "midnight is of the next day"
        );
    }

    #[test]
    fn zones_are_known_without_the_machines_own_list() {
        assert!(names().iter().any(|name| name == "Pacific/Auckland"));
        assert_eq!(find("europe/berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(find("Mars/Olympus"), None);
    }
}
