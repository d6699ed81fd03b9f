//! Converts a reading back to the decision that leads to it, so that a reading from outside is checked as any other.

use super::asking::row_key;
use super::calendar;
use super::words;
use crate::analytics::model::{Anchor, Counting, Decimals, Decision, FiscalNames, Reading, Role};

/// Returns the decision that a reading states. What it leaves open stays a question.
pub fn decision(reading: &Reading) -> Decision {
    let mut decision = Decision::default();
    let mut answer = |key: &str, value: String| {
        decision.answers.insert(key.to_owned(), value);
    };
    if let Some(sheet) = &reading.sheet {
        answer("sheet", sheet.clone());
    }
    answer("table", reading.header_line.to_string());
    if let Some(column) = reading.columns.get(reading.date_column) {
        answer("dateColumn", column.name.clone());
    }
    if let Some(format) = reading.date_format {
        answer("dates", calendar::format_name(format));
    }
    if let Some(grain) = reading.grain {
        answer("grain", grain.name().to_owned());
    }
    if let Some(anchor) = reading.anchor {
        let name = match anchor {
            Anchor::Within => "within",
            Anchor::First => "first",
            Anchor::Last => "last",
        };
        answer("periods", name.to_owned());
    }
    if let Some(names) = reading.fiscal_names {
        let name = match names {
            FiscalNames::Calendar => "calendar",
            FiscalNames::EndsIn => "endsIn",
            FiscalNames::BeginsIn => "beginsIn",
        };
        answer("fiscal", name.to_owned());
    }
    if let Some(decimals) = reading.columns.iter().find_map(|column| column.decimals) {
        let name = if decimals == Decimals::Point { "point" } else { "comma" };
        answer("decimals", name.to_owned());
    }
    if !reading.times_in_utc {
        answer("zone", "own".to_owned());
    }
    answer("repeats", if reading.drop_duplicates { "once" } else { "sum" }.to_owned());
    answer("totals", if reading.skips_totals { "leftOut" } else { "data" }.to_owned());
    answer("edges", if reading.skips_edges { "leaveOut" } else { "import" }.to_owned());
    let is_imported = |role: &Role| !matches!(role, Role::Date | Role::LeaveOut);
    let earns = reading.columns.iter().any(|column| is_imported(&column.role));
    answer("earned", if earns { "earned" } else { "spent" }.to_owned());
    answer("negatives", super::outgoing::answer(reading).to_owned());
    let name_of = |column: usize| reading.columns.get(column).map(|column| column.name.as_str());
    let list = reading.list.as_ref();
    let counts = list.is_some_and(|list| list.counts.is_some());
    let sums = reading.columns.iter().any(|column| column.sums);
    let listed = match (counts, list.is_some_and(|list| list.once_by.is_some())) {
        (true, _) => "orders",
        (false, true) => "amounts",
        (false, false) if list.is_some() && sums => "amounts",
        (false, false) => "parts",
    };
    answer("listed", listed.to_owned());
    if let Some(list) = list {
        answer("amounts", if list.amount_once { "once" } else { "each" }.to_owned());
        if let Some(name) = list.once_by.and_then(name_of) {
            answer("orderColumn", name.to_owned());
        }
        // Of several spellings of a currency the first one in the file is the answer.
        for rule in list.rows.iter().rev() {
            let Some(name) = name_of(rule.column) else { continue };
            if words::is_currency(name)
                && rule.counting == Counting::Counts
                && !rule.value.is_empty()
            {
                answer("currencyColumn", name.to_owned());
                answer("currency", rule.value.clone());
            }
            let counting = match rule.counting {
                Counting::Counts => "counts",
                Counting::Adds => "adds",
                Counting::Subtracts => "subtracts",
                Counting::LeftOut => "leftOut",
            };
            answer(&row_key(name, &rule.value), counting.to_owned());
        }
    }
    for column in &reading.columns {
        let slug = match &column.role {
            Role::Metric { slug } | Role::Subtract { slug } => slug.clone(),
            Role::NewMetric { name, .. } => super::provisional_slug(name),
            Role::Date | Role::LeaveOut => continue,
        };
        answer(&format!("money:{slug}"), "asIs".to_owned());
        answer(&format!("sum:{slug}"), if column.sums { "sum" } else { "leaveOut" }.to_owned());
        let fraction = if column.factor == 100 { "fraction" } else { "percent" };
        answer(&format!("fraction:{slug}"), fraction.to_owned());
        let scale = if column.factor >= 1_000 { "multiply" } else { "asIs" };
        answer(&format!("scale:{}", column.name), scale.to_owned());
    }
    let roles = reading.columns.iter().filter(|column| column.role != Role::Date);
    decision.columns = roles.map(|column| (column.name.clone(), column.role.clone())).collect();
    decision
}

/// Returns whether two readings yield the same values.
pub fn agree(a: &Reading, b: &Reading) -> bool {
    let columns = a.columns.iter().zip(&b.columns).all(|(a, b)| {
        (&a.name, &a.role, a.factor.max(1)) == (&b.name, &b.role, b.factor.max(1))
            && (a.decimals == b.decimals || a.decimals.is_none() || b.decimals.is_none())
    });
    columns
        && a.columns.len() == b.columns.len()
        && (&a.sheet, a.across, a.date_column) == (&b.sheet, b.across, b.date_column)
        && (a.date_format, a.times_in_utc, a.grain) == (b.date_format, b.times_in_utc, b.grain)
        && (a.anchor, a.fiscal_names) == (b.anchor, b.fiscal_names)
        && a.grain.is_some()
        && (a.calendar.is_none() || a.calendar == b.calendar)
        && (a.drop_duplicates, a.skips_edges, a.skips_totals)
            == (b.drop_duplicates, b.skips_edges, b.skips_totals)
        && lists_agree(a, b)
}

fn lists_agree(a: &Reading, b: &Reading) -> bool {
    match (&a.list, &b.list) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            (&a.counts, a.once_by, a.amount_once) == (&b.counts, b.once_by, b.amount_once)
                && a.rows.iter().all(|rule| {
                    b.rows.iter().all(|other| {
                        (rule.column, &rule.value) != (other.column, &other.value)
                            || rule.counting == other.counting
                    })
                })
        }
        (Some(list), None) | (None, Some(list)) => {
            *list == crate::analytics::model::ListReading::default()
        }
    }
}
