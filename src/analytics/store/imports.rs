//! Imports that can be undone.

use sqlx::{Any, Executor};

use super::generations::list_for_deletion;
use crate::platform::clock::Micros;
use crate::platform::db::{DbError, Tx};

/// Maximum number of imports of a tenant that can be undone.
const MOST: usize = 5;

/// An import that was stored.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Import {
    pub id: String,
    pub account_id: String,
    pub file_name: String,
    pub added: i64,
    pub replaced: i64,
    /// The name of the grain of the periods that it wrote.
    pub grain: String,
    /// The generation with the days that it replaced. It may have further days.
    pub generation: i64,
    /// Also `created_at` of the days that it wrote. Days that were changed since have another one.
    pub created_at: Micros,
}

/// Stores an import, and lists the generations of the oldest ones for deletion. Returns these.
pub async fn save(tx: &mut Tx, tenant_id: &str, import: &Import) -> Result<Vec<i64>, DbError> {
    sqlx::query(
        "INSERT INTO imports (tenant_id, id, account_id, file_name, added, replaced, grain, generation, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant_id)
    .bind(&import.id)
    .bind(&import.account_id)
    .bind(&import.file_name)
    .bind(import.added)
    .bind(import.replaced)
    .bind(&import.grain)
    .bind(import.generation)
    .bind(import.created_at)
    .execute(&mut *tx)
    .await?;
    let mut all = list(&mut *tx, tenant_id).await?;
    let old = all.split_off(all.len().min(MOST));
    for Named { import, .. } in &old {
        delete(&mut *tx, tenant_id, import).await?;
    }
    Ok(old.into_iter().map(|it| it.import.generation).collect())
}

/// An import, and the name of the member who made it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Named {
    #[sqlx(flatten)]
    pub import: Import,
    pub by_name: String,
}

/// Lists the imports that can be undone, newest first.
pub async fn list<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<Vec<Named>, DbError> {
    Ok(sqlx::query_as(
        "SELECT i.id, i.account_id, i.file_name, i.added, i.replaced, i.grain, i.generation, i.created_at, a.name AS by_name
         FROM imports i JOIN account_names a ON a.id = i.account_id
         WHERE i.tenant_id = $1 ORDER BY i.id DESC",
    )
    .bind(tenant_id)
    .fetch_all(db)
    .await?)
}

/// Deletes an import, so that it can no longer be undone, and lists its generation for deletion. Returns false if it does
/// not exist.
pub async fn delete(tx: &mut Tx, tenant_id: &str, import: &Import) -> Result<bool, DbError> {
    let done = sqlx::query("DELETE FROM imports WHERE tenant_id = $1 AND id = $2")
        .bind(tenant_id)
        .bind(&import.id)
        .execute(&mut *tx)
        .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    list_for_deletion(tx, (tenant_id, import.generation), import.created_at).await?;
    Ok(true)
}

/// Deletes all tenants' imports from before a moment, and lists their generations for deletion.
pub async fn delete_before(tx: &mut Tx, before: Micros) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO snapshot_generations (tenant_id, generation, created_at)
         SELECT tenant_id, generation, created_at FROM imports WHERE created_at < $1",
    )
    .bind(before)
    .execute(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM imports WHERE created_at < $1").bind(before).execute(tx).await?;
    Ok(())
}
