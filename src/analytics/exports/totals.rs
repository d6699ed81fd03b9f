//! Rows that are called a total: never a day, and never left out without a word where they can be data.

use std::collections::HashMap;

use super::asking::{Asking, choice, row_key};
use super::columns::Found;
use super::entries::{self as lists, List};
use super::faults::shown;
use super::records::Record;
use super::sums;
use super::table::Table;
use super::words;
use crate::analytics::model::{Counting, RowRule};

/// How many texts with a word for a total are compared with the rows before them.
const MOST_CALLED: usize = 50;
/// How many totals are named.
const NAMED: usize = 5;
/// Maximum length of a label in a sentence.
const MOST_LABEL_CHARS: usize = 40;

/// Asks about rows with a text in the place of the date that has the word for a total, and that are not the sum of other
/// rows. Returns whether to leave them out.
pub fn ask(
    table: &Table<'_>,
    date_column: usize,
    records: &[Record],
    asking: &mut Asking<'_>,
) -> bool {
    let called = named(table, date_column, records, &Record::CalledTotal);
    if called.is_empty() {
        return false;
    }
    let text = match called.count {
        1 => format!("{called} has no date, and is not the sum of the other rows. What is it?"),
        _ => {
            format!("{called} have no date, and are not the sums of the other rows. What are they?")
        }
    };
    let choices = vec![
        choice("leftOut", "Totals of other rows: leave them out"),
        choice("data", "Numbers of their own: refuse the file"),
    ];
    asking.ask("totals", text, choices).as_deref() == Some("leftOut")
}

/// Says which rows are left out as totals.
pub fn left_out(table: &Table<'_>, records: &[Record], date_column: usize) -> Option<String> {
    let totals = named(table, date_column, records, &Record::Total);
    let is = if totals.count == 1 { "is left out as a total" } else { "are left out as totals" };
    (!totals.is_empty()).then(|| format!("{totals} {is}."))
}

/// Rows of a kind, by their first labels.
struct Named {
    count: usize,
    labels: Vec<String>,
}

impl Named {
    const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.labels[..], self.count - self.labels.len()) {
            ([one], 0) => write!(f, "Line {one}"),
            ([first @ .., last], 0) => write!(f, "Lines {} and {last}", first.join(", ")),
            (all, more) => write!(f, "Lines {} and {more} more", all.join(", ")),
        }
    }
}

fn named(table: &Table<'_>, date_column: usize, records: &[Record], kind: &Record) -> Named {
    let found = || (0..records.len()).filter(|record| records[*record] == *kind);
    let label = |record: usize| {
        let mut cells = (0..table.width(record)).map(|column| table.cell(record, column));
        let at_date = Some(table.cell(record, date_column)).filter(|cell| !cell.is_empty());
        let label = at_date.or_else(|| cells.find(|cell| !cell.is_empty())).unwrap_or_default();
        format!("{} (“{}”)", table.line(record, date_column), shown(label, MOST_LABEL_CHARS))
    };
    Named { count: found().count(), labels: found().take(NAMED).map(label).collect() }
}

/// Asks about entries with nothing but the word for a total in a column of texts: `Total, 2026-10-31, 480`.
pub fn ask_named(
    table: &Table<'_>,
    found: &Found,
    rows: &[usize],
    list: &List,
    asking: &mut Asking<'_>,
) -> Vec<RowRule> {
    if table.is_across() {
        return Vec::new();
    }
    let is_kind = |column: usize| list.kinds.iter().any(|(kind, _)| *kind == column);
    let columns =
        (0..found.names.len()).filter(|it| !found.figures[*it].is_numeric() && !is_kind(*it));
    let mut rules = Vec::new();
    for column in columns {
        // The cells of the column of dates are not counted.
        let longer = match found.figures[column].others {
            0 => Vec::new(),
            _ => longer_named(table, column, rows, *list == List::default()),
        };
        let is_total = |it: &&str| words::is_whole_total(it) || longer.contains(it);
        for value in lists::distinct(table, column, rows).filter(is_total) {
            rules.push(ask_one(&found.names[column], column, value, asking));
        }
    }
    rules
}

/// Lists the texts of single rows that can be totals with longer names: by their first word if there are a few of them,
/// by their values, and by both in a list of orders, where a text can be the name of a product.
fn longer_named<'a>(
    table: &Table<'a>,
    column: usize,
    rows: &[usize],
    has_periods: bool,
) -> Vec<&'a str> {
    let mut known: HashMap<&str, (usize, usize)> = HashMap::new();
    for row in rows {
        let of = known.entry(table.cell(*row, column)).or_insert((0, *row));
        of.0 += 1;
    }
    let last = rows.last().copied();
    let single = known.into_iter().filter(|(text, (count, _))| !text.is_empty() && *count == 1);
    let mut called: Vec<(&str, usize, bool)> = single
        .map(|(text, (_, row))| (text, row, words::starts_as_total(text)))
        .filter(|(text, row, starts)| {
            *starts || words::is_total(text) || has_periods && Some(*row) == last
        })
        .collect();
    called.sort_by_key(|(_, row, _)| *row);
    let few = called.iter().filter(|(.., starts)| *starts).count() <= NAMED;
    let is_sum = |text: &str, row: usize| {
        // Without a word, three rows make a sum by chance unlikely.
        let fewest = if words::is_total(text) { 2 } else { 3 };
        sums::is_of_rows_before(table, rows, row, fewest)
    };
    let is_total = |(text, row, starts): &(&str, usize, bool)| {
        has_periods && *starts && few || is_sum(text, *row)
    };
    called.into_iter().take(MOST_CALLED).filter(is_total).map(|(text, ..)| text).collect()
}

/// Asks whether the rows with a text are the sum of others.
pub fn ask_one(name: &str, column: usize, value: &str, asking: &mut Asking<'_>) -> RowRule {
    let choices = vec![
        choice("leftOut", "The sum of other rows: leave them out"),
        choice("counts", "Rows like the others: import them"),
    ];
    let text = format!("Rows have “{}” in the column {name}. What are they?", shown(value, 80));
    let answer = asking.ask(&row_key(name, value), text, choices);
    let counting = match answer.as_deref() {
        Some("counts") => Counting::Counts,
        _ => Counting::LeftOut,
    };
    RowRule { column, value: value.to_owned(), counting }
}
