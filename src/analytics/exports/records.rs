//! Tells the entries of a table from its totals, titles and footers.

use super::dates::{self, Stamp};
use super::grid::Kind;
use super::numerals::Numeral;
use super::table::Table;
use super::words;

/// What a record of a table is.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    Entry(Stamp),
    /// A total or an average.
    Total,
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

/// Classifies each record.
pub fn classify(table: &Table<'_>, date_column: usize) -> Vec<Record> {
    let mut records: Vec<Record> =
        (0..table.len()).map(|record| classify_one(table, date_column, record)).collect();
    let is_entry = |record: &Record| matches!(record, Record::Entry(_));
    let (Some(first), Some(last)) =
        (records.iter().position(is_entry), records.iter().rposition(is_entry))
    else {
        return records;
    };
    // A sum without a label is the first or the last row with values.
    let mut ends = [first.checked_sub(1), Some(last + 1).filter(|at| *at < records.len())];
    for at in ends.iter_mut().filter_map(Option::take) {
        if records[at] == Record::Undated
            && table.cell(at, date_column).is_empty()
            && is_sum(table, &records, at)
        {
            records[at] = Record::Total;
        }
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
    let width = table.width(record);
    let has_total = if text.is_empty() {
        let first = (0..width).map(|column| table.cell(record, column)).find(|it| !it.is_empty());
        first.is_some_and(words::is_whole_total)
    } else {
        words::is_total(text)
    };
    if has_total {
        return Record::Total;
    }
    let has_number =
        (0..width).any(|column| matches!(table.numeral(record, column), Numeral::Number(_)));
    if has_number { Record::Undated } else { Record::Note }
}

/// Returns whether the values of a record are the sums of the entries' values.
fn is_sum(table: &Table<'_>, records: &[Record], at: usize) -> bool {
    let width = table.width(at);
    let (mut compared, mut equal) = (0, 0);
    for column in 0..width {
        let value = |record: usize| match table.numeral(record, column) {
            Numeral::Number(number) => {
                let mark = crate::analytics::numbers::Mark::Point;
                number.value(Some(mark)).or_else(|| number.value(Some(mark.other())))
            }
            _ => None,
        };
        let Some(sum) = value(at) else { continue };
        let entries =
            records.iter().enumerate().filter(|(_, record)| matches!(record, Record::Entry(_)));
        let of_entries: f64 = entries.filter_map(|(record, _)| value(record)).sum();
        // The sum of people is smaller: some were there on several days.
        if sum > of_entries * 1.005 + 0.005 {
            return false;
        }
        compared += 1;
        equal += usize::from((of_entries - sum).abs() <= 0.005 * sum.abs().max(1.0));
    }
    equal > 0 && equal * 2 >= compared
}
