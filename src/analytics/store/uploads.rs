//! Uploads that await confirmation.

use sqlx::{Any, Executor};

use super::staging;
use crate::accounts::model::Member;
use crate::analytics::model::{Counts, Report, Upload};
use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError, Tx};
use crate::platform::json_column::{from_json, to_json};

/// Keeps a file in the place of the member's last one. The content of one that `waits` is stored before, in
/// parts (`staging`).
pub async fn save(
    tx: &mut Tx,
    member: &Member,
    upload: &Upload,
    waits: bool,
    now: Micros,
) -> Result<(), DbError> {
    let report = to_json(&upload.report)?;
    sqlx::query(
        "INSERT INTO uploads (tenant_id, account_id, id, file_name, content, report, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, account_id) DO UPDATE SET
           id = excluded.id, file_name = excluded.file_name, content = excluded.content,
           report = excluded.report, created_at = excluded.created_at",
    )
    .bind(&member.tenant_id)
    .bind(&member.account_id)
    .bind(&upload.id)
    .bind(&upload.file_name)
    .bind(waits.then(Vec::<u8>::new))
    .bind(report)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Returns the member's upload if it was created after `since`.
pub async fn find<'e>(
    db: impl Executor<'e, Database = Any>,
    member: &Member,
    since: Micros,
) -> Result<Option<Upload>, DbError> {
    let row: Option<(String, String, String)> = sqlx::query_as(
        "SELECT id, file_name, report FROM uploads
         WHERE tenant_id = $1 AND account_id = $2 AND created_at > $3",
    )
    .bind(&member.tenant_id)
    .bind(&member.account_id)
    .bind(since)
    .fetch_optional(db)
    .await?;
    row.map(|(id, file_name, report)| {
        let report: Report = from_json(&report)?;
        Ok(Upload { id, file_name, report })
    })
    .transpose()
}

/// What is in the file with this id, if it waits still.
pub async fn find_content(
    db: &Db,
    member: &Member,
    id: &str,
    since: Micros,
) -> Result<Option<Vec<u8>>, DbError> {
    let row: Option<(Option<Vec<u8>>,)> = sqlx::query_as(
        "SELECT content FROM uploads
         WHERE tenant_id = $1 AND account_id = $2 AND id = $3 AND created_at > $4",
    )
    .bind(&member.tenant_id)
    .bind(&member.account_id)
    .bind(id)
    .bind(since)
    .fetch_optional(db.read())
    .await?;
    match row.and_then(|(content,)| content) {
        Some(content) if content.is_empty() => {
            staging::join_parts(db.read(), &member.tenant_id, id).await.map(Some)
        }
        // None, or the file of an earlier version.
        content => Ok(content),
    }
}

/// Replaces the content of an upload by the import's result. Returns false if it no longer awaits
/// confirmation.
pub async fn save_imported(
    tx: &mut Tx,
    member: &Member,
    id: &str,
    counts: Counts,
) -> Result<bool, DbError> {
    let report = to_json(&Report::Imported(counts))?;
    let done = sqlx::query(
        "UPDATE uploads SET content = NULL, report = $4
         WHERE tenant_id = $1 AND account_id = $2 AND id = $3 AND content IS NOT NULL",
    )
    .bind(&member.tenant_id)
    .bind(&member.account_id)
    .bind(id)
    .bind(report)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Replaces the report of an upload that awaits a decision or confirmation. Returns false if it no longer does.
pub async fn save_report(
    tx: &mut Tx,
    member: &Member,
    id: &str,
    report: &Report,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE uploads SET report = $4
         WHERE tenant_id = $1 AND account_id = $2 AND id = $3 AND content IS NOT NULL",
    )
    .bind(&member.tenant_id)
    .bind(&member.account_id)
    .bind(id)
    .bind(to_json(report)?)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes an upload. Returns false if it does not exist.
pub async fn delete(tx: &mut Tx, member: &Member, id: &str) -> Result<bool, DbError> {
    let done =
        sqlx::query("DELETE FROM uploads WHERE tenant_id = $1 AND account_id = $2 AND id = $3")
            .bind(&member.tenant_id)
            .bind(&member.account_id)
            .bind(id)
            .execute(tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes all tenants' uploads created before `before`. Returns how many there were.
pub async fn delete_before(tx: &mut Tx, before: Micros) -> Result<u64, DbError> {
    let done =
        sqlx::query("DELETE FROM uploads WHERE created_at < $1").bind(before).execute(tx).await?;
    Ok(done.rows_affected())
}
