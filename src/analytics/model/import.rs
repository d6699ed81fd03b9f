//! File imports: previews, faults and results.

use serde::{Deserialize, Serialize};

use super::{Grain, Measure, Proposal, Snapshot};
use crate::error::AppError;

/// Maximum size of a file in bytes.
pub const MOST_FILE_BYTES: usize = 50 * 1024 * 1024;

/// How many periods an import affects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Days in the report of an earlier version.
    #[serde(default)]
    pub grain: Grain,
    pub added: u32,
    pub replaced: u32,
    /// The stored periods already match the file.
    pub unchanged: u32,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.added += more.added;
        self.replaced += more.replaced;
        self.unchanged += more.unchanged;
    }
}

/// The changes that a valid file would make.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    pub counts: Counts,
    /// The first and the last date of the file. Longer periods have their first days here.
    pub from: String,
    pub to: String,
    /// The first few periods that would change.
    pub changes: Vec<Change>,
    /// What to know before it is imported, in sentences: a period that is not over, values that differ from those of days.
    #[serde(default)]
    pub remarks: Vec<String>,
    /// How the file is read. `None` in a preview of an earlier version.
    #[serde(default)]
    pub proposal: Option<Box<Proposal>>,
}

/// A period that an import changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub before: Option<Snapshot>,
    pub after: Snapshot,
}

/// Why a file cannot be imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Number of all faults; `faults` holds the first of them.
    pub count: u32,
    pub faults: Vec<Fault>,
}

/// A fault in a file, and its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// From 1; 0 for the whole file.
    pub line: u32,
    /// The column's name in the header; empty for the whole line.
    pub column: String,
    pub reason: String,
}

impl Fault {
    /// Returns `Line 7, revenue`. Empty for the whole file.
    pub fn place(&self) -> String {
        match (self.line, self.column.as_str()) {
            (0, _) => String::new(),
            (line, "") => format!("Line {line}"),
            (line, column) => format!("Line {line}, {column}"),
        }
    }
}

/// An uploaded file, and its state.
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
    /// Questions are open, or cells have faults. The file waits for a decision.
    Undecided(Box<Proposal>),
    Refused(Refusal),
    /// Confirmed by its member, and stored.
    Imported(Counts),
}

/// Progress: `done` of `of` periods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portion {
    pub done: u32,
    pub of: u32,
}

/// The stage of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Waiting for other files or other writes.
    Waiting,
    Reading(Portion),
    /// Written so far. All periods are committed together at the end.
    Writing(Portion),
    Done(Counts),
    /// Nothing was stored.
    Failed(AppError),
    /// The import is not running: it never started, or the server was stopped. Nothing was stored.
    CutOff,
}

/// The data of the progress page of a long import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressView {
    pub file_name: String,
    pub stage: Stage,
}

/// The data of the import page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportView {
    pub may_write: bool,
    /// Whether the business is a trial, which takes no files.
    pub trial: bool,
    pub measures: Vec<Measure>,
    pub upload: Option<Upload>,
    /// The imports that can be undone, newest first.
    pub done: Vec<DoneImport>,
    /// Why the confirmed import, or an undo, failed.
    pub error: Option<AppError>,
}

/// An import that can be undone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoneImport {
    pub id: String,
    pub file_name: String,
    /// The name of the member who imported the file.
    pub by: String,
    /// In the business's time zone.
    pub at: String,
    pub grain: Grain,
    pub added: u32,
    pub replaced: u32,
}

/// The result of an undo, in periods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    pub grain: Grain,
    pub removed: u64,
    pub restored: u64,
    /// Periods that were changed since the import, and stay.
    pub kept: u64,
}
