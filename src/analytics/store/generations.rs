//! Generations of snapshots, of all grains. An import with many days writes a new generation in parts, while all readers see the
//! current one, and then makes it the current one in a small transaction. Generations that are not current are listed in
//! `snapshot_generations` until their days are deleted, so that a crash leaves nothing behind for long; those with days
//! that an import replaced belong to it ([`imports`](super::imports)).

use std::sync::LazyLock;

use super::changes;
use super::snapshots::{AT_ONCE, current, period_columns};
use super::staging::until_none;
use crate::analytics::model::Grain;
use crate::platform::clock::{self, Micros};
use crate::platform::db::{Db, DbError, Tx};

/// Maximum number of days that one transaction stores.
pub const DAYS_A_PART: usize = 5 * AT_ONCE;
/// Maximum number of days that one transaction copies or deletes. Tests need several parts.
const DAYS_AT_ONCE: i64 = if cfg!(test) { 50 } else { 2_500 };

/// Begins a new generation, which is deleted if it does not become the current one. Returns its number.
pub async fn begin(tx: &mut Tx, tenant_id: &str) -> Result<i64, DbError> {
    let generation = number(tx, tenant_id).await?;
    list_for_deletion(tx, (tenant_id, generation), clock::now()).await?;
    Ok(generation)
}

/// Returns the number of a new generation.
async fn number(tx: &mut Tx, tenant_id: &str) -> Result<i64, DbError> {
    let (generation,): (i64,) = sqlx::query_as(
        "INSERT INTO analytics_changes (tenant_id, version, changed_at, newest_generation)
         VALUES ($1, 0, $2, 1)
         ON CONFLICT (tenant_id) DO UPDATE SET newest_generation = analytics_changes.newest_generation + 1
         RETURNING newest_generation",
    )
    .bind(tenant_id)
    .bind(clock::now())
    .fetch_one(tx)
    .await?;
    Ok(generation)
}

/// Lists a generation for deletion, so that a crash before [`delete`] leaves nothing behind for long.
pub async fn list_for_deletion(
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

/// Returns the last date of the next part of the current days after a date.
async fn end_of_part(tx: &mut Tx, tenant_id: &str, after: &str) -> Result<Option<String>, DbError> {
    let (last,): (Option<String>,) = sqlx::query_as(concat!(
        "SELECT MAX(date) FROM (SELECT date FROM analytics_snapshots WHERE date > $2 AND ",
        current!(),
        " ORDER BY date LIMIT CAST($3 AS BIGINT)) AS part"
    ))
    .bind(tenant_id)
    .bind(after)
    .bind(DAYS_AT_ONCE)
    .fetch_one(tx)
    .await?;
    Ok(last)
}

/// Copies the next current days after a date. Returns the last of them.
async fn copy_part(
    tx: &mut Tx,
    (tenant_id, generation): (&str, i64),
    after: &str,
) -> Result<Option<String>, DbError> {
    let Some(last) = end_of_part(&mut *tx, tenant_id, after).await? else { return Ok(None) };
    sqlx::query(concat!(
        "INSERT INTO analytics_snapshots (tenant_id, generation, ",
        period_columns!(),
        ") SELECT tenant_id, $2, ",
        period_columns!(),
        " FROM analytics_snapshots WHERE date > $3 AND date <= $4 AND ",
        current!(),
        " ON CONFLICT (tenant_id, generation, date, grain) DO NOTHING"
    ))
    .bind(tenant_id)
    .bind(generation)
    .bind(after)
    .bind(&last)
    .execute(tx)
    .await?;
    Ok(Some(last))
}

/// Copies the current periods of these dates into a generation of their own, before they are replaced. Returns its number.
pub async fn keep(
    tx: &mut Tx,
    tenant_id: &str,
    (grain, dates): (Grain, &[String]),
) -> Result<i64, DbError> {
    static ONE: LazyLock<String> = LazyLock::new(|| keep_sql(1));
    static MANY: LazyLock<String> = LazyLock::new(|| keep_sql(AT_ONCE));

    let generation = number(tx, tenant_id).await?;
    let many = dates.chunks_exact(AT_ONCE);
    let rest = many.remainder().chunks(1);
    for dates in many.chain(rest) {
        let sql = if dates.len() == AT_ONCE { &*MANY } else { &*ONE };
        let mut query = sqlx::query(sql.as_str()).bind(tenant_id).bind(generation);
        query = query.bind(grain.name());
        for date in dates {
            query = query.bind(date);
        }
        query.execute(&mut *tx).await?;
    }
    Ok(generation)
}

/// Returns the statement that copies so many current periods into a generation.
fn keep_sql(periods: usize) -> String {
    let places = (4..periods + 4).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
    let (columns, current) = (period_columns!(), current!());
    format!(
        "INSERT INTO analytics_snapshots (tenant_id, generation, {columns})
         SELECT tenant_id, $2, {columns} FROM analytics_snapshots 
         WHERE {current} AND grain = $3 AND date IN ({places})"
    )
}

/// The number of days that an undo changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Days that the import had added.
    pub removed: u64,
    /// Days that the import had replaced.
    pub restored: u64,
}

/// Copies the current days into a new generation, in parts, without those that an import wrote: days with `created_at` =
/// `stamp` are taken from the generation `kept`, or left out.
pub async fn copy_without(
    db: &Db,
    tenant_id: &str,
    generation: i64,
    (stamp, kept): (Micros, i64),
) -> Result<Restored, DbError> {
    let (mut after, mut sum) = (String::new(), Restored::default());
    loop {
        let (tenant, since) = (tenant_id.to_owned(), after);
        let copied = db.write_part(move |tx| {
            Box::pin(async move {
                copy_part_without(tx, (&tenant, generation), (stamp, kept), &since).await
            })
        });
        let Some((last, part)) = copied.await? else { return Ok(sum) };
        sum.removed += part.removed;
        sum.restored += part.restored;
        after = last;
    }
}

async fn copy_part_without(
    tx: &mut Tx,
    (tenant_id, generation): (&str, i64),
    (stamp, kept): (Micros, i64),
    after: &str,
) -> Result<Option<(String, Restored)>, DbError> {
    let Some(last) = end_of_part(&mut *tx, tenant_id, after).await? else { return Ok(None) };
    let (written,): (i64,) = sqlx::query_as(concat!(
        "SELECT COUNT(*) FROM analytics_snapshots
         WHERE date > $2 AND date <= $3 AND created_at = $4 AND ",
        current!()
    ))
    .bind(tenant_id)
    .bind(after)
    .bind(&last)
    .bind(stamp)
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query(concat!(
        "INSERT INTO analytics_snapshots (tenant_id, generation, ",
        period_columns!(),
        ") SELECT tenant_id, $5, ",
        period_columns!(),
        " FROM analytics_snapshots WHERE date > $2 AND date <= $3 AND created_at <> $4 AND ",
        current!()
    ))
    .bind(tenant_id)
    .bind(after)
    .bind(&last)
    .bind(stamp)
    .bind(generation)
    .execute(&mut *tx)
    .await?;
    let restored = sqlx::query(concat!(
        "INSERT INTO analytics_snapshots (tenant_id, generation, ",
        period_columns!(),
        ") SELECT tenant_id, $5, ",
        period_columns!(),
        " FROM analytics_snapshots WHERE tenant_id = $1 AND generation = $6 AND date > $2 AND date <= $3
           AND (date, grain) IN (SELECT date, grain FROM analytics_snapshots
                        WHERE date > $2 AND date <= $3 AND created_at = $4 AND ",
        current!(),
        ")"
    ))
    .bind(tenant_id)
    .bind(after)
    .bind(&last)
    .bind(stamp)
    .bind(generation)
    .bind(kept)
    .execute(tx)
    .await?
    .rows_affected();
    let removed = u64::try_from(written).unwrap_or(0).saturating_sub(restored);
    Ok(Some((last, Restored { removed, restored })))
}

/// Makes a new generation the current one. Returns the one before, or `None` if the new one was deleted meanwhile.
pub async fn switch(tx: &mut Tx, tenant_id: &str, generation: i64) -> Result<Option<i64>, DbError> {
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
