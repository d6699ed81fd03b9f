//! Generations of snapshots. An import with many days writes a new generation in parts, while all readers see the
//! current one, and then makes it the current one in a small transaction. Generations that are not current are listed in
//! `snapshot_generations` until their days are deleted, so that a crash leaves nothing behind for long.

use super::snapshots::{AT_ONCE, current, insert};
use super::staging::until_none;
use super::changes;
use crate::analytics::model::Snapshot;
use crate::platform::clock::{self, Micros};
use crate::platform::db::{Db, DbError, Tx};

/// How many days one transaction stores.
pub const DAYS_A_PART: usize = 5 * AT_ONCE;
/// How many days one transaction copies or deletes. Tests need several parts.
const DAYS_AT_ONCE: i64 = if cfg!(test) { 50 } else { 2_500 };

/// Begins a new generation. Returns its number.
pub async fn begin(tx: &mut Tx, tenant_id: &str) -> Result<i64, DbError> {
    let now = clock::now();
    let (generation,): (i64,) = sqlx::query_as(
        "INSERT INTO analytics_changes (tenant_id, version, changed_at, newest_generation)
         VALUES ($1, 0, $2, 1)
         ON CONFLICT (tenant_id) DO UPDATE SET newest_generation = analytics_changes.newest_generation + 1
         RETURNING newest_generation",
    )
    .bind(tenant_id)
    .bind(now)
    .fetch_one(&mut *tx)
    .await?;
    list_for_deletion(tx, (tenant_id, generation), now).await?;
    Ok(generation)
}

async fn list_for_deletion(
    tx: &mut Tx,
    (tenant_id, generation): (&str, i64),
    now: Micros,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO snapshot_generations (tenant_id, generation, created_at) VALUES ($1, $2, $3)",
    )
    .bind(tenant_id)
    .bind(generation)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores up to [`DAYS_A_PART`] days in a new generation.
pub async fn stage(
    tx: &mut Tx,
    generation: (&str, i64),
    days: &[Snapshot],
    now: Micros,
) -> Result<(), DbError> {
    insert(tx, generation, days, now).await
}

/// Copies the current days that a new generation lacks into it, in parts.
pub async fn copy_rest(db: &Db, tenant_id: &str, generation: i64) -> Result<(), DbError> {
    let mut after = String::new();
    loop {
        let (tenant, since) = (tenant_id.to_owned(), after);
        let copied = db.write_part(move |tx| {
            Box::pin(async move { copy_part(tx, (&tenant, generation), &since).await })
        });
        match copied.await? {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}

/// Copies the next current days after a date. Returns the last of them.
async fn copy_part(
    tx: &mut Tx,
    (tenant_id, generation): (&str, i64),
    after: &str,
) -> Result<Option<String>, DbError> {
    let (last,): (Option<String>,) = sqlx::query_as(concat!(
        "SELECT MAX(date) FROM (SELECT date FROM analytics_snapshots WHERE date > $2 AND ",
        current!(),
        " ORDER BY date LIMIT CAST($3 AS BIGINT)) AS part"
    ))
    .bind(tenant_id)
    .bind(after)
    .bind(DAYS_AT_ONCE)
    .fetch_one(&mut *tx)
    .await?;
    let Some(last) = last else { return Ok(None) };
    sqlx::query(concat!(
        "INSERT INTO analytics_snapshots
           (tenant_id, generation, date, sessions, users, conversions, revenue, metrics, created_at)
         SELECT tenant_id, $2, date, sessions, users, conversions, revenue, metrics, created_at
         FROM analytics_snapshots WHERE date > $3 AND date <= $4 AND ",
        current!(),
        " ON CONFLICT (tenant_id, generation, date) DO NOTHING"
    ))
    .bind(tenant_id)
    .bind(generation)
    .bind(after)
    .bind(&last)
    .execute(tx)
    .await?;
    Ok(Some(last))
}

/// Makes a new generation the current one, and lists the one before for deletion. Returns the one before, or `None` if
/// the new one was deleted meanwhile.
pub async fn switch(
    tx: &mut Tx,
    tenant_id: &str,
    generation: i64,
) -> Result<Option<i64>, DbError> {
    let before = changes::find_generation(&mut *tx, tenant_id).await?;
    let listed =
        sqlx::query("DELETE FROM snapshot_generations WHERE tenant_id = $1 AND generation = $2")
            .bind(tenant_id)
            .bind(generation)
            .execute(&mut *tx)
            .await?;
    if listed.rows_affected() == 0 {
        return Ok(None);
    }
    list_for_deletion(&mut *tx, (tenant_id, before), clock::now()).await?;
    sqlx::query("UPDATE analytics_changes SET generation = $2 WHERE tenant_id = $1")
        .bind(tenant_id)
        .bind(generation)
        .execute(&mut *tx)
        .await?;
    changes::count(tx, tenant_id).await?;
    Ok(Some(before))
}

/// Deletes the days of a listed generation, in parts.
pub async fn delete(db: &Db, tenant_id: &str, generation: i64) -> Result<(), DbError> {
    until_none(|| {
        let tenant_id = tenant_id.to_owned();
        db.write_part(move |tx| {
            Box::pin(async move { delete_part(tx, (&tenant_id, generation)).await })
        })
    })
    .await
}

/// Deletes some days of a listed generation, and after the last ones its entry. Returns how many there were.
async fn delete_part(tx: &mut Tx, (tenant_id, generation): (&str, i64)) -> Result<u64, DbError> {
    let done = sqlx::query(
        "DELETE FROM analytics_snapshots WHERE tenant_id = $1 AND generation = $2
           AND EXISTS (SELECT 1 FROM snapshot_generations g WHERE g.tenant_id = $1 AND g.generation = $2)
           AND date IN (
             SELECT date FROM analytics_snapshots WHERE tenant_id = $1 AND generation = $2
             ORDER BY date LIMIT CAST($3 AS BIGINT))",
    )
    .bind(tenant_id)
    .bind(generation)
    .bind(DAYS_AT_ONCE)
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        sqlx::query("DELETE FROM snapshot_generations WHERE tenant_id = $1 AND generation = $2")
            .bind(tenant_id)
            .bind(generation)
            .execute(tx)
            .await?;
    }
    Ok(done.rows_affected())
}

/// Deletes the generations that were listed before a moment: their process ended while it wrote or deleted them.
pub async fn delete_before(db: &Db, before: Micros) -> Result<(), DbError> {
    let left: Vec<(String, i64)> = sqlx::query_as(
        "SELECT tenant_id, generation FROM snapshot_generations WHERE created_at < $1",
    )
    .bind(before)
    .fetch_all(db.read())
    .await?;
    for (tenant_id, generation) in left {
        delete(db, &tenant_id, generation).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "generations_tests.rs"]
mod tests;
