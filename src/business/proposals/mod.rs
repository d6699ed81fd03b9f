//! What a member says of the business in a question, as a change of the profile that the member may save.
//!
//! The text of a change is always a passage of the member's own words ([`passage`]), whoever found it: the rules of
//! [`sentences`], or a model. See `docs/adr/0033`.

mod passage;
mod phrases;
mod sentences;

pub use passage::passage;
pub use sentences::candidates;

use sha2::{Digest, Sha256};

use super::model::{Field, MOST_GOALS, Profile, ProfilePatch};
use super::validation;

/// Fields that can be filled from a sentence. The others are a choice, or always filled.
pub const FIELDS: [Field; 6] = [
    Field::Industry,
    Field::Sells,
    Field::Customers,
    Field::Competitors,
    Field::Challenges,
    Field::Goals,
];

/// Maximum characters and words of a text that counts as one item of a list.
const ITEM_MAX_CHARS: usize = 60;
const ITEM_MAX_WORDS: usize = 6;

/// A text that may be stored in a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub field: Field,
    pub text: String,
}

impl Candidate {
    /// Returns what identifies it for its member, without its words.
    pub fn digest(&self) -> String {
        let Self { field, text } = self;
        hex::encode(Sha256::digest(format!("{}\n{}", field.name(), key(text))))
    }
}

/// What saving does to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The field is empty.
    Fill,
    /// The field is a list, which keeps its items. Goals are one, also while there are none.
    Add,
    /// The text holds every item of the list in the field.
    Replace,
}

/// A change of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub action: Action,
    /// The field as it is, see [`Profile::text`].
    pub before: String,
    /// The field as it would be.
    pub after: String,
}

impl Change {
    /// Returns the change that saved `candidate`.
    pub fn made(candidate: &Candidate, before: String, after: String) -> Self {
        let action = match candidate.field {
            Field::Goals => Action::Add,
            _ if before.is_empty() => Action::Fill,
            _ if after == candidate.text => Action::Replace,
            _ => Action::Add,
        };
        Self { action, before, after }
    }
}

/// Returns the change that saves `candidate`. `None` if the field is no list and holds something else, if it says the same
/// already, or if the profile would be invalid.
pub fn change(profile: &Profile, candidate: &Candidate) -> Option<Change> {
    let Candidate { field, text } = candidate;
    let before = profile.text(*field);
    if !FIELDS.contains(field) || passage::holds(&key(&before), &key(text)) {
        return None;
    }
    let (action, after) = match field {
        Field::Goals if before.is_empty() => (Action::Add, text.clone()),
        Field::Goals if profile.goals.len() < MOST_GOALS => {
            (Action::Add, format!("{before}\n{text}"))
        }
        Field::Goals => return None,
        _ if before.is_empty() => (Action::Fill, text.clone()),
        Field::Industry => return None,
        _ => grown(&before, text)?,
    };
    let changed = ProfilePatch::of(*field, &after).over(profile.clone());
    let is_exact = validation::check(changed).is_ok_and(|it| it.text(*field) == after);
    is_exact.then_some(Change { action, before, after })
}

/// Returns the fields that a model is asked about: the empty ones, and the goals while there is room.
pub fn open_fields(profile: &Profile) -> Vec<Field> {
    let has_room = |field: &Field| match field {
        Field::Goals => profile.goals.len() < MOST_GOALS,
        field => profile.text(*field).is_empty(),
    };
    FIELDS.into_iter().filter(has_room).collect()
}

/// Returns a list with the text. `None` if `list` is none, or if only some of its items are in the text.
fn grown(list: &str, text: &str) -> Option<(Action, String)> {
    let separator = separator(list)?;
    let text_key = key(text);
    let items: Vec<String> = list.split(separator.trim_end_matches(' ')).map(key).collect();
    let is_known = |item: &String| passage::holds(&text_key, item);
    if items.iter().all(is_known) {
        return Some((Action::Replace, text.to_owned()));
    }
    (!items.iter().any(is_known)).then(|| (Action::Add, format!("{list}{separator}{text}")))
}

/// Returns what separates the items of a list: short texts without the end of a sentence. One such text is a list of one
/// item.
fn separator(text: &str) -> Option<&'static str> {
    let separator =
        ["\n", "; ", ", "].into_iter().find(|it| text.contains(it.trim_end_matches(' ')));
    let separator = separator.unwrap_or(", ");
    let is_item = |item: &str| {
        !item.trim().is_empty()
            && item.chars().count() <= ITEM_MAX_CHARS
            && item.split_whitespace().count() <= ITEM_MAX_WORDS
            && !item.contains(['.', '!', '?', ':'])
    };
    text.split(separator.trim_end_matches(' ')).all(is_item).then_some(separator)
}

/// Returns a text for comparison.
fn key(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests;
