//! Questions about what numbers are counted in: a currency, thousands, parts of 1, and the mark before decimals.

use super::asking::{Asking, choice, choice_with};
use super::columns::Found;
use super::currencies;
use super::entries::List;
use super::figures;
use super::header_units;
use super::numerals::{self, Numeral};
use super::table::Table;
use super::words;
use crate::analytics::model::{Decimals, Measure, Reading, Role};
use crate::format::number::grouped;

/// Asks whether whole numbers without a currency under `Sales` are amounts, or how often something was sold.
pub fn ask_sales(
    reading: &mut Reading,
    found: &Found,
    list: Option<&List>,
    asking: &mut Asking<'_>,
) {
    let is_of = |role: &Role, wanted: &str| matches!(role, Role::Metric { slug } if slug == wanted);
    let revenue = reading.columns.iter().position(|column| is_of(&column.role, "revenue"));
    let counted = reading.columns.iter().any(|column| is_of(&column.role, "conversions"));
    let Some(column) = revenue
        .filter(|column| list.is_none() && !counted && words::is_sales(&found.names[*column]))
    else {
        return;
    };
    let is_fixed = asking.decision.columns.contains_key(&found.names[column]);
    if is_fixed || !found.figures[column].is_plain() {
        return;
    }
    let choices = vec![
        choice("revenue", "Amounts of money"),
        choice("conversions", "How often something was sold"),
    ];
    let text = format!(
        "The column {} has whole numbers without a currency. What are they?",
        found.names[column]
    );
    if asking.ask("sales", text, choices).as_deref() == Some("conversions") {
        reading.columns[column].role = Role::Metric { slug: "conversions".to_owned() };
    }
}

/// Asks about amounts in another currency, and about percentages that are written as fractions.
pub fn check_unit(
    reading: &mut Reading,
    table: &Table<'_>,
    found: &Found,
    measure: &Measure,
    listed: Option<&str>,
    asking: &mut Asking<'_>,
) {
    let is_of = |role: &Role| matches!(role, Role::Metric { slug } if *slug == measure.slug);
    let Some(column) = reading.columns.iter().position(|column| is_of(&column.role)) else {
        return;
    };
    if measure.is_percentage() {
        ask_fraction(reading, table, found, (column, &measure.slug), asking);
    }
    ask_scale(reading, found, column, asking);
    // The unit of an own metric can be anything; that of revenue is a currency.
    let is_money = measure.slug == "revenue" && !measure.unit.is_empty();
    let unit = numerals::currency(&measure.unit)
        .map(str::to_owned)
        .or_else(|| is_money.then(|| currencies::code(&measure.unit)));
    ask_money(reading, found, (column, &measure.slug), (unit, listed), asking);
}

/// Asks about amounts in another currency than that of their metric. `listed` is the currency of a column that names it.
fn ask_money(
    reading: &mut Reading,
    found: &Found,
    (column, slug): (usize, &str),
    (unit, listed): (Option<String>, Option<&str>),
    asking: &mut Asking<'_>,
) {
    let name = &found.names[column];
    let stated = found.figures[column].currencies.first().copied();
    let Some(unit) = unit else { return };
    let currencies = match stated.or(listed) {
        Some(currency) => vec![currency],
        None => header_units::currencies(name),
    };
    let is_other = |currency: &&str| !numerals::may_be_same(currency, &unit);
    let Some(currency) = currencies.into_iter().find(is_other) else { return };
    let choices = vec![
        choice("leaveOut", "Leave this column out"),
        choice("asIs", format!("Import the amounts as {unit}, unconverted")),
    ];
    let text = format!("{name} is in {currency}, but it is counted in {unit}. What do you want?");
    if asking.ask(&format!("money:{slug}"), text, choices).as_deref() == Some("leaveOut") {
        reading.columns[column].role = Role::LeaveOut;
    }
}

/// Asks about metrics that the import adds.
pub fn check_new(
    reading: &mut Reading,
    table: &Table<'_>,
    found: &Found,
    listed: Option<&str>,
    asking: &mut Asking<'_>,
) {
    for column in 0..reading.columns.len() {
        let Role::NewMetric { name, unit, .. } = &reading.columns[column].role else { continue };
        let (slug, is_percentage) = (super::provisional_slug(name), unit.trim() == "%");
        let unit = numerals::currency(unit).map(str::to_owned);
        if is_percentage {
            ask_fraction(reading, table, found, (column, &slug), asking);
        }
        ask_scale(reading, found, column, asking);
        ask_money(reading, found, (column, &slug), (unit, listed), asking);
    }
}

/// Asks whether percentages without signs are parts of 1, as workbooks store them. A part of 1 can exceed 1, and a
/// percentage can be small.
fn ask_fraction(
    reading: &mut Reading,
    table: &Table<'_>,
    found: &Found,
    (column, slug): (usize, &str),
    asking: &mut Asking<'_>,
) {
    let figures = &found.figures[column];
    let has_small = figures.largest <= 2.0 || figures.parts_of_one * 4 >= figures.numbers;
    if figures.percents > 0 || figures.largest == 0.0 || !has_small {
        return;
    }
    let first = (0..table.len())
        .map(|record| table.cell(record, column))
        .find(|cell| !cell.is_empty())
        .unwrap_or_default();
    let first = super::faults::shown(first, 30);
    let choices = vec![
        choice("fraction", format!("{first} is a part of 1: multiply by 100")),
        choice("percent", format!("{first} is {first} %")),
    ];
    let text = format!("{}: are these percentages or parts of 1?", found.names[column]);
    let answer = asking.ask(&format!("fraction:{slug}"), text, choices);
    reading.columns[column].factor = if answer.as_deref() == Some("fraction") { 100 } else { 1 };
}

/// Asks about amounts in thousands or millions, if the header says so.
fn ask_scale(reading: &mut Reading, found: &Found, column: usize, asking: &mut Asking<'_>) {
    let name = &found.names[column];
    let Some(factor) = header_units::scale(name) else { return };
    let unit = if factor == 1_000 { "thousands" } else { "millions" };
    let choices = vec![
        choice("multiply", format!("The numbers are {unit}: multiply them")),
        choice("asIs", "The numbers are as they are written"),
    ];
    let text = format!("The header {name} seems to say that its numbers are {unit}. Are they?");
    if asking.ask(&format!("scale:{name}"), text, choices).as_deref() == Some("multiply") {
        reading.columns[column].factor = factor;
    }
}

/// Decides the decimal mark of each column with values.
pub fn decimals(reading: &mut Reading, found: &Found, asking: &mut Asking<'_>) {
    let is_count = |column: usize| matches!(&reading.columns[column].role, Role::Metric { slug } if matches!(slug.as_str(), "sessions" | "users" | "conversions"));
    let used = |column: usize| {
        let is_used = !matches!(reading.columns[column].role, Role::Date | Role::LeaveOut);
        let is_candidate = asking.open.iter().any(|key| key.starts_with("metric:"))
            && found.amount == Some(column);
        is_used || is_candidate
    };
    // Columns that are not imported, such as a version or a rating, say nothing about the others.
    let decided: Vec<Option<Decimals>> = found
        .figures
        .iter()
        .enumerate()
        .map(|(column, figures)| figures.decides(is_count(column)).filter(|_| used(column)))
        .collect();
    let common = figures::common(decided.iter().flatten().copied());
    let open: Vec<usize> = (0..found.names.len())
        .filter(|column| used(*column))
        .filter(|column| {
            found.figures[*column].open > 0 && decided[*column].is_none() && common.is_none()
        })
        .collect();
    let answer = if open.is_empty() { common } else { ask_decimals(found, &open, asking) };
    for (column, it) in reading.columns.iter_mut().enumerate() {
        it.decimals = decided[column].or(answer).filter(|_| found.figures[column].numbers > 0);
    }
}

fn ask_decimals(found: &Found, open: &[usize], asking: &mut Asking<'_>) -> Option<Decimals> {
    let cells: Vec<&String> = open
        .iter()
        .flat_map(|column| found.figures[*column].samples.iter().take(2))
        .take(4)
        .collect();
    let samples = |decimals: Decimals| -> Vec<(String, String)> {
        let value = |cell: &str| match numerals::parse(cell) {
            Numeral::Number(number) => number.value(Some(decimals.mark())).map(grouped),
            _ => None,
        };
        cells.iter().filter_map(|cell| Some(((*cell).clone(), value(cell)?))).collect()
    };
    let choices = vec![
        choice_with(
            "point",
            "A point is before decimals, a comma between thousands",
            samples(Decimals::Point),
        ),
        choice_with(
            "comma",
            "A comma is before decimals, a point between thousands",
            samples(Decimals::Comma),
        ),
    ];
    let names: Vec<&str> = open.iter().map(|column| found.names[*column].as_str()).collect();
    let text = format!(
        "The numbers can be read in two ways, in {}. Which one is right?",
        names.join(", ")
    );
    match asking.ask("decimals", text, choices).as_deref() {
        Some("point") => Some(Decimals::Point),
        Some("comma") => Some(Decimals::Comma),
        _ => None,
    }
}
