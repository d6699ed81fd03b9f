//! The model provider as operators see it.

use serde::{Deserialize, Serialize};

/// What a page's frame says of the model provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Banner {
    /// For operators: what is wrong and what to do, each thing for itself.
    Notices(Vec<String>),
    /// For the owners and admins of a business: that no answers come, and no more than that.
    Unavailable,
}

/// A moment, for people and for machines (RFC 3339).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub text: String,
    pub datetime: String,
}

/// Everything the operator's page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderView {
    pub state: State,
    /// The base address, without credentials.
    pub address: String,
    pub model: String,
    pub fallback: Option<String>,
    /// The newest reply of this process, and the model that gave it.
    pub last_answer: Option<(Moment, String)>,
    pub outage: Option<OutageView>,
    pub stand_ins: Vec<StandInView>,
    pub adjusted: Vec<AdjustedModel>,
    /// The newest first.
    pub failures: Vec<FailureView>,
}

/// What is sent differently to one model, because its server refused the usual form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustedModel {
    pub model: String,
    pub adjustments: Vec<AdjustmentView>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustmentView {
    pub what: String,
    /// The server's own words.
    pub said: String,
    pub learned: Moment,
}

/// How the provider looked at the latest request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// The built-in emulator answers.
    Simulated,
    /// Nothing was asked since the start.
    Unknown,
    Answering,
    /// Something other than the first model answers, or passing failures were the latest.
    Troubled,
    Failing,
}

impl State {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Simulated => "Demo answers",
            Self::Unknown => "Not asked yet",
            Self::Answering => "Answering",
            Self::Troubled => "Answering with trouble",
            Self::Failing => "Not answering",
        }
    }

    /// The name by which the style sheet knows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::Unknown => "unknown",
            Self::Answering => "answering",
            Self::Troubled => "troubled",
            Self::Failing => "failing",
        }
    }
}

/// Why no answers come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutageView {
    pub cause: String,
    pub what_to_do: String,
    /// The server's or the network's own words.
    pub said: String,
    pub since: Moment,
}

/// A model that is not served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandInView {
    pub model: String,
    pub answered_by: String,
}

/// A question that got no reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureView {
    pub at: Moment,
    pub model: String,
    /// The class, as logs name it.
    pub kind: String,
    pub said: String,
}

/// What fills the disk, as sizes with units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageView {
    /// Free space is below the mark: new files and accounts are refused.
    pub is_low: bool,
    pub free: Option<String>,
    pub min_free: String,
    pub database: String,
    /// The write-ahead log.
    pub log: String,
    /// Files on their way in.
    pub arriving: String,
    /// The largest tables with their indexes; empty where the database is too large to look through.
    pub tables: Vec<(String, String)>,
}
