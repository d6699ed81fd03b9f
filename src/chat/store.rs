//! All SQL of conversations and messages.

use std::time::Duration;

use crate::chat::model::{Author, PersonaType, ReplyFailure, Status, Usage};
use crate::chat::reply::log::{End, Unsaved};
use crate::error::AppError;
use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError, Tx};

/// Whose rows: a member reads and writes only their own conversations.
#[derive(Clone, Debug)]
pub struct Owner {
    pub tenant_id: String,
    pub account_id: String,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ConversationRow {
    pub id: String,
    pub persona: String,
    pub title: String,
    pub pinned: i64,
    pub archived: i64,
    pub created_at: Micros,
    pub updated_at: Micros,
}

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

/// Which conversations, newest first.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    pub persona: Option<PersonaType>,
    pub archived: bool,
    /// Only those before this place.
    pub before: Option<(Micros, String)>,
    pub limit: i64,
}

pub async fn list_conversations(
    db: &Db,
    owner: &Owner,
    filter: &ListFilter,
) -> Result<Vec<ConversationRow>, DbError> {
    let (before_at, before_id) =
        filter.before.clone().unwrap_or_else(|| (Micros::MAX, String::new()));
    Ok(sqlx::query_as(
        "SELECT id, persona, title, pinned, archived, created_at, updated_at FROM conversations
         WHERE tenant_id = $1 AND account_id = $2 AND archived = $3
           AND ($4 = '' OR persona = $4)
           AND (updated_at < $5 OR (updated_at = $5 AND id < $6))
         ORDER BY updated_at DESC, id DESC LIMIT $7",
    )
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(i64::from(filter.archived))
    .bind(filter.persona.map_or("", PersonaType::slug))
    .bind(before_at)
    .bind(before_id)
    .bind(filter.limit)
    .fetch_all(db.read())
    .await?)
}

pub async fn find_conversation(
    db: &Db,
    owner: &Owner,
    id: &str,
) -> Result<Option<ConversationRow>, DbError> {
    Ok(sqlx::query_as(
        "SELECT id, persona, title, pinned, archived, created_at, updated_at FROM conversations
         WHERE tenant_id = $1 AND account_id = $2 AND id = $3",
    )
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(id)
    .fetch_optional(db.read())
    .await?)
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

/// An earlier send with the same id.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EarlierSend {
    pub message_id: String,
    pub request_digest: String,
}

const EARLIER_SEND: &str = "SELECT id AS message_id, request_digest FROM messages
     WHERE tenant_id = $1 AND client_request_id = $2";

pub async fn find_earlier_send(
    db: &Db,
    tenant_id: &str,
    client_request_id: &str,
) -> Result<Option<EarlierSend>, DbError> {
    Ok(sqlx::query_as(EARLIER_SEND)
        .bind(tenant_id)
        .bind(client_request_id)
        .fetch_optional(db.read())
        .await?)
}

/// A question and the answer that is begun with it, as they are inserted: ids and times are given.
#[derive(Clone, Debug)]
pub struct NewSend {
    pub owner: Owner,
    pub conversation_id: String,
    /// The title where the conversation begins with this send.
    pub new_title: Option<String>,
    pub persona: PersonaType,
    pub question_id: String,
    /// None where an earlier question is asked again.
    pub question: Option<String>,
    pub message_id: String,
    pub client_request_id: String,
    pub request_digest: String,
    pub asked_model: String,
    pub prompt_version: String,
    pub now: Micros,
}

/// What came of a send.
#[derive(Clone, Debug)]
pub enum SendOutcome {
    Stored,
    /// The same id was sent before.
    Earlier(EarlierSend),
    ConversationGone,
    /// Another answer is being written in the conversation.
    Busy,
}

/// Stores a question with the answer to come, in one transaction.
pub async fn insert_send(db: &Db, send: NewSend) -> Result<SendOutcome, DbError> {
    db.write(move |tx| Box::pin(insert_send_in(tx, send))).await
}

async fn insert_send_in(tx: &mut Tx, send: NewSend) -> Result<SendOutcome, DbError> {
    let earlier: Option<EarlierSend> = sqlx::query_as(EARLIER_SEND)
        .bind(&send.owner.tenant_id)
        .bind(&send.client_request_id)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(earlier) = earlier {
        return Ok(SendOutcome::Earlier(earlier));
    }
    if let Some(title) = &send.new_title {
        insert_conversation_in(
            tx,
            &send.owner,
            &send.conversation_id,
            send.persona,
            title,
            send.now,
        )
        .await?;
    } else {
        let busy: Option<(i64,)> = sqlx::query_as(
            "SELECT EXISTS (SELECT 1 FROM messages WHERE tenant_id = $1 AND conversation_id = $2 AND status = 'streaming')
             FROM conversations WHERE tenant_id = $1 AND id = $2 AND account_id = $3",
        )
        .bind(&send.owner.tenant_id)
        .bind(&send.conversation_id)
        .bind(&send.owner.account_id)
        .fetch_optional(&mut *tx)
        .await?;
        match busy {
            None => return Ok(SendOutcome::ConversationGone),
            Some((1,)) => return Ok(SendOutcome::Busy),
            Some(_) => {}
        }
        sqlx::query("UPDATE conversations SET updated_at = $3 WHERE tenant_id = $1 AND id = $2")
            .bind(&send.owner.tenant_id)
            .bind(&send.conversation_id)
            .bind(send.now)
            .execute(&mut *tx)
            .await?;
    }
    if let Some(question) = &send.question {
        sqlx::query(
            "INSERT INTO messages (id, tenant_id, conversation_id, role, content, status, persona, created_at)
             VALUES ($1, $2, $3, 'user', $4, 'complete', $5, $6)",
        )
        .bind(&send.question_id)
        .bind(&send.owner.tenant_id)
        .bind(&send.conversation_id)
        .bind(question)
        .bind(send.persona.slug())
        .bind(send.now)
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query(
        "INSERT INTO messages (id, tenant_id, conversation_id, role, content, status, persona, created_at,
                               question_id, client_request_id, request_digest, asked_model, prompt_version)
         VALUES ($1, $2, $3, 'assistant', '', 'streaming', $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&send.message_id)
    .bind(&send.owner.tenant_id)
    .bind(&send.conversation_id)
    .bind(send.persona.slug())
    .bind(send.now)
    .bind(&send.question_id)
    .bind(&send.client_request_id)
    .bind(&send.request_digest)
    .bind(&send.asked_model)
    .bind(&send.prompt_version)
    .execute(&mut *tx)
    .await?;
    Ok(SendOutcome::Stored)
}

async fn insert_conversation_in(
    tx: &mut Tx,
    owner: &Owner,
    id: &str,
    persona: PersonaType,
    title: &str,
    now: Micros,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO conversations (id, tenant_id, account_id, persona, title, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(id)
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(persona.slug())
    .bind(title)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Begins an empty conversation.
pub async fn insert_conversation(
    db: &Db,
    owner: Owner,
    id: String,
    persona: PersonaType,
    title: String,
    now: Micros,
) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move { insert_conversation_in(tx, &owner, &id, persona, &title, now).await })
    })
    .await
}

/// What to change in a conversation; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct ConversationChange {
    pub title: Option<String>,
    pub pinned: Option<bool>,
    pub archived: Option<bool>,
}

/// Changes a conversation; false where it is not this member's.
pub async fn update_conversation(
    db: &Db,
    owner: Owner,
    id: String,
    change: ConversationChange,
) -> Result<bool, DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let done = sqlx::query(
                "UPDATE conversations
                 SET title = COALESCE($4, title), pinned = COALESCE($5, pinned), archived = COALESCE($6, archived)
                 WHERE tenant_id = $1 AND account_id = $2 AND id = $3",
            )
            .bind(owner.tenant_id)
            .bind(owner.account_id)
            .bind(id)
            .bind(change.title)
            .bind(change.pinned.map(i64::from))
            .bind(change.archived.map(i64::from))
            .execute(tx)
            .await?;
            Ok(done.rows_affected() > 0)
        })
    })
    .await
}

/// Removes a conversation with its messages; false where it is not this member's.
pub async fn delete_conversation(db: &Db, owner: Owner, id: String) -> Result<bool, DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let done = sqlx::query(
                "DELETE FROM conversations WHERE tenant_id = $1 AND account_id = $2 AND id = $3",
            )
            .bind(owner.tenant_id)
            .bind(owner.account_id)
            .bind(id)
            .execute(tx)
            .await?;
            Ok(done.rows_affected() > 0)
        })
    })
    .await
}

/// What a running answer has grown by.
#[derive(Clone, Debug)]
pub struct Growth {
    pub tenant_id: String,
    pub message_id: String,
    pub piece: Unsaved,
}

/// Adds what running answers have grown by, all or none.
pub async fn append_text(db: &Db, growths: Vec<Growth>) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            for growth in growths {
                sqlx::query(
                    "UPDATE messages SET content = content || $3, chunk_lens = chunk_lens || $4
                     WHERE tenant_id = $1 AND id = $2 AND status = 'streaming'",
                )
                .bind(growth.tenant_id)
                .bind(growth.message_id)
                .bind(growth.piece.text)
                .bind(growth.piece.lengths)
                .execute(&mut *tx)
                .await?;
            }
            Ok(())
        })
    })
    .await
}

/// The end of an answer as it is stored.
#[derive(Clone, Debug)]
pub struct Ending {
    pub tenant_id: String,
    pub message_id: String,
    /// All of its text: nothing depends on what was saved on the way.
    pub whole: Unsaved,
    pub end: End,
    pub model: String,
    pub first_token: Option<Duration>,
    pub duration: Duration,
    pub ended_at: Micros,
}

/// Stores the end of an answer: its text, its status and what it took.
pub async fn end_reply(db: &Db, ending: Ending) -> Result<(), DbError> {
    let failure = ending
        .end
        .failure
        .as_ref()
        .map(serde_json::to_string)
        .transpose()
        .map_err(|e| DbError::Refused(AppError::internal(e)))?;
    db.write(move |tx| {
        Box::pin(async move {
            let usage = ending.end.usage;
            sqlx::query(
                "UPDATE messages
                 SET content = $3, chunk_lens = $4, status = $5, model = $6, finish_reason = $7,
                     failure = $8, prompt_tokens = $9, cached_tokens = $10, completion_tokens = $11, cost_micros = $12,
                     estimated = $13, first_token_us = $14, duration_us = $15, ended_at = $16
                 WHERE tenant_id = $1 AND id = $2 AND status = 'streaming'",
            )
            .bind(&ending.tenant_id)
            .bind(&ending.message_id)
            .bind(ending.whole.text)
            .bind(ending.whole.lengths)
            .bind(ending.end.status.as_str())
            .bind(ending.model)
            .bind(ending.end.finish_reason)
            .bind(failure)
            .bind(tokens(usage.prompt_tokens))
            .bind(tokens(usage.cached_tokens))
            .bind(tokens(usage.completion_tokens))
            .bind(usage.cost_micros)
            .bind(i64::from(usage.estimated))
            .bind(ending.first_token.map(micros))
            .bind(micros(ending.duration))
            .bind(ending.ended_at)
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await
}

/// Marks answers as interrupted that an earlier process left unfinished; returns how many.
pub async fn interrupt_orphans(db: &Db, failure: String, now: Micros) -> Result<u64, DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let done = sqlx::query(
                "UPDATE messages SET status = 'interrupted', failure = $1, ended_at = $2, estimated = 1
                 WHERE status = 'streaming'",
            )
            .bind(failure)
            .bind(now)
            .execute(tx)
            .await?;
            Ok(done.rows_affected())
        })
    })
    .await
}

fn tokens(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn micros(d: Duration) -> i64 {
    i64::try_from(d.as_micros()).unwrap_or(i64::MAX)
}
