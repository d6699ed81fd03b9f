//! SQL that finds replies by the facts that they cite.

use super::Owner;
use crate::facts::model::Fact;
use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError};

/// Maximum number of a member's newest replies that are searched, and of those that are returned.
const SEARCHED: i64 = 2_000;
const FOUND: i64 = 50;

/// A reply that cites a fact, and the fact as it was then.
#[derive(Clone, Debug)]
pub struct CitingReply {
    pub conversation_id: String,
    pub persona: String,
    pub created_at: Micros,
    pub fact: Fact,
}

#[derive(sqlx::FromRow)]
struct CitingRow {
    conversation_id: String,
    persona: String,
    created_at: Micros,
    citations: String,
}

/// Lists this member's replies that cite the fact with this id, newest first. A reply cites a fact at most
/// once. Only the newest [`SEARCHED`] replies are searched.
pub async fn list_citing(
    db: &Db,
    owner: &Owner,
    fact_id: &str,
) -> Result<Vec<CitingReply>, DbError> {
    let rows: Vec<CitingRow> = sqlx::query_as(
        "SELECT conversation_id, persona, created_at, citations FROM (
           SELECT m.id, m.conversation_id, m.persona, m.created_at, m.citations
           FROM messages m JOIN conversations c ON c.id = m.conversation_id
           WHERE m.tenant_id = $1 AND c.tenant_id = $1 AND c.account_id = $2 AND c.deleted_at IS NULL AND m.role = 'assistant'
             AND m.citations IS NOT NULL
           ORDER BY m.id DESC LIMIT CAST($4 AS BIGINT)) AS newest
         WHERE citations LIKE $3 ORDER BY id DESC LIMIT CAST($5 AS BIGINT)",
    )
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(format!("%\"id\":\"{fact_id}\"%"))
    .bind(SEARCHED)
    .bind(FOUND)
    .fetch_all(db.read())
    .await?;
    // `_` in an id matches any character above, so the ids are compared again.
    let cited = |row: CitingRow| {
        let facts: Vec<Fact> = serde_json::from_str(&row.citations).ok()?;
        let fact = facts.into_iter().find(|fact| fact.id == fact_id)?;
        let CitingRow { conversation_id, persona, created_at, .. } = row;
        Some(CitingReply { conversation_id, persona, created_at, fact })
    };
    Ok(rows.into_iter().filter_map(cited).collect())
}
