//! Reads exports of other programs: finds the table, decides what each column is, and asks where a file can be read
//! in two ways. A value is never guessed: see `docs/IMPORTS.md`.

mod asking;
mod biff;
mod calendar;
mod columns;
mod compound;
mod counting;
mod currencies;
mod dates;
mod dating;
mod decided;
mod directions;
mod edges;
mod encoding;
mod entries;
mod faults;
mod figures;
mod grid;
mod header_units;
mod months;
mod numerals;
mod outgoing;
mod periods;
mod places;
mod placing;
mod propose;
mod records;
mod repeats;
mod repeats_in_sheets;
mod rules;
mod spans;
mod statuses;
mod sums;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod tokens;
mod totals;
mod units;
mod values;
mod words;
mod workbook;

use time::Date;

use super::model::{
    Calendar, ColumnReading, Decision, Grain, Measure, NewMetric, Proposal, Reading, Refusal, Role,
    Snapshot,
};
use super::validation;
use crate::format::zone::Zone;
use crate::platform::clock;

pub use faults::whole;
use periods::{NEW, Values};

/// What a file is read for.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    pub measures: &'a [Measure],
    /// In the business's time zone.
    pub today: Date,
    pub zone: &'a Zone,
    pub calendar: Calendar,
}

/// The days of a file, or its longer periods, all of one grain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    pub grain: Grain,
    /// In file order. Dates are unique.
    pub periods: Vec<Snapshot>,
    /// The slugs of all metrics that have a column.
    pub columns: Vec<String>,
}

/// Proposes how to read a file, and reads its periods if the reading needs no other decision. `decision` holds answers to
/// questions, and roles of columns. Errors: why there is nothing to read.
pub fn propose(
    content: &[u8],
    terms: &Terms<'_>,
    decision: &Decision,
) -> Result<(Proposal, Option<Sheet>), Refusal> {
    propose::propose(&open(content)?, terms, decision)
}

/// Reads a file by a reading from outside. It is checked as a proposed one is: the file must raise no question that the
/// reading does not answer.
///
/// Errors: as [`apply`]; the file leads to another reading.
pub fn propose_as(
    content: &[u8],
    terms: &Terms<'_>,
    reading: &Reading,
) -> Result<(Proposal, Option<Sheet>), Refusal> {
    if !reading.open.is_empty() {
        return Err(whole("Questions about this file are open. Answer them first."));
    }
    let (proposal, sheet) = propose(content, terms, &decided::decision(reading))?;
    if sheet.is_some() && !decided::agree(reading, &proposal.reading) {
        return Err(whole(
            "This file does not lead to the reading that was sent. Propose a reading anew, and send answers instead.",
        ));
    }
    Ok((proposal, sheet))
}

/// Reads a file by a complete reading. `told` receives the number of rows read so far.
///
/// Errors: open questions; a file that does not fit the reading; faults of cells.
pub fn apply(
    content: &[u8],
    reading: &Reading,
    terms: &Terms<'_>,
    told: impl Fn(u32),
) -> Result<Sheet, Refusal> {
    sheet(read(content, reading, terms, told)?, terms)
}

/// Reads a file that needs no decision. Errors: why it does.
pub fn read_plain(content: &[u8], measures: &[Measure], today: Date) -> Result<Sheet, Refusal> {
    let zone = Zone::utc();
    let terms = Terms { measures, today, zone: &zone, calendar: Calendar::default() };
    let (proposal, sheet) = propose(content, &terms, &Decision::default())?;
    let undecided = || whole("This file can be read in several ways.");
    sheet.ok_or_else(|| proposal.refusal.unwrap_or_else(undecided))
}

/// Reads the values of a file, of any grain.
fn read(
    content: &[u8],
    reading: &Reading,
    terms: &Terms<'_>,
    told: impl Fn(u32),
) -> Result<Values, Refusal> {
    let grids = open(content)?;
    let found = places::locate(&grids, reading);
    let Some((grid, place)) = found else {
        return Err(whole("This file does not have the table that was described. Read it anew."));
    };
    let table = table::Table { grid, place: &place };
    let names: Vec<&str> = reading.columns.iter().map(|column| column.name.as_str()).collect();
    if table.names() != names || reading.date_column >= names.len() {
        return Err(whole(
            "The columns of this file are not those that were described. Read it anew.",
        ));
    }
    values::read(table, reading, terms, &told)
}

fn open(content: &[u8]) -> Result<Vec<grid::Grid>, Refusal> {
    if workbook::is_workbook(content) {
        return workbook::read(content).map_err(whole);
    }
    let text = encoding::decode(content).map_err(whole)?;
    Ok(vec![text::split(&text).map_err(whole)?])
}

/// Converts values to snapshots. Errors: values that a metric cannot have; no grain is decided.
fn sheet(values: Values, terms: &Terms<'_>) -> Result<Sheet, Refusal> {
    let undecided = || whole("It is not decided which period a row stands for.");
    let grain = values.grain.ok_or_else(undecided)?;
    let mut faults = faults::Faults::default();
    let mut periods = Vec::with_capacity(values.periods.len());
    for ((date, found), line) in values.by_period().zip(&values.lines) {
        let mut day = Snapshot { date: clock::iso_date(date), ..Snapshot::default() };
        for (slug, value) in found {
            let measure = terms.measures.iter().find(|measure| measure.slug == slug);
            let placed = match measure {
                Some(measure) => validation::place(&mut day, measure, value),
                None => validation::amount(value).map(|value| {
                    day.metrics.insert(slug.to_owned(), value);
                }),
            };
            if let Err(reason) = placed {
                faults.add(*line, slug, &value.to_string(), &reason);
            }
        }
        if !day.is_empty() {
            periods.push(day);
        }
    }
    match faults.refusal() {
        Some(refusal) => Err(refusal),
        None if periods.is_empty() => Err(whole("No row of this table has a value.")),
        None => Ok(Sheet { grain, periods, columns: values.slugs }),
    }
}

impl Reading {
    /// Lists the metrics that the import adds.
    pub fn new_metrics(&self) -> Vec<NewMetric<'_>> {
        self.columns.iter().filter_map(ColumnReading::new_metric).collect()
    }
}

impl ColumnReading {
    fn new_metric(&self) -> Option<NewMetric<'_>> {
        match &self.role {
            Role::NewMetric { name, unit, aggregation } => {
                Some(NewMetric { name, unit, aggregation: *aggregation })
            }
            _ => None,
        }
    }
}

/// Returns the slug under which a sheet has the values of a metric that the import adds.
pub fn provisional_slug(name: &str) -> String {
    format!("{NEW}{name}")
}
