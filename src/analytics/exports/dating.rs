//! Decides the column of dates, how it is written, and the period that a row stands for.

use super::Terms;
use super::asking::{Asking, choice, choice_with};
use super::calendar;
use super::dates::{self, Stamp};
use super::faults::whole;
use super::records::{self, Record};
use super::table::Table;
use super::tokens;
use super::words;
use crate::analytics::model::{Calendar, DateFormat, Grain, Refusal, Role};
use crate::format::date;

/// Chooses the column of dates. Of several with different days the member chooses.
pub fn date_column(table: &Table<'_>, names: &[String], asking: &mut Asking<'_>) -> usize {
    let dates = &table.place.dates;
    let fixed =
        names.iter().position(|name| asking.decision.columns.get(name) == Some(&Role::Date));
    if let Some(fixed) = fixed.filter(|column| dates.contains(column)) {
        return fixed;
    }
    let first = dates.first().copied().unwrap_or(0);
    let rank = |column: usize| words::date_rank(&names[column]);
    let differs = |column: &usize| {
        let day = |record: usize, column: usize| {
            dates::parse(table.cell(record, column)).map(|stamp| stamp.what)
        };
        let sampled = (0..table.len()).take(500);
        let (mut filled, mut different) = (0, 0);
        for record in sampled.filter(|record| day(*record, first).is_some()) {
            if let Some(other) = day(record, *column) {
                filled += 1;
                different += usize::from(Some(other) != day(record, first));
            }
        }
        filled * 2 > table.len().min(500) && different > 0
    };
    let others: Vec<usize> = dates
        .iter()
        .skip(1)
        .copied()
        .filter(|column| rank(*column) == rank(first))
        .filter(differs)
        .collect();
    if others.is_empty() {
        return first;
    }
    let choices = std::iter::once(&first).chain(&others).map(|column| {
        let samples = (0..table.len())
            .map(|record| table.cell(record, *column))
            .filter(|cell| !cell.is_empty())
            .take(2);
        choice_with(
            names[*column].clone(),
            names[*column].clone(),
            samples.map(|cell| (cell.to_owned(), String::new())).collect(),
        )
    });
    let chosen = asking.ask(
        "dateColumn",
        "Several columns hold dates. Which one is the day that a row belongs to?",
        choices.collect(),
    );
    chosen.and_then(|chosen| names.iter().position(|name| *name == chosen)).unwrap_or(first)
}

/// Decides whether times without a zone are in UTC, as the header says. Errors: they are in another zone than the
/// business's.
pub fn times_in_utc(
    name: &str,
    records: &[Record],
    asking: &mut Asking<'_>,
) -> Result<bool, Refusal> {
    let is_bare = |it: &Record| matches!(it, Record::Entry(stamp) if stamp.time.is_some() && stamp.offset.is_none());
    if !tokens::names_other_zone(name) {
        return Ok(is_utc(name));
    }
    if !records::has_times(records) || !records.iter().any(is_bare) {
        return Ok(false);
    }
    let text = format!("The header {name} names a time zone. Is it that of your business?");
    let choices = vec![
        choice("own", "Yes: import the days as they are written"),
        choice("other", "No: refuse the file"),
    ];
    match asking.ask("zone", text, choices).as_deref() {
        Some("other") => Err(whole(
            "The times of this file are in another zone. Export it in your own zone, or in UTC.",
        )),
        _ => Ok(false),
    }
}

fn is_utc(name: &str) -> bool {
    let name = name.to_lowercase();
    ["utc", "gmt"]
        .iter()
        .any(|zone| name.split(|c: char| !c.is_alphanumeric()).any(|word| word == *zone))
}

/// Decides how the dates are written. Returns the likeliest format if that is a question.
pub fn date_format(
    table: &Table<'_>,
    date_column: usize,
    entries: &[(usize, &Stamp)],
    terms: &Terms<'_>,
    asking: &mut Asking<'_>,
) -> Result<Option<DateFormat>, Refusal> {
    let stamps: Vec<&Stamp> = entries.iter().map(|(_, stamp)| *stamp).collect();
    let mut formats = calendar::formats(&stamps, terms.today);
    let Some(first) = formats.first().copied() else {
        return Err(whole(
            "The dates of this file cannot be read. Write them as 2026-11-23: year, month, day.",
        ));
    };
    // Readings that agree in each cell are one.
    formats.retain(|format| {
        *format == first
            || stamps.iter().any(|stamp| stamp.resolve(*format) != stamp.resolve(first))
    });
    if formats.len() == 1 {
        return Ok(Some(first));
    }
    let differing: Vec<&(usize, &Stamp)> = entries
        .iter()
        .filter(|(_, stamp)| stamp.resolve(formats[0]) != stamp.resolve(formats[1]))
        .collect();
    let shown = [0, differing.len() / 2, differing.len().saturating_sub(1)];
    let choices = formats.iter().map(|format| {
        let mut samples: Vec<(String, String)> = Vec::new();
        for at in shown {
            if let Some((record, (day, _))) = differing
                .get(at)
                .and_then(|(record, stamp)| Some((*record, stamp.resolve(*format)?)))
            {
                let sample = (table.cell(record, date_column).to_owned(), date::day(day));
                if !samples.contains(&sample) {
                    samples.push(sample);
                }
            }
        }
        choice_with(calendar::format_name(*format), label(*format), samples)
    });
    let text = "The dates of this file can be read in two ways. Which one is right?";
    let chosen = asking.ask("dates", text, choices.collect());
    let chosen = chosen
        .and_then(|chosen| formats.iter().find(|format| calendar::format_name(**format) == chosen));
    Ok(Some(chosen.copied().unwrap_or(first)))
}

const fn label(format: DateFormat) -> &'static str {
    match format {
        DateFormat::DayFirst => "Day first: day, month, year",
        DateFormat::MonthFirst => "Month first: month, day, year",
        DateFormat::ShortYearFirst => "Year first: year, month, day",
        DateFormat::Serial1900 => "Days since 1900, as Excel counts",
        DateFormat::Serial1904 => "Days since 1904, as Excel for Mac counted",
        _ => "As it is written",
    }
}

/// Decides which period a row stands for.
pub fn grain(
    periods: &[(time::Date, Grain)],
    header: &str,
    calendar: Calendar,
    asking: &mut Asking<'_>,
) -> Option<Grain> {
    let grains = calendar::grains(periods, header);
    if let [grain] = grains[..] {
        return Some(grain);
    }
    let first = periods.iter().map(|(day, _)| *day).min();
    let choices = grains.iter().map(|grain| {
        let name = grain.name();
        let own = first.and_then(|first| grain.containing(first, calendar));
        let sample = match grain {
            Grain::Day => first.map(date::day),
            // Which week a date stands for is a question of its own.
            Grain::Week => first.map(|first| format!("the week of {}", date::day(first))),
            _ => own.map(|own| grain.label(own)),
        };
        let sample = sample.unwrap_or_default();
        let label = match grain {
            Grain::Day => format!("Each row is that single day: {sample}"),
            _ => format!("Each row is a whole {name}, such as {sample}"),
        };
        choice(name, label)
    });
    let text = "The dates are at regular distances. Is a row a single day, or a longer period?";
    let chosen = asking.ask("grain", text, choices.collect())?;
    grains.into_iter().find(|grain| grain.name() == chosen)
}
