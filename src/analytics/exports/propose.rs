//! Proposes a reading of a file.

use std::collections::HashMap;

use super::asking::{Asking, rows};
use super::columns::{self, Found};
use super::counting::{self, MOST_RULES};
use super::currencies;
use super::dates::Stamp;
use super::dating;
use super::edges;
use super::entries::{self as lists, List};
use super::faults::whole;
use super::grid::Grid;
use super::outgoing;
use super::places;
use super::placing;
use super::records::{self, Record};
use super::repeats;
use super::spans;
use super::table::Table;
use super::totals;
use super::units;
use super::values;
use super::{Sheet, Terms, sheet};
use crate::analytics::model::{
    ColumnReading, Counting, Decision, Grain, Proposal, Reading, Refusal, Role,
};

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
    let date_column = dating::date_column(&table, &names, &mut asking);
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
        times_in_utc: dating::times_in_utc(&names[date_column], &records, &mut asking)?,
        columns: names
            .iter()
            .map(|name| ColumnReading { name: name.clone(), ..ColumnReading::default() })
            .collect(),
        ..Reading::default()
    };
    reading.columns[date_column].role = Role::Date;
    let stamps: Vec<&Stamp> = entries.iter().map(|(_, stamp)| *stamp).collect();
    let format = dating::date_format(&table, date_column, &entries, terms, &mut asking)?;
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
                let known = if past.is_empty() { &periods } else { &past };
                dating::grain(known, header, terms.calendar, &mut asking)
            }
        };
    }
    let header = names[date_column].clone();
    placing::ask(&mut reading, &header, &stamps, terms, &mut asking)?;
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
            let mut rules = counting::rules(&table, &found.names, &rows, list, amount, &mut asking);
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
        let kinds = counting::rows(&table, &found.names, &rows, &parts, found.amount, &mut asking);
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
    match sheet(values, terms) {
        Ok(sheet) => Checked { entries, sheet: Some(sheet), refusal: None },
        Err(refusal) => Checked { entries, ..Checked::refused(refusal) },
    }
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
