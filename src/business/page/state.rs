//! State of the profile form.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::business::model::{Field, Profile, ProfileView, SavedProfile};
use crate::error::{AppError, Code};

/// The shared state of the form; copies are handles to the same value.
pub type FormState = StoredValue<Shown>;

pub struct Shown {
    /// The input of a refused form, otherwise the stored profile.
    pub typed: Profile,
    /// The stored profile.
    pub saved: SavedProfile,
    /// The version that the next save may overwrite.
    pub version: i64,
    pub error: Option<AppError>,
    /// Whether the page was loaded after a successful save.
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

    /// Whether another member's save came first. Both versions are shown until the member chooses one.
    pub fn is_conflict(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.code == Code::EditConflict)
    }

    /// Returns why a field was refused.
    pub fn reason(&self, field: Field) -> Option<String> {
        self.reason_at(field.name())
    }

    /// Returns why the field with this name was refused. Details of a conflict are not errors of a field.
    pub fn reason_at(&self, name: &str) -> Option<String> {
        let error = self.error.as_ref().filter(|error| error.code == Code::ValidationError)?;
        error.field(name).map(str::to_owned)
    }
}
