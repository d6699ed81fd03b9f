//! The rules of conversations: sending, asking again, reading, stopping.

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

/// What every answer is asked with.
#[derive(Clone, Debug)]
pub struct ReplySettings {
    pub model: String,
    /// The model that may answer in its place.
    pub fallback_model: Option<String>,
    pub max_tokens: u32,
    pub temperature: f32,
    /// How many tokens a model takes, prompt and answer together, where it is not as known.
    pub context_tokens: Option<u32>,
    /// Answers come from the built-in emulator.
    pub simulated: bool,
}

impl ReplySettings {
    /// The model that answers where the one that was asked first does not: where no fallback is set, the
    /// installation's, for an adviser that has a model of its own.
    fn stand_in(&self) -> &str {
        self.fallback_model.as_deref().unwrap_or(&self.model)
    }
}

/// Conversations and their answers; clones share them.
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

/// What answers are made from: the business, who speaks of it, and what may be said.
pub struct Grounds {
    pub business: Business,
    pub personas: Personas,
    pub facts: Facts,
}

/// A question as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// None begins a new conversation.
    pub conversation_id: Option<String>,
    /// The adviser, by name; in a running conversation it must be that conversation's, unless
    /// `switch` is set.
    pub persona: String,
    /// From this question on, the conversation belongs to `persona`.
    pub switch: bool,
    pub message: String,
    /// The same id with the same question never starts a second answer.
    pub client_request_id: Option<String>,
}

/// A question that was taken, with its answer.
#[derive(Clone)]
pub struct Taken {
    pub reply: Arc<Reply>,
    /// None where an earlier send with the same id was found: it cost nothing.
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

    /// Bounds what each business stores.
    pub fn with_quotas(self, quotas: Quotas) -> Self {
        Self { quotas, ..self }
    }

    /// What a member should know of the business's quotas before one is met.
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

    /// What may be said of the business.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Where the business's days begin and end.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn zone(&self, member: &Member) -> Result<Zone, AppError> {
        self.facts.zone(&member.tenant_id).await
    }

    /// Ended answers as the page shows them.
    pub fn rendered(&self) -> &Rendered {
        &self.rendered
    }

    /// Whether answers come from the built-in emulator.
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
