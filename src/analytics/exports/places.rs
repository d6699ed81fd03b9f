//! Chooses the table of a file, and finds it again.

use std::collections::HashMap;

use super::asking::{Asking, choice, rows};
use super::faults::whole;
use super::grid::Grid;
use super::records::{self, Record};
use super::table::{self, MOST_COLUMNS, Place, Table};
use super::text::MOST_CELLS;
use crate::analytics::model::{Reading, Refusal};

/// Maximum number of tables to choose from.
const MOST_TABLES: usize = 60;

/// A table with its size.
struct Candidate<'a> {
    grid: &'a Grid,
    place: Place,
    entries: usize,
    numeric: usize,
}

/// Lists the tables with dates and numbers. Errors: there are too many.
fn candidates(grids: &[Grid]) -> Result<Vec<Candidate<'_>>, Refusal> {
    let mut all: Vec<Candidate<'_>> = Vec::new();
    for grid in grids {
        for place in merged(grid, table::find(grid).map_err(whole)?) {
            let table = Table { grid, place: &place };
            let Some(date) = place.dates.first() else { continue };
            let records = records::classify(&table, *date, false);
            let entries: Vec<usize> = records
                .iter()
                .enumerate()
                .filter(|(_, record)| matches!(record, Record::Entry(_)))
                .map(|(record, _)| record)
                .collect();
            let sampled = || entries.iter().copied().take(200);
            let columns = (0..table.names().len()).filter(|column| column != date);
            let numeric = columns
                .filter(|column| super::figures::count(&table, *column, sampled()).is_numeric())
                .count();
            if !entries.is_empty() && numeric > 0 {
                all.push(Candidate { grid, entries: entries.len(), numeric, place });
            }
            if all.len() > MOST_TABLES {
                return Err(whole(format!(
                    "This file has more than {MOST_TABLES} tables. Save the one with the numbers as a file of its own."
                )));
            }
        }
    }
    Ok(all)
}

/// Joins tables of a sheet that have the same header: parts of one table.
fn merged(grid: &Grid, places: Vec<Place>) -> Vec<Place> {
    let mut all: Vec<Place> = Vec::new();
    let mut by_header: HashMap<u64, usize> = HashMap::new();
    for place in places {
        let header = place.header.filter(|_| place.periods.is_empty());
        let Some(header) = header else {
            all.push(place);
            continue;
        };
        let known = by_header.get(&table::hash(grid, header)).copied();
        let is_same = |at: &usize| {
            all[*at].header.is_some_and(|other| grid.cells(other).eq(grid.cells(header)))
        };
        match known.filter(is_same) {
            Some(at) => {
                all[at].is_cut |= place.is_cut;
                all[at].rows.extend(place.rows);
            }
            None => {
                by_header.entry(table::hash(grid, header)).or_insert(all.len());
                all.push(place);
            }
        }
    }
    all
}

/// Chooses the table. Errors: there is none.
pub fn choose<'a>(
    grids: &'a [Grid],
    asking: &mut Asking<'_>,
) -> Result<(&'a Grid, Place), Refusal> {
    let mut all = candidates(grids)?;
    if all.len() > 1 {
        let mut sheets: Vec<&str> = all.iter().filter_map(|it| it.grid.sheet.as_deref()).collect();
        sheets.dedup();
        if sheets.len() > 1 {
            let choices =
                sheets.iter().map(|sheet| choice(*sheet, format!("The sheet “{sheet}”"))).collect();
            let chosen = asking.ask(
                "sheet",
                "Several sheets of this workbook have tables. Which one do you import?",
                choices,
            );
            let sheet = chosen.or_else(|| sheets.first().map(|sheet| (*sheet).to_owned()));
            all.retain(|it| it.grid.sheet == sheet);
        }
    }
    if all.len() > 1 {
        let line = |it: &Candidate<'_>| it.place.header.map_or(0, |row| it.grid.line(row));
        let choices = all.iter().map(|it| {
            let names = Table { grid: it.grid, place: &it.place }.names();
            let names: Vec<&str> =
                names.iter().map(String::as_str).filter(|name| !name.is_empty()).take(6).collect();
            choice(
                line(it).to_string(),
                format!("Line {}: {} ({})", line(it), names.join(", "), rows(it.entries)),
            )
        });
        let chosen = asking.ask(
            "table",
            "This file has several tables. Which one do you import?",
            choices.collect(),
        );
        all.sort_by_key(|it| std::cmp::Reverse(it.entries * it.numeric.min(20)));
        if let Some(at) =
            chosen.and_then(|chosen| all.iter().position(|it| line(it).to_string() == chosen))
        {
            all.swap(0, at);
        }
    }
    let Some(first) = all.into_iter().next() else { return Err(nothing(grids)) };
    if first.place.is_cut {
        return Err(whole(format!(
            "This table has more than {MOST_COLUMNS} columns, or metrics of which each is a row. Export the ones you need."
        )));
    }
    let table = Table { grid: first.grid, place: &first.place };
    let is_text = |column: usize| {
        (0..table.len().min(50)).all(|record| !super::numerals::is_like(table.cell(record, column)))
    };
    let names = table.names();
    // Cells that short rows lack count too: each column is read for each row.
    if table.len().saturating_mul(names.len()) > MOST_CELLS {
        return Err(whole(
            "This table has too many cells. Export fewer columns, or a shorter time.",
        ));
    }
    if !table.is_across()
        && (0..names.len())
            .any(|column| super::words::names_metrics(&names[column]) && is_text(column))
    {
        return Err(whole(
            "Each row of this table names its metric. Export a table with a column for each metric, and a row for each day.",
        ));
    }
    Ok((first.grid, first.place))
}

/// Explains that there is no table.
fn nothing(grids: &[Grid]) -> Refusal {
    let has_dates =
        grids.iter().any(|grid| table::find(grid).is_ok_and(|tables| !tables.is_empty()));
    if has_dates {
        return whole(
            "This file has dates, but no column of numbers beside them. Export a table with a row for each day.",
        );
    }
    whole(
        "No table with dates was found in this file. It needs a row for each day, with its date, such as 2026-11-23, and at least one number.",
    )
}

/// Finds the table of a reading.
pub fn locate<'a>(grids: &'a [Grid], reading: &Reading) -> Option<(&'a Grid, Place)> {
    let grid = grids
        .iter()
        .find(|grid| grid.sheet == reading.sheet && grid.separator == reading.separator)?;
    let places = merged(grid, table::find(grid).ok()?).into_iter();
    let line = |place: &Place| place.header.map_or(0, |row| grid.line(row));
    let mut fits = places.filter(|place| {
        line(place) == reading.header_line && place.periods.is_empty() != reading.across
    });
    fits.next().map(|place| (grid, place))
}
