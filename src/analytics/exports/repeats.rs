//! Decides what becomes of several rows of one day.

use std::collections::{HashMap, HashSet};

use time::Date;

use super::asking::{Asking, choice, rows_are};
use super::columns::Found;
use super::entries as lists;
use super::numerals::Numeral;
use super::table::Table;
use super::totals;
use super::words;
use crate::analytics::model::{Grain, ListReading, Reading, Role};

/// Returns whether several rows are of one period.
pub fn any(periods: &[(Date, Grain)]) -> bool {
    let mut seen = HashSet::new();
    periods.iter().any(|(date, _)| !seen.insert(*date))
}

/// Decides which columns are summed. Sessions, conversions and revenue are; of other metrics the member decides.
pub fn decide(
    reading: &mut Reading,
    table: &Table<'_>,
    found: &Found,
    rows: &[usize],
    periods: &[(Date, Grain)],
    asking: &mut Asking<'_>,
) {
    let part = (0..found.names.len()).find(|column| {
        words::is_part(&found.names[*column]) && tells_apart(table, *column, rows, periods)
    });
    leave_totals_out(reading, table, found, rows, (part, periods), asking);
    let period = reading.grain.map_or("day", Grain::name);
    let is_sure = part.is_some();
    if !is_sure && !ask_to_sum(reading, table, rows, asking) {
        return;
    }
    for column in 0..reading.columns.len() {
        let slug = match &reading.columns[column].role {
            Role::Metric { slug } | Role::Subtract { slug } => slug.clone(),
            Role::NewMetric { name, .. } => super::provisional_slug(name),
            _ => continue,
        };
        if matches!(slug.as_str(), "sessions" | "conversions" | "revenue")
            || reading.drop_duplicates
        {
            reading.columns[column].sums = !reading.drop_duplicates;
            continue;
        }
        let name = &found.names[column];
        let text = match slug.as_str() {
            "users" => {
                format!(
                    "{name}: a person can be in several rows of a {period}. Is their sum right?"
                )
            }
            _ => format!("{name}: several rows are of one {period}. Is their sum right?"),
        };
        let choices = vec![
            choice("sum", format!("Add the rows of a {period} up")),
            choice("leaveOut", "Leave this column out"),
        ];
        match asking.ask(&format!("sum:{slug}"), text, choices).as_deref() {
            Some("sum") => reading.columns[column].sums = true,
            Some(_) => reading.columns[column].role = Role::LeaveOut,
            None => {}
        }
    }
}

/// Returns whether a column differs among the rows of each day.
fn tells_apart(
    table: &Table<'_>,
    column: usize,
    rows: &[usize],
    periods: &[(Date, Grain)],
) -> bool {
    let mut seen = HashSet::new();
    rows.iter().zip(periods).all(|(row, (date, _))| {
        let cell = table.cell(*row, column);
        !cell.is_empty() && seen.insert((*date, cell))
    })
}

/// Asks about rows that sum up the other ones of a day: by their names in any column of texts, and by their values in
/// the column that tells the rows of a day apart.
fn leave_totals_out(
    reading: &mut Reading,
    table: &Table<'_>,
    found: &Found,
    rows: &[usize],
    (part, periods): (Option<usize>, &[(Date, Grain)]),
    asking: &mut Asking<'_>,
) {
    let sums = part.map(|part| sums(reading, table, rows, periods, part)).unwrap_or_default();
    let mut rules = Vec::new();
    for (column, name) in found.names.iter().enumerate() {
        if column == reading.date_column || found.figures[column].is_numeric() {
            continue;
        }
        let is_total =
            |value: &&str| is_summary(value) || Some(column) == part && sums.contains(value);
        for value in lists::distinct(table, column, rows).filter(is_total) {
            rules.push(totals::ask_one(name, column, value, asking));
        }
    }
    if !rules.is_empty() {
        reading.list = Some(ListReading { rows: rules, ..ListReading::default() });
    }
}

/// Returns whether a text names a sum of others.
fn is_summary(value: &str) -> bool {
    if value.len() > 80 {
        return false;
    }
    let key = words::key(value);
    words::is_total(value)
        || key.split(' ').any(|word| {
            ["all", "alle", "tous", "toutes", "todos", "tutti", "todas", "overall"].contains(&word)
        })
}

/// Returns the texts of a column whose rows are the sum of the others of their day, in each metric and on each day.
fn sums<'a>(
    reading: &Reading,
    table: &Table<'a>,
    rows: &[usize],
    periods: &[(Date, Grain)],
    part: usize,
) -> HashSet<&'a str> {
    let is_metric = |role: &Role| !matches!(role, Role::Date | Role::LeaveOut);
    let columns: Vec<usize> =
        (0..reading.columns.len()).filter(|it| is_metric(&reading.columns[*it].role)).collect();
    let mark = crate::analytics::numbers::Mark::Point;
    let value = |row: usize, column: usize| match table.numeral(row, column) {
        Numeral::Number(number) => {
            number.value(Some(mark)).or_else(|| number.value(Some(mark.other()))).unwrap_or(0.0)
        }
        _ => 0.0,
    };
    let mut days: HashMap<Date, (usize, Vec<f64>)> = HashMap::new();
    for (row, (date, _)) in rows.iter().zip(periods) {
        let (count, totals) = days.entry(*date).or_insert_with(|| (0, vec![0.0; columns.len()]));
        *count += 1;
        columns.iter().zip(totals).for_each(|(column, total)| *total += value(*row, *column));
    }
    let (mut sums, mut others) = (HashSet::new(), HashSet::new());
    for (row, (date, _)) in rows.iter().zip(periods) {
        let Some((count, totals)) = days.get(date) else { continue };
        let values =
            columns.iter().zip(totals).map(|(column, total)| (value(*row, *column), *total));
        let is_sum = |(value, total): (f64, f64)| {
            (total - 2.0 * value).abs() <= 0.005 * value.abs().max(1.0)
        };
        let has_value = columns.iter().any(|column| value(*row, *column) != 0.0);
        let text = table.cell(*row, part);
        if *count > 2 && has_value && values.clone().all(is_sum) {
            sums.insert(text);
        } else if has_value {
            others.insert(text);
        }
    }
    sums.retain(|text| !others.contains(text));
    sums
}

/// Asks whether the rows of a day are its parts. Returns whether they are, or may be.
fn ask_to_sum(
    reading: &mut Reading,
    table: &Table<'_>,
    rows: &[usize],
    asking: &mut Asking<'_>,
) -> bool {
    let period = reading.grain.map_or("day", Grain::name);
    let mut seen: HashMap<String, usize> = HashMap::new();
    rows.iter().for_each(|row| *seen.entry(table.text(*row)).or_default() += 1);
    let twice = seen.values().filter(|count| **count > 1).count();
    let mut choices = vec![choice(
        "sum",
        format!("Each row is a part of its {period}, such as a shop or a channel: add them up"),
    )];
    let text = if twice > 0 {
        choices.push(choice(
            "once",
            format!("{} in the file several times: count each row once", rows_are(twice)),
        ));
        "Some dates are in several rows, and some rows are alike in every cell. What are they?"
            .to_owned()
    } else {
        format!(
            "Some dates are in several rows. Are these parts of the {period}, to be added up? If not, correct the file first."
        )
    };
    let answer = asking.ask("repeats", text, choices);
    reading.drop_duplicates = answer.as_deref() == Some("once");
    answer.as_deref() != Some("once")
}
