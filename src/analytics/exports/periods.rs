//! The values of a table by period.

use time::Date;

use super::faults::whole;
use crate::analytics::model::{Grain, Refusal};
use crate::format::date;

/// The values of each period, in the order of the file. New metrics have a slug like `new:Tips`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    pub grain: Option<Grain>,
    pub periods: Vec<Date>,
    /// For each period, the value of each metric in `slugs`.
    pub cells: Vec<Option<f64>>,
    /// The slugs of all metrics that have a column.
    pub slugs: Vec<String>,
    /// The line of each period's first row.
    pub lines: Vec<u32>,
    /// How many rows are entries of the table.
    pub entries: u32,
}

impl Values {
    /// Returns each period with its values by slug.
    pub fn by_period(&self) -> impl Iterator<Item = (Date, impl Iterator<Item = (&str, f64)>)> {
        let width = self.slugs.len();
        self.periods.iter().enumerate().map(move |(place, date)| {
            let cells = &self.cells[place * width..(place + 1) * width];
            let values = self.slugs.iter().zip(cells);
            (*date, values.filter_map(|(slug, value)| Some((slug.as_str(), (*value)?))))
        })
    }
}

/// The prefix of the slugs of metrics that the import adds.
pub const NEW: &str = "new:";

/// Returns a sentence about periods that cannot be stored.
pub fn unstorable(grain: Grain, values: &Values) -> Refusal {
    let name = grain.name();
    let span = match (values.periods.iter().min(), values.periods.iter().max()) {
        (Some(from), Some(to)) if from != to => {
            format!(" from {} to {}", date::day(*from), date::day(*to))
        }
        _ => String::new(),
    };
    let count = values.periods.len();
    let plural = if count == 1 { "" } else { "s" };
    whole(format!(
        "This file has {count} {name}{plural}{span}, one value each for {}. A {name}’s value is not that of a day, and only days can be stored. Export the same numbers by day, and import that file.",
        values.slugs.iter().map(|slug| slug.trim_start_matches(NEW)).collect::<Vec<_>>().join(", ")
    ))
}
