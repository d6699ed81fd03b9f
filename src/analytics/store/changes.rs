//! Versions of a tenant's analytics data.

use sqlx::{Any, Executor};

use crate::platform::clock::{self, Micros};
use crate::platform::db::{DbError, Tx};

/// Increments the version, within the transaction of the change.
pub(super) async fn count(tx: &mut Tx, tenant_id: &str) -> Result<(), DbError> {
    let now: Micros = clock::now();
    sqlx::query(
        "INSERT INTO analytics_changes (tenant_id, version, changed_at) VALUES ($1, 1, $2)
         ON CONFLICT (tenant_id) DO UPDATE SET
           version = analytics_changes.version + 1, changed_at = excluded.changed_at",
    )
    .bind(tenant_id)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Returns a version that increases with each change of the tenant's observations, custom metrics or
/// settings; 0 before the first change.
pub async fn find_version<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<i64, DbError> {
    let row: Option<(i64,)> =
        sqlx::query_as("SELECT version FROM analytics_changes WHERE tenant_id = $1")
            .bind(tenant_id)
            .fetch_optional(db)
            .await?;
    Ok(row.map_or(0, |(version,)| version))
}

/// Returns the generation of the tenant's current snapshots.
pub(super) async fn find_generation<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<i64, DbError> {
    let row: Option<(i64,)> =
        sqlx::query_as("SELECT generation FROM analytics_changes WHERE tenant_id = $1")
            .bind(tenant_id)
            .fetch_optional(db)
            .await?;
    Ok(row.map_or(0, |(generation,)| generation))
}
