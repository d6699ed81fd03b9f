//! The chat service: its parts, the settings of replies, and the checks of requests.

mod asking_again;
mod background;
mod citing;
mod conversations;
mod corrections;
mod history;
mod next;
mod preview;
mod proposals;
mod replay;
mod replies;
mod search;
mod sending;
mod summaries;
mod titles;

use std::sync::Arc;

pub use replay::{Replayed, replay};
pub use search::{Found, MOST_FOUND};

use self::summaries::Summaries;

use super::model::{MESSAGE_MAX_CHARS, TITLE_MAX_CHARS};
use super::prompt::Budget;
use super::reply::{Engine, Reply};
use super::store::Owner;
use super::view::Rendered;
use crate::accounts::model::Member;
use crate::business::Business;
use crate::error::{AppError, Code};
use crate::facts::Facts;
use crate::fireworks::context_tokens;
use crate::format::zone::Zone;
use crate::personas::Personas;
use crate::personas::model::Persona;
use crate::platform::db::Db;
use crate::platform::limits::{Allowance, Limits};
use crate::platform::quotas::{Quotas, Stored};
use crate::platform::{fields, ids};
use crate::usage::Ledger;

/// The installation's settings for replies.
#[derive(Clone, Debug)]
pub struct ReplySettings {
    pub model: String,
    /// The fallback model.
    pub fallback_model: Option<String>,
    pub max_tokens: u32,
    pub temperature: f32,
    /// Context size of the models in tokens, prompt and reply together, if it differs from the known one.
    pub context_tokens: Option<u32>,
    /// Whether replies come from the built-in emulator.
    pub simulated: bool,
    /// Whether the model writes the titles of new conversations. The emulator never does.
    pub model_titles: bool,
}

impl ReplySettings {
    /// Returns the fallback of an adviser's model. Without a configured fallback, it is the installation's model if the
    /// adviser has its own.
    fn stand_in(&self) -> &str {
        self.fallback_model.as_deref().unwrap_or(&self.model)
    }
}

/// The settings of an adviser, with the installation's as defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    pub model: String,
    pub temperature: f32,
    /// Maximum reply tokens.
    pub max_tokens: u32,
    /// The remaining prompt budget, with either model.
    pub budget: Budget,
    /// Up to this, the limit may be raised for a model that needs more for reasoning.
    most_tokens: u32,
}

/// Factor by which a limit grows that reasoning used up, and its maximum.
const LARGER: u32 = 4;
const LARGEST: u32 = 32_768;

impl Terms {
    /// Returns the limit to use after reasoning used up `limit`. `None` if it cannot grow.
    pub fn larger(&self, limit: u32) -> Option<u32> {
        let larger = limit.saturating_mul(LARGER).min(self.most_tokens);
        (larger > limit).then_some(larger)
    }
}

/// Conversations and replies. Clones share them.
#[derive(Clone)]
pub struct Chat {
    db: Db,
    business: Business,
    personas: Personas,
    facts: Facts,
    limits: Limits,
    ledger: Ledger,
    engine: Engine,
    settings: Arc<ReplySettings>,
    rendered: Rendered,
    summaries: Summaries,
    quotas: Quotas,
}

/// The sources of prompts: the business, the advisers and the facts.
pub struct Grounds {
    pub business: Business,
    pub personas: Personas,
    pub facts: Facts,
}

/// A question.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// `None` for a new conversation.
    pub conversation_id: Option<String>,
    /// The adviser's slug. Must be the conversation's adviser unless `switch` is set.
    pub persona: String,
    /// Whether to switch the conversation to `persona`.
    pub switch: bool,
    pub message: String,
    /// The request id. The same id with the same question never starts a second reply.
    pub client_request_id: Option<String>,
}

/// An accepted question with its reply.
#[derive(Clone)]
pub struct Taken {
    pub reply: Arc<Reply>,
    /// `None` for a repeated send, which costs nothing.
    pub allowance: Option<Allowance>,
}

impl Chat {
    pub fn new(
        db: Db,
        grounds: Grounds,
        limits: Limits,
        ledger: Ledger,
        engine: Engine,
        settings: ReplySettings,
    ) -> Self {
        let Grounds { business, personas, facts } = grounds;
        Self {
            db,
            business,
            personas,
            facts,
            limits,
            ledger,
            engine,
            settings: Arc::new(settings),
            rendered: Rendered::default(),
            summaries: Summaries::default(),
            quotas: Quotas::default(),
        }
    }

    /// Sets the storage quotas.
    pub fn with_quotas(self, quotas: Quotas) -> Self {
        Self { quotas, ..self }
    }

    /// Returns a warning if a quota of the business is nearly used up.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn storage_warning(&self, member: &Member) -> Result<Option<String>, AppError> {
        Ok(self.quotas_of(member).warning(Stored::find(self.db.read(), &member.tenant_id).await?))
    }

    /// Returns the quotas of the member's business.
    pub(super) fn quotas_of(&self, member: &Member) -> Quotas {
        if member.is_trial() { self.quotas.of_trial() } else { self.quotas }
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    pub fn business(&self) -> &Business {
        &self.business
    }

    pub fn personas(&self) -> &Personas {
        &self.personas
    }

    /// Returns the facts service.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Returns the business's time zone.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn zone(&self, member: &Member) -> Result<Zone, AppError> {
        self.facts.zone(&member.tenant_id).await
    }

    /// Returns the cache of rendered replies.
    pub fn rendered(&self) -> &Rendered {
        &self.rendered
    }

    /// Returns the model and limits of an adviser.
    pub fn terms(&self, persona: &Persona) -> Terms {
        let rules = self.personas.rules();
        // Advisers may have been saved before the operator's limit.
        let own_model = persona.model.as_ref().filter(|model| rules.allows(model));
        let own_tokens = persona.max_tokens.map(|tokens| tokens.min(rules.most_tokens));
        let model = own_model.unwrap_or(&self.settings.model).clone();
        let max_tokens = own_tokens.unwrap_or(self.settings.max_tokens);
        let context = |model: &str| {
            let known = self.settings.context_tokens.unwrap_or(context_tokens(model));
            self.engine.learned_context(model).map_or(known, |learned| learned.min(known))
        };
        let least = context(&model).min(context(self.settings.stand_in()));
        Terms {
            temperature: persona.temperature.map_or(self.settings.temperature, |it| it as f32),
            budget: Budget::new(least, max_tokens),
            model,
            max_tokens,
            most_tokens: LARGEST.min(least / 2),
        }
    }

    /// Returns whether replies come from the built-in emulator.
    pub fn simulated(&self) -> bool {
        self.settings.simulated
    }
}

fn owner(member: &Member) -> Owner {
    Owner { tenant_id: member.tenant_id.clone(), account_id: member.account_id.clone() }
}

fn conversation_not_found() -> AppError {
    AppError::new(Code::ConversationNotFound, "There is no such conversation.")
}

fn message_not_found() -> AppError {
    AppError::not_found("message")
}

/// Trims the message and normalises its line ends. Errors: why it cannot be sent.
fn checked_message(message: &str) -> Result<String, AppError> {
    let refused = |reason: String| AppError::invalid_field("message", reason);
    match fields::text(message, MESSAGE_MAX_CHARS) {
        Ok(text) if text.is_empty() => Err(refused("Write a question first.".to_owned())),
        Ok(text) => Ok(text),
        Err(fault) => Err(refused(fault.into())),
    }
}

fn checked_request_id(id: Option<&str>) -> Result<String, AppError> {
    match id {
        None => Ok(ids::new_id()),
        Some(id) => ids::parse(id)
            .ok_or_else(|| AppError::invalid_field("clientRequestId", "This must be a UUID.")),
    }
}

fn checked_title(title: &str) -> Result<String, AppError> {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    fields::required_line(&title, TITLE_MAX_CHARS, "a title for the conversation")
        .map_err(|reason| AppError::invalid_field("title", reason))
}

fn conversation_id(id: &str) -> Result<String, AppError> {
    ids::parse(id).ok_or_else(conversation_not_found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn any_ordinary_text_is_a_valid_message() {
        for fine in
            ["x", "  spaced  ", "שלום עולם", "👩‍👩‍👧‍👦", "line\nline", "tab\there", &"w".repeat(4_000)]
        {
            assert!(checked_message(fine).is_ok(), "{fine:?}");
        }
        assert_eq!(checked_message("  a\r\nb ").unwrap(), "a\nb");
        assert!(checked_message(&"é".repeat(5_000)).is_ok());
    }

    #[test]
    fn an_invalid_message_is_refused_at_its_field() {
        for wrong in ["", "   \n ", "a\0b", "a\u{7}b", &"x".repeat(5_001)] {
            let error = checked_message(wrong).unwrap_err();
            assert_eq!(error.code, Code::ValidationError);
            assert!(error.field("message").is_some());
        }
    }
}
