//! SQL that selects the shown branch of a conversation.

use super::Owner;
use crate::platform::db::{Db, DbError, Tx};

/// The result of selecting a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The branch is shown in the conversation with this id.
    Shown(String),
    /// The message does not exist or is not this member's.
    Gone,
    /// A reply is running in the conversation.
    Busy,
}

/// Shows the branch with message `id` and, below it, the path to its newest descendant.
pub async fn select_branch(db: &Db, owner: Owner, id: String) -> Result<Selection, DbError> {
    db.write(move |tx| Box::pin(async move { select_branch_in(tx, &owner, &id).await })).await
}

async fn select_branch_in(tx: &mut Tx, owner: &Owner, id: &str) -> Result<Selection, DbError> {
    let found: Option<(String, i64)> = sqlx::query_as(
        "SELECT c.id, EXISTS (SELECT 1 FROM messages s
                              WHERE s.tenant_id = $1 AND s.conversation_id = c.id AND s.status = 'streaming')
         FROM messages m JOIN conversations c ON c.id = m.conversation_id
         WHERE m.tenant_id = $1 AND c.tenant_id = $1 AND c.account_id = $2 AND c.deleted_at IS NULL AND m.id = $3",
    )
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(id)
    .fetch_optional(&mut *tx)
    .await?;
    let conversation_id = match found {
        None => return Ok(Selection::Gone),
        Some((_, 1)) => return Ok(Selection::Busy),
        Some((conversation_id, _)) => conversation_id,
    };
    sqlx::query(
        "WITH RECURSIVE below (id) AS (
           SELECT m.id FROM messages m WHERE m.tenant_id = $1 AND m.id = $3
           UNION ALL
           SELECT m.id FROM below JOIN messages m ON m.parent_id = below.id
         )
         UPDATE conversations SET leaf_id = (
           SELECT max(below.id) FROM below
           WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.parent_id = below.id))
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(&owner.tenant_id)
    .bind(&conversation_id)
    .bind(id)
    .execute(tx)
    .await?;
    Ok(Selection::Shown(conversation_id))
}
