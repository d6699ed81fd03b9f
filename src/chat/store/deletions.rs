//! SQL for deleted conversations. They can be restored for some time; then they are removed with their messages.

use super::{Owner, prompts};
use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError, Tx};
use crate::platform::quotas::{Quotas, Stored};

/// Maximum number of conversations that one purge removes. The next one removes the rest.
const MOST_A_PURGE: i64 = 200;
/// Maximum number of deleted conversations in a list.
const LISTED: i64 = 50;

/// A deleted conversation.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DeletedRow {
    pub id: String,
    pub persona: String,
    pub title: String,
    pub deleted_at: Micros,
}

/// Marks a conversation as deleted. From then on no other function of the store finds it. Returns false if it is not this
/// member's.
pub async fn delete_conversation(
    db: &Db,
    owner: Owner,
    id: String,
    now: Micros,
) -> Result<bool, DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let done = sqlx::query(
                "UPDATE conversations SET deleted_at = $4
                 WHERE tenant_id = $1 AND account_id = $2 AND id = $3 AND deleted_at IS NULL",
            )
            .bind(owner.tenant_id)
            .bind(owner.account_id)
            .bind(id)
            .bind(now)
            .execute(tx)
            .await?;
            Ok(done.rows_affected() > 0)
        })
    })
    .await
}

/// Restores a conversation that was deleted after `since`. Returns false if there is none. Errors: refused over a quota.
pub async fn restore_conversation(
    db: &Db,
    owner: Owner,
    id: String,
    since: Micros,
    quotas: Quotas,
) -> Result<bool, DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let stored = Stored::find(&mut *tx, &owner.tenant_id).await?;
            let room = quotas.check_conversations(stored);
            let done = sqlx::query(
                "UPDATE conversations SET deleted_at = NULL
                 WHERE tenant_id = $1 AND account_id = $2 AND id = $3 AND deleted_at > $4",
            )
            .bind(owner.tenant_id)
            .bind(owner.account_id)
            .bind(id)
            .bind(since)
            .execute(tx)
            .await?;
            match (done.rows_affected() > 0, room) {
                // Undoes the update.
                (true, Err(refusal)) => Err(refusal.into()),
                (restored, _) => Ok(restored),
            }
        })
    })
    .await
}

/// Lists the conversations that this member deleted after `since`, the last one first.
pub async fn list_deleted(
    db: &Db,
    owner: &Owner,
    since: Micros,
) -> Result<Vec<DeletedRow>, DbError> {
    Ok(sqlx::query_as(
        "SELECT id, persona, title, deleted_at FROM conversations
         WHERE tenant_id = $1 AND account_id = $2 AND deleted_at > $3
         ORDER BY deleted_at DESC, id DESC LIMIT CAST($4 AS BIGINT)",
    )
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(since)
    .bind(LISTED)
    .fetch_all(db.read())
    .await?)
}

/// Removes conversations of all tenants that were deleted before `before`, with their messages and the prompt parts that
/// only they use. Returns their number. Each is a write of its own, so that other writes do not wait for all.
pub async fn purge_deleted(db: &Db, before: Micros) -> Result<u64, DbError> {
    let due: Vec<(String, String)> = sqlx::query_as(
        "SELECT tenant_id, id FROM conversations WHERE deleted_at <= $1
         ORDER BY deleted_at LIMIT CAST($2 AS BIGINT)",
    )
    .bind(before)
    .bind(MOST_A_PURGE)
    .fetch_all(db.read())
    .await?;
    let mut count = 0;
    for (tenant_id, id) in due {
        let purge = db
            .write(move |tx| Box::pin(async move { purge_in(tx, &tenant_id, &id, before).await }));
        count += u64::from(purge.await?);
    }
    Ok(count)
}

/// Returns false if the conversation was restored meanwhile.
async fn purge_in(tx: &mut Tx, tenant_id: &str, id: &str, before: Micros) -> Result<bool, DbError> {
    let done = sqlx::query(
        "DELETE FROM conversations WHERE tenant_id = $1 AND id = $2 AND deleted_at <= $3",
    )
    .bind(tenant_id)
    .bind(id)
    .bind(before)
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    prompts::delete_unused_parts_in(tx, tenant_id).await?;
    Ok(true)
}
