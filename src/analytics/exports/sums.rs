//! Finds rows that are the sum of others.

use super::numerals::Numeral;
use super::records::Record;
use super::table::{MOST_COLUMNS, Table};
use crate::analytics::numbers::Mark;

/// Returns which of the `doubtful` records, in order, have the sums of all entries, or of those between the doubtful
/// record before and them.
pub fn find(table: &Table<'_>, records: &[Record], doubtful: &[usize]) -> Vec<usize> {
    let width = doubtful.iter().map(|at| table.width(*at)).max().unwrap_or(0).min(MOST_COLUMNS);
    if width == 0 {
        return Vec::new();
    }
    let mut all = vec![0.0; width];
    for (record, _) in records.iter().enumerate().filter(|(_, it)| is_entry(it)) {
        add(table, record, &mut all);
    }
    let mut part = vec![0.0; width];
    let mut next = doubtful.iter().copied().peekable();
    let mut found = Vec::new();
    for (record, what) in records.iter().enumerate() {
        if next.next_if_eq(&record).is_some() {
            if has_sums(table, record, &all) || has_sums(table, record, &part) {
                found.push(record);
            }
            part.fill(0.0);
        } else if is_entry(what) {
            add(table, record, &mut part);
        }
    }
    found
}

/// Returns whether a record has the sums of all `rows` before it, of which there are at least `fewest`.
pub fn is_of_rows_before(table: &Table<'_>, rows: &[usize], at: usize, fewest: usize) -> bool {
    let before = || rows.iter().copied().filter(|row| *row < at);
    let width = table.width(at).min(MOST_COLUMNS);
    if width == 0 || before().count() < fewest {
        return false;
    }
    let mut sums = vec![0.0; width];
    before().for_each(|row| add(table, row, &mut sums));
    sums.iter().any(|sum| *sum != 0.0) && has_sums(table, at, &sums)
}

const fn is_entry(record: &Record) -> bool {
    matches!(record, Record::Entry(_))
}

/// Adds the values of a record to the sums.
fn add(table: &Table<'_>, record: usize, sums: &mut [f64]) {
    for (column, sum) in sums.iter_mut().enumerate().take(table.width(record)) {
        *sum += value(table, record, column).unwrap_or(0.0);
    }
}

fn value(table: &Table<'_>, record: usize, column: usize) -> Option<f64> {
    match table.numeral(record, column) {
        Numeral::Number(number) => {
            number.value(Some(Mark::Point)).or_else(|| number.value(Some(Mark::Comma)))
        }
        _ => None,
    }
}

/// Returns whether most values of a record are these sums, and none is larger.
fn has_sums(table: &Table<'_>, at: usize, sums: &[f64]) -> bool {
    let (mut compared, mut equal) = (0, 0);
    for (column, of_entries) in sums.iter().enumerate().take(table.width(at)) {
        let Some(sum) = value(table, at, column) else { continue };
        // The sum of people is smaller: some were there on several days.
        if sum > of_entries * 1.005 + 0.005 {
            return false;
        }
        compared += 1;
        equal += usize::from((of_entries - sum).abs() <= 0.005 * sum.abs().max(1.0));
    }
    equal > 0 && equal * 2 >= compared
}
