//! The computation state of each tenant's insights, and the queue of tenants to compute.

use sqlx::{Any, Executor};

use crate::platform::clock::Micros;
use crate::platform::db::{DbError, Tx};

/// A tenant whose insights must be recomputed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Due {
    pub tenant_id: String,
    /// When the tenant became due. A change to the metrics sets a new value, so a run that finds another
    /// value at its end knows that more work has arrived.
    pub due_at: Micros,
    /// Consecutive failures.
    pub failures: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct State {
    pub version: i64,
    pub computed_from: i64,
    pub computed_at: Option<Micros>,
    pub due_at: Option<Micros>,
    pub failures: i64,
}

/// Increments the version of the tenant's insights within the caller's transaction.
pub async fn count(tx: &mut Tx, tenant_id: &str) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO insight_states (tenant_id, version) VALUES ($1, 1)
         ON CONFLICT (tenant_id) DO UPDATE SET version = insight_states.version + 1",
    )
    .bind(tenant_id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Returns the tenant's state, or the default if none is stored.
pub async fn find<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<State, DbError> {
    let row: Option<State> = sqlx::query_as(
        "SELECT version, computed_from, computed_at, due_at, failures
         FROM insight_states WHERE tenant_id = $1",
    )
    .bind(tenant_id)
    .fetch_optional(db)
    .await?;
    Ok(row.unwrap_or_default())
}

/// Lists at most `limit` due tenants, longest waiting first.
pub async fn list_due<'e>(
    db: impl Executor<'e, Database = Any>,
    now: Micros,
    limit: i64,
) -> Result<Vec<Due>, DbError> {
    Ok(sqlx::query_as(
        "SELECT tenant_id, due_at, failures FROM insight_states
         WHERE due_at <= $1 ORDER BY due_at LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(db)
    .await?)
}

/// Records a successful run. Schedules the next one at `next` unless the metrics have changed since `due`.
pub async fn save_done(
    tx: &mut Tx,
    due: &Due,
    computed_from: i64,
    next: Micros,
    now: Micros,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE insight_states SET computed_from = $3, computed_at = $4, failures = 0,
           due_at = CASE WHEN due_at = $2 THEN $5 ELSE due_at END
         WHERE tenant_id = $1",
    )
    .bind(&due.tenant_id)
    .bind(due.due_at)
    .bind(computed_from)
    .bind(now)
    .bind(next)
    .execute(tx)
    .await?;
    Ok(())
}

/// Records a failure. Schedules the retry at `again` unless the metrics have changed since `due`.
pub async fn save_failed(tx: &mut Tx, due: &Due, again: Micros) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE insight_states SET failures = failures + 1,
           due_at = CASE WHEN due_at = $2 THEN $3 ELSE due_at END
         WHERE tenant_id = $1",
    )
    .bind(&due.tenant_id)
    .bind(due.due_at)
    .bind(again)
    .execute(tx)
    .await?;
    Ok(())
}
