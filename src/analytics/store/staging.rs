//! The content of waiting files: written and deleted in parts, so that no write holds up other tenants' writes for
//! long.

use sqlx::{Any, Executor};

use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError, Tx};

/// How many bytes of a file one transaction stores.
pub const BYTES_A_PART: u64 = 256 * 1024;
/// Maximum number of parts that one transaction deletes.
const PARTS_DELETED: i64 = 8;

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
        db.write_part(move |tx| {
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

/// Deletes what files from before a moment left behind: their process ended while they arrived. The parts of a
/// waiting file stay.
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
    Ok(())
}

/// Repeats a deletion until it deletes nothing.
pub(super) async fn until_none<F>(delete: impl Fn() -> F) -> Result<(), DbError>
where
    F: Future<Output = Result<u64, DbError>>,
{
    while delete().await? > 0 {}
    Ok(())
}
