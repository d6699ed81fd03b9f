//! Days of running imports, and the content of waiting files: written and deleted in parts, so that no write
//! holds up other tenants' writes for long.

use sqlx::{Any, Executor};

use super::changes;
use super::snapshots::{AT_ONCE, Table, insert};
use crate::analytics::model::Snapshot;
use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError, Tx};

/// How many days one transaction stages.
pub const DAYS_A_PART: usize = 5 * AT_ONCE;
/// How many bytes of a file one transaction stores.
pub const BYTES_A_PART: u64 = 256 * 1024;
/// How many staged days, and how many parts of files, one transaction deletes.
const DAYS_DELETED: i64 = 5_000;
const PARTS_DELETED: i64 = 8;

/// Stages up to [`DAYS_A_PART`] days.
pub async fn stage_days(
    tx: &mut Tx,
    (tenant_id, import_id): (&str, &str),
    days: &[Snapshot],
    now: Micros,
) -> Result<(), DbError> {
    insert(tx, Table::ImportDays(import_id), tenant_id, days, now).await
}

/// Stores all staged days of an import, each in the place of the one of its date, and counts the change.
pub async fn store_staged(tx: &mut Tx, tenant_id: &str, import_id: &str) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO analytics_snapshots (tenant_id, date, sessions, users, conversions, revenue, metrics, created_at)
         SELECT tenant_id, date, sessions, users, conversions, revenue, metrics, created_at
         FROM import_days WHERE tenant_id = $1 AND import_id = $2 ORDER BY date
         ON CONFLICT (tenant_id, date) DO UPDATE SET
           sessions = excluded.sessions, users = excluded.users, conversions = excluded.conversions,
           revenue = excluded.revenue, metrics = excluded.metrics, created_at = excluded.created_at",
    )
    .bind(tenant_id)
    .bind(import_id)
    .execute(&mut *tx)
    .await?;
    changes::count(tx, tenant_id).await
}

/// Deletes the staged days of an import.
pub async fn drop_days(db: &Db, tenant_id: &str, import_id: &str) -> Result<(), DbError> {
    let of = (tenant_id.to_owned(), import_id.to_owned());
    until_none(|| {
        let (tenant_id, import_id) = of.clone();
        db.write(move |tx| {
            Box::pin(async move {
                let done = sqlx::query(
                    "DELETE FROM import_days WHERE tenant_id = $1 AND import_id = $2 AND date IN (
                       SELECT date FROM import_days WHERE tenant_id = $1 AND import_id = $2
                       ORDER BY date LIMIT CAST($3 AS BIGINT))",
                )
                .bind(tenant_id)
                .bind(import_id)
                .bind(DAYS_DELETED)
                .execute(tx)
                .await?;
                Ok(done.rows_affected())
            })
        })
    })
    .await
}

/// Stores one part of a file's content.
pub async fn insert_part(
    tx: &mut Tx,
    (tenant_id, upload_id): (&str, &str),
    part: i64,
    content: Vec<u8>,
    now: Micros,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO upload_parts (tenant_id, upload_id, part, content, created_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(tenant_id)
    .bind(upload_id)
    .bind(part)
    .bind(content)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// The parts of a file's content, joined.
pub async fn join_parts<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    upload_id: &str,
) -> Result<Vec<u8>, DbError> {
    let parts: Vec<(Vec<u8>,)> = sqlx::query_as(
        "SELECT content FROM upload_parts WHERE tenant_id = $1 AND upload_id = $2 ORDER BY part",
    )
    .bind(tenant_id)
    .bind(upload_id)
    .fetch_all(db)
    .await?;
    Ok(parts.into_iter().flat_map(|(content,)| content).collect())
}

/// Deletes the parts of a file's content.
pub async fn drop_parts(db: &Db, tenant_id: &str, upload_id: &str) -> Result<(), DbError> {
    let of = (tenant_id.to_owned(), upload_id.to_owned());
    until_none(|| {
        let (tenant_id, upload_id) = of.clone();
        db.write(move |tx| {
            Box::pin(async move {
                let done = sqlx::query(
                    "DELETE FROM upload_parts WHERE tenant_id = $1 AND upload_id = $2 AND part IN (
                       SELECT part FROM upload_parts WHERE tenant_id = $1 AND upload_id = $2
                       ORDER BY part LIMIT CAST($3 AS BIGINT))",
                )
                .bind(tenant_id)
                .bind(upload_id)
                .bind(PARTS_DELETED)
                .execute(tx)
                .await?;
                Ok(done.rows_affected())
            })
        })
    })
    .await
}

/// Deletes what files and imports from before a moment left behind: their process ended while they ran. The
/// parts of a waiting file stay.
pub async fn drop_before(db: &Db, before: Micros) -> Result<(), DbError> {
    let parts: Vec<(String, String)> = sqlx::query_as(
        "SELECT DISTINCT p.tenant_id, p.upload_id FROM upload_parts p
         WHERE p.created_at < $1
           AND NOT EXISTS (SELECT 1 FROM uploads u WHERE u.tenant_id = p.tenant_id AND u.id = p.upload_id)",
    )
    .bind(before)
    .fetch_all(db.read())
    .await?;
    for (tenant_id, upload_id) in parts {
        drop_parts(db, &tenant_id, &upload_id).await?;
    }
    let days: Vec<(String, String)> = sqlx::query_as(
        "SELECT DISTINCT tenant_id, import_id FROM import_days WHERE created_at < $1",
    )
    .bind(before)
    .fetch_all(db.read())
    .await?;
    for (tenant_id, import_id) in days {
        drop_days(db, &tenant_id, &import_id).await?;
    }
    Ok(())
}

/// Repeats a deletion until it deletes nothing.
async fn until_none<F>(delete: impl Fn() -> F) -> Result<(), DbError>
where
    F: Future<Output = Result<u64, DbError>>,
{
    while delete().await? > 0 {}
    Ok(())
}
