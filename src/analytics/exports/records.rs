//! Tells the entries of a table from its totals, titles and footers.

use super::dates::{self, Stamp};
use super::grid::Kind;
use super::numerals::Numeral;
use super::sums;
use super::table::Table;
use super::words;

/// What a record of a table is.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    Entry(Stamp),
    /// A total or an average: by its whole label, or by its values.
    Total,
    /// Values with a text in the place of the date that has the word for a total beside others. They can be the total of
    /// a part, or data: `Sum of Rome`, `Total Wine`.
    CalledTotal,
    /// A title, a footer, or a row of texts.
    Note,
    /// Values without a date, or with a text in its place.
    Undated,
}

/// Returns whether an entry has a time other than midnight. Without one, times belong to days as programs write them,
/// and are not moved to another zone.
pub fn has_times(records: &[Record]) -> bool {
    let has_time = |record: &Record| matches!(record, Record::Entry(stamp) if stamp.time.is_some_and(|time| time > 0));
    records.iter().any(has_time)
}

/// Classifies each record. `leaves_totals_out`: rows that are called a total are, whatever their values.
pub fn classify(table: &Table<'_>, date_column: usize, leaves_totals_out: bool) -> Vec<Record> {
    let mut records: Vec<Record> =
        (0..table.len()).map(|record| classify_one(table, date_column, record)).collect();
    let is_entry = |record: &Record| matches!(record, Record::Entry(_));
    let (Some(first), Some(last)) =
        (records.iter().position(is_entry), records.iter().rposition(is_entry))
    else {
        return records;
    };
    // A sum without a label is the first or the last row with values.
    let ends = [first.checked_sub(1), Some(last + 1).filter(|at| *at < records.len())];
    let is_unlabelled_end = |at: usize| {
        ends.contains(&Some(at))
            && records[at] == Record::Undated
            && table.cell(at, date_column).is_empty()
    };
    let doubtful: Vec<usize> = (0..records.len())
        .filter(|at| records[*at] == Record::CalledTotal || is_unlabelled_end(*at))
        .collect();
    for at in sums::find(table, &records, &doubtful) {
        records[at] = Record::Total;
    }
    if leaves_totals_out {
        let called = records.iter_mut().filter(|record| **record == Record::CalledTotal);
        called.for_each(|record| *record = Record::Total);
    }
    records
}

fn classify_one(table: &Table<'_>, date_column: usize, record: usize) -> Record {
    let text = table.cell(record, date_column);
    let stamp = match table.kind(record, date_column) {
        Kind::Date => dates::parse_cell(text),
        _ => dates::parse(text),
    };
    if let Some(stamp) = stamp {
        return Record::Entry(stamp);
    }
    let mut cells = (0..table.width(record)).map(|column| table.cell(record, column));
    let label = if text.is_empty() {
        cells.find(|cell| !cell.is_empty()).unwrap_or_default()
    } else {
        text
    };
    if words::is_whole_total(label) {
        return Record::Total;
    }
    let width = table.width(record);
    let has_number =
        (0..width).any(|column| matches!(table.numeral(record, column), Numeral::Number(_)));
    match has_number {
        true if !text.is_empty() && words::is_total(text) => Record::CalledTotal,
        true => Record::Undated,
        false => Record::Note,
    }
}
