//! The chat service.

mod asking_again;
mod checks;
mod conversations;
mod history;
mod preview;
mod replay;
mod replies;
mod sending;
mod summaries;
mod terms;

use std::sync::Arc;

pub use replay::{Replayed, replay};
pub use terms::Terms;

use self::summaries::Summaries;

use super::rendered::Rendered;
use super::reply::{Engine, Reply};
use super::store::Owner;
use crate::accounts::model::Member;
use crate::analytics::zone::Zone;
use crate::business::Business;
use crate::error::{AppError, Code};
use crate::facts::Facts;
use crate::personas::Personas;
use crate::platform::db::Db;
use crate::platform::limits::{Allowance, Limits};
use crate::platform::quotas::{Quotas, Stored};
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
}

impl ReplySettings {
    /// Returns the fallback of an adviser's model. Without a configured fallback, it is the installation's model if the
    /// adviser has its own.
    fn stand_in(&self) -> &str {
        self.fallback_model.as_deref().unwrap_or(&self.model)
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
        Ok(self.quotas.warning(Stored::find(self.db.read(), &member.tenant_id).await?))
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
