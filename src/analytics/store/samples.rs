//! Which tenants' numbers are sample data.

use sqlx::{Any, Executor};

use super::changes;
use super::snapshots;
use crate::analytics::model::{Grain, Snapshot};
use crate::platform::clock::Micros;
use crate::platform::db::{DbError, Tx};

/// Returns whether the tenant's numbers are sample data.
pub async fn is_loaded<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<bool, DbError> {
    let row: Option<(i64,)> =
        sqlx::query_as("SELECT loaded_at FROM sample_data WHERE tenant_id = $1")
            .bind(tenant_id)
            .fetch_optional(db)
            .await?;
    Ok(row.is_some())
}

/// Stores sample data for a tenant that has no numbers. Returns whether it has sample data now; false if it has numbers
/// of its own.
pub async fn load(
    tx: &mut Tx,
    tenant_id: &str,
    days: &[Snapshot],
    now: Micros,
) -> Result<bool, DbError> {
    if is_loaded(&mut *tx, tenant_id).await? {
        return Ok(true);
    }
    if snapshots::is_any(&mut *tx, tenant_id).await? {
        return Ok(false);
    }
    snapshots::save_all(&mut *tx, tenant_id, (Grain::Day, days), now).await?;
    sqlx::query("INSERT INTO sample_data (tenant_id, loaded_at) VALUES ($1, $2)")
        .bind(tenant_id)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(true)
}

/// Removes a tenant's sample data with all of its days. Returns false if there is none. Own numbers are stored after it,
/// in the same transaction.
pub async fn remove(tx: &mut Tx, tenant_id: &str) -> Result<bool, DbError> {
    let mark = sqlx::query("DELETE FROM sample_data WHERE tenant_id = $1")
        .bind(tenant_id)
        .execute(&mut *tx)
        .await?;
    if mark.rows_affected() == 0 {
        return Ok(false);
    }
    snapshots::delete_all(&mut *tx, tenant_id).await?;
    changes::count(tx, tenant_id).await?;
    Ok(true)
}
