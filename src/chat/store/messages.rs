//! Reading messages.

use super::Owner;
use crate::chat::model::{Author, ReplyFailure, Status, Usage};
use crate::facts::grounding::{Grounded, Grounding, Known};
use crate::facts::model::Fact;
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
    /// The version of the adviser that an answer ran with; none for questions.
    pub persona_version: Option<i64>,
    pub created_at: Micros,
    /// The message that this one follows on its branch; none at the beginning.
    pub parent_id: Option<String>,
    /// The question that an answer belongs to, however often it was continued; none for questions.
    pub question_id: Option<String>,
    /// See [`MessageRow::versions`].
    versions: String,
    pub chunk_lens: String,
    /// How many of a reply's events were withdrawn before those of `chunk_lens`.
    withdrawn_events: i64,
    pub asked_model: Option<String>,
    pub model: Option<String>,
    pub finish_reason: Option<String>,
    pub failure: Option<String>,
    pub prompt_tokens: Option<i64>,
    pub cached_tokens: Option<i64>,
    pub completion_tokens: Option<i64>,
    pub cost_micros: Option<i64>,
    pub estimated: i64,
    disputed: i64,
    /// The most tokens that an answer was asked for.
    max_tokens: Option<i64>,
    /// The facts that an ended answer cites, as JSON; none where nothing is known of what it was told.
    citations: Option<String>,
    numbers_matched: Option<i64>,
    numbers_from_question: Option<i64>,
    numbers_unmatched: Option<i64>,
    /// The text of the question that an answer belongs to.
    asked: Option<String>,
    /// What an answer was told of earlier messages; none where that is not known, and for questions.
    pub memory: Option<String>,
    /// The last message that an answer was not given whole.
    pub memory_upto: Option<String>,
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

    /// What an ended answer rests on; none where nothing is known of what it was told.
    pub fn grounded(&self) -> Option<Grounded> {
        let facts: Vec<Fact> = serde_json::from_str(self.citations.as_deref()?).ok()?;
        let count = |n: Option<i64>| u32::try_from(n.unwrap_or(0)).unwrap_or(0);
        let grounding = Grounding {
            cited: facts.iter().map(|fact| fact.id.clone()).collect(),
            matched: count(self.numbers_matched),
            from_question: count(self.numbers_from_question),
            unmatched: count(self.numbers_unmatched),
            ..Grounding::default()
        };
        Some(Grounded { grounding, facts })
    }

    /// The text of the question that an answer belongs to; empty for a question.
    pub fn asked(&self) -> &str {
        self.asked.as_deref().unwrap_or_default()
    }

    /// What an ended answer may rest on.
    pub fn known(&self) -> Known {
        self.grounded().map_or_else(Known::default, |it| Known::cited(it.facts, self.asked()))
    }

    pub fn withdrawn_events(&self) -> u64 {
        u64::try_from(self.withdrawn_events).unwrap_or(0)
    }

    /// The limit that an answer used up for thinking, where that is why it failed.
    pub fn limit_of_thinking(&self) -> Option<u32> {
        let limit = self.max_tokens.and_then(|limit| u32::try_from(limit).ok());
        limit.filter(|_| self.status() == Status::Failed && self.is_cut())
    }

    /// Whether an answer ends before its end.
    pub fn ends_early(&self) -> bool {
        self.status() != Status::Complete || self.is_cut()
    }

    pub fn status(&self) -> Status {
        Status::parse(&self.status).unwrap_or(Status::Failed)
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
            disputed: self.disputed != 0,
        })
    }

    pub fn failure(&self) -> Option<ReplyFailure> {
        self.failure.as_deref().and_then(|json| serde_json::from_str(json).ok())
    }
}

/// The columns of a [`MessageRow`] in a query that calls the message `m`.
macro_rules! columns {
    () => {
        "m.id, m.conversation_id, m.role, m.content, m.status, m.persona, m.persona_version, m.created_at, m.parent_id,
         m.question_id,
         m.chunk_lens, m.withdrawn_events, m.max_tokens, m.asked_model, m.model, m.finish_reason, m.failure, m.prompt_tokens, m.cached_tokens,
         m.completion_tokens, m.cost_micros, m.estimated, m.disputed, m.citations, m.numbers_matched,
         m.numbers_from_question, m.numbers_unmatched, m.memory, m.memory_upto,
         (SELECT q.content FROM messages q WHERE q.id = m.question_id AND q.tenant_id = m.tenant_id) AS asked,
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

/// One answer, whoever asked for it.
pub async fn find_answer(
    db: &Db,
    tenant_id: &str,
    id: &str,
) -> Result<Option<MessageRow>, DbError> {
    Ok(sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM messages m WHERE m.tenant_id = $1 AND m.id = $2 AND m.role = 'assistant'"
    ))
    .bind(tenant_id)
    .bind(id)
    .fetch_optional(db.read())
    .await?)
}

/// What was said at one place of a branch.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TurnRow {
    pub role: String,
    pub content: String,
}

impl TurnRow {
    pub fn author(&self) -> Author {
        author(&self.role)
    }
}

pub(super) fn author(role: &str) -> Author {
    if role == "user" { Author::User } else { Author::Assistant }
}

/// The turns of a branch down to message `last` (included) that belong to its last questions, `most`
/// of them; oldest first.
pub(super) async fn list_turns(
    db: &Db,
    tenant_id: &str,
    conversation_id: &str,
    last: &str,
    most: i64,
) -> Result<Vec<TurnRow>, DbError> {
    Ok(sqlx::query_as(
        "WITH RECURSIVE branch (parent_id, role, content, above_end, questions) AS (
           SELECT m.parent_id, m.role, m.content, 0, CASE m.role WHEN 'user' THEN 1 ELSE 0 END FROM messages m
           WHERE m.tenant_id = $1 AND m.conversation_id = $2 AND m.id = $3
           UNION ALL
           SELECT m.parent_id, m.role, m.content, branch.above_end + 1,
                  branch.questions + CASE m.role WHEN 'user' THEN 1 ELSE 0 END
           FROM branch JOIN messages m ON m.id = branch.parent_id WHERE branch.questions < $4
         )
         SELECT role, content FROM branch ORDER BY above_end DESC",
    )
    .bind(tenant_id)
    .bind(conversation_id)
    .bind(last)
    .bind(most)
    .fetch_all(db.read())
    .await?)
}

/// All that was written of the answer whose newest part is message `last`, however many parts it has.
pub async fn find_written(
    db: &Db,
    tenant_id: &str,
    conversation_id: &str,
    last: &str,
) -> Result<String, DbError> {
    let turns = list_turns(db, tenant_id, conversation_id, last, 1).await?;
    let parts = turns.into_iter().filter(|turn| turn.author() == Author::Assistant);
    Ok(parts.map(|turn| turn.content).collect())
}
