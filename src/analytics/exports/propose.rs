//! Proposes a reading of a file.

use std::collections::HashMap;

use super::asking::{Asking, choice, choice_with, rows};
use super::calendar;
use super::columns::{self, Found};
use super::currencies;
use super::dates::Stamp;
use super::edges;
use super::entries::{self as lists, List, MOST_RULES};
use super::faults::whole;
use super::grid::Grid;
use super::outgoing;
use super::periods;
use super::places;
use super::records::{self, Record};
use super::repeats;
use super::spans;
use super::table::Table;
use super::tokens;
use super::totals;
use super::units;
use super::values;
use super::{Sheet, Terms, sheet};
use crate::analytics::model::{
    ColumnReading, Counting, DateFormat, Decision, Grain, Proposal, Reading, Refusal, Role,
};
use crate::format::date;

/// Maximum number of bytes of the texts that tell rows apart, which are stored with the reading.
const MOST_RULE_BYTES: usize = 256 * 1024;

/// Proposes a reading of the table in `grids`. Errors: there is no table.
pub fn propose(
    grids: &[Grid],
    terms: &Terms<'_>,
    decision: &Decision,
) -> Result<(Proposal, Option<Sheet>), Refusal> {
    let mut asking = Asking::new(decision);
    let (grid, place) = places::choose(grids, &mut asking)?;
    let table = Table { grid, place: &place };
    let names = table.names();
    let date_column = date_column(&table, &names, &mut asking);
    spans::check(&table, &names, date_column)?;
    let mut records = records::classify(&table, date_column, false);
    let skips_totals = totals::ask(&table, date_column, &records, &mut asking);
    if skips_totals {
        records = records::classify(&table, date_column, true);
    }
    let entries: Vec<(usize, &Stamp)> = records
        .iter()
        .enumerate()
        .filter_map(|(record, what)| match what {
            Record::Entry(stamp) => Some((record, stamp)),
            _ => None,
        })
        .collect();
    let mut reading = Reading {
        sheet: grid.sheet.clone(),
        separator: grid.separator,
        header_line: place.header.map_or(0, |row| grid.line(row)),
        last_line: entries.last().map_or(0, |(record, _)| table.line(*record, date_column)),
        across: table.is_across(),
        date_column,
        skips_totals,
        times_in_utc: times_in_utc(&names[date_column], &records, &mut asking)?,
        columns: names
            .iter()
            .map(|name| ColumnReading { name: name.clone(), ..ColumnReading::default() })
            .collect(),
        ..Reading::default()
    };
    reading.columns[date_column].role = Role::Date;
    let stamps: Vec<&Stamp> = entries.iter().map(|(_, stamp)| *stamp).collect();
    let format = date_format(&table, date_column, &entries, terms, &mut asking)?;
    reading.date_format = format.filter(|_| !asking.open.contains("dates"));
    let periods: Vec<_> = stamps.iter().filter_map(|stamp| stamp.resolve(format?)).collect();
    let mut rows: Vec<usize> = entries.iter().map(|(record, _)| *record).collect();
    let currency = currencies::find(&table, &names, &rows, &mut asking)?;
    let mut periods = periods;
    if periods.len() == rows.len() {
        let left_out: HashMap<&str, usize> = currency
            .rules
            .iter()
            .filter(|rule| rule.counting == Counting::LeftOut)
            .map(|rule| (rule.value.as_str(), rule.column))
            .collect();
        let of_currency = currency.rules.first().map(|rule| rule.column);
        let is_other = |row: usize| {
            of_currency.is_some_and(|column| left_out.contains_key(table.cell(row, column)))
        };
        let kept: Vec<bool> =
            rows.iter().map(|row| !is_other(*row) || asking.open.contains("currency")).collect();
        let mut keep = kept.iter();
        periods.retain(|_| *keep.next().unwrap_or(&true));
        let mut keep = kept.iter();
        rows.retain(|_| *keep.next().unwrap_or(&true));
    }
    let has_repeats = repeats::any(&periods);
    let recognised = lists::recognise(&table, &names, &rows, has_repeats, &mut asking);
    let list = recognised.clone().and_then(|list| lists::ask_listed(list, &mut asking));
    if reading.date_format.is_some() {
        let header = if table.is_across() { "" } else { names[date_column].as_str() };
        reading.grain = match list {
            Some(_) if periods.iter().all(|(_, grain)| *grain == Grain::Day) => Some(Grain::Day),
            // Cells that are no dates are faults, which come before any question about the others.
            _ if periods.len() < rows.len() => periods.first().map(|(_, grain)| *grain),
            _ => {
                // Days in the future are faults, which say nothing about the others.
                let past: Vec<_> =
                    periods.iter().copied().filter(|(day, _)| *day <= terms.today).collect();
                grain(if past.is_empty() { &periods } else { &past }, header, &mut asking)
            }
        };
    }
    let mut found = Found::new(&table, names, &rows, date_column);
    columns::assign(
        &mut reading,
        &table,
        &mut found,
        (list.as_ref(), currency.code.as_deref()),
        terms,
        &mut asking,
    );
    match &list {
        Some(list) => {
            let amount = found.amount;
            let mut rules = lists::rules(&table, &found.names, &rows, list, amount, &mut asking);
            reading.columns.iter_mut().for_each(|column| column.sums = true);
            if !lists::ask_earned(&found.names, list, &mut asking) {
                rules.counts = None;
                reading
                    .columns
                    .iter_mut()
                    .filter(|column| column.role != Role::Date)
                    .for_each(|column| column.role = Role::LeaveOut);
            }
            if counts_already(&reading) {
                rules.counts = None;
            }
            rules.rows.extend(totals::ask_named(&table, &found, &rows, list, &mut asking));
            reading.list = Some(rules);
            if let Some(amount) = amount {
                let spent = outgoing::ask(&table, &reading, &rows, amount, &mut asking);
                reading.list.get_or_insert_default().rows.extend(spent);
            }
        }
        None if has_repeats => {
            repeats::decide(&mut reading, &table, &found, &rows, &periods, &mut asking);
        }
        None => {
            let named = totals::ask_named(&table, &found, &rows, &List::default(), &mut asking);
            if !named.is_empty() {
                reading.list.get_or_insert_default().rows.extend(named);
            }
        }
    }
    if let Some(parts) = recognised.filter(|_| list.is_none()) {
        let kinds = lists::rows(&table, &found.names, &rows, &parts, found.amount, &mut asking);
        reading.list.get_or_insert_default().rows.extend(kinds);
    }
    if !currency.rules.is_empty() {
        reading.list.get_or_insert_default().rows.extend(currency.rules);
    }
    let rules = reading.list.as_ref().map_or(&[][..], |list| &list.rows);
    let bytes: usize = rules.iter().map(|rule| rule.value.len()).sum();
    if rules.len() > MOST_RULES || bytes > MOST_RULE_BYTES {
        return Err(whole(format!(
            "The columns that tell rows apart have more than {MOST_RULES} different texts, or very long ones. Export a table with a row for each day."
        )));
    }
    units::decimals(&mut reading, &found, &mut asking);
    if reading.columns.iter().any(|column| column.sums) && records::has_times(&records) {
        edges::ask(&mut reading, &stamps, terms, &mut asking);
    }
    asking.check_number()?;
    reading.open.clone_from(&asking.open);
    let mut notes = asking.take_notes();
    notes.extend(totals::left_out(&table, &records, date_column));
    let Checked { refusal, entries, sheet } = check(table, &reading, terms);
    let proposal = Proposal {
        summary: summary(&table, &reading, rows.len()),
        notes,
        columns: found.views(&table, &reading, &rows),
        rows: u32::try_from(entries.unwrap_or(rows.len())).unwrap_or(u32::MAX),
        decision: decision.clone(),
        questions: asking.questions,
        reading,
        refusal,
        revision: 0,
    };
    Ok((proposal, sheet))
}

/// Returns whether a column holds the conversions, so that rows are not counted besides.
fn counts_already(reading: &Reading) -> bool {
    let is_count = |role: &Role| matches!(role, Role::Metric { slug } if slug == "conversions");
    reading.columns.iter().any(|column| is_count(&column.role))
}

/// What a reading yields.
#[derive(Default)]
struct Checked {
    /// Why it cannot be imported.
    refusal: Option<Refusal>,
    entries: Option<usize>,
    sheet: Option<Sheet>,
}

impl Checked {
    fn refused(refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..Self::default() }
    }
}

/// Applies a reading without open questions.
fn check(table: Table<'_>, reading: &Reading, terms: &Terms<'_>) -> Checked {
    if !reading.open.is_empty() {
        return Checked::default();
    }
    let values = match values::read(table, reading, terms, &|_| ()) {
        Ok(values) => values,
        Err(refusal) => return Checked::refused(refusal),
    };
    let entries = Some(values.entries as usize);
    let days = match values.grain {
        Some(Grain::Day) => sheet(values, terms),
        Some(grain) => Err(periods::unstorable(grain, &values)),
        None => Err(whole("It is not decided which period a row stands for.")),
    };
    match days {
        Ok(sheet) => Checked { entries, sheet: Some(sheet), refusal: None },
        Err(refusal) => Checked { entries, ..Checked::refused(refusal) },
    }
}

/// Chooses the column of dates. Of several with different days the member chooses.
fn date_column(table: &Table<'_>, names: &[String], asking: &mut Asking<'_>) -> usize {
    let dates = &table.place.dates;
    let fixed =
        names.iter().position(|name| asking.decision.columns.get(name) == Some(&Role::Date));
    if let Some(fixed) = fixed.filter(|column| dates.contains(column)) {
        return fixed;
    }
    let first = dates.first().copied().unwrap_or(0);
    let rank = |column: usize| super::words::date_rank(&names[column]);
    let differs = |column: &usize| {
        let day = |record: usize, column: usize| {
            super::dates::parse(table.cell(record, column)).map(|stamp| stamp.what)
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
fn times_in_utc(name: &str, records: &[Record], asking: &mut Asking<'_>) -> Result<bool, Refusal> {
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
fn date_format(
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
fn grain(periods: &[(time::Date, Grain)], header: &str, asking: &mut Asking<'_>) -> Option<Grain> {
    let grains = calendar::grains(periods, header);
    if let [grain] = grains[..] {
        return Some(grain);
    }
    let first = periods.iter().map(|(day, _)| *day).min().map(date::day).unwrap_or_default();
    let choices = grains.iter().map(|grain| {
        let name = grain.name();
        let label = match grain {
            Grain::Day => format!("Each row is that single day: {first}"),
            _ => format!("Each row is a whole {name}, such as the one of {first}"),
        };
        choice(name, label)
    });
    let text = "The dates are at regular distances. Is a row a single day, or a longer period?";
    let chosen = asking.ask("grain", text, choices.collect())?;
    grains.into_iter().find(|grain| grain.name() == chosen)
}

fn summary(table: &Table<'_>, reading: &Reading, entries: usize) -> String {
    let what = match (reading.list.as_ref().filter(|list| list.counts.is_some()), reading.across) {
        (Some(_), _) => "A list of orders or payments, summed by day",
        (None, true) => "A table with a column for each period",
        (None, false) => "A table with a row for each period",
    };
    let place = match (&reading.sheet, reading.separator) {
        (Some(sheet), _) => format!("in the sheet “{sheet}”"),
        (None, Some('\t')) => "separated by tabs".to_owned(),
        (None, Some(';')) => "separated by semicolons".to_owned(),
        (None, Some('|')) => "separated by vertical bars".to_owned(),
        _ => "separated by commas".to_owned(),
    };
    let from = if reading.header_line > 0 { reading.header_line } else { table.line(0, 0) };
    let counted = if reading.across {
        format!("{entries} columns with periods")
    } else {
        format!("{} with a date", rows(entries))
    };
    format!("{what}: {counted}, from line {from}, {place}.")
}
