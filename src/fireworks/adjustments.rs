//! How requests to a model differ from the default form because its server refused a field.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use tokio::sync::watch;

/// Number of models whose adjustments are kept. The bound is needed because advisers may name their own
/// models.
const MOST_MODELS: usize = 64;

/// A part of a request that some servers refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The name of the reply's token limit.
    MaxTokens,
    /// The value of the reply's token limit.
    ReplyTokens,
    /// `temperature`.
    Temperature,
    /// `stream`.
    Stream,
    /// `stream_options`.
    StreamOptions,
    /// `user`.
    User,
    /// `prompt_cache_key`.
    PromptCacheKey,
    /// `context_length_exceeded_behavior`.
    ContextBehavior,
    /// The role of the instructions.
    SystemRole,
    /// The context size: tokens of prompt and reply together.
    ContextTokens,
}

/// What is sent instead of a field's default form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The field is left out.
    Omit,
    /// `max_tokens` is sent as `max_completion_tokens`.
    MaxCompletionTokens,
    /// The instructions are sent with the role `developer`.
    Developer,
    /// The instructions are prepended to the first question.
    IntoQuestion,
    /// A token count is capped at this value.
    AtMost(u32),
}

/// One difference from the default form, and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    pub field: Field,
    /// What is sent instead.
    pub change: Change,
    /// The server's message. Upstream text, so for operators only.
    pub said: String,
    /// When the server sent the message.
    pub learned_at: OffsetDateTime,
}

/// The adjustments for one model, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Adjustments(BTreeMap<Field, Adjustment>);

impl Field {
    pub const ALL: [Self; 10] = [
        Self::MaxTokens,
        Self::ReplyTokens,
        Self::Temperature,
        Self::Stream,
        Self::StreamOptions,
        Self::User,
        Self::PromptCacheKey,
        Self::ContextBehavior,
        Self::SystemRole,
        Self::ContextTokens,
    ];

    /// Returns a stable name. For a field of the request body, it is the field's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::ReplyTokens => "reply_tokens",
            Self::Temperature => "temperature",
            Self::Stream => "stream",
            Self::StreamOptions => "stream_options",
            Self::User => "user",
            Self::PromptCacheKey => "prompt_cache_key",
            Self::ContextBehavior => "context_length_exceeded_behavior",
            Self::SystemRole => "system_role",
            Self::ContextTokens => "context_tokens",
        }
    }

    /// Parses a name that [`Self::as_str`] returns.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }
}

impl Change {
    /// Returns a stable text that [`Self::parse`] reads.
    pub fn to_text(self) -> String {
        match self {
            Self::Omit => "omit".to_owned(),
            Self::MaxCompletionTokens => "max_completion_tokens".to_owned(),
            Self::Developer => "developer".to_owned(),
            Self::IntoQuestion => "into_question".to_owned(),
            Self::AtMost(tokens) => tokens.to_string(),
        }
    }

    /// Parses a text that [`Self::to_text`] returns.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "omit" => Some(Self::Omit),
            "max_completion_tokens" => Some(Self::MaxCompletionTokens),
            "developer" => Some(Self::Developer),
            "into_question" => Some(Self::IntoQuestion),
            number => number.parse().ok().map(Self::AtMost),
        }
    }
}

impl Adjustment {
    /// Describes the adjustment for operators.
    pub fn described(&self) -> String {
        match (self.field, self.change) {
            (Field::ReplyTokens, Change::AtMost(most)) => {
                format!("Replies have at most {most} tokens.")
            }
            (Field::ContextTokens, Change::AtMost(most)) => {
                format!("Prompt and reply together have at most {most} tokens.")
            }
            (Field::SystemRole, Change::Developer) => {
                "Instructions are sent with the role developer.".to_owned()
            }
            (Field::SystemRole, _) => "Instructions stand before the first question.".to_owned(),
            (Field::MaxTokens, Change::MaxCompletionTokens) => {
                "max_tokens is sent as max_completion_tokens.".to_owned()
            }
            (Field::Stream, _) => "Answers come as a whole instead of as a stream.".to_owned(),
            (Field::StreamOptions, _) => {
                "stream_options is left out; tokens are counted here.".to_owned()
            }
            (field, _) => format!("{} is left out.", field.as_str()),
        }
    }
}

impl Adjustments {
    /// Returns the change of `field`, if any.
    pub fn change(&self, field: Field) -> Option<Change> {
        self.0.get(&field).map(|adjustment| adjustment.change)
    }

    /// Returns whether `field` is left out.
    pub fn omits(&self, field: Field) -> bool {
        self.change(field) == Some(Change::Omit)
    }

    /// Returns the token limit of `field`, if any.
    pub fn most(&self, field: Field) -> Option<u32> {
        match self.change(field) {
            Some(Change::AtMost(most)) => Some(most),
            _ => None,
        }
    }

    /// Sets the change of `field`. `said`: the server's message that caused it.
    pub fn apply(&mut self, field: Field, change: Change, said: &str) {
        let (said, learned_at) = (said.to_owned(), OffsetDateTime::now_utc());
        self.insert(Adjustment { field, change, said, learned_at });
    }

    /// Adds an adjustment, replacing one for the same field.
    pub fn insert(&mut self, adjustment: Adjustment) {
        self.0.insert(adjustment.field, adjustment);
    }
}

/// The adjustments of all models.
pub(super) struct Memory {
    models: Mutex<HashMap<String, Adjustments>>,
    /// Incremented at each change of the adjustments, so that they can be stored.
    learned: watch::Sender<u64>,
}

impl Default for Memory {
    fn default() -> Self {
        Self { models: Mutex::default(), learned: watch::Sender::new(0) }
    }
}

impl Memory {
    /// Returns the adjustments for `model`.
    pub fn of(&self, model: &str) -> Adjustments {
        self.lock().get(model).cloned().unwrap_or_default()
    }

    /// Records the adjustments of a request that led to a reply.
    pub fn learn(&self, model: &str, adjustments: &Adjustments) {
        let known = self.of(model);
        let is_new = |it: &&Adjustment| known.change(it.field) != Some(it.change);
        let new: Vec<Adjustment> = adjustments.0.values().filter(is_new).cloned().collect();
        if new.is_empty() {
            return;
        }
        for adjustment in &new {
            let change = adjustment.change.to_text();
            tracing::warn!(model, field = adjustment.field.as_str(), change, "request adjusted");
        }
        self.put(model, new);
        self.learned.send_modify(|count| *count += 1);
    }

    /// Adds adjustments that were stored earlier.
    pub fn put(&self, model: &str, adjustments: impl IntoIterator<Item = Adjustment>) {
        let mut models = self.lock();
        if models.len() >= MOST_MODELS && !models.contains_key(model) {
            let newest = |all: &Adjustments| all.0.values().map(|one| one.learned_at).max();
            let oldest = models.iter().min_by_key(|(_, all)| newest(all));
            if let Some(oldest) = oldest.map(|(model, _)| model.clone()) {
                models.remove(&oldest);
            }
        }
        let known = models.entry(model.to_owned()).or_default();
        adjustments.into_iter().for_each(|adjustment| known.insert(adjustment));
    }

    /// Forgets the adjustments for `model`, so that the next request has the default form.
    pub fn forget(&self, model: &str) {
        if self.lock().remove(model).is_some() {
            self.learned.send_modify(|count| *count += 1);
        }
    }

    /// Lists all adjustments, by model.
    pub fn all(&self) -> Vec<(String, Vec<Adjustment>)> {
        let models = self.lock();
        let mut all: Vec<_> = models
            .iter()
            .map(|(model, all)| (model.clone(), all.0.values().cloned().collect()))
            .collect();
        all.sort_by(|one: &(String, _), other| one.0.cmp(&other.0));
        all
    }

    /// Returns a receiver that is notified when an adjustment is learned or forgotten.
    pub fn learned(&self) -> watch::Receiver<u64> {
        self.learned.subscribe()
    }

    /// Ignores poisoning: the data is plain and always consistent.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Adjustments>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adjustment(field: Field, change: Change, second: i64) -> Adjustment {
        let learned_at = OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(second);
        Adjustment { field, change, said: "no".into(), learned_at }
    }

    #[test]
    fn fields_and_changes_are_read_as_they_are_written() {
        for field in Field::ALL {
            assert_eq!(Field::parse(field.as_str()), Some(field));
        }
        for change in [
            Change::Omit,
            Change::MaxCompletionTokens,
            Change::Developer,
            Change::IntoQuestion,
            Change::AtMost(4_096),
        ] {
            assert_eq!(Change::parse(&change.to_text()), Some(change));
        }
        assert_eq!((Field::parse("top_k"), Change::parse("shout")), (None, None));
    }

    #[test]
    fn models_are_remembered_apart_until_they_are_forgotten() {
        let memory = Memory::default();
        let mut learned = memory.learned();
        let mut adjustments = Adjustments::default();
        adjustments.insert(adjustment(Field::User, Change::Omit, 0));
        memory.learn("a", &adjustments);
        assert!(learned.has_changed().unwrap_or_default());
        learned.mark_unchanged();
        memory.learn("a", &adjustments);
        assert!(!learned.has_changed().unwrap_or_default(), "nothing new");
        assert!(memory.of("a").omits(Field::User) && !memory.of("b").omits(Field::User));
        memory.forget("a");
        assert_eq!(memory.of("a"), Adjustments::default());
    }

    #[test]
    fn the_model_with_the_oldest_adjustment_is_forgotten_first() {
        let memory = Memory::default();
        for number in 0..200 {
            memory.put(&format!("m{number}"), [adjustment(Field::User, Change::Omit, number)]);
        }
        assert_eq!(memory.all().len(), MOST_MODELS);
        assert!(memory.of("m199").omits(Field::User) && !memory.of("m0").omits(Field::User));
    }
}
