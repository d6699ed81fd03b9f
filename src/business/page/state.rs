//! What the profile form shows.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::business::model::{Field, Profile, ProfileView, SavedProfile};
use crate::error::{AppError, Code};

/// What the form shows; copies share it.
pub type FormState = StoredValue<Shown>;

pub struct Shown {
    /// What was typed into a form that was refused, else what is stored.
    pub typed: Profile,
    /// What is stored.
    pub saved: SavedProfile,
    /// The version that the next save overwrites, and no other.
    pub version: i64,
    pub error: Option<AppError>,
    /// Whether the page follows a save.
    pub stored: bool,
}

impl Shown {
    pub fn open(view: ProfileView) -> Self {
        let ProfileView { saved, refused } = view;
        let came_from_save = use_query_map().with_untracked(|query| query.get("saved").is_some());
        let (typed, version, error) = match refused {
            Some(refused) => (refused.typed, refused.version, Some(refused.error)),
            None => (saved.profile.clone(), saved.version, None),
        };
        let mut shown =
            Self { typed, version, stored: came_from_save && error.is_none(), saved, error };
        if shown.is_conflict() {
            shown.version = shown.saved.version;
        }
        shown
    }

    /// Whether somebody else's save came first: what is stored stands beside what was typed until one of
    /// the two is chosen.
    pub fn is_conflict(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.code == Code::EditConflict)
    }

    /// Why a field was refused.
    pub fn reason(&self, field: Field) -> Option<String> {
        self.reason_at(field.name())
    }

    /// Why the field of that name was refused. A conflict's details are no fault of a field.
    pub fn reason_at(&self, name: &str) -> Option<String> {
        let error = self.error.as_ref().filter(|error| error.code == Code::ValidationError)?;
        error.field(name).map(str::to_owned)
    }
}
