//! SQL for what members save in the profile from their questions, and for what they decline.

use std::collections::HashSet;

use super::Owner;
use crate::platform::db::{Db, DbError};

/// The stored proposal of a reply: found by a model, or saved.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ProposalRow {
    pub message_id: String,
    pub field: String,
    pub text: String,
    /// The whole field before and after the save. `None`: not saved.
    pub field_before: Option<String>,
    pub field_after: Option<String>,
}

/// Lists the stored proposals of a conversation. The caller must have checked the owner.
pub async fn list_proposals(
    db: &Db,
    tenant_id: &str,
    conversation_id: &str,
) -> Result<Vec<ProposalRow>, DbError> {
    Ok(sqlx::query_as(
        "SELECT p.message_id, p.field, p.text, p.field_before, p.field_after
         FROM messages m JOIN profile_proposals p ON p.message_id = m.id
         WHERE m.tenant_id = $1 AND m.conversation_id = $2 AND p.tenant_id = $1",
    )
    .bind(tenant_id)
    .bind(conversation_id)
    .fetch_all(db.read())
    .await?)
}

/// Stores the proposal of a reply of this member, in place of an earlier one. Returns false if there is no such reply.
pub async fn put_proposal(db: &Db, owner: Owner, row: ProposalRow) -> Result<bool, DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let done = sqlx::query(
                "INSERT INTO profile_proposals (message_id, tenant_id, field, text, field_before, field_after)
                 SELECT m.id, m.tenant_id, $4, $5, $6, $7
                 FROM messages m JOIN conversations c ON c.id = m.conversation_id
                 WHERE m.tenant_id = $1 AND c.tenant_id = $1 AND c.account_id = $2 AND c.deleted_at IS NULL
                   AND m.id = $3 AND m.role = 'assistant'
                 ON CONFLICT (message_id) DO UPDATE SET
                   field = excluded.field, text = excluded.text,
                   field_before = excluded.field_before, field_after = excluded.field_after",
            )
            .bind(owner.tenant_id)
            .bind(owner.account_id)
            .bind(row.message_id)
            .bind(row.field)
            .bind(row.text)
            .bind(row.field_before)
            .bind(row.field_after)
            .execute(tx)
            .await?;
            Ok(done.rows_affected() > 0)
        })
    })
    .await
}

/// Returns the digests of what this member has declined.
pub async fn list_declined(db: &Db, owner: &Owner) -> Result<HashSet<String>, DbError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT digest FROM declined_proposals WHERE tenant_id = $1 AND account_id = $2",
    )
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .fetch_all(db.read())
    .await?;
    Ok(rows.into_iter().map(|(digest,)| digest).collect())
}

/// Stores that this member has declined a proposal. Has no effect if `most` are stored.
pub async fn insert_declined(
    db: &Db,
    owner: Owner,
    digest: String,
    most: i64,
) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::query(
                "INSERT INTO declined_proposals (tenant_id, account_id, digest)
                 SELECT $1, $2, $3
                 WHERE (SELECT COUNT(*) FROM declined_proposals WHERE tenant_id = $1 AND account_id = $2) < $4
                 ON CONFLICT (tenant_id, account_id, digest) DO NOTHING",
            )
            .bind(owner.tenant_id)
            .bind(owner.account_id)
            .bind(digest)
            .bind(most)
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await
}
