//! The rules of conversations: sending, asking again, reading, stopping.

mod asking_again;
mod checks;
mod conversations;
mod preview;
mod replies;
mod sending;

use std::sync::Arc;

use super::rendered::Rendered;
use super::reply::{Engine, Reply};
use super::store::Owner;
use crate::accounts::model::{Member, Role};
use crate::business::Business;
use crate::error::{AppError, Code};
use crate::personas::Personas;
use crate::personas::model::Persona;
use crate::platform::db::Db;
use crate::platform::limits::{Allowance, Limits};
use crate::usage::Ledger;

/// What every answer is asked with.
#[derive(Clone, Debug)]
pub struct ReplySettings {
    pub model: String,
    /// The model that may answer in its place.
    pub fallback_model: Option<String>,
    pub max_tokens: u32,
    pub temperature: f32,
    /// Answers come from the built-in emulator.
    pub simulated: bool,
}

impl ReplySettings {
    /// What this adviser is asked with: its own where it has its own.
    fn of(&self, persona: &Persona) -> Self {
        Self {
            model: persona.model.clone().unwrap_or_else(|| self.model.clone()),
            fallback_model: self.fallback_model.clone().or_else(|| Some(self.model.clone())),
            max_tokens: persona.max_tokens.unwrap_or(self.max_tokens),
            temperature: persona.temperature.map_or(self.temperature, |own| own as f32),
            simulated: self.simulated,
        }
    }
}

/// Conversations and their answers; clones share them.
#[derive(Clone)]
pub struct Chat {
    db: Db,
    business: Business,
    personas: Personas,
    limits: Limits,
    ledger: Ledger,
    engine: Engine,
    settings: Arc<ReplySettings>,
    rendered: Rendered,
}

/// A question as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// None begins a new conversation.
    pub conversation_id: Option<String>,
    /// The adviser, by name; in a running conversation it must be that conversation's.
    pub persona: String,
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
        business: Business,
        personas: Personas,
        limits: Limits,
        ledger: Ledger,
        engine: Engine,
        settings: ReplySettings,
    ) -> Self {
        Self {
            db,
            business,
            personas,
            limits,
            ledger,
            engine,
            settings: Arc::new(settings),
            rendered: Rendered::default(),
        }
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

    /// Ended answers as the page shows them.
    pub fn rendered(&self) -> &Rendered {
        &self.rendered
    }

    /// Whether answers come from the built-in emulator.
    pub fn simulated(&self) -> bool {
        self.settings.simulated
    }

    /// What is wrong with the upstream, for owners and admins; nothing for other members.
    pub fn upstream_notices(&self, member: &Member) -> Vec<String> {
        if member.role < Role::Admin { Vec::new() } else { self.engine.upstream_notices() }
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
