//! Decides what becomes of several rows of one day.

use std::collections::{HashMap, HashSet};

use time::Date;

use super::asking::{Asking, choice};
use super::columns::Found;
use super::entries as lists;
use super::table::Table;
use super::words;
use crate::analytics::model::{Counting, Grain, ListReading, Reading, Role, RowRule};

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
    if let Some(part) = part {
        leave_totals_out(reading, table, found, rows, part, asking);
    }
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
                format!("{name}: a person can be in several rows of a day. Is their sum right?")
            }
            _ => format!("{name}: several rows are of one day. Is their sum right?"),
        };
        let choices = vec![
            choice("sum", "Add the rows of a day up"),
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

/// Asks about rows that sum up the other ones of a day.
fn leave_totals_out(
    reading: &mut Reading,
    table: &Table<'_>,
    found: &Found,
    rows: &[usize],
    part: usize,
    asking: &mut Asking<'_>,
) {
    let is_summary = |value: &String| {
        let key = words::key(value);
        words::is_total(value)
            || key.split(' ').any(|word| {
                ["all", "alle", "tous", "toutes", "todos", "tutti", "todas", "overall"]
                    .contains(&word)
            })
    };
    let values = lists::values(table, part, rows).unwrap_or_default();
    let name = &found.names[part];
    let mut rules = Vec::new();
    for value in values.into_iter().filter(is_summary) {
        let choices = vec![
            choice("leftOut", "They are the sum of the others: leave them out"),
            choice("counts", "They are a part like the others: add them"),
        ];
        let text = format!("Rows have “{value}” in the column {name}. What are they?");
        if asking.ask(&format!("rows:{name}:{value}"), text, choices).as_deref() == Some("leftOut")
        {
            rules.push(RowRule { column: part, value, counting: Counting::LeftOut });
        }
    }
    if !rules.is_empty() {
        reading.list = Some(ListReading { rows: rules, ..ListReading::default() });
    }
}

/// Asks whether the rows of a day are its parts. Returns whether they are, or may be.
fn ask_to_sum(
    reading: &mut Reading,
    table: &Table<'_>,
    rows: &[usize],
    asking: &mut Asking<'_>,
) -> bool {
    let mut seen: HashMap<String, usize> = HashMap::new();
    rows.iter().for_each(|row| *seen.entry(table.text(*row)).or_default() += 1);
    let twice = seen.values().filter(|count| **count > 1).count();
    let mut choices = vec![choice(
        "sum",
        "Each row is a part of its day, such as a shop or a channel: add them up",
    )];
    let text = if twice > 0 {
        choices.push(choice(
            "once",
            format!("{twice} rows are in the file several times: count each of them once"),
        ));
        "Some dates are in several rows, and some rows are alike in every cell. What are they?"
    } else {
        "Some dates are in several rows. Are these parts of the day, to be added up? If not, correct the file first."
    };
    let answer = asking.ask("repeats", text, choices);
    reading.drop_duplicates = answer.as_deref() == Some("once");
    answer.as_deref() != Some("once")
}
