//! Parses CSV files of daily observations, as exported by programs and people. Ambiguous values are refused.

mod encoding;
mod layout;
mod rows;

use super::model::{BUILT_IN, Fault, Measure, Refusal, Snapshot};
use time::Date;

/// A parsed file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// In file order. Dates are unique.
    pub days: Vec<Snapshot>,
    /// The slugs of all metrics that have a column.
    pub columns: Vec<String>,
}

/// Parses a file: a header that names columns by slug or name, then one line per day. `measures` are the
/// accepted columns; `date` and the built-in metrics are required. `told` periodically receives the number of
/// days read so far.
///
/// Errors: the first faults by line and column, and their total number.
pub fn read(
    content: &[u8],
    measures: &[Measure],
    today: Date,
    told: impl Fn(u32),
) -> Result<Sheet, Refusal> {
    let text = encoding::decode(content).map_err(|reason| whole(&reason))?;
    let layout = layout::find(&text, measures)?;
    rows::read(&text, &layout, measures, today, told)
}

/// Returns the header and one example line for a tenant's metrics.
pub fn template(measures: &[Measure], today: &str) -> String {
    let slugs = measures.iter().map(|measure| measure.slug.as_str());
    let head: Vec<&str> = std::iter::once("date").chain(slugs).collect();
    let own = ",".repeat(measures.len() - BUILT_IN.len());
    format!("{}\r\n{today},120,85,6,940.50{own}\r\n", head.join(","))
}

/// Returns a refusal of the file as a whole.
pub fn whole(reason: &str) -> Refusal {
    let fault = Fault { reason: reason.to_owned(), ..Fault::default() };
    Refusal { count: 1, faults: vec![fault] }
}

/// Counts all faults and keeps the first ones.
#[derive(Default)]
struct Faults {
    count: u32,
    first: Vec<Fault>,
}

impl Faults {
    /// Maximum number of faults that are kept.
    const TOLD: usize = 50;

    fn add(&mut self, line: u32, column: &str, reason: impl Into<String>) {
        self.count += 1;
        if self.first.len() < Self::TOLD {
            let column = column.chars().take(60).collect();
            self.first.push(Fault { line, column, reason: reason.into() });
        }
    }

    fn or<T>(self, value: T) -> Result<T, Refusal> {
        if self.count == 0 {
            return Ok(value);
        }
        Err(Refusal { count: self.count, faults: self.first })
    }
}

#[cfg(test)]
mod tests;
