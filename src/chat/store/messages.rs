//! Reading messages.

use super::Owner;
use crate::chat::model::{Author, PersonaType, ReplyFailure, Status, Usage};
use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError};

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MessageRow {
    pub id: String,
    pub conversation_id: String,
    pub role: String,
    pub content: String,
    pub status: String,
    pub persona: String,
    pub created_at: Micros,
    pub question_id: Option<String>,
    pub chunk_lens: String,
    pub asked_model: Option<String>,
    pub model: Option<String>,
    pub finish_reason: Option<String>,
    pub failure: Option<String>,
    pub prompt_tokens: Option<i64>,
    pub cached_tokens: Option<i64>,
    pub completion_tokens: Option<i64>,
    pub cost_micros: Option<i64>,
    pub estimated: i64,
}

impl MessageRow {
    pub fn author(&self) -> Author {
        if self.role == "user" { Author::User } else { Author::Assistant }
    }

    pub fn status(&self) -> Status {
        Status::parse(&self.status).unwrap_or(Status::Failed)
    }

    pub fn persona(&self) -> PersonaType {
        PersonaType::parse(&self.persona).unwrap_or(PersonaType::Ceo)
    }

    /// What the answer took; none while it runs and for questions.
    pub fn usage(&self) -> Option<Usage> {
        let tokens = |n: Option<i64>| u64::try_from(n.unwrap_or(0)).unwrap_or(0);
        self.prompt_tokens?;
        Some(Usage {
            prompt_tokens: tokens(self.prompt_tokens),
            cached_tokens: tokens(self.cached_tokens),
            completion_tokens: tokens(self.completion_tokens),
            cost_micros: self.cost_micros.unwrap_or(0),
            estimated: self.estimated != 0,
        })
    }

    pub fn failure(&self) -> Option<ReplyFailure> {
        self.failure.as_deref().and_then(|json| serde_json::from_str(json).ok())
    }
}

/// A conversation's messages, oldest first. The caller has found the conversation to be its own.
pub async fn list_messages(
    db: &Db,
    tenant_id: &str,
    conversation_id: &str,
) -> Result<Vec<MessageRow>, DbError> {
    Ok(sqlx::query_as(
        "SELECT id, conversation_id, role, content, status, persona, created_at, question_id, chunk_lens,
                asked_model, model, finish_reason, failure, prompt_tokens, cached_tokens, completion_tokens,
                cost_micros, estimated
         FROM messages WHERE tenant_id = $1 AND conversation_id = $2 ORDER BY id",
    )
    .bind(tenant_id)
    .bind(conversation_id)
    .fetch_all(db.read())
    .await?)
}

/// One message, where it stands in a conversation of this member.
pub async fn find_message(db: &Db, owner: &Owner, id: &str) -> Result<Option<MessageRow>, DbError> {
    Ok(sqlx::query_as(
        "SELECT m.id, m.conversation_id, m.role, m.content, m.status, m.persona, m.created_at, m.question_id,
                m.chunk_lens, m.asked_model, m.model, m.finish_reason, m.failure, m.prompt_tokens, m.cached_tokens,
                m.completion_tokens, m.cost_micros, m.estimated
         FROM messages m JOIN conversations c ON c.id = m.conversation_id
         WHERE m.tenant_id = $1 AND c.tenant_id = $1 AND c.account_id = $2 AND m.id = $3",
    )
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(id)
    .fetch_optional(db.read())
    .await?)
}

/// A question and one answer to it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ExchangeRow {
    pub question_id: String,
    pub question: String,
    pub answer: String,
}

/// The newest answers with text before message `before`, newest first, each with its question.
pub async fn list_exchanges(
    db: &Db,
    tenant_id: &str,
    conversation_id: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<ExchangeRow>, DbError> {
    Ok(sqlx::query_as(
        "SELECT q.id AS question_id, q.content AS question, a.content AS answer
         FROM messages a JOIN messages q ON q.id = a.question_id
         WHERE a.tenant_id = $1 AND a.conversation_id = $2 AND a.role = 'assistant'
           AND a.status <> 'streaming' AND a.content <> '' AND q.id < $3
         ORDER BY a.id DESC LIMIT $4",
    )
    .bind(tenant_id)
    .bind(conversation_id)
    .bind(before)
    .bind(limit)
    .fetch_all(db.read())
    .await?)
}
