//! View models of the adviser pages.

use serde::{Deserialize, Serialize};

use super::form::{Draft, Typed};
use super::model::Card;
use super::priorities::Topic;
use super::service::Adviser;
use crate::error::AppError;
use crate::format::zone::Zone;
use crate::platform::clock::{self, Micros};

/// The model of `/advisers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Board {
    pub advisers: Vec<Listed>,
    pub archived: Vec<Listed>,
    /// Whether the viewer may edit advisers.
    pub may_edit: bool,
}

/// An adviser in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    pub card: Card,
    pub version: i64,
    pub built_in: bool,
    pub saved: Option<Saved>,
}

/// Who saved a version, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub by: String,
    /// RFC 3339: `2026-11-23T06:32:00Z`.
    pub at: String,
    /// For display: `23 Nov 2026, 07:32 CET`.
    pub human: String,
}

impl Saved {
    pub fn new(by: String, at: Micros, zone: &Zone) -> Self {
        Self { by, at: clock::rfc3339(at), human: zone.human(at) }
    }
}

impl Listed {
    pub fn new(adviser: Adviser, zone: &Zone) -> Self {
        Self {
            card: adviser.persona.card(adviser.archived),
            version: adviser.persona.version,
            built_in: adviser.is_built_in(),
            saved: adviser.saved.map(|(by, at)| Saved::new(by, at, zone)),
        }
    }
}

/// The model of `/advisers/{slug}` and `/advisers/new`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Editor {
    /// The stored adviser; `None` for a new one.
    pub listed: Option<Listed>,
    /// The form's values, and the version that its next save replaces.
    pub draft: Draft,
    /// Why the form was refused.
    pub error: Option<AppError>,
    /// The stored values after a conflict.
    pub theirs: Option<Typed>,
    /// The earlier version from which the form was filled.
    pub shows: Option<i64>,
    /// Newest first.
    pub history: Vec<Version>,
    /// The facts that can be prioritised.
    pub topics: Vec<Topic>,
}

/// A version in the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    pub version: i64,
    /// `None` for the default definition.
    pub saved: Option<Saved>,
    pub restored_from: Option<i64>,
}
