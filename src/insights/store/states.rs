//! How far each tenant's insights are, and which are to be computed again.

use sqlx::{Any, Executor};

use crate::platform::clock::Micros;
use crate::platform::db::{DbError, Tx};

/// A tenant whose insights are to be computed again.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Due {
    pub tenant_id: String,
    /// Since when. A change of the numbers sets it anew: so whoever finds another value here in the end
    /// knows that there is more to do.
    pub due_at: Micros,
    /// How often it failed in a row.
    pub failures: i64,
}

/// A tenant's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct State {
    pub version: i64,
    pub computed_from: i64,
    pub computed_at: Option<Micros>,
    pub due_at: Option<Micros>,
    pub failures: i64,
}

/// Counts a change of the tenant's insights, in its own transaction.
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

/// The tenant's state; the default one where there was never anything.
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

/// Every tenant's due ones, longest waiting first, at most `limit`.
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

/// Notes that the insights are computed from a version of the numbers, and when they are due next unless
/// the numbers have changed meanwhile.
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

/// Notes a failure, and when to try again unless the numbers have changed meanwhile.
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
