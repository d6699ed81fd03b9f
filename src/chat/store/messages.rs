//! SQL that reads messages.

use sqlx::{Any, Executor};

use super::Owner;
use crate::chat::model::{Author, ReplyFailure, Status, Usage};
use crate::facts::model::Fact;
use crate::grounding::{Grounded, Grounding, Known, Recorded, State};
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
    /// The adviser's version of a reply, `None` for questions.
    pub persona_version: Option<i64>,
    pub created_at: Micros,
    /// The parent message, `None` for the first.
    pub parent_id: Option<String>,
    /// The question of a reply, also of a continuation. `None` for questions.
    pub question_id: Option<String>,
    /// See [`MessageRow::versions`].
    versions: String,
    pub chunk_lens: String,
    /// Number of events withdrawn before those of `chunk_lens`.
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
    /// The requested maximum of tokens.
    max_tokens: Option<i64>,
    /// The facts that an ended reply cites, as JSON. `None` if no facts were recorded for it.
    citations: Option<String>,
    numbers_matched: Option<i64>,
    numbers_from_question: Option<i64>,
    numbers_unmatched: Option<i64>,
    /// The numbers with their verdicts, as JSON. `None` if it was checked before there were any.
    checked: Option<String>,
    /// The text of a reply's question.
    asked: Option<String>,
    /// How a reply's prompt contained earlier messages. `None` if unknown, and for questions.
    pub memory: Option<String>,
    /// The last message that a reply's prompt did not contain whole.
    pub memory_upto: Option<String>,
}

impl MessageRow {
    pub fn author(&self) -> Author {
        author(&self.role)
    }

    /// Returns the ids of all versions of this message including itself, oldest first.
    pub fn versions(&self) -> Vec<String> {
        self.versions.split(',').map(str::to_owned).collect()
    }

    /// Returns whether it continues another reply.
    pub fn continues(&self) -> bool {
        self.question_id.is_some() && self.question_id != self.parent_id
    }

    /// Returns whether the length limit ended it.
    pub fn is_cut(&self) -> bool {
        self.finish_reason.as_deref() == Some("length")
    }

    /// Returns the grounding of an ended reply. `None` if no facts were recorded for it.
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
        let grounding = match self.recorded() {
            Some(recorded) => grounding.with(recorded),
            None => grounding,
        };
        Some(Grounded { grounding, facts })
    }

    /// Returns whether a number of a reply contradicts the fact that it cites.
    pub fn conflicts(&self) -> bool {
        self.recorded().is_some_and(|it| it.states.get(&State::Conflict).is_some_and(|n| *n > 0))
    }

    fn recorded(&self) -> Option<Recorded> {
        self.checked.as_deref().and_then(|json| serde_json::from_str(json).ok())
    }

    /// Returns the text of a reply's question, empty for a question.
    pub fn asked(&self) -> &str {
        self.asked.as_deref().unwrap_or_default()
    }

    /// Returns the facts that an ended reply may cite.
    pub fn known(&self) -> Known {
        let Some(Grounded { facts, grounding }) = self.grounded() else { return Known::default() };
        match grounding.states {
            Some(_) => Known::judged(facts, grounding.numbers),
            None => Known::cited(facts, self.asked()),
        }
    }

    pub fn withdrawn_events(&self) -> u64 {
        u64::try_from(self.withdrawn_events).unwrap_or(0)
    }

    /// Returns the limit that reasoning used up, if that is why the reply failed.
    pub fn limit_of_thinking(&self) -> Option<u32> {
        let limit = self.max_tokens.and_then(|limit| u32::try_from(limit).ok());
        limit.filter(|_| self.status() == Status::Failed && self.is_cut())
    }

    /// Returns whether a reply is incomplete.
    pub fn ends_early(&self) -> bool {
        self.status() != Status::Complete || self.is_cut()
    }

    pub fn status(&self) -> Status {
        Status::parse(&self.status).unwrap_or(Status::Failed)
    }

    /// Returns the usage of a reply. `None` while it runs and for questions.
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

/// The columns of a [`MessageRow`] in a query with the alias `m`.
macro_rules! columns {
    () => {
        "m.id, m.conversation_id, m.role, m.content, m.status, m.persona, m.persona_version, m.created_at, m.parent_id,
         m.question_id,
         m.chunk_lens, m.withdrawn_events, m.max_tokens, m.asked_model, m.model, m.finish_reason, m.failure, m.prompt_tokens, m.cached_tokens,
         m.completion_tokens, m.cost_micros, m.estimated, m.disputed, m.citations, m.numbers_matched,
         m.numbers_from_question, m.numbers_unmatched, m.checked, m.memory, m.memory_upto,
         (SELECT q.content FROM messages q WHERE q.id = m.question_id AND q.tenant_id = m.tenant_id) AS asked,
         (SELECT string_agg(v.id, ',' ORDER BY v.id) FROM messages v
          WHERE v.parent_id IS NOT DISTINCT FROM m.parent_id AND v.tenant_id = m.tenant_id
            AND v.conversation_id = m.conversation_id AND v.role = m.role) AS versions"
    };
}

/// Lists the shown branch of a conversation. The caller must have checked the owner.
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

/// Lists the messages of all branches of a conversation, oldest first. The caller must have checked the owner.
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

/// Finds a message in a conversation of this member.
pub async fn find_message(db: &Db, owner: &Owner, id: &str) -> Result<Option<MessageRow>, DbError> {
    Ok(sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM messages m JOIN conversations c ON c.id = m.conversation_id
         WHERE m.tenant_id = $1 AND c.tenant_id = $1 AND c.account_id = $2 AND c.deleted_at IS NULL AND m.id = $3"
    ))
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(id)
    .fetch_optional(db.read())
    .await?)
}

/// Finds a reply of any member.
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

/// A message of a branch.
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

/// Lists the messages of a branch down to `last` (included) that belong to its last `most` questions, oldest first.
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

/// Returns the text of all parts of the reply whose newest part is `last`.
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

/// The statement of [`count_messages`]. Takes the tenant and the conversation.
pub(super) const COUNT_MESSAGES: &str =
    "SELECT COUNT(*) FROM messages WHERE tenant_id = $1 AND conversation_id = $2";

/// Returns the number of messages of a conversation, on all of its branches.
pub async fn count_messages<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    conversation_id: &str,
) -> Result<i64, DbError> {
    let (messages,) =
        sqlx::query_as(COUNT_MESSAGES).bind(tenant_id).bind(conversation_id).fetch_one(db).await?;
    Ok(messages)
}
