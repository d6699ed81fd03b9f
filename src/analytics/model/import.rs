//! Files of days: what they would change, why they are refused, and what became of them.

use serde::{Deserialize, Serialize};

use super::{Measure, Snapshot};
use crate::error::AppError;

/// The largest file to import, in bytes.
pub const MOST_FILE_BYTES: usize = 50 * 1024 * 1024;

/// How many days an import concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub added: u32,
    pub replaced: u32,
    /// They hold what the file says already.
    pub unchanged: u32,
}

/// A file that could be imported, and what it would change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    pub counts: Counts,
    /// The first and the last date in it.
    pub from: String,
    pub to: String,
    /// The first few days that would change.
    pub changes: Vec<Change>,
}

/// A day that an import changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub before: Option<Snapshot>,
    pub after: Snapshot,
}

/// Why a file cannot be imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// All there are; `faults` holds the first of them.
    pub count: u32,
    pub faults: Vec<Fault>,
}

/// What is wrong in a file, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// From 1, as an editor counts; 0 where the whole file is meant.
    pub line: u32,
    /// As the file's first line names it; empty where the whole line is meant.
    pub column: String,
    pub reason: String,
}

impl Fault {
    /// `Line 7, revenue`; empty where the whole file is meant.
    pub fn place(&self) -> String {
        match (self.line, self.column.as_str()) {
            (0, _) => String::new(),
            (line, "") => format!("Line {line}"),
            (line, column) => format!("Line {line}, {column}"),
        }
    }
}

/// A file that was sent, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Upload {
    pub id: String,
    pub file_name: String,
    pub report: Report,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Report {
    Ready(Preview),
    Refused(Refusal),
    /// Its member said so, and it is.
    Imported(Counts),
}

/// So many of so many days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portion {
    pub done: u32,
    pub of: u32,
}

/// How far an import is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// For other files, or other writes.
    Waiting,
    Reading(Portion),
    /// Written, and stored all together at the end.
    Writing(Portion),
    Done(Counts),
    /// Nothing is stored.
    Failed(AppError),
    /// Nobody works at it: it never began, or the server was stopped. Nothing is stored.
    CutOff,
}

/// The page of an import that takes a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressView {
    pub file_name: String,
    pub stage: Stage,
}

/// The page of the import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportView {
    pub may_write: bool,
    pub measures: Vec<Measure>,
    pub upload: Option<Upload>,
    /// Why the file could not be imported after all.
    pub error: Option<AppError>,
}
