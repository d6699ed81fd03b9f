//! How an export is read: the decision, and what is left to decide.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Aggregation, Calendar, Grain, Refusal};

/// How the cells of the date column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DateFormat {
    /// `2026-10-20`, `2026/10/20`, with or without a time.
    YearFirst,
    /// `20.10.2026`, `20/10/26`.
    DayFirst,
    /// `10/20/2026`, `10/20/26`.
    MonthFirst,
    /// `26-10-20`.
    ShortYearFirst,
    /// `20261020`, `2026102013`.
    Compact,
    /// `20 Oct 2026`, `Oct 20, 2026`, `20. Oktober 2026`.
    Named,
    /// A date cell of a workbook.
    DateCell,
    /// Days since 1900, as Excel stores dates.
    Serial1900,
    /// Days since 1904, as Excel for Mac stored dates.
    Serial1904,
    /// `2026-10`, `10/2026`, `Oct 2026`, `202610`.
    Month,
    /// `Q3 2026`.
    Quarter,
    /// `2026-W45`, `KW 45/2026`.
    Week,
    /// `2026`.
    Year,
    /// `2026-10-05 - 2026-10-11`.
    Range,
}

/// What a full date says of the longer period that its row stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Anchor {
    /// It is a day of a period of the business's calendar.
    #[default]
    Within,
    /// It is the first day of a quarter or year that begins in any month.
    First,
    /// It is the last day of a quarter or year that ends in any month.
    Last,
}

/// What the number of a quarter or year means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FiscalNames {
    /// `Q3 2026` is July to September 2026.
    #[default]
    Calendar,
    /// Of fiscal years, which are named by the year in which they end.
    EndsIn,
    /// Of fiscal years, which are named by the year in which they begin.
    BeginsIn,
}

/// The role of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Role {
    Date,
    /// The values of a metric, by slug.
    Metric {
        slug: String,
    },
    /// Values to subtract from a metric: refunds that have a column of their own.
    Subtract {
        slug: String,
    },
    /// A metric that the import adds.
    NewMetric {
        name: String,
        unit: String,
        #[serde(default)]
        aggregation: Aggregation,
    },
    #[default]
    LeaveOut,
}

/// A metric that an import adds, as its column was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewMetric<'a> {
    pub name: &'a str,
    pub unit: &'a str,
    pub aggregation: Aggregation,
}

/// The character before decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Decimals {
    Point,
    Comma,
}

/// One column of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ColumnReading {
    pub name: String,
    pub role: Role,
    /// `None` if no cell needs it, or if it is not decided.
    pub decimals: Option<Decimals>,
    /// The factor of all values: 100 for parts of 1 that are percentages, 1,000 for thousands. 0 is 1.
    pub factor: u32,
    /// Whether the rows of one day are added up.
    pub sums: bool,
}

/// The effect of the rows with a certain text in a column on a day's sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Counting {
    /// Counted and added.
    Counts,
    /// Added, not counted: a refund with a negative amount.
    Adds,
    /// Subtracted, not counted: a refund with a positive amount.
    Subtracts,
    LeftOut,
}

/// The rows with `value` in a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowRule {
    pub column: usize,
    pub value: String,
    pub counting: Counting,
}

/// How a list of orders or payments is summed by day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListReading {
    /// The metric that counts rows, by slug.
    pub counts: Option<String>,
    /// The column that identifies an order. Further rows of an order are not counted.
    pub once_by: Option<usize>,
    /// Whether an order's amount is repeated in each of its rows, and is added once.
    pub amount_once: bool,
    pub rows: Vec<RowRule>,
}

/// The complete decision how a file is read. [`Reading::open`] names what is not decided; such a reading is
/// never applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Reading {
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    pub separator: Option<char>,
    /// The line of the header, from 1; 0 without one.
    pub header_line: u32,
    /// The last line of the table.
    pub last_line: u32,
    /// Whether periods are columns, and each row is a metric.
    pub across: bool,
    pub date_column: usize,
    pub date_format: Option<DateFormat>,
    /// Whether times without a zone are in UTC.
    pub times_in_utc: bool,
    pub grain: Option<Grain>,
    /// `None` if the dates leave no doubt, as [`Anchor::Within`].
    pub anchor: Option<Anchor>,
    /// `None` if the fiscal years of the business are calendar years, as [`FiscalNames::Calendar`].
    pub fiscal_names: Option<FiscalNames>,
    /// The calendar by which longer periods are read. `None` for days.
    pub calendar: Option<Calendar>,
    pub columns: Vec<ColumnReading>,
    pub list: Option<ListReading>,
    /// Whether rows that are alike in every cell count once.
    pub drop_duplicates: bool,
    /// Whether rows are left out that are called a total, without being the sum of others.
    pub skips_totals: bool,
    /// Whether the first and the last day are left out, because the file has a part of them only.
    pub skips_edges: bool,
    /// The keys of the open questions.
    pub open: BTreeSet<String>,
}

/// A member's decisions about a file, or about an earlier one with the same header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Decision {
    /// The answer to each question, by its key.
    pub answers: BTreeMap<String, String>,
    /// The role of each column, by its name.
    pub columns: BTreeMap<String, Role>,
}

/// A value as it is in the file, and its meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    pub cell: String,
    pub meaning: String,
}

/// One answer to a question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub samples: Vec<Sample>,
}

/// A question that the file leaves open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub key: String,
    pub text: String,
    pub choices: Vec<Choice>,
    /// The value of the chosen answer; empty if the question is open.
    pub chosen: String,
}

/// A column as the page shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnView {
    pub name: String,
    /// The first three values.
    pub samples: Vec<String>,
    pub role: Role,
    pub is_numeric: bool,
    /// A name and a unit for a new metric.
    pub suggestion: Option<(String, String)>,
}

/// A proposed reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub reading: Reading,
    /// The answers and roles of columns that the reading uses.
    pub decision: Decision,
    pub questions: Vec<Question>,
    pub columns: Vec<ColumnView>,
    /// The table that was found: `A table of 32 days from line 1, separated by commas.`
    pub summary: String,
    /// What is left out of it, in sentences.
    pub notes: Vec<String>,
    /// The number of rows that are periods or entries of a list.
    pub rows: u32,
    /// Number of decisions about this file. A confirmation names the one that was shown.
    pub revision: u32,
    /// Why this reading cannot be imported: faults of cells, or of the file as a whole.
    pub refusal: Option<Refusal>,
}

impl Proposal {
    /// Returns whether the reading can be imported without another decision.
    pub fn is_safe(&self) -> bool {
        self.reading.open.is_empty() && self.refusal.is_none()
    }
}
