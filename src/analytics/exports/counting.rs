//! Decides which rows of a list count, by the texts of its columns.

use std::collections::HashMap;

use super::asking::{Asking, choice, choice_with, row_key, rows_have};
use super::directions;
use super::entries::List;
use super::figures::{self, Figures};
use super::statuses::{self, Meaning, meaning};
use super::table::Table;
use crate::analytics::model::{Choice, Counting, ListReading, RowRule};

/// Maximum number of texts for which a reading says what their rows do.
pub const MOST_RULES: usize = 1_000;

/// Maximum number of texts of a column that are asked about one by one. Further ones are one question.
const ASKED_ONE_BY_ONE: usize = 12;

/// Decides which rows count. `amount` is the column that is summed.
pub fn rules(
    table: &Table<'_>,
    names: &[String],
    entries: &[usize],
    list: &List,
    amount: Option<usize>,
    asking: &mut Asking<'_>,
) -> ListReading {
    let counts = list.counts.then(|| "conversions".to_owned());
    let rows = rows(table, names, entries, list, amount, asking);
    let mut reading = ListReading { counts, rows, ..ListReading::default() };
    if let Some(id) = list.id {
        once(table, names, entries, id, amount, asking, &mut reading);
    }
    reading
}

/// Decides what the rows with each text of a status do.
pub fn rows(
    table: &Table<'_>,
    names: &[String],
    entries: &[usize],
    list: &List,
    amount: Option<usize>,
    asking: &mut Asking<'_>,
) -> Vec<RowRule> {
    let mut rules = Vec::new();
    for (column, values) in &list.kinds {
        let column = *column;
        let mut by_value: HashMap<&str, Vec<usize>> = HashMap::new();
        for entry in entries {
            by_value.entry(table.cell(*entry, column)).or_default().push(*entry);
        }
        let mut unknown = Vec::new();
        let is_paid_twice = statuses::has_sales_and_payments(values);
        // With more texts the file is refused.
        for value in values.iter().take(MOST_RULES + 1) {
            let rows = by_value.get(value.as_str()).map_or(&[][..], Vec::as_slice);
            let meaning = meaning(value).filter(|_| !directions::names(&names[column]));
            let certain = match meaning {
                Some(Meaning::Payment) if is_paid_twice => None,
                Some(Meaning::Payment) => Some(Counting::Counts),
                Some(Meaning::Neither) => Some(Counting::LeftOut),
                Some(Meaning::Refund) => amount.and_then(|amount| {
                    refunds(&figures::count(table, amount, rows.iter().copied()))
                }),
                Some(Meaning::Unclear) | None => None,
            };
            let counting = match certain {
                Some(Counting::LeftOut) => show_left_out(&names[column], value, rows.len(), asking),
                Some(counting) => counting,
                None => {
                    unknown.push((value, rows.len()));
                    continue;
                }
            };
            rules.push(RowRule { column, value: value.clone(), counting });
        }
        rules.extend(ask_unknown(&names[column], column, &unknown, asking));
    }
    rules
}

/// Returns what refunds do to the sum of amounts, by their signs.
const fn refunds(amounts: &Figures) -> Option<Counting> {
    match (amounts.negative, amounts.positive) {
        (_, 0) => Some(Counting::Adds),
        (0, _) => Some(Counting::Subtracts),
        _ => None,
    }
}

fn row_choices() -> Vec<Choice> {
    vec![
        choice("counts", "Count them and add their amounts"),
        choice("leftOut", "Leave them out"),
        choice("adds", "Add their amounts, without counting them"),
        choice("subtracts", "Subtract their amounts: they are refunds"),
    ]
}

fn counting(chosen: &str) -> Option<Counting> {
    serde_json::from_value(serde_json::Value::String(chosen.to_owned())).ok()
}

/// Returns a text of a cell as sentences show it.
fn shown(text: &str) -> String {
    super::faults::shown(text, 80)
}

fn show_left_out(name: &str, value: &str, count: usize, asking: &mut Asking<'_>) -> Counting {
    let what = format!("{} “{}” in the column {name}", rows_have(count), shown(value));
    let are = if count == 1 { "is" } else { "are" };
    let text = format!("{what}, which is no money earned. How are such rows counted?");
    let chosen = asking.show(&row_key(name, value), text, row_choices(), "leftOut");
    let counting = counting(&chosen).unwrap_or(Counting::LeftOut);
    if counting == Counting::LeftOut {
        asking.note(&format!("{what} and {are} left out: no money was earned."));
    }
    counting
}

/// Asks about texts that are not understood. Beyond a few of them, those without an answer are one question.
fn ask_unknown(
    name: &str,
    column: usize,
    unknown: &[(&String, usize)],
    asking: &mut Asking<'_>,
) -> Vec<RowRule> {
    let mut rules = Vec::new();
    let mut others = Vec::new();
    for (value, count) in unknown {
        let is_answered = asking.decision.answers.contains_key(&row_key(name, value));
        if !is_answered && unknown.len() > ASKED_ONE_BY_ONE {
            others.push((*value, *count));
            continue;
        }
        let text = format!(
            "{} “{}” in the column {name}. How are such rows counted?",
            rows_have(*count),
            shown(value)
        );
        let chosen = asking.ask(&row_key(name, value), text, row_choices());
        let counting = chosen.and_then(|chosen| counting(&chosen)).unwrap_or(Counting::LeftOut);
        rules.push(RowRule { column, value: (*value).clone(), counting });
    }
    if !others.is_empty() {
        let count: usize = others.iter().map(|(_, count)| count).sum();
        let samples: Vec<String> =
            others.iter().take(5).map(|(value, _)| format!("“{}”", shown(value))).collect();
        let text = format!(
            "{} one of {} other texts in the column {name}, such as {}. How are such rows counted?",
            rows_have(count),
            others.len(),
            samples.join(", ")
        );
        let chosen = asking.ask(&format!("others:{name}"), text, row_choices());
        let counting = chosen.and_then(|chosen| counting(&chosen)).unwrap_or(Counting::LeftOut);
        rules.extend(others.into_iter().map(|(value, _)| RowRule {
            column,
            value: value.clone(),
            counting,
        }));
    }
    rules
}

/// Decides how rows of one order are combined.
fn once(
    table: &Table<'_>,
    names: &[String],
    entries: &[usize],
    id: usize,
    amount: Option<usize>,
    asking: &mut Asking<'_>,
    reading: &mut ListReading,
) {
    let mut orders: HashMap<&str, Vec<usize>> = HashMap::new();
    for entry in entries {
        orders.entry(table.cell(*entry, id)).or_default().push(*entry);
    }
    orders.remove("");
    let mut several: Vec<&Vec<usize>> =
        orders.values().filter(|entries| entries.len() > 1).collect();
    reading.once_by = Some(id);
    if several.is_empty() {
        return;
    }
    let Some(amount) = amount else { return };
    let filled = |entries: &Vec<usize>| -> Vec<&str> {
        entries
            .iter()
            .map(|entry| table.cell(*entry, amount))
            .filter(|text| !text.is_empty())
            .collect()
    };
    // Orders with their amount in one line only, or with different amounts, are added line by line.
    let repeated = |entries: &&Vec<usize>| {
        let amounts = filled(entries);
        amounts.len() > 1 && amounts.iter().all(|it| it == &amounts[0])
    };
    let alike = several.iter().filter(|entries| repeated(entries)).count();
    let different = several.iter().any(|entries| filled(entries).len() > 1 && !repeated(entries));
    if alike == 0 || different && alike * 2 < several.len() {
        return;
    }
    several.sort();
    let first = several.iter().find(|entries| repeated(entries));
    let sample = |sum: bool| -> Vec<(String, String)> {
        let Some(entries) = first else { return Vec::new() };
        let text = table.cell(entries[0], amount);
        let cell = format!("{} lines of {} with {text}", entries.len(), table.cell(entries[0], id));
        let meaning = if sum { format!("{} × {text}", entries.len()) } else { text.to_owned() };
        vec![(cell, meaning)]
    };
    let choices = vec![
        choice_with("once", "It is the amount of the whole order: add it once", sample(false)),
        choice_with("each", "It is the amount of each line: add all lines", sample(true)),
    ];
    let text = format!("Orders have several lines with the same {}. What is it?", names[amount]);
    reading.amount_once = asking.ask("amounts", text, choices).as_deref() == Some("once");
}
