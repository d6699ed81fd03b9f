//! What the profile form knows while it is open.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::goals::GoalRow;
use crate::business::model::{Field, Profile, ProfileView, SavedProfile};
use crate::error::{AppError, Code};

/// Copies share the same state.
#[derive(Clone, Copy)]
pub struct FormState {
    /// What was sent last; before that, what is stored.
    pub typed: RwSignal<Profile>,
    /// The rows of the goals, in their order on the page.
    pub goals: RwSignal<Vec<GoalRow>>,
    /// What is stored, as far as this page knows.
    pub saved: RwSignal<SavedProfile>,
    /// The stored profile that a save ran into, until one of the two is chosen.
    pub theirs: RwSignal<Option<SavedProfile>>,
    /// The version the form was filled from: the next save overwrites this one only.
    pub version: RwSignal<i64>,
    pub error: RwSignal<Option<AppError>>,
    /// Whether the last save went well.
    pub stored: RwSignal<bool>,
}

impl FormState {
    /// The state of a page that was just opened.
    pub fn open(view: ProfileView) -> Self {
        let ProfileView { saved, refused } = view;
        let conflict =
            refused.as_ref().is_some_and(|refused| refused.error.code == Code::EditConflict);
        let (typed, version, error) = match refused {
            Some(refused) => (refused.typed, refused.version, Some(refused.error)),
            None => (saved.profile.clone(), saved.version, None),
        };
        let came_from_save = use_query_map().with_untracked(|query| query.get("saved").is_some());
        Self {
            goals: RwSignal::new(GoalRow::fill(&typed.goals)),
            typed: RwSignal::new(typed),
            version: RwSignal::new(if conflict { saved.version } else { version }),
            theirs: RwSignal::new(conflict.then(|| saved.clone())),
            saved: RwSignal::new(saved),
            stored: RwSignal::new(came_from_save && error.is_none()),
            error: RwSignal::new(error),
        }
    }

    /// The form was sent.
    pub fn sent(self, typed: Profile) {
        self.stored.set(false);
        self.typed.set(typed);
    }

    /// The form was saved.
    pub fn accepted(self, saved: SavedProfile) {
        if self.typed.with_untracked(|typed| typed.goals != saved.profile.goals) {
            self.goals.set(GoalRow::fill(&saved.profile.goals));
        }
        self.typed.set(saved.profile.clone());
        self.version.set(saved.version);
        self.saved.set(saved);
        self.theirs.set(None);
        self.error.set(None);
        self.stored.set(true);
    }

    /// Somebody else's save came first, and this is it.
    pub fn ran_into(self, theirs: SavedProfile) {
        self.version.set(theirs.version);
        self.saved.set(theirs.clone());
        self.theirs.set(Some(theirs));
    }

    /// What a field holds.
    pub fn text(self, field: Field) -> Signal<String> {
        Signal::derive(move || self.typed.with(|typed| typed.text(field)))
    }

    /// Why a field was refused.
    pub fn reason(self, field: Field) -> Signal<Option<String>> {
        self.reason_at(move || field.name().to_owned())
    }

    /// Why the field of that name was refused. A conflict's details are no fault of a field.
    pub fn reason_at(
        self,
        name: impl Fn() -> String + Send + Sync + 'static,
    ) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.error.with(|error| {
                let error = error.as_ref().filter(|error| error.code == Code::ValidationError)?;
                error.field(&name()).map(str::to_owned)
            })
        })
    }
}
