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
    /// The message that this one follows on its branch; none at the beginning.
    pub parent_id: Option<String>,
    /// The question that an answer belongs to, however often it was continued; none for questions.
    pub question_id: Option<String>,
    /// See [`MessageRow::versions`].
    versions: String,
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
        author(&self.role)
    }

    /// The ids of all versions of this message, oldest first, itself among them.
    pub fn versions(&self) -> Vec<String> {
        self.versions.split(',').map(str::to_owned).collect()
    }

    /// Whether it is an answer that goes on where another one was cut off.
    pub fn continues(&self) -> bool {
        self.question_id.is_some() && self.question_id != self.parent_id
    }

    /// Whether it ended at the greatest length an answer may have.
    pub fn is_cut(&self) -> bool {
        self.finish_reason.as_deref() == Some("length")
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

/// The columns of a [`MessageRow`] in a query that calls the message `m`.
macro_rules! columns {
    () => {
        "m.id, m.conversation_id, m.role, m.content, m.status, m.persona, m.created_at, m.parent_id, m.question_id,
         m.chunk_lens, m.asked_model, m.model, m.finish_reason, m.failure, m.prompt_tokens, m.cached_tokens,
         m.completion_tokens, m.cost_micros, m.estimated,
         (SELECT string_agg(v.id, ',' ORDER BY v.id) FROM messages v
          WHERE v.parent_id IS NOT DISTINCT FROM m.parent_id AND v.tenant_id = m.tenant_id
            AND v.conversation_id = m.conversation_id AND v.role = m.role) AS versions"
    };
}

/// The branch of a conversation that is shown, from its first message to its last. The caller has
/// found the conversation to be its own.
pub async fn list_branch(
    db: &Db,
    tenant_id: &str,
    conversation_id: &str,
) -> Result<Vec<MessageRow>, DbError> {
    Ok(sqlx::query_as(concat!(
        "WITH RECURSIVE branch (id, parent_id, above_end) AS (
           SELECT m.id, m.parent_id, 0 FROM conversations c JOIN messages m ON m.id = c.leaf_id
           WHERE c.tenant_id = $1 AND c.id = $2 AND m.tenant_id = $1
           UNION ALL
           SELECT m.id, m.parent_id, branch.above_end + 1 FROM branch JOIN messages m ON m.id = branch.parent_id
         )
         SELECT ",
        columns!(),
        " FROM branch JOIN messages m ON m.id = branch.id ORDER BY branch.above_end DESC"
    ))
    .bind(tenant_id)
    .bind(conversation_id)
    .fetch_all(db.read())
    .await?)
}

/// All messages of a conversation, of whichever branch, oldest first. The caller has found the
/// conversation to be its own.
pub async fn list_messages(
    db: &Db,
    tenant_id: &str,
    conversation_id: &str,
) -> Result<Vec<MessageRow>, DbError> {
    Ok(sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM messages m WHERE m.tenant_id = $1 AND m.conversation_id = $2 ORDER BY m.id"
    ))
    .bind(tenant_id)
    .bind(conversation_id)
    .fetch_all(db.read())
    .await?)
}

/// One message, where it stands in a conversation of this member.
pub async fn find_message(db: &Db, owner: &Owner, id: &str) -> Result<Option<MessageRow>, DbError> {
    Ok(sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM messages m JOIN conversations c ON c.id = m.conversation_id
         WHERE m.tenant_id = $1 AND c.tenant_id = $1 AND c.account_id = $2 AND m.id = $3"
    ))
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(id)
    .fetch_optional(db.read())
    .await?)
}

/// What was said at one place of a branch.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TurnRow {
    pub role: String,
    pub content: String,
    pub status: String,
}

impl TurnRow {
    pub fn author(&self) -> Author {
        author(&self.role)
    }
}

fn author(role: &str) -> Author {
    if role == "user" { Author::User } else { Author::Assistant }
}

/// The turns of a branch down to message `last` (included) that belong to its last questions, `most`
/// of them; oldest first.
pub async fn list_turns(
    db: &Db,
    tenant_id: &str,
    conversation_id: &str,
    last: &str,
    most: i64,
) -> Result<Vec<TurnRow>, DbError> {
    Ok(sqlx::query_as(
        "WITH RECURSIVE branch (parent_id, role, content, status, above_end, questions) AS (
           SELECT m.parent_id, m.role, m.content, m.status, 0, CASE m.role WHEN 'user' THEN 1 ELSE 0 END FROM messages m
           WHERE m.tenant_id = $1 AND m.conversation_id = $2 AND m.id = $3
           UNION ALL
           SELECT m.parent_id, m.role, m.content, m.status, branch.above_end + 1,
                  branch.questions + CASE m.role WHEN 'user' THEN 1 ELSE 0 END
           FROM branch JOIN messages m ON m.id = branch.parent_id WHERE branch.questions < $4
         )
         SELECT role, content, status FROM branch ORDER BY above_end DESC",
    )
    .bind(tenant_id)
    .bind(conversation_id)
    .bind(last)
    .bind(most)
    .fetch_all(db.read())
    .await?)
}
