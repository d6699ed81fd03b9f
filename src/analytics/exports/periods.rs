//! The values of a table by period.

use time::Date;

use crate::analytics::model::Grain;

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
