//! Decides the decimal mark of the numbers by all cells of the table.

use super::numerals::{Numeral, Permits};
use super::table::Table;
use crate::analytics::model::Decimals;
use crate::analytics::numbers::Mark;

impl Decimals {
    pub const fn mark(self) -> Mark {
        match self {
            Self::Point => Mark::Point,
            Self::Comma => Mark::Comma,
        }
    }
}

/// Statistics of a column of numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Number of cells that are numbers, and that are other texts.
    pub numbers: usize,
    pub others: usize,
    point: usize,
    comma: usize,
    /// Cells that differ by the decimal mark.
    pub open: usize,
    /// The first of these.
    pub samples: Vec<String>,
    /// Whole numbers from 100 to 999 without any mark, and larger ones.
    hundreds: usize,
    thousands: usize,
    pub percents: usize,
    /// Different currencies, up to a few.
    pub currencies: Vec<&'static str>,
    pub negative: usize,
    pub positive: usize,
    /// Number of values between 0 and 1.
    pub parts_of_one: usize,
    /// The largest value, without its sign.
    pub largest: f64,
}

/// Counts what the cells of a column are.
pub fn count(table: &Table<'_>, column: usize, records: impl Iterator<Item = usize>) -> Figures {
    let mut figures = Figures::default();
    for record in records {
        let number = match table.numeral(record, column) {
            Numeral::Number(number) => number,
            Numeral::Nothing => continue,
            Numeral::Other => {
                figures.others += 1;
                continue;
            }
        };
        figures.numbers += 1;
        figures.percents += usize::from(number.is_percent);
        if let Some(currency) = number.currency
            && !figures.currencies.contains(&currency)
            && figures.currencies.len() < 5
        {
            figures.currencies.push(currency);
        }
        let value = number
            .value(Some(Mark::Point))
            .or_else(|| number.value(Some(Mark::Comma)))
            .unwrap_or(0.0);
        figures.negative += usize::from(value < 0.0);
        figures.parts_of_one += usize::from(value != 0.0 && value.abs() <= 1.0);
        figures.positive += usize::from(value > 0.0);
        figures.largest = figures.largest.max(value.abs());
        match number.permits() {
            Permits::Either => {
                let is_plain = table.cell(record, column).bytes().all(|byte| byte.is_ascii_digit());
                figures.hundreds += usize::from(is_plain && (100.0..1_000.0).contains(&value));
                figures.thousands += usize::from(is_plain && value >= 1_000.0);
            }
            Permits::Only(Mark::Point) => figures.point += 1,
            Permits::Only(Mark::Comma) => figures.comma += 1,
            Permits::Both => {
                figures.open += 1;
                let text = table.cell(record, column).to_owned();
                if figures.samples.len() < 3 && !figures.samples.contains(&text) {
                    figures.samples.push(text);
                }
            }
        }
    }
    figures
}

impl Figures {
    pub fn is_numeric(&self) -> bool {
        self.numbers > 0 && self.others * 10 <= self.numbers
    }

    /// Returns whether no number has decimals or a currency.
    pub fn is_plain(&self) -> bool {
        self.point + self.comma + self.open == 0 && self.currencies.is_empty()
    }

    /// Returns the decimal mark that this column decides. `is_count`: values have no decimals.
    pub fn decides(&self, is_count: bool) -> Option<Decimals> {
        match (self.point, self.comma) {
            (0, 0) => {}
            (_, 0) => return Some(Decimals::Point),
            (0, _) => return Some(Decimals::Comma),
            // Cells of both kinds: some will be faults.
            (point, comma) => {
                return Some(if point >= comma { Decimals::Point } else { Decimals::Comma });
            }
        }
        // `987`, `1.234`: the mark separates thousands. With three decimals in each cell, there would be no `987`.
        let groups = self.open > 1 && self.hundreds > 0 && self.thousands == 0;
        let mark = self.samples.first().filter(|_| is_count && groups)?;
        Some(if mark.contains('.') { Decimals::Comma } else { Decimals::Point })
    }
}

/// Returns the decimal mark of the whole table, if the columns that decide it agree.
pub fn common(decided: impl Iterator<Item = Decimals>) -> Option<Decimals> {
    let mut found = None;
    for decimals in decided {
        match found {
            None => found = Some(decimals),
            Some(known) if known == decimals => {}
            Some(_) => return None,
        }
    }
    found
}
