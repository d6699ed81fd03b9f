//! Recognises lists of orders and payments.

use std::collections::{HashMap, HashSet};

use super::asking::{Asking, choice};
use super::directions;
use super::figures::Figures;
use super::statuses::meaning;
use super::table::Table;
use super::words;

/// The columns of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    pub id: Option<usize>,
    /// Columns that tell payments, refunds and payouts apart, with their different texts.
    pub kinds: Vec<(usize, Vec<String>)>,
    /// True if a row is an order or a payment; false if it is a part of a day.
    pub is_sure: bool,
    /// True if the rows are counted as conversions.
    pub counts: bool,
}

/// Recognises a list by its columns. `repeats`: several entries are of one day.
pub fn recognise(
    table: &Table<'_>,
    names: &[String],
    entries: &[usize],
    repeats: bool,
    asking: &mut Asking<'_>,
) -> Option<List> {
    let by_day = ["sessions", "users", "conversions"];
    if table.is_across()
        || names.iter().any(|name| words::metric(name).is_some_and(|slug| by_day.contains(&slug)))
    {
        return None;
    }
    let kinds: Vec<(usize, Vec<String>)> = (0..names.len())
        .filter(|column| words::is_status(&names[*column]) || directions::names(&names[*column]))
        .map(|column| (column, values(table, column, entries)))
        .filter(|(column, values)| match directions::names(&names[*column]) {
            true => directions::are(values),
            false => values.iter().any(|value| meaning(value).is_some()),
        })
        .collect();
    let has_amount =
        names.iter().any(|name| words::is_amount(name) || words::metric(name) == Some("revenue"));
    let ids = ids(table, names, entries);
    // A running number, a name or a count does not make a list of a table of days.
    let is_list = has_amount
        && match ids.first() {
            Some((_, id)) => repeats || !kinds.is_empty() || names_order(&names[*id]),
            None => !kinds.is_empty(),
        };
    if !is_list {
        return None;
    }
    let id = id(table, names, entries, &ids, asking);
    let is_sure = id.is_some_and(|id| names_order(&names[id]) || is_code(table, id, entries));
    Some(List { id, kinds, is_sure, counts: true })
}

/// Returns whether a header says that it is the number of an order or a payment: `Order ID`, but not `Order`, which can
/// be a count.
fn names_order(name: &str) -> bool {
    let key = words::key(name);
    words::id_rank(name).is_some_and(|rank| rank < 2)
        && (key.contains(' ')
            || ["nummer", "number", "id", "code"].iter().any(|end| key.ends_with(end)))
}

/// Returns whether the texts of a column are codes: `#1001`, but neither `1` nor the name of a shop.
fn is_code(table: &Table<'_>, column: usize, entries: &[usize]) -> bool {
    let filled = || entries.iter().map(|row| table.cell(*row, column)).filter(|it| !it.is_empty());
    let has_digit = |it: &str| it.contains(|c: char| c.is_ascii_digit());
    filled().all(has_digit) && !filled().any(super::numerals::is_like)
}

/// Returns the columns with headers that `wanted` knows.
pub fn columns(names: &[String], wanted: fn(&str) -> bool) -> impl Iterator<Item = usize> + '_ {
    names.iter().enumerate().filter(move |(_, name)| wanted(name)).map(|(column, _)| column)
}

/// Returns the columns that identify orders, with their rank, the surest first.
fn ids(table: &Table<'_>, names: &[String], entries: &[usize]) -> Vec<(u8, usize)> {
    let ranked = names.iter().enumerate();
    let mut ids: Vec<(u8, usize)> = ranked
        .filter_map(|(column, name)| Some((words::id_rank(name)?, column)))
        .filter(|(_, column)| is_id(table, *column, entries))
        .collect();
    ids.sort();
    ids
}

/// Chooses the column that identifies orders. Of several that group the rows differently the member chooses.
fn id(
    table: &Table<'_>,
    names: &[String],
    entries: &[usize],
    ids: &[(u8, usize)],
    asking: &mut Asking<'_>,
) -> Option<usize> {
    let (best, first) = *ids.first()?;
    let others: Vec<usize> = ids[1..]
        .iter()
        .filter(|(rank, _)| *rank == best)
        .map(|(_, column)| *column)
        .filter(|column| !groups_alike(table, first, *column, entries))
        .collect();
    if others.is_empty() {
        return Some(first);
    }
    let choices = std::iter::once(first)
        .chain(others)
        .map(|column| choice(names[column].clone(), names[column].clone()));
    let text = "Several columns can be the number of an order. Rows with the same number are one order. Which one is it?";
    let chosen = asking.ask("orderColumn", text, choices.collect());
    Some(chosen.and_then(|chosen| names.iter().position(|name| *name == chosen)).unwrap_or(first))
}

/// Returns whether rows are alike in one column exactly if they are in the other.
fn groups_alike(table: &Table<'_>, a: usize, b: usize, entries: &[usize]) -> bool {
    let (mut of_a, mut of_b) = (HashMap::new(), HashMap::new());
    entries.iter().all(|row| {
        let (a, b) = (table.cell(*row, a), table.cell(*row, b));
        *of_a.entry(a).or_insert(b) == b && *of_b.entry(b).or_insert(a) == a
    })
}

/// Asks whether a row without a sure number is an order. Returns the list, unless rows are parts of days.
pub fn ask_listed(list: List, asking: &mut Asking<'_>) -> Option<List> {
    if list.is_sure {
        return Some(list);
    }
    let choices = vec![
        choice("orders", "Each row is one order or payment: count the rows as conversions"),
        choice("amounts", "Each row is one order or payment: add amounts only"),
        choice("parts", "Each row is a part of a day, such as a channel, or a whole day"),
    ];
    let text = "This table has amounts, but no number of an order. What is a row?";
    match asking.ask("listed", text, choices).as_deref() {
        Some("parts") => None,
        Some("amounts") => Some(List { counts: false, ..list }),
        _ => Some(list),
    }
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

/// Returns the different texts of a column, in the order of the file.
pub fn values(table: &Table<'_>, column: usize, entries: &[usize]) -> Vec<String> {
    distinct(table, column, entries).map(str::to_owned).collect()
}

/// Lists the different texts of a column, in the order of the file.
pub fn distinct<'a>(
    table: &Table<'a>,
    column: usize,
    entries: &[usize],
) -> impl Iterator<Item = &'a str> {
    let mut seen = HashSet::new();
    let cells = entries.iter().map(move |entry| table.cell(*entry, column));
    cells.filter(move |cell| !cell.is_empty() && seen.insert(*cell))
}

/// Returns whether most entries, or orders of a few lines each, have a text of their own.
fn is_id(table: &Table<'_>, column: usize, entries: &[usize]) -> bool {
    let ids: Vec<&str> = entries
        .iter()
        .map(|entry| table.cell(*entry, column))
        .filter(|id| !id.is_empty())
        .collect();
    let different: HashSet<&str> = ids.iter().copied().collect();
    ids.len() * 2 > entries.len() && different.len() * 4 >= ids.len() && different.len() > 1
        || entries.len() == 1 && ids.len() == 1
}

/// Returns the columns that a day's revenue can be summed from. The price of one piece is none of them.
pub fn amounts(table: &Table<'_>, names: &[String], figures: &[Figures]) -> Vec<usize> {
    let has_several = (0..names.len()).any(|column| {
        let cells = || (0..table.len()).map(|record| table.cell(record, column));
        figures[column].is_numeric()
            && words_of("quantity", &names[column])
            && cells().any(|cell| !["", "1", "1.0", "1,0", "1.00", "1,00"].contains(&cell))
    });
    (0..names.len())
        .filter(|column| figures[*column].is_numeric())
        .filter(|column| {
            words::is_amount(&names[*column]) || words::metric(&names[*column]) == Some("revenue")
        })
        .filter(|column| !has_several || !is_price(&names[*column]))
        .collect()
}

/// Returns whether a header has a word with a meaning.
fn words_of(meaning: &str, name: &str) -> bool {
    words::key(name).split(' ').any(|part| words::words(meaning).any(|word| word == part))
}

/// Returns whether a header names the price of one piece, rather than a total.
fn is_price(name: &str) -> bool {
    words_of("price", name) && !words_of("total", name)
}

/// Returns the column of refunded amounts, if it has any.
pub fn refunded(names: &[String], figures: &[Figures]) -> Option<usize> {
    (0..names.len())
        .find(|column| words::is_refunded(&names[*column]) && figures[*column].largest > 0.0)
}
