//! Asks about negative amounts that no text calls refunds: on a bank statement they are money that was spent.

use super::asking::{Asking, choice, rows_have};
use super::numerals::Numeral;
use super::rules::Rules;
use super::table::Table;
use super::words;
use crate::analytics::model::{Counting, Reading, Role, RowRule};
use crate::analytics::numbers::Mark;

/// Returns the rules of the amounts that are left out. `amount` is the column that is summed.
pub fn ask(
    table: &Table<'_>,
    reading: &Reading,
    rows: &[usize],
    amount: usize,
    asking: &mut Asking<'_>,
) -> Vec<RowRule> {
    let is_summed = matches!(reading.columns[amount].role, Role::Metric { .. });
    if !is_summed && !asking.open.contains("metric:revenue") {
        return Vec::new();
    }
    let rules = Rules::new(reading);
    let is_unexplained = |row: &&usize| {
        is_negative(table, **row, amount) && rules.of(table, **row, None) == Counting::Counts
    };
    let found: Vec<usize> = rows.iter().filter(is_unexplained).copied().collect();
    let Some(first) = found.first() else { return Vec::new() };
    let has_balance = reading.columns.iter().any(|column| is_balance(&column.name));
    let hint = if has_balance { " The balance beside them is that of an account." } else { "" };
    let text = format!(
        "{} a negative {}, such as {}. Are these refunds to subtract, or money that was spent?{hint}",
        rows_have(found.len()),
        reading.columns[amount].name,
        table.cell(*first, amount),
    );
    let choices = vec![
        choice("refunds", "Refunds: subtract them from the revenue"),
        choice("spent", "Money that was spent: leave these rows out"),
    ];
    if asking.ask("negatives", text, choices).as_deref() != Some("spent") {
        return Vec::new();
    }
    let texts = super::entries::distinct(table, amount, &found);
    let left_out = |text: &str| RowRule {
        column: amount,
        value: text.to_owned(),
        counting: Counting::LeftOut,
    };
    texts.map(left_out).collect()
}

/// Returns the answer that a reading states.
pub fn answer(reading: &Reading) -> &'static str {
    let is_amount = |rule: &RowRule| {
        let column = reading.columns.get(rule.column);
        column.is_some_and(|column| matches!(column.role, Role::Metric { .. }))
    };
    let is_left_out = |rule: &RowRule| rule.counting == Counting::LeftOut && is_amount(rule);
    let mut rules = reading.list.iter().flat_map(|list| &list.rows);
    if rules.any(is_left_out) { "spent" } else { "refunds" }
}

fn is_negative(table: &Table<'_>, row: usize, column: usize) -> bool {
    let Numeral::Number(number) = table.numeral(row, column) else { return false };
    let value = number.value(Some(Mark::Point)).or_else(|| number.value(Some(Mark::Comma)));
    value.is_some_and(|value| value < 0.0)
}

fn is_balance(name: &str) -> bool {
    let key = words::key(name);
    key.split(' ').any(|word| ["balance", "saldo", "kontostand", "solde"].contains(&word))
}
