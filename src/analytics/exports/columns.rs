//! Decides what each column is, and how its numbers are written.

use super::Terms;
use super::asking::{Asking, choice, choice_with};
use super::entries::{self as lists, List};
use super::figures::{self, Figures};
use super::header_units;
use super::numerals::{self, Numeral};
use super::table::Table;
use super::units;
use super::words;
use crate::analytics::model::{ColumnView, METRIC_NAME_MAX_CHARS, Measure, Reading, Role};

/// The roles of the columns of a table.
pub struct Found {
    pub names: Vec<String>,
    pub figures: Vec<Figures>,
    /// The column that a list sums as revenue. If that is a question, the first candidate.
    pub amount: Option<usize>,
}

impl Found {
    pub fn new(table: &Table<'_>, names: Vec<String>, rows: &[usize], date_column: usize) -> Self {
        let figures = (0..names.len()).map(|column| match column {
            column if column == date_column => Figures::default(),
            column => figures::count(table, column, rows.iter().copied()),
        });
        Self { figures: figures.collect(), names, amount: None }
    }

    /// Returns the columns as the page shows them.
    pub fn views(&self, table: &Table<'_>, reading: &Reading, rows: &[usize]) -> Vec<ColumnView> {
        let view = |(column, it): (usize, &crate::analytics::model::ColumnReading)| {
            let figures = &self.figures[column];
            let cells =
                rows.iter().map(|row| table.cell(*row, column)).filter(|cell| !cell.is_empty());
            let is_numeric = figures.is_numeric();
            let unit = if figures.percents > 0 {
                "%"
            } else {
                figures.currencies.first().copied().unwrap_or_default()
            };
            let name: String = it.name.chars().take(METRIC_NAME_MAX_CHARS).collect();
            ColumnView {
                name: it.name.clone(),
                samples: cells.take(3).map(|cell| cell.chars().take(40).collect()).collect(),
                role: it.role.clone(),
                is_numeric,
                suggestion: is_numeric.then(|| (name, unit.to_owned())),
            }
        };
        reading.columns.iter().enumerate().map(view).collect()
    }
}

/// Sets the role of each column.
pub fn assign(
    reading: &mut Reading,
    table: &Table<'_>,
    found: &mut Found,
    (list, currency): (Option<&List>, Option<&str>),
    terms: &Terms<'_>,
    asking: &mut Asking<'_>,
) {
    let mut fixed = vec![false; found.names.len()];
    for (column, name) in found.names.iter().enumerate() {
        let role = asking.decision.columns.get(name).filter(|role| **role != Role::Date);
        if let Some(role) = role.filter(|_| column != reading.date_column) {
            reading.columns[column].role = existing(role, terms.measures);
            fixed[column] = true;
        }
    }
    for measure in terms.measures {
        let is_fixed = |role: &Role| matches!(role, Role::Metric { slug } if *slug == measure.slug);
        if reading.columns.iter().any(|column| is_fixed(&column.role)) {
            continue;
        }
        let free = |column: &usize| {
            *column != reading.date_column
                && !fixed[*column]
                && reading.columns[*column].role == Role::LeaveOut
        };
        let candidates: Vec<usize> =
            candidates(table, found, measure, list).into_iter().filter(free).collect();
        if list.is_some() && matches!(measure.slug.as_str(), "sessions" | "users" | "conversions") {
            continue;
        }
        let minus = list
            .and_then(|_| lists::refunded(&found.names, &found.figures))
            .filter(|_| measure.slug == "revenue");
        let (column, minus) = match candidates[..] {
            [] => continue,
            [column]
                if minus.is_none_or(|minus| minus == column)
                    && !is_doubtful(found, measure, column) =>
            {
                (Some(column), None)
            }
            _ => ask_column(table, found, measure, &candidates, minus, asking),
        };
        if measure.slug == "revenue" {
            found.amount = column.or_else(|| candidates.first().copied());
        }
        let is_open = asking.open.contains(&format!("metric:{}", measure.slug));
        if let Some(column) = column.filter(|_| !is_open) {
            reading.columns[column].role = Role::Metric { slug: measure.slug.clone() };
            if let Some(minus) = minus {
                reading.columns[minus].role = Role::Subtract { slug: measure.slug.clone() };
            }
        }
    }
    units::ask_sales(reading, found, list, asking);
    if found.amount.is_none() {
        let is_revenue = |role: &Role| matches!(role, Role::Metric { slug } if slug == "revenue");
        found.amount = reading.columns.iter().position(|column| is_revenue(&column.role));
    }
    for measure in terms.measures {
        units::check_unit(reading, table, found, measure, currency, asking);
    }
    units::check_new(reading, table, found, currency, asking);
    let chosen = |role: &Role| !matches!(role, Role::Date | Role::LeaveOut);
    let asked = asking.open.iter().any(|key| key.starts_with("metric:"));
    if !asked
        && list.is_none()
        && !reading.columns.iter().any(|column| chosen(&column.role))
        && fixed.iter().all(|fixed| !fixed)
    {
        ask_any(table, found, reading, terms, asking);
    }
}

/// Returns the role of a metric that was new, and has been added since. Names are compared exactly: `Tips (card)` is not
/// `Tips (cash)`.
fn existing(role: &Role, measures: &[Measure]) -> Role {
    let Role::NewMetric { name, .. } = role else { return role.clone() };
    let tidied = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ");
    let added = measures.iter().find(|measure| tidied(&measure.name) == tidied(name));
    added.map_or_else(|| role.clone(), |measure| Role::Metric { slug: measure.slug.clone() })
}

/// Returns the columns that can hold a metric.
fn candidates(
    table: &Table<'_>,
    found: &Found,
    measure: &Measure,
    list: Option<&List>,
) -> Vec<usize> {
    let own_keys = [words::key(&measure.slug), words::key(&measure.name)];
    let is_built_in = crate::analytics::model::BUILT_IN.iter().any(|it| it.slug == measure.slug);
    let is_exact = |name: &str| {
        let key = words::key(name);
        let short = key
            .strip_prefix("total for ")
            .or_else(|| key.strip_prefix("total "))
            .or_else(|| key.strip_suffix(" total"));
        let of_total = short
            .filter(|_| table.is_across())
            .is_some_and(|short| own_keys.iter().any(|own| own == short));
        let is_own = own_keys.contains(&key)
            && (is_built_in
                || words::exact_key(name) == words::exact_key(&measure.name)
                || name == measure.slug);
        is_own || of_total
    };
    // A rate is no count, and neither is an amount.
    let fits = |figures: &Figures| {
        !is_built_in
            || figures.percents == 0 && (measure.slug == "revenue" || figures.currencies.is_empty())
    };
    let usable = |column: &usize| {
        let figures = &found.figures[*column];
        // Texts under the name of a metric are faults, rather than a column to leave out.
        let is_meant = is_exact(&found.names[*column]) && figures.numbers + figures.others > 0;
        fits(figures) && (figures.is_numeric() || is_meant)
    };
    let exact: Vec<usize> = (0..found.names.len())
        .filter(|column| is_exact(&found.names[*column]))
        .filter(usable)
        .collect();
    let named =
        |column: &usize| words::metric(&found.names[*column]) == Some(measure.slug.as_str());
    let named: Vec<usize> = (0..found.names.len()).filter(named).filter(usable).collect();
    let mut candidates = match measure.slug.as_str() {
        "revenue" if list.is_some() => lists::amounts(table, &found.names, &found.figures),
        "revenue" => exact.iter().copied().chain(named).collect(),
        "users" if exact.is_empty() => {
            let visitors: Vec<usize> = named
                .iter()
                .copied()
                .filter(|column| !words::counts_buyers(&found.names[*column]))
                .collect();
            if visitors.is_empty() { named } else { visitors }
        }
        _ if exact.is_empty() => named,
        _ => exact,
    };
    let mut seen = std::collections::HashSet::new();
    candidates.retain(|column| seen.insert(*column));
    // Columns that are alike in every row are one.
    let alike = |pair: &[usize]| {
        (0..table.len()).all(|record| table.cell(record, pair[0]) == table.cell(record, pair[1]))
    };
    if candidates.windows(2).all(alike) {
        candidates.truncate(1);
    }
    candidates
}

/// Returns whether a column with the name of a built-in metric may hold something else.
fn is_doubtful(found: &Found, measure: &Measure, column: usize) -> bool {
    let is_built_in = crate::analytics::model::BUILT_IN.iter().any(|it| it.slug == measure.slug);
    let name = &found.names[column];
    is_built_in
        && (header_units::says_more(name, measure.slug == "revenue")
            || words::is_ambiguous(name, &found.names))
}

/// Asks which column holds a metric. Returns the chosen one, and one to subtract.
fn ask_column(
    table: &Table<'_>,
    found: &Found,
    measure: &Measure,
    candidates: &[usize],
    minus: Option<usize>,
    asking: &mut Asking<'_>,
) -> (Option<usize>, Option<usize>) {
    let samples = |column: usize| -> Vec<(String, String)> {
        let cells = (0..table.len()).map(|record| table.cell(record, column));
        let numbers = cells.filter(|cell| matches!(numerals::parse(cell), Numeral::Number(_)));
        numbers.take(3).map(|cell| (cell.to_owned(), String::new())).collect()
    };
    let less = |column: usize, minus: usize| {
        format!("{} less {}", found.names[column], found.names[minus])
    };
    let mut choices = Vec::new();
    for column in candidates.iter().copied().filter(|column| Some(*column) != minus) {
        let name = &found.names[column];
        choices.push(choice_with(name.clone(), name.clone(), samples(column)));
        if let Some(minus) = minus {
            choices.push(choice(less(column, minus), less(column, minus)));
        }
    }
    choices.push(choice("none", "None of them"));
    let name = &measure.name;
    let text = match candidates {
        [column] if minus.is_none_or(|minus| minus == *column) => {
            format!("The column {} can be {name}, or something else. Is it?", found.names[*column])
        }
        _ => format!("Several columns can be {name}. Which one do you count?"),
    };
    let chosen = asking.ask(&format!("metric:{}", measure.slug), text, choices);
    let is_chosen = |text: &String| Some(text) == chosen.as_ref();
    let column = candidates.iter().copied().find(|column| is_chosen(&found.names[*column]));
    match (column, minus) {
        (None, Some(minus)) => {
            let column = candidates.iter().copied().find(|column| is_chosen(&less(*column, minus)));
            (column, column.map(|_| minus))
        }
        _ => (column, None),
    }
}

/// Maximum number of columns that are asked about.
const MOST_ASKED: usize = 30;

/// Asks for any column of numbers, if none has a known name.
fn ask_any(
    table: &Table<'_>,
    found: &Found,
    reading: &mut Reading,
    terms: &Terms<'_>,
    asking: &mut Asking<'_>,
) {
    // Further columns are left out, and can be chosen in the list of columns.
    let is_asked =
        |column: &usize| found.figures[*column].is_numeric() && *column != reading.date_column;
    let asked: Vec<usize> = (0..found.names.len()).filter(is_asked).take(MOST_ASKED).collect();
    for column in asked {
        let name = &found.names[column];
        let mut choices = vec![choice("leaveOut", "Leave it out")];
        choices.extend(
            terms.measures.iter().map(|measure| choice(measure.slug.clone(), measure.name.clone())),
        );
        let cells: Vec<&str> = (0..table.len())
            .map(|record| table.cell(record, column))
            .filter(|cell| !cell.is_empty())
            .take(3)
            .collect();
        let text =
            format!("What is in the column {name}, with values such as {}?", cells.join(", "));
        match asking.ask(&format!("column:{name}"), text, choices) {
            Some(slug) if slug != "leaveOut" => {
                reading.columns[column].role = Role::Metric { slug }
            }
            _ => {}
        }
    }
}
