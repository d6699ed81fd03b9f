//! Recognises lists of orders and payments, and decides which of their rows count.

use std::collections::HashMap;

use super::asking::{Asking, choice, choice_with};
use super::figures::Figures;
use super::months::plain;
use super::numerals;
use super::table::Table;
use super::words;
use crate::analytics::model::{Counting, ListReading, RowRule};

/// Maximum number of different texts in a column that tells rows apart.
const MOST_VALUES: usize = 25;

/// The columns of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    pub id: Option<usize>,
    /// Columns that tell payments, refunds and payouts apart, with their different texts.
    pub kinds: Vec<(usize, Vec<String>)>,
}

/// Recognises a list by its columns. `repeats`: several entries are of one day.
pub fn recognise(
    table: &Table<'_>,
    names: &[String],
    entries: &[usize],
    repeats: bool,
) -> Option<List> {
    let by_day = ["sessions", "users", "conversions"];
    if table.is_across()
        || names.iter().any(|name| words::metric(name).is_some_and(|slug| by_day.contains(&slug)))
    {
        return None;
    }
    let kinds: Vec<(usize, Vec<String>)> = columns(names, words::is_status)
        .filter_map(|column| Some((column, values(table, column, entries)?)))
        .filter(|(_, values)| values.iter().any(|value| meaning(value).is_some()))
        .collect();
    let has_amount =
        names.iter().any(|name| words::is_amount(name) || words::metric(name) == Some("revenue"));
    let id = columns(names, words::is_id).find(|column| is_id(table, *column, entries));
    // A running number or a name does not make a list of a table of days.
    let is_weak = |column: usize| {
        let key = words::key(&names[column]);
        [
            "id",
            "no",
            "nr",
            "num",
            "number",
            "name",
            "ref",
            "reference",
            "order",
            "invoice",
            "pedido",
            "commande",
            "ordine",
        ]
        .contains(&key.as_str())
    };
    let is_list = match id {
        Some(id) => has_amount && (repeats || !kinds.is_empty() || !is_weak(id)),
        None => has_amount && !kinds.is_empty(),
    };
    is_list.then_some(List { id, kinds })
}

fn columns(names: &[String], wanted: fn(&str) -> bool) -> impl Iterator<Item = usize> + '_ {
    names.iter().enumerate().filter(move |(_, name)| wanted(name)).map(|(column, _)| column)
}

/// The currency of a table's amounts, from a column that names it.
#[derive(Debug, Default)]
pub struct Currency {
    pub code: Option<&'static str>,
    /// The rows of other currencies.
    pub others: Vec<RowRule>,
}

/// Finds the currency of each row. Of several the member chooses one.
pub fn currency(
    table: &Table<'_>,
    names: &[String],
    entries: &[usize],
    asking: &mut Asking<'_>,
) -> Currency {
    let found = columns(names, words::is_currency)
        .find_map(|column| Some((column, values(table, column, entries)?)))
        .filter(|(_, values)| values.iter().all(|value| numerals::currency(value).is_some()));
    let Some((column, values)) = found.filter(|_| !table.is_across()) else {
        return Currency::default();
    };
    let mut chosen = values.first().cloned();
    if values.len() > 1 {
        let choices = values
            .iter()
            .map(|value| choice(value.clone(), format!("Import the amounts in {value}")));
        let text = "This file has amounts in several currencies, which are never added. Which one do you import?";
        chosen = asking.ask("currency", text, choices.collect());
    }
    let others = values.into_iter().filter(|value| Some(value) != chosen.as_ref());
    let others = others.map(|value| RowRule { column, value, counting: Counting::LeftOut });
    Currency { code: chosen.as_deref().and_then(numerals::currency), others: others.collect() }
}

/// Asks whether a list is of money earned, if its columns name suppliers or expenses.
pub fn ask_earned(names: &[String], list: &List, asking: &mut Asking<'_>) -> bool {
    let named = names.iter().find(|name| words::is_spending(name));
    let Some(named) = named.filter(|_| !list.kinds.is_empty() || list.id.is_some()) else {
        return true;
    };
    let choices = vec![
        choice("earned", "Money that the business earned"),
        choice("spent", "Money that it spent: do not import it as revenue"),
    ];
    let text = format!("This list has a column {named}. Is it a list of what the business earned?");
    asking.ask("earned", text, choices).as_deref() != Some("spent")
}

/// Returns the different texts of a column, if they are few.
pub fn values(table: &Table<'_>, column: usize, entries: &[usize]) -> Option<Vec<String>> {
    let mut values: Vec<String> = Vec::new();
    for entry in entries {
        let value = table.cell(*entry, column);
        if !value.is_empty() && !values.iter().any(|it| it == value) {
            if values.len() == MOST_VALUES {
                return None;
            }
            values.push(value.to_owned());
        }
    }
    (!values.is_empty()).then_some(values)
}

/// Returns whether most entries, or orders of a few lines each, have a text of their own.
fn is_id(table: &Table<'_>, column: usize, entries: &[usize]) -> bool {
    let ids: Vec<&str> = entries
        .iter()
        .map(|entry| table.cell(*entry, column))
        .filter(|id| !id.is_empty())
        .collect();
    let different: std::collections::HashSet<&str> = ids.iter().copied().collect();
    ids.len() * 2 > entries.len() && different.len() * 4 >= ids.len() && different.len() > 1
        || entries.len() == 1 && ids.len() == 1
}

/// What the rows with a text are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Payment,
    Refund,
    /// Money that moves without being earned, or a payment that failed.
    Neither,
    /// Neither known to be paid nor to have failed.
    Unclear,
}

/// Returns what a text says about its rows. `None` if it is unknown.
fn meaning(value: &str) -> Option<Meaning> {
    let value = plain(value);
    let has = |meaning: &str| words::words(meaning).iter().any(|word| value.contains(word));
    // `Paid out`, `unpaid`, `payment failed`: what is against a payment outweighs it.
    if has("unclear") {
        Some(Meaning::Unclear)
    } else if has("neither") {
        Some(Meaning::Neither)
    } else if has("refund") {
        Some(Meaning::Refund)
    } else {
        has("payment").then_some(Meaning::Payment)
    }
}

/// Decides which rows count. `amount` is the column that is summed.
pub fn rules(
    table: &Table<'_>,
    names: &[String],
    entries: &[usize],
    list: &List,
    amount: Option<usize>,
    asking: &mut Asking<'_>,
) -> ListReading {
    let mut reading =
        ListReading { counts: Some("conversions".to_owned()), ..ListReading::default() };
    for (column, values) in &list.kinds {
        for value in values {
            let rows =
                || entries.iter().copied().filter(|entry| table.cell(*entry, *column) == value);
            let counting = match meaning(value) {
                Some(Meaning::Payment) => Some(Counting::Counts),
                Some(Meaning::Neither) => Some(Counting::LeftOut),
                Some(Meaning::Refund) => amount.and_then(|amount| {
                    let figures = super::figures::count(table, amount, rows());
                    match (figures.negative, figures.positive) {
                        (_, 0) => Some(Counting::Adds),
                        (0, _) => Some(Counting::Subtracts),
                        _ => None,
                    }
                }),
                Some(Meaning::Unclear) | None => None,
            };
            let counting =
                counting.or_else(|| ask_rows(&names[*column], value, rows().count(), asking));
            let counting = counting.unwrap_or(Counting::LeftOut);
            if counting != Counting::Counts {
                reading.rows.push(RowRule { column: *column, value: value.clone(), counting });
            }
        }
    }
    if let Some(id) = list.id {
        once(table, names, entries, id, amount, asking, &mut reading);
    }
    reading
}

fn ask_rows(name: &str, value: &str, count: usize, asking: &mut Asking<'_>) -> Option<Counting> {
    let choices = vec![
        choice("counts", "Count them and add their amounts"),
        choice("leftOut", "Leave them out"),
        choice("adds", "Add their amounts, without counting them"),
        choice("subtracts", "Subtract their amounts: they are refunds"),
    ];
    let text = format!(
        "{count} rows have “{value}” in the column {name}. What do they do to a day’s numbers?"
    );
    let chosen = asking.ask(&format!("rows:{name}:{value}"), text, choices)?;
    serde_json::from_value(serde_json::Value::String(chosen)).ok()
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
    if several.is_empty() {
        return;
    }
    reading.once_by = Some(id);
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

/// Returns the columns that a day's revenue can be summed from.
pub fn amounts(names: &[String], figures: &[Figures]) -> Vec<usize> {
    (0..names.len())
        .filter(|column| figures[*column].is_numeric())
        .filter(|column| {
            words::is_amount(&names[*column]) || words::metric(&names[*column]) == Some("revenue")
        })
        .collect()
}

/// Returns the column of refunded amounts, if it has any.
pub fn refunded(names: &[String], figures: &[Figures]) -> Option<usize> {
    (0..names.len())
        .find(|column| words::is_refunded(&names[*column]) && figures[*column].largest > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_and_unclear_payments_are_not_counted_as_payments() {
        for (value, expected) in [
            ("Payment", Some(Meaning::Payment)),
            ("wc-completed", Some(Meaning::Payment)),
            ("Bezahlt", Some(Meaning::Payment)),
            ("Refund", Some(Meaning::Refund)),
            ("Payment Refund", Some(Meaning::Refund)),
            ("payout", Some(Meaning::Neither)),
            ("General Withdrawal", Some(Meaning::Neither)),
            ("Payment failed", Some(Meaning::Neither)),
            ("Unpaid", Some(Meaning::Neither)),
            ("Cancelled", Some(Meaning::Neither)),
            ("partially_refunded", Some(Meaning::Unclear)),
            ("refunded", Some(Meaning::Unclear)),
            ("pending", Some(Meaning::Unclear)),
            ("Blue", None),
        ] {
            assert_eq!(meaning(value), expected, "{value}");
        }
    }
}
