//! The model provider as operators see it.

use serde::{Deserialize, Serialize};

/// The banner about the model provider on every page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Banner {
    /// For operators: each problem with its remedy.
    Notices(Vec<String>),
    /// For a tenant's owners and admins: the bare fact that replies are unavailable.
    Unavailable,
}

/// A time for display, and in RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub text: String,
    pub datetime: String,
}

/// Everything the operator page displays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderView {
    pub state: State,
    /// The base URL without credentials.
    pub address: String,
    pub model: String,
    pub fallback: Option<String>,
    /// Time of the latest reply since the start, and its model.
    pub last_answer: Option<(Moment, String)>,
    pub outage: Option<OutageView>,
    pub stand_ins: Vec<StandInView>,
    pub adjusted: Vec<AdjustedModel>,
    /// Newest first.
    pub failures: Vec<FailureView>,
}

/// The request adjustments for one model whose server refused the standard form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustedModel {
    pub model: String,
    pub adjustments: Vec<AdjustmentView>,
}

/// One adjustment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustmentView {
    pub what: String,
    /// The server's original message.
    pub said: String,
    pub learned: Moment,
}

/// The provider's state as of the latest request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// The built-in emulator replies.
    Simulated,
    /// No request since the start.
    Unknown,
    Answering,
    /// The fallback model replies, or the latest request failed temporarily.
    Troubled,
    Failing,
}

impl State {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Simulated => "Demo answers",
            Self::Unknown => "Not asked yet",
            Self::Answering => "Answering",
            Self::Troubled => "Failing at times",
            Self::Failing => "Not answering",
        }
    }

    /// Returns the value of `data-state` for the style sheet.
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

/// Why replies are unavailable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutageView {
    pub cause: String,
    pub what_to_do: String,
    /// The original message of the server or the network.
    pub said: String,
    pub since: Moment,
}

/// A model that the provider does not serve, and the one that replies instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandInView {
    pub model: String,
    pub answered_by: String,
}

/// A model whose provider reported token counts that its replies cannot have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputedView {
    pub model: String,
    pub replies: u32,
    pub latest: Moment,
}

/// A request without a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureView {
    pub at: Moment,
    pub model: String,
    /// The error class as it appears in logs.
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
