//! How files with a certain header are read.

use sqlx::{Any, Executor};

use crate::analytics::model::Decision;
use crate::platform::clock::Micros;
use crate::platform::db::{DbError, Tx};
use crate::platform::json_column::{from_json, to_json};

/// Maximum number of headers that are remembered for a tenant.
const MOST: i64 = 50;

/// Returns the decision about files with a header.
pub async fn find<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    header: &str,
) -> Result<Option<Decision>, DbError> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT decision FROM import_decisions WHERE tenant_id = $1 AND header = $2",
    )
    .bind(tenant_id)
    .bind(header)
    .fetch_optional(db)
    .await?;
    row.map(|(decision,)| from_json(&decision)).transpose()
}

/// Stores a decision, replacing the one with its header. Deletes the oldest ones beyond [`MOST`].
pub async fn save(
    tx: &mut Tx,
    tenant_id: &str,
    header: &str,
    decision: &Decision,
    now: Micros,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO import_decisions (tenant_id, header, decision, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, header) DO UPDATE SET
           decision = excluded.decision, updated_at = excluded.updated_at",
    )
    .bind(tenant_id)
    .bind(header)
    .bind(to_json(decision)?)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "DELETE FROM import_decisions WHERE tenant_id = $1 AND header NOT IN (
           SELECT header FROM import_decisions WHERE tenant_id = $1
           ORDER BY updated_at DESC, header LIMIT CAST($2 AS BIGINT))",
    )
    .bind(tenant_id)
    .bind(MOST)
    .execute(tx)
    .await?;
    Ok(())
}
