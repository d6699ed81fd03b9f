//! What the checker says of a number.

use serde::{Deserialize, Serialize};

/// The state of a number in a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Metric, period, direction, unit and value were read, and agree with a fact cited in the same sentence or row.
    Confirmed,
    /// The value is a cited fact's, but the words could not be read with certainty.
    Found,
    /// The words contradict the cited fact, or shown arithmetic is wrong.
    Conflict,
    /// The result of arithmetic that was recomputed.
    WorkedOut,
    FromQuestion,
    /// It occurs earlier in the conversation.
    FromEarlier,
    /// It occurs in a text of the profile that is not cited.
    InProfile,
    NotFromData,
}

impl State {
    pub const ALL: [Self; 8] = [
        Self::Confirmed,
        Self::Found,
        Self::Conflict,
        Self::WorkedOut,
        Self::FromQuestion,
        Self::FromEarlier,
        Self::InProfile,
        Self::NotFromData,
    ];

    /// Returns the name in the API and in storage.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Found => "found",
            Self::Conflict => "conflict",
            Self::WorkedOut => "workedOut",
            Self::FromQuestion => "fromQuestion",
            Self::FromEarlier => "fromEarlier",
            Self::InProfile => "inProfile",
            Self::NotFromData => "notFromData",
        }
    }
}

/// Why a number is not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The fact is about another metric.
    Metric,
    /// It covers another period, or is compared with another.
    Window,
    /// It is of another date.
    Date,
    /// It went the other way.
    Direction,
    /// It is in another unit.
    Unit,
    /// It is a level where a change is stated, or a change where a level is.
    Form,
    /// The cited fact of this metric and period has another value.
    Value,
    /// Shown arithmetic has another result.
    Arithmetic,
    /// No metric is named that the fact could be compared with.
    Unnamed,
    /// Some words could not be read.
    Words,
    /// The fact is cited in another sentence.
    Elsewhere,
}

impl Reason {
    /// Returns the name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metric => "metric",
            Self::Window => "window",
            Self::Date => "date",
            Self::Direction => "direction",
            Self::Unit => "unit",
            Self::Form => "form",
            Self::Value => "value",
            Self::Arithmetic => "arithmetic",
            Self::Unnamed => "unnamed",
            Self::Words => "words",
            Self::Elsewhere => "elsewhere",
        }
    }
}

/// The state of one number, with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    pub state: State,
    /// The id of the fact that it was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The calculation with its right result: `12,345.67 / 30 = 411.52`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calculation: Option<String>,
}

impl Verdict {
    pub fn new(state: State) -> Self {
        Self { state, fact: None, reason: None, calculation: None }
    }

    pub fn of(state: State, fact: &str, reason: Option<Reason>) -> Self {
        Self { state, fact: Some(fact.to_owned()), reason, calculation: None }
    }
}
