//! Storing a question together with the answer to come.

use super::Owner;
use super::conversations::insert_conversation_in;
use crate::chat::model::PersonaType;
use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError, Tx};

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
    /// What the first new message follows; none at the beginning of the conversation.
    pub parent_id: Option<String>,
    /// Whether `parent_id` must still be the end of the branch that is shown.
    pub at_end: bool,
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
    /// The branch that is shown no longer ends where the send was to go.
    Moved,
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
        let found: Option<(i64, Option<String>)> = sqlx::query_as(
            "SELECT EXISTS (SELECT 1 FROM messages WHERE tenant_id = $1 AND conversation_id = $2 AND status = 'streaming'),
                    leaf_id
             FROM conversations WHERE tenant_id = $1 AND id = $2 AND account_id = $3",
        )
        .bind(&send.owner.tenant_id)
        .bind(&send.conversation_id)
        .bind(&send.owner.account_id)
        .fetch_optional(&mut *tx)
        .await?;
        match found {
            None => return Ok(SendOutcome::ConversationGone),
            Some((1, _)) => return Ok(SendOutcome::Busy),
            Some((_, leaf)) if send.at_end && leaf != send.parent_id => {
                return Ok(SendOutcome::Moved);
            }
            Some(_) => {}
        }
    }
    if let Some(question) = &send.question {
        sqlx::query(
            "INSERT INTO messages (id, tenant_id, conversation_id, role, content, status, persona, created_at,
                                   parent_id)
             VALUES ($1, $2, $3, 'user', $4, 'complete', $5, $6, $7)",
        )
        .bind(&send.question_id)
        .bind(&send.owner.tenant_id)
        .bind(&send.conversation_id)
        .bind(question)
        .bind(send.persona.slug())
        .bind(send.now)
        .bind(&send.parent_id)
        .execute(&mut *tx)
        .await?;
    }
    let answers =
        if send.question.is_some() { Some(&send.question_id) } else { send.parent_id.as_ref() };
    sqlx::query(
        "INSERT INTO messages (id, tenant_id, conversation_id, role, content, status, persona, created_at,
                               question_id, client_request_id, request_digest, asked_model, prompt_version,
                               parent_id)
         VALUES ($1, $2, $3, 'assistant', '', 'streaming', $4, $5, $6, $7, $8, $9, $10, $11)",
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
    .bind(answers)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE conversations SET updated_at = $3, leaf_id = $4 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(&send.owner.tenant_id)
    .bind(&send.conversation_id)
    .bind(send.now)
    .bind(&send.message_id)
    .execute(&mut *tx)
    .await?;
    Ok(SendOutcome::Stored)
}
