//! SQL for memories, which replace earlier messages in prompts: model-written summaries and extracts.

use super::Owner;
use crate::chat::model::Author;
use crate::chat::prompt::{Memory, MemoryKind};
use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError, Tx};

/// A message on the path from a conversation's start, with the best memory that covers everything up to it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PathRow {
    pub id: String,
    pub parent_id: Option<String>,
    pub role: String,
    pub content: String,
    pub status: String,
    memory_id: Option<String>,
    memory_kind: Option<String>,
    memory_text: Option<String>,
}

impl PathRow {
    pub fn author(&self) -> Author {
        super::messages::author(&self.role)
    }

    pub fn memory(&self) -> Option<Memory> {
        Some(Memory {
            id: self.memory_id.clone()?,
            kind: MemoryKind::parse(self.memory_kind.as_deref()?)?,
            upto: self.id.clone(),
            text: self.memory_text.clone()?,
        })
    }
}

/// How far up a branch to read.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Stops at the first memory after this many questions.
    pub least_questions: i64,
    /// Stops after this many questions in any case.
    pub most_questions: i64,
    /// Whether only model-written summaries count.
    pub summaries_only: bool,
}

/// Lists the messages of a branch down to `last` (included), oldest first, within `reach`. If it stops at a memory, the
/// last message that the memory covers comes first.
pub async fn list_path(
    db: &Db,
    tenant_id: &str,
    conversation_id: &str,
    last: &str,
    reach: Reach,
) -> Result<Vec<PathRow>, DbError> {
    // A memory counts only if a question follows, because the reply may be continued on this branch.
    Ok(sqlx::query_as(
        "WITH RECURSIVE branch (id, parent_id, role, content, status, memory_id, above_end, questions, is_enough) AS (
           SELECT m.id, m.parent_id, m.role, m.content, m.status,
                  (SELECT s.id FROM summaries s WHERE s.upto_id = m.id AND s.tenant_id = m.tenant_id
                     AND (s.kind = 'summary' OR $6 = 0) ORDER BY s.kind DESC, s.id DESC LIMIT 1),
                  0, CASE m.role WHEN 'user' THEN 1 ELSE 0 END, 0
           FROM messages m WHERE m.tenant_id = $1 AND m.conversation_id = $2 AND m.id = $3
           UNION ALL
           SELECT m.id, m.parent_id, m.role, m.content, m.status,
                  (SELECT s.id FROM summaries s WHERE s.upto_id = m.id AND s.tenant_id = m.tenant_id
                     AND (s.kind = 'summary' OR $6 = 0) ORDER BY s.kind DESC, s.id DESC LIMIT 1),
                  branch.above_end + 1, branch.questions + CASE m.role WHEN 'user' THEN 1 ELSE 0 END,
                  CASE WHEN branch.role = 'user' AND branch.questions >= $4 THEN 1 ELSE 0 END
           FROM branch JOIN messages m ON m.id = branch.parent_id
           WHERE branch.questions < $5 AND NOT (branch.is_enough = 1 AND branch.memory_id IS NOT NULL)
         )
         SELECT b.id, b.parent_id, b.role, b.content, b.status, b.memory_id, s.kind AS memory_kind,
                s.content AS memory_text
         FROM branch b LEFT JOIN summaries s ON s.id = b.memory_id AND s.tenant_id = $1
         ORDER BY b.above_end DESC",
    )
    .bind(tenant_id)
    .bind(conversation_id)
    .bind(last)
    .bind(reach.least_questions)
    .bind(reach.most_questions)
    .bind(i64::from(reach.summaries_only))
    .fetch_all(db.read())
    .await?)
}

/// Finds a memory by id.
pub async fn find_memory(db: &Db, tenant_id: &str, id: &str) -> Result<Option<Memory>, DbError> {
    let row: Option<(String, String, String)> = sqlx::query_as(
        "SELECT kind, upto_id, content FROM summaries WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant_id)
    .bind(id)
    .fetch_optional(db.read())
    .await?;
    Ok(row.and_then(|(kind, upto, text)| {
        Some(Memory { id: id.to_owned(), kind: MemoryKind::parse(&kind)?, upto, text })
    }))
}

/// Stores a memory of a conversation. A second one with the same id has no effect.
pub(super) async fn insert_memory_in(
    tx: &mut Tx,
    tenant_id: &str,
    conversation_id: &str,
    memory: &Memory,
    now: Micros,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO summaries (tenant_id, id, conversation_id, upto_id, kind, content, created_at)
         SELECT $1, $2, c.id, $4, $5, $6, $7 FROM conversations c WHERE c.id = $3 AND c.tenant_id = $1 AND c.deleted_at IS NULL
         ON CONFLICT (tenant_id, id) DO NOTHING",
    )
    .bind(tenant_id)
    .bind(&memory.id)
    .bind(conversation_id)
    .bind(&memory.upto)
    .bind(memory.kind.as_str())
    .bind(&memory.text)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores a memory of a member's conversation. Has no effect if the conversation was deleted meanwhile.
pub async fn insert_memory(
    db: &Db,
    owner: Owner,
    conversation_id: String,
    memory: Memory,
    now: Micros,
) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            insert_memory_in(tx, &owner.tenant_id, &conversation_id, &memory, now).await
        })
    })
    .await
}
