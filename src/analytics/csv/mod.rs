//! Files of days: what programs and people export as CSV, read without guessing.

mod encoding;
mod layout;
mod rows;
mod sample;

pub use sample::sample;

use super::model::{BUILT_IN, Fault, Measure, Refusal, Snapshot};
use time::Date;

/// A file that was read whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// In the order of the file, each date once.
    pub days: Vec<Snapshot>,
    /// The slugs of all measures that have a column.
    pub columns: Vec<String>,
}

/// Reads a file: a head that names columns by slug or name, then a line for each day. `measures` are
/// the columns there can be; `date` and the four of every business must be there. `told` hears now and
/// then how many days are read.
///
/// Errors: the first faults by line and column, and how many there are.
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

/// The head and one line to begin with, for a tenant's measures.
pub fn template(measures: &[Measure], today: &str) -> String {
    let slugs = measures.iter().map(|measure| measure.slug.as_str());
    let head: Vec<&str> = std::iter::once("date").chain(slugs).collect();
    let own = ",".repeat(measures.len() - BUILT_IN.len());
    format!("{}\r\n{today},120,85,6,940.50{own}\r\n", head.join(","))
}

/// What is wrong with the file as a whole.
pub fn whole(reason: &str) -> Refusal {
    let fault = Fault { reason: reason.to_owned(), ..Fault::default() };
    Refusal { count: 1, faults: vec![fault] }
}

/// Counts every fault and keeps the first ones.
#[derive(Default)]
struct Faults {
    count: u32,
    first: Vec<Fault>,
}

impl Faults {
    /// How many are told.
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
