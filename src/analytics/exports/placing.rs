//! Decides which period a date or a name of a period stands for, by the calendar of the business.

use std::collections::HashMap;

use time::Date;

use super::Terms;
use super::asking::{Asking, choice, choice_with};
use super::dates::Stamp;
use super::faults::whole;
use super::words;
use crate::analytics::model::{
    Anchor, Calendar, DateFormat, FiscalNames, Grain, Reading, Refusal, add_months,
};
use crate::format::date;

/// Where the business sets its calendar.
const SETTINGS: &str = "under Metrics and currency";

/// Places the dates of a file in periods.
#[derive(Debug, Default)]
pub struct Places {
    /// The date by which each longer period is written. A file that writes one period by two dates has shorter ones.
    written: HashMap<Date, Date>,
}

impl Places {
    /// Returns the first day of the period that a date stands for. Errors: why it stands for none.
    pub fn place(
        &mut self,
        reading: &Reading,
        (date, stated): (Date, Grain),
        calendar: Calendar,
    ) -> Result<Date, String> {
        let grain = reading.grain.unwrap_or_default();
        let Some(first) = place(reading, (date, stated), calendar) else {
            return Err(format!("It is not clear which {} this is.", grain.name()));
        };
        if grain != Grain::Day && *self.written.entry(first).or_insert(date) != date {
            return Err(format!(
                "Two dates of this file are of one {}. Import periods of one length.",
                grain.name()
            ));
        }
        Ok(first)
    }
}

/// Returns the first day of the period that a date stands for, if the reading decides it. `stated` is the grain that the
/// cell itself states.
fn place(reading: &Reading, (start, stated): (Date, Grain), calendar: Calendar) -> Option<Date> {
    let grain = reading.grain?;
    match (grain, stated) {
        (Grain::Day, _) => Some(start),
        (Grain::Quarter | Grain::Year, Grain::Quarter | Grain::Year) => match reading.date_format {
            Some(DateFormat::Range) => Some(start),
            _ => named(grain, start, reading.fiscal_names.unwrap_or_default(), calendar),
        },
        (Grain::Week | Grain::Month, Grain::Week | Grain::Month) => Some(start),
        (_, Grain::Day) => match reading.anchor.unwrap_or_default() {
            Anchor::Within => grain.containing(start, calendar),
            Anchor::First => (start.day() == 1).then_some(start),
            Anchor::Last => ending(grain, start),
        },
        _ => None,
    }
}

/// Errors: the business has another calendar than the one by which the reading was proposed.
pub fn check_calendar(reading: &Reading, calendar: Calendar) -> Result<(), Refusal> {
    match reading.calendar {
        Some(of_reading) if of_reading != calendar => Err(whole(
            "The week or the fiscal year of your business was changed since this file was read. Choose the file again.",
        )),
        _ => Ok(()),
    }
}

/// Returns the first day of the quarter or year that ends with `last`.
fn ending(grain: Grain, last: Date) -> Option<Date> {
    let first = grain.previous(last.next_day()?)?;
    (grain.last_day(first) == last).then_some(first)
}

/// Returns the first day of a quarter or year that is named by numbers. `start` is its first day if the names are those of
/// the calendar year.
fn named(grain: Grain, start: Date, names: FiscalNames, calendar: Calendar) -> Option<Date> {
    let months = i32::from(calendar.fiscal_year_start) - 1;
    match names {
        FiscalNames::Calendar => Some(start),
        FiscalNames::BeginsIn => add_months(start, months),
        // A fiscal year that is the calendar year begins and ends in the same one.
        FiscalNames::EndsIn if months == 0 => Some(start),
        FiscalNames::EndsIn => add_months(start, months - 12),
    }
    .filter(|first| grain.last_day(*first) < Date::MAX)
}

/// Decides which periods the dates stand for, or asks. Errors: they are periods of another calendar than the business's.
pub fn ask(
    reading: &mut Reading,
    header: &str,
    stamps: &[&Stamp],
    terms: &Terms<'_>,
    asking: &mut Asking<'_>,
) -> Result<(), Refusal> {
    let (Some(format), Some(grain)) = (reading.date_format, reading.grain) else { return Ok(()) };
    if grain == Grain::Day {
        return Ok(());
    }
    reading.calendar = Some(terms.calendar);
    let found = || stamps.iter().filter_map(|stamp| stamp.resolve(format));
    let dates: Vec<Date> = found().map(|(start, _)| start).collect();
    let is_stated = found().any(|(_, stated)| stated != Grain::Day);
    match (grain, is_stated) {
        (Grain::Week, true) => {
            let away = dates.iter().find(|date| !begins(grain, **date, terms.calendar));
            away.map_or(Ok(()), |date| Err(other_week(*date, terms.calendar)))
        }
        (Grain::Quarter | Grain::Year, true) if format != DateFormat::Range => {
            let is_fiscal =
                words::is_fiscal(header) || stamps.iter().any(|stamp| stamp.what.is_fiscal());
            ask_names(reading, (grain, is_fiscal), &dates, terms, asking)
        }
        (_, true) => Ok(()),
        (_, false) => ask_dates(reading, header, &dates, terms, asking),
    }
}

fn begins(grain: Grain, date: Date, calendar: Calendar) -> bool {
    grain.containing(date, calendar) == Some(date)
}

fn ends(grain: Grain, date: Date, calendar: Calendar) -> bool {
    grain.containing(date, calendar).is_some_and(|first| grain.last_day(first) == date)
}

/// Refuses weeks that begin on another day than the business's.
fn other_week(date: Date, calendar: Calendar) -> Refusal {
    let (theirs, own) = (date.weekday(), calendar.week_start.weekday());
    whole(format!(
        "Weeks in this file begin on {theirs}; yours begin on {own}. Set the day on which your weeks begin {SETTINGS}, or export by day."
    ))
}

/// Decides what full dates are: the first or the last days of periods of the business's calendar, or asks.
fn ask_dates(
    reading: &mut Reading,
    header: &str,
    dates: &[Date],
    terms: &Terms<'_>,
    asking: &mut Asking<'_>,
) -> Result<(), Refusal> {
    let (grain, calendar) = (reading.grain.unwrap_or_default(), terms.calendar);
    let all =
        |is: fn(Grain, Date, Calendar) -> bool| dates.iter().all(|date| is(grain, *date, calendar));
    let (all_begin, all_end) = (all(begins), all(ends));
    let edge = words::edge(header);
    let is_clear = match edge {
        Some(words::Edge::First) => all_begin,
        Some(words::Edge::Last) => all_end,
        None => all_begin || all_end || grain == Grain::Month,
    };
    // The last days of weeks that begin on Monday are the first days of weeks that begin on Sunday.
    let is_week_end = grain == Grain::Week && edge.is_none() && all_end;
    let Some(sample) = dates.first().copied() else { return Ok(()) };
    if is_clear && !is_week_end {
        return Ok(());
    }
    if grain == Grain::Week && edge.is_some() {
        let first = match edge {
            Some(words::Edge::Last) => sample.next_day().unwrap_or(sample),
            _ => sample,
        };
        return Err(other_week(first, calendar));
    }
    let meaning = |first: Option<Date>| {
        let text = first.map(|first| grain.label(first)).unwrap_or_default();
        vec![(date::day(sample), text)]
    };
    let containing = grain.containing(sample, calendar);
    let name = grain.name();
    if grain == Grain::Week {
        let own = calendar.week_start.weekday();
        let label = match is_week_end {
            true => format!("The last day of a week that begins on {own}"),
            false => format!("A day of a week that begins on {own}"),
        };
        let begins_on = sample.weekday();
        let choices = vec![
            choice_with("within", label, meaning(containing)),
            choice("other", format!("The first day of a week that begins on {begins_on}")),
        ];
        let text = format!(
            "Weeks in this file are dated by a {begins_on}; yours begin on {own}. What is the date?"
        );
        return match asking.ask("periods", text, choices).as_deref() {
            Some("other") => Err(other_week(sample, calendar)),
            Some(_) => {
                reading.anchor = Some(Anchor::Within);
                Ok(())
            }
            None => Ok(()),
        };
    }
    let mut choices = Vec::new();
    if dates.iter().all(|date| date.day() == 1) && edge != Some(words::Edge::Last) {
        let label = format!("The first day of its {name}");
        choices.push(choice_with("first", label, meaning(Some(sample))));
    }
    let is_last = |date: &Date| ending(grain, *date).is_some();
    if dates.iter().all(is_last) && edge != Some(words::Edge::First) {
        let label = format!("The last day of its {name}");
        choices.push(choice_with("last", label, meaning(ending(grain, sample))));
    }
    if edge.is_none() {
        let label = format!("Any day of a {name} of your business");
        choices.push(choice_with("within", label, meaning(containing)));
    }
    if choices.is_empty() {
        return Err(whole(format!(
            "The header {header} says that the dates are first or last days of a {name}, and they are not. Correct the header, or export by day."
        )));
    }
    let text = format!("Which {name} does the date of a row stand for?");
    reading.anchor = asking.ask("periods", text, choices).map(|chosen| match chosen.as_str() {
        "first" => Anchor::First,
        "last" => Anchor::Last,
        _ => Anchor::Within,
    });
    Ok(())
}

/// Asks which months quarters and years with numbers stand for, unless fiscal years are calendar years.
fn ask_names(
    reading: &mut Reading,
    (grain, is_fiscal): (Grain, bool),
    dates: &[Date],
    terms: &Terms<'_>,
    asking: &mut Asking<'_>,
) -> Result<(), Refusal> {
    let calendar = terms.calendar;
    let is_calendar_year = calendar.fiscal_year_start == 1;
    let Some(sample) = dates.first().copied().filter(|_| is_fiscal || !is_calendar_year) else {
        return Ok(());
    };
    let named_as = match grain {
        Grain::Quarter => {
            format!("Q{} {}", u8::from(sample.month()).div_ceil(3), sample.year())
        }
        _ => sample.year().to_string(),
    };
    let meaning = |names| {
        let first = named(grain, sample, names, calendar);
        vec![(named_as.clone(), first.map(|first| grain.label(first)).unwrap_or_default())]
    };
    let name = grain.name();
    let choices = if is_calendar_year {
        vec![
            choice_with(
                "calendar",
                "The fiscal year is the calendar year",
                meaning(FiscalNames::Calendar),
            ),
            choice("other", "The fiscal year begins in another month than January"),
        ]
    } else {
        let by_calendar = format!("A {name} of the calendar year");
        let fiscal = [
            ("endsIn", "by the year in which it ends", FiscalNames::EndsIn),
            ("beginsIn", "by the year in which it begins", FiscalNames::BeginsIn),
        ];
        let fiscal = fiscal.map(|(value, by, names)| {
            let label = format!("A {name} of the fiscal year, which is named {by}");
            choice_with(value, label, meaning(names))
        });
        let mut choices: Vec<_> = fiscal.into_iter().collect();
        if !is_fiscal {
            let meaning = meaning(FiscalNames::Calendar);
            choices.insert(0, choice_with("calendar", by_calendar, meaning));
        }
        choices
    };
    let text = format!("Which months is a {name} of this file, such as {named_as}?");
    reading.fiscal_names = match asking.ask("fiscal", text, choices).as_deref() {
        Some("calendar") => Some(FiscalNames::Calendar),
        Some("endsIn") => Some(FiscalNames::EndsIn),
        Some("beginsIn") => Some(FiscalNames::BeginsIn),
        Some("other") => {
            return Err(whole(format!(
                "Set the month in which the fiscal year of your business begins {SETTINGS}. Then import this file again."
            )));
        }
        _ => None,
    };
    Ok(())
}
