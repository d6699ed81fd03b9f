//! What the pages of advisers show, in one piece each.

use serde::{Deserialize, Serialize};

use super::form::{Draft, Typed};
use super::model::Card;
use super::service::Adviser;
use crate::error::AppError;
use crate::platform::clock::{self, Micros};

/// `/advisers`: who sits on the board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Board {
    pub seats: Vec<Seat>,
    /// Those who take no more questions.
    pub archived: Vec<Seat>,
    /// Whether the viewer may change them.
    pub may_edit: bool,
}

/// An adviser in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seat {
    pub card: Card,
    pub version: i64,
    pub built_in: bool,
    pub saved: Option<Saved>,
}

/// Who saved something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub by: String,
    /// `2026-11-23T06:32:00Z`
    pub at: String,
    /// `23 Nov 2026, 06:32 UTC`
    pub human: String,
}

impl Saved {
    pub fn new(by: String, at: Micros) -> Self {
        Self { by, at: clock::rfc3339(at), human: clock::human(at) }
    }
}

impl From<Adviser> for Seat {
    fn from(adviser: Adviser) -> Self {
        Self {
            card: adviser.persona.card(adviser.archived),
            version: adviser.persona.version,
            built_in: adviser.is_built_in(),
            saved: adviser.saved.map(|(by, at)| Saved::new(by, at)),
        }
    }
}

/// `/advisers/{slug}` and `/advisers/new`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Editor {
    /// The adviser as it is stored; none: it is not there yet.
    pub seat: Option<Seat>,
    /// What the form holds, with the version that its next save follows.
    pub draft: Draft,
    /// Why the form was refused.
    pub error: Option<AppError>,
    /// Where somebody else was faster: what is stored now.
    pub theirs: Option<Typed>,
    /// Where the form was filled from an earlier version: which.
    pub shows: Option<i64>,
    /// Newest first.
    pub history: Vec<Version>,
}

/// A version in the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    pub version: i64,
    /// None: as the adviser came.
    pub saved: Option<Saved>,
    pub restored_from: Option<i64>,
}
