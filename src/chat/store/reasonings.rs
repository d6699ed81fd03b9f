//! SQL for the reasoning of replies.

use crate::platform::db::{Db, DbError, Tx};

/// Stores a reply's reasoning. Has no effect if its conversation was deleted meanwhile, or if it
/// belongs to none.
pub(super) async fn insert_in(
    tx: &mut Tx,
    tenant_id: &str,
    message_id: &str,
    content: &str,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO reasonings (message_id, tenant_id, content)
         SELECT m.id, m.tenant_id, $3 FROM messages m WHERE m.id = $2 AND m.tenant_id = $1
         ON CONFLICT (message_id) DO NOTHING",
    )
    .bind(tenant_id)
    .bind(message_id)
    .bind(content)
    .execute(tx)
    .await?;
    Ok(())
}

/// The reasoning of a reply.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ReasoningRow {
    pub message_id: String,
    /// The adviser that wrote the reply.
    pub persona: String,
    pub content: String,
}

/// Lists the reasoning of the replies of a conversation. The caller must have checked the owner.
pub async fn list_reasonings(
    db: &Db,
    tenant_id: &str,
    conversation_id: &str,
) -> Result<Vec<ReasoningRow>, DbError> {
    Ok(sqlx::query_as(
        "SELECT r.message_id, m.persona, r.content FROM messages m JOIN reasonings r ON r.message_id = m.id
         WHERE m.tenant_id = $1 AND m.conversation_id = $2 AND r.tenant_id = $1",
    )
    .bind(tenant_id)
    .bind(conversation_id)
    .fetch_all(db.read())
    .await?)
}
