//! Decides the format and the grain of a date column by all of its cells.

use time::Date;

use super::dates::{Stamp, What};
use super::words;
use crate::analytics::model::{DateFormat, Grain};

const ORDERED: [DateFormat; 14] = [
    DateFormat::YearFirst,
    DateFormat::DayFirst,
    DateFormat::MonthFirst,
    DateFormat::ShortYearFirst,
    DateFormat::Compact,
    DateFormat::Named,
    DateFormat::DateCell,
    DateFormat::Serial1900,
    DateFormat::Serial1904,
    DateFormat::Month,
    DateFormat::Quarter,
    DateFormat::Week,
    DateFormat::Year,
    DateFormat::Range,
];

/// Returns the formats that the cells permit: one if they decide it, none if they are no dates.
pub fn formats(stamps: &[&Stamp], today: Date) -> Vec<DateFormat> {
    let tally =
        |format: DateFormat| stamps.iter().filter(|stamp| stamp.resolve(format).is_some()).count();
    let tallies: Vec<(DateFormat, usize)> =
        ORDERED.into_iter().map(|format| (format, tally(format))).collect();
    let most = tallies.iter().map(|(_, count)| *count).max().unwrap_or(0);
    if most == 0 {
        return Vec::new();
    }
    let mut formats: Vec<DateFormat> =
        tallies.into_iter().filter(|(_, count)| *count == most).map(|(format, _)| format).collect();
    // Points stand between day, month and year in this order.
    let dotted = stamps.iter().all(|stamp| matches!(stamp.what, What::Triple { dotted: true, .. }));
    if dotted && formats.contains(&DateFormat::DayFirst) {
        formats.retain(|format| *format != DateFormat::MonthFirst);
    }
    drop_implausible(&mut formats, stamps);
    drop_future(&mut formats, stamps, today);
    formats
}

fn days(stamps: &[&Stamp], format: DateFormat) -> Vec<Date> {
    stamps.iter().filter_map(|stamp| Some(stamp.resolve(format)?.0)).collect()
}

/// Drops formats under which nearly each day is in a year of its own, if another one is left.
fn drop_implausible(formats: &mut Vec<DateFormat>, stamps: &[&Stamp]) {
    let scattered = |format: DateFormat| {
        let mut days = days(stamps, format);
        days.sort_unstable();
        days.dedup();
        let mut years: Vec<i32> = days.iter().map(|day| day.year()).collect();
        years.dedup();
        years.len() > 2 && years.len() * 3 > days.len()
    };
    drop_unless_all(formats, scattered);
}

/// Drops formats under which days are in the future. One such day among many may be a mistake, so that the other
/// format must have the rows in order.
fn drop_future(formats: &mut Vec<DateFormat>, stamps: &[&Stamp], today: Date) {
    // A stamp with a zone can be of the day before.
    let latest = today.next_day().unwrap_or(today);
    let future =
        |format: DateFormat| days(stamps, format).iter().filter(|day| **day > latest).count();
    let in_order = |format: DateFormat| {
        let days = days(stamps, format);
        days.is_sorted() || days.iter().rev().is_sorted()
    };
    let kept: Vec<DateFormat> =
        formats.iter().copied().filter(|format| future(*format) == 0).collect();
    let sure = kept.iter().all(|format| in_order(*format));
    drop_unless_all(formats, |format| {
        let count = future(format);
        count > 0 && (sure || count * 5 >= stamps.len())
    });
}

fn drop_unless_all(formats: &mut Vec<DateFormat>, is_wrong: impl Fn(DateFormat) -> bool) {
    let wrong: Vec<bool> = formats.iter().map(|format| is_wrong(*format)).collect();
    if wrong.iter().any(|wrong| !wrong) {
        let mut wrong = wrong.into_iter();
        formats.retain(|_| !wrong.next().unwrap_or(false));
    }
}

/// Returns the name of a format in JSON and in forms.
pub fn format_name(format: DateFormat) -> String {
    serde_json::to_value(format)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Returns the grains that the periods can have: one if they decide it. `name` is the header.
pub fn grains(periods: &[(Date, Grain)], name: &str) -> Vec<Grain> {
    let stated = periods.first().map_or(Grain::Day, |(_, grain)| *grain);
    if stated != Grain::Day {
        return vec![stated];
    }
    if let Some(named) = words::grain(name) {
        return vec![named];
    }
    let mut days: Vec<Date> = periods.iter().map(|(day, _)| *day).collect();
    days.sort_unstable();
    days.dedup();
    let steps: Vec<i32> =
        days.windows(2).map(|pair| pair[1].to_julian_day() - pair[0].to_julian_day()).collect();
    let Some(shortest) = steps.iter().min() else { return vec![Grain::Day] };
    let is_last_of_month = |day: &Date| day.next_day().is_some_and(|next| next.day() == 1);
    let same_day =
        days.iter().all(|day| day.day() == days[0].day()) || days.iter().all(is_last_of_month);
    let longer = match shortest {
        360.. if same_day && days.iter().all(|day| day.month() == days[0].month()) => {
            Some(Grain::Year)
        }
        88..=92 if same_day => Some(Grain::Quarter),
        28..=31 if same_day => Some(Grain::Month),
        93.. if same_day => Some(Grain::Month),
        7.. if steps.iter().all(|step| step % 7 == 0) => Some(Grain::Week),
        _ => None,
    };
    // Last working days, or days that are missing: the distance that is most common says what a row may be.
    let mut sorted = steps.clone();
    sorted.sort_unstable();
    // Two days are two days, unless they are as far apart as the ends of two periods.
    let is_length = matches!(shortest, 5..=9 | 26..=36 | 84..=98 | 358..=372);
    let is_pair = steps.len() == 1 && !same_day && !is_length;
    let longer = longer.or_else(|| match sorted[(sorted.len() - 1) / 2] {
        _ if is_pair => None,
        300.. => Some(Grain::Year),
        80.. => Some(Grain::Quarter),
        20.. => Some(Grain::Month),
        5.. => Some(Grain::Week),
        _ => None,
    });
    // Full dates at the distance of months can be months, or single days.
    longer.map_or_else(|| vec![Grain::Day], |longer| vec![longer, Grain::Day])
}
