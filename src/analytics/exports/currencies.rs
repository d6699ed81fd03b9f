//! The currency of each row, from a column that names it.

use super::asking::{Asking, choice, row_key, rows_have};
use super::dates;
use super::entries::{columns, values};
use super::faults::whole;
use super::numerals;
use super::table::Table;
use super::words;
use crate::analytics::model::{Counting, Refusal, RowRule};

/// Maximum number of currencies to choose from.
const MOST_CURRENCIES: usize = 60;
/// Longest name of a currency, in bytes.
const MOST_CURRENCY_BYTES: usize = 60;

/// The currency of a table's amounts.
#[derive(Debug, Default)]
pub struct Currency {
    pub code: Option<String>,
    /// The counting of rows, by currency.
    pub rules: Vec<RowRule>,
}

/// Returns the code of a text in a currency column. Unknown texts are currencies of their own.
pub fn code(text: &str) -> String {
    numerals::currency(text).map_or_else(|| text.trim().to_uppercase(), str::to_owned)
}

/// Finds the currency of each row. Of several the member chooses one. Errors: there are too many.
pub fn find(
    table: &Table<'_>,
    names: &[String],
    entries: &[usize],
    asking: &mut Asking<'_>,
) -> Result<Currency, Refusal> {
    if table.is_across() {
        return Ok(Currency::default());
    }
    let Some(column) = column(table, names, entries, asking) else {
        return Ok(Currency::default());
    };
    let texts = values(table, column, entries);
    let mut codes: Vec<(String, String)> = Vec::new();
    for text in &texts {
        let code = code(text);
        if !codes.iter().any(|(known, _)| *known == code) {
            codes.push((code, text.clone()));
        }
        if codes.len() > MOST_CURRENCIES || text.len() > MOST_CURRENCY_BYTES {
            return Err(whole(format!(
                "The column {} should have currencies, and has more than {MOST_CURRENCIES} different or very long texts. Export one currency.",
                names[column]
            )));
        }
    }
    let amounts: Vec<usize> = columns(names, words::is_amount).collect();
    let is_unnamed = |entry: &&usize| {
        table.cell(**entry, column).is_empty()
            && amounts.iter().any(|amount| numerals::is_like(table.cell(**entry, *amount)))
    };
    let unnamed = entries.iter().filter(is_unnamed).count();
    let mut chosen = codes.first().map(|(code, _)| code.clone());
    if codes.len() > 1 {
        let choices = codes
            .iter()
            .map(|(_, text)| choice(text.clone(), format!("Import the amounts in {text}")));
        let text = "This file has amounts in several currencies, which are never added. Which one do you import?";
        let answer = asking.ask("currency", text, choices.collect());
        chosen = answer.map(|text| code(&text));
    }
    let mut rules: Vec<RowRule> = Vec::new();
    if codes.len() > 1 {
        rules.extend(texts.into_iter().map(|value| {
            let is_chosen = Some(code(&value)) == chosen;
            let counting = if is_chosen { Counting::Counts } else { Counting::LeftOut };
            RowRule { column, value, counting }
        }));
        if unnamed > 0 {
            let choices = vec![
                choice("leftOut", "Unknown: leave these rows out"),
                choice("counts", "The chosen one: import these rows"),
            ];
            let name = &names[column];
            let text = format!(
                "{} an amount, but no text in the column {name}. What is its currency?",
                rows_have(unnamed)
            );
            let answer = asking.ask(&row_key(name, ""), text, choices);
            let counting = match answer.as_deref() {
                Some("counts") => Counting::Counts,
                _ => Counting::LeftOut,
            };
            rules.push(RowRule { column, value: String::new(), counting });
        }
    }
    Ok(Currency { code: chosen, rules })
}

/// Chooses the column that names currencies. Of several that differ the member chooses.
fn column(
    table: &Table<'_>,
    names: &[String],
    entries: &[usize],
    asking: &mut Asking<'_>,
) -> Option<usize> {
    // Rates of exchange are numbers, and banks call the day of the value `Valuta`.
    let is_other = |cell: &str| numerals::is_like(cell) || dates::is_like(cell);
    let is_text = |column: &usize| {
        let mut filled =
            entries.iter().map(|entry| table.cell(*entry, *column)).filter(|it| !it.is_empty());
        filled.next().is_some_and(|first| !is_other(first)) && filled.all(|it| !is_other(it))
    };
    let mut all = columns(names, words::is_currency).filter(is_text);
    let first = all.next()?;
    let differs = |column: &usize| {
        entries.iter().any(|entry| table.cell(*entry, *column) != table.cell(*entry, first))
    };
    let others: Vec<usize> = all.filter(differs).collect();
    if others.is_empty() {
        return Some(first);
    }
    let choices = std::iter::once(first)
        .chain(others)
        .map(|column| choice(names[column].clone(), names[column].clone()));
    let text = "Several columns name a currency. Which one is that of the amounts you import?";
    let chosen = asking.ask("currencyColumn", text, choices.collect());
    Some(chosen.and_then(|chosen| names.iter().position(|name| *name == chosen)).unwrap_or(first))
}
