//! SQL for the prompts of replies.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::chat::prompt::{Built, Memory};
use crate::error::AppError;
use crate::facts::FactSet;
use crate::facts::model::{Fact, Knowledge};
use crate::personas::model::Persona;
use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError, Tx};
use crate::platform::json_column::from_json;

/// A prompt as it is stored with its reply.
#[derive(Clone, Debug)]
pub struct PromptRecord {
    pub(super) facts: Arc<FactSet>,
    pub(super) persona: String,
    pub(super) persona_digest: String,
    pub(super) cut: String,
    pub(super) digest: String,
    pub(super) temperature: f32,
    /// What replaced earlier messages, and the last of these.
    pub(super) memory: Option<Memory>,
    pub(super) memory_upto: Option<String>,
}

impl PromptRecord {
    /// Errors: internal, if it cannot be serialised.
    pub fn new(
        persona: &Persona,
        facts: Arc<FactSet>,
        built: &Built,
        temperature: f32,
    ) -> Result<Self, AppError> {
        let persona = serde_json::to_string(persona).map_err(AppError::internal)?;
        Ok(Self {
            facts,
            persona_digest: hex::encode(Sha256::digest(&persona)),
            persona,
            cut: serde_json::to_string(&built.prompt.cut).map_err(AppError::internal)?,
            digest: built.prompt.digest(),
            temperature,
            memory: built.memory.clone(),
            memory_upto: built.prompt.cut.upto.clone(),
        })
    }

    /// Returns how the prompt contains earlier messages, as it is stored.
    pub(super) fn memory_kind(&self) -> &'static str {
        match (&self.memory, &self.memory_upto) {
            (Some(memory), _) => memory.kind.as_str(),
            (None, Some(_)) => "left-out",
            (None, None) => "whole",
        }
    }
}

/// A stored prompt.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StoredPrompt {
    pub tenant_id: String,
    pub conversation_id: String,
    /// The parent of the reply: its question, or the reply that it continues.
    pub parent_id: Option<String>,
    pub content: String,
    pub status: String,
    /// The template's version, `None` for replies from before templates.
    pub version: Option<String>,
    pub model: Option<String>,
    /// The following fields are `None` for replies from before these columns.
    pub persona: Option<String>,
    pub facts: Option<String>,
    pub cut: Option<String>,
    pub memory_id: Option<String>,
    pub digest: Option<String>,
    pub temperature: Option<f64>,
    pub max_tokens: Option<i64>,
}

/// Stores the parts of a prompt that are not stored.
pub(super) async fn insert_parts_in(
    tx: &mut Tx,
    tenant_id: &str,
    record: &PromptRecord,
    now: Micros,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO prompt_parts (tenant_id, digest, content, created_at)
         VALUES ($1, $2, $3, $6), ($1, $4, $5, $6) ON CONFLICT (tenant_id, digest) DO NOTHING",
    )
    .bind(tenant_id)
    .bind(&record.persona_digest)
    .bind(&record.persona)
    .bind(record.facts.digest())
    .bind(&**record.facts.json())
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Removes parts that no prompt uses.
pub(super) async fn delete_unused_parts_in(tx: &mut Tx, tenant_id: &str) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM prompt_parts
         WHERE tenant_id = $1
           AND NOT EXISTS (SELECT 1 FROM messages m
                           WHERE m.prompt_persona = prompt_parts.digest AND m.tenant_id = $1)
           AND NOT EXISTS (SELECT 1 FROM messages m
                           WHERE m.prompt_facts = prompt_parts.digest AND m.tenant_id = $1)",
    )
    .bind(tenant_id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Returns the facts of a reply's prompt in their order. Empty if the reply does not exist or is
/// from before facts.
pub async fn find_facts(db: &Db, tenant_id: &str, message_id: &str) -> Result<Vec<Fact>, DbError> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT p.content FROM messages m
         JOIN prompt_parts p ON p.tenant_id = m.tenant_id AND p.digest = m.prompt_facts
         WHERE m.tenant_id = $1 AND m.id = $2",
    )
    .bind(tenant_id)
    .bind(message_id)
    .fetch_optional(db.read())
    .await?;
    let Some((json,)) = row else { return Ok(Vec::new()) };
    let knowledge: Knowledge = from_json(&json)?;
    Ok(knowledge.facts)
}

/// Finds the prompt of a reply of any tenant, for the operator.
pub async fn find_prompt(db: &Db, message_id: &str) -> Result<Option<StoredPrompt>, DbError> {
    Ok(sqlx::query_as(
        "SELECT m.tenant_id, m.conversation_id, m.parent_id, m.content, m.status, m.prompt_version AS version,
                m.asked_model AS model, p.content AS persona, f.content AS facts, m.prompt_cut AS cut,
                m.memory_id, m.prompt_digest AS digest, m.temperature, m.max_tokens
         FROM messages m
         LEFT JOIN prompt_parts p ON p.tenant_id = m.tenant_id AND p.digest = m.prompt_persona
         LEFT JOIN prompt_parts f ON f.tenant_id = m.tenant_id AND f.digest = m.prompt_facts
         WHERE m.id = $1 AND m.role = 'assistant'
           AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.id = m.conversation_id AND c.deleted_at IS NOT NULL)",
    )
    .bind(message_id)
    .fetch_optional(db.read())
    .await?)
}
