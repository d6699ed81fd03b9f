//! Snapshots of days and of longer periods. Each tenant has a current generation of them, which all queries here read and
//! change, one grain at a time. Imports with many days write another one; see [`generations`](super::generations).

use std::sync::LazyLock;

use sqlx::{Any, Executor};

use super::changes;
use crate::analytics::model::{Grain, Snapshot};
use crate::platform::clock::Micros;
use crate::platform::db::{DbError, Tx};
use crate::platform::json_column::{from_json, to_json};

#[derive(sqlx::FromRow)]
struct SnapshotRow {
    date: String,
    sessions: Option<i64>,
    users: Option<i64>,
    conversions: Option<i64>,
    revenue: Option<f64>,
    metrics: String,
    created_at: Micros,
}

impl TryFrom<SnapshotRow> for Snapshot {
    type Error = DbError;

    fn try_from(row: SnapshotRow) -> Result<Self, DbError> {
        Ok(Self {
            metrics: from_json(&row.metrics)?,
            date: row.date,
            sessions: row.sessions,
            users: row.users,
            conversions: row.conversions,
            revenue: row.revenue,
        })
    }
}

/// A condition for the days of the current generation of tenant `$1`.
macro_rules! current {
    () => {
        "tenant_id = $1 AND generation = COALESCE((SELECT c.generation FROM analytics_changes c WHERE c.tenant_id = $1), 0)"
    };
}
pub(super) use current;

/// The columns of a period, without its tenant and generation.
macro_rules! period_columns {
    () => {
        "date, grain, sessions, users, conversions, revenue, metrics, created_at"
    };
}
pub(super) use period_columns;

/// The columns of a [`SnapshotRow`].
macro_rules! columns {
    () => {
        "date, sessions, users, conversions, revenue, metrics, created_at"
    };
}

/// Returns one period, if it is stored.
pub async fn find<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    grain: Grain,
    date: &str,
) -> Result<Option<Snapshot>, DbError> {
    let row: Option<SnapshotRow> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM analytics_snapshots WHERE date = $2 AND grain = $3 AND ",
        current!()
    ))
    .bind(tenant_id)
    .bind(date)
    .bind(grain.name())
    .fetch_optional(db)
    .await?;
    row.map(Snapshot::try_from).transpose()
}

/// Selects the periods of grain `$6` from a date to another. `$is_longer` repeats the condition of the index of periods
/// that are no days, for all grains but days.
macro_rules! list {
    ($is_longer:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM analytics_snapshots WHERE date BETWEEN $2 AND $3 AND grain = $6",
            $is_longer,
            " AND ",
            current!(),
            " ORDER BY date DESC LIMIT CAST($4 AS BIGINT) OFFSET CAST($5 AS BIGINT)"
        )
    };
}

/// Lists the periods that begin from `from` to `to`, both inclusive, newest first: `limit` of them after skipping `skip`.
pub async fn list<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    grain: Grain,
    span: (&str, &str),
    page: (i64, i64),
) -> Result<Vec<Snapshot>, DbError> {
    let all = list_stored(db, tenant_id, grain, span, page).await?;
    Ok(all.into_iter().map(|stored| stored.snapshot).collect())
}

/// A period, and when it was stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub snapshot: Snapshot,
    pub at: Micros,
}

/// Like [`list`], with the times at which the periods were stored.
pub async fn list_stored<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    grain: Grain,
    (from, to): (&str, &str),
    (limit, skip): (i64, i64),
) -> Result<Vec<Stored>, DbError> {
    let sql = match grain {
        Grain::Day => list!(""),
        _ => list!(" AND grain <> 'day'"),
    };
    let rows: Vec<SnapshotRow> = sqlx::query_as(sql)
        .bind(tenant_id)
        .bind(from)
        .bind(to)
        .bind(limit)
        .bind(skip)
        .bind(grain.name())
        .fetch_all(db)
        .await?;
    let stored = |row: SnapshotRow| Ok(Stored { at: row.created_at, snapshot: row.try_into()? });
    rows.into_iter().map(stored).collect()
}

/// Returns the number of stored periods of each grain but days, of those that have any.
pub async fn count_periods<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<Vec<(Grain, u32)>, DbError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(concat!(
        "SELECT grain, COUNT(*) FROM analytics_snapshots WHERE grain <> 'day' AND ",
        current!(),
        " GROUP BY grain"
    ))
    .bind(tenant_id)
    .fetch_all(db)
    .await?;
    let counted =
        |(grain, count): (String, i64)| Some((Grain::parse(&grain)?, u32::try_from(count).ok()?));
    let mut all: Vec<(Grain, u32)> = rows.into_iter().filter_map(counted).collect();
    all.sort_unstable();
    Ok(all)
}

/// Inserts a column name into a query. The result is a constant string.
macro_rules! column {
    ($column:literal) => {
        concat!(
            "SELECT date, CAST(",
            $column,
            " AS DOUBLE PRECISION) AS value FROM analytics_snapshots
             WHERE grain = 'day' AND date >= $2 AND ",
            current!(),
            " AND ",
            $column,
            " IS NOT NULL ORDER BY date"
        )
    };
}

/// Lists the values of one metric on the days from a date on, oldest first.
pub async fn list_values<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    slug: &str,
    from: &str,
) -> Result<Vec<(String, f64)>, DbError> {
    let sql = match slug {
        "sessions" => column!("sessions"),
        "users" => column!("users"),
        "conversions" => column!("conversions"),
        "revenue" => column!("revenue"),
        own => return list_own_values(db, tenant_id, own, from).await,
    };
    Ok(sqlx::query_as(sql).bind(tenant_id).bind(from).fetch_all(db).await?)
}

/// Lists the values of a custom metric. All days are aggregated into one row, `date value date value …`,
/// because the overhead of a row per day would exceed the cost of its data.
async fn list_own_values<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    slug: &str,
    from: &str,
) -> Result<Vec<(String, f64)>, DbError> {
    let (days,): (Option<String>,) = sqlx::query_as(concat!(
        "SELECT string_agg(date || ' ' || (metrics -> $3), ' ') FROM analytics_snapshots
         WHERE grain = 'day' AND date >= $2 AND ",
        current!()
    ))
    .bind(tenant_id)
    .bind(from)
    .bind(slug)
    .fetch_one(db)
    .await?;
    let days = days.unwrap_or_default();
    let mut words = days.split(' ');
    let mut values = Vec::new();
    while let (Some(date), Some(value)) = (words.next(), words.next()) {
        let value = value.parse().map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
        values.push((date.to_owned(), value));
    }
    // The order of aggregation is unspecified.
    values.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(values)
}

/// The bounds of a tenant's stored days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    pub newest: String,
    /// The newest day before today.
    pub newest_whole: Option<String>,
    pub count: i64,
}

/// Returns the extent of the stored days; `None` if there are none.
pub async fn extent<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    today: &str,
) -> Result<Option<Extent>, DbError> {
    let (newest, newest_whole, count): (Option<String>, Option<String>, i64) =
        sqlx::query_as(concat!(
            "SELECT MAX(date), MAX(CASE WHEN date < $2 THEN date END), COUNT(*)
         FROM analytics_snapshots WHERE grain = 'day' AND ",
            current!()
        ))
        .bind(tenant_id)
        .bind(today)
        .fetch_one(db)
        .await?;
    Ok(newest.map(|newest| Extent { newest, newest_whole, count }))
}

/// Returns whether any period is stored.
pub(super) async fn is_any<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<bool, DbError> {
    let any: Option<(String,)> = sqlx::query_as(concat!(
        "SELECT date FROM analytics_snapshots WHERE ",
        current!(),
        " LIMIT 1"
    ))
    .bind(tenant_id)
    .fetch_optional(db)
    .await?;
    Ok(any.is_some())
}

/// How many days one statement stores.
pub(super) const AT_ONCE: usize = 200;

/// Stores periods in the current generation, each in the place of the one of its date.
pub async fn save_all(
    tx: &mut Tx,
    tenant_id: &str,
    (grain, periods): (Grain, &[Snapshot]),
    now: Micros,
) -> Result<(), DbError> {
    let generation = changes::find_generation(&mut *tx, tenant_id).await?;
    insert(tx, (tenant_id, generation), (grain, periods), now).await?;
    changes::count(tx, tenant_id).await
}

/// Inserts periods into a generation, some hundred at a time, each in the place of the one of its date.
pub async fn insert(
    tx: &mut Tx,
    (tenant_id, generation): (&str, i64),
    (grain, periods): (Grain, &[Snapshot]),
    now: Micros,
) -> Result<(), DbError> {
    static ONE: LazyLock<String> = LazyLock::new(|| insert_sql(1));
    static MANY: LazyLock<String> = LazyLock::new(|| insert_sql(AT_ONCE));

    let many = periods.chunks_exact(AT_ONCE);
    let rest = many.remainder().chunks(1);
    for periods in many.chain(rest) {
        let sql = if periods.len() == AT_ONCE { &*MANY } else { &*ONE };
        let mut query = sqlx::query(sql.as_str()).bind(tenant_id).bind(generation).bind(now);
        query = query.bind(grain.name());
        for day in periods {
            query = query
                .bind(&day.date)
                .bind(day.sessions)
                .bind(day.users)
                .bind(day.conversions)
                .bind(day.revenue)
                .bind(to_json(&day.metrics)?);
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Returns the statement that inserts so many periods: tenant, generation, time and grain, then six places for each period.
fn insert_sql(periods: usize) -> String {
    const SHARED: usize = 4;
    const OWN: usize = 6;
    let row = |row: usize| {
        let first = SHARED + row * OWN + 1;
        let own =
            (first..first + OWN).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
        format!("($1, $2, $4, {own}, $3)")
    };
    let rows = (0..periods).map(row).collect::<Vec<_>>().join(", ");
    let columns = columns!();
    format!(
        "INSERT INTO analytics_snapshots
           (tenant_id, generation, grain, {columns})
         VALUES {rows}
         ON CONFLICT (tenant_id, generation, date, grain) DO UPDATE SET
           sessions = excluded.sessions, users = excluded.users, conversions = excluded.conversions,
           revenue = excluded.revenue, metrics = excluded.metrics, created_at = excluded.created_at"
    )
}

/// Deletes all periods of the current generation.
pub(super) async fn delete_all(tx: &mut Tx, tenant_id: &str) -> Result<(), DbError> {
    sqlx::query(concat!("DELETE FROM analytics_snapshots WHERE ", current!()))
        .bind(tenant_id)
        .execute(tx)
        .await?;
    Ok(())
}

/// Deletes a period. Returns false if it was not stored.
pub async fn delete(
    tx: &mut Tx,
    tenant_id: &str,
    grain: Grain,
    date: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query(concat!(
        "DELETE FROM analytics_snapshots WHERE date = $2 AND grain = $3 AND ",
        current!()
    ))
    .bind(tenant_id)
    .bind(date)
    .bind(grain.name())
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    changes::count(tx, tenant_id).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::platform::db::Db;

    fn day(date: &str, metrics: &[(&str, f64)]) -> Snapshot {
        let metrics = metrics.iter().map(|(slug, value)| ((*slug).to_owned(), *value)).collect();
        Snapshot { date: date.to_owned(), revenue: Some(1.1), metrics, ..Snapshot::default() }
    }

    /// Opens a database with a tenant and its days.
    async fn stored(days: Vec<Snapshot>) -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("test.db")).await.unwrap();
        db.write(move |tx| {
            Box::pin(async move {
                sqlx::raw_sql("INSERT INTO tenants VALUES ('t1', 'Aroma', 1), ('t2', 'Brick', 1)")
                    .execute(&mut *tx)
                    .await?;
                save_all(tx, "t1", (Grain::Day, &days), 1).await?;
                let theirs = [day("2026-01-02", &[("leads", 77.0)])];
                save_all(tx, "t2", (Grain::Day, &theirs), 1).await
            })
        })
        .await
        .unwrap();
        (folder, db)
    }

    #[tokio::test]
    async fn observations_are_returned_oldest_first_and_bit_exact() {
        let exact = [0.1 + 0.2, 1e-300, -7.0, 1e15 + 0.3, 5e-324, 0.0];
        let date = |n: usize| format!("2026-01-{:02}", n + 1);
        let days = exact.iter().enumerate().rev();
        let days = days.map(|(n, value)| day(&date(n), &[("other", 1.0), ("leads", *value)]));
        let (_folder, db) =
            stored(days.chain([day("2026-02-01", &[("other", 2.0)])]).collect()).await;
        let all = list_values(db.read(), "t1", "leads", "2026-01-01").await.unwrap();
        let expected: Vec<_> = exact.iter().enumerate().map(|(n, v)| (date(n), *v)).collect();
        assert_eq!(all, expected);
        let late = list_values(db.read(), "t1", "leads", "2026-01-05").await.unwrap();
        assert_eq!(late, expected[4..]);
        assert_eq!(list_values(db.read(), "t1", "gone", "2026-01-01").await.unwrap(), []);
        assert_eq!(list_values(db.read(), "t1", "revenue", "2026-01-31").await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_metric_name_may_look_like_a_number_or_an_expression() {
        for slug in ["2024", "7", "a-b", "07-days"] {
            let (_folder, db) =
                stored(vec![day("2026-01-01", &[(slug, 3.5), ("leads", 1.0)])]).await;
            let values = list_values(db.read(), "t1", slug, "2026-01-01").await.unwrap();
            assert_eq!(values, [("2026-01-01".to_owned(), 3.5)], "{slug:?}");
        }
    }

    #[tokio::test]
    async fn a_months_value_is_never_read_as_that_of_its_first_day() {
        let days = vec![day("2026-01-01", &[("leads", 1.0)]), day("2026-01-02", &[])];
        let (_folder, db) = stored(days.clone()).await;
        let month = day("2026-01-01", &[("leads", 310.0)]);
        let months = vec![month.clone(), day("2026-02-01", &[("leads", 280.0)])];
        db.write(move |tx| {
            Box::pin(async move { save_all(tx, "t1", (Grain::Month, &months), 7).await })
        })
        .await
        .unwrap();
        let list = async |grain| {
            let all = list(db.read(), "t1", grain, ("0000", "9999"), (9, 0)).await.unwrap();
            all.into_iter().map(|it| it.date).collect::<Vec<_>>()
        };
        assert_eq!(list(Grain::Day).await, ["2026-01-02", "2026-01-01"]);
        assert_eq!(list(Grain::Month).await, ["2026-02-01", "2026-01-01"]);
        assert!(list(Grain::Week).await.is_empty());
        let leads = list_values(db.read(), "t1", "leads", "2026-01-01").await.unwrap();
        assert_eq!(leads, [("2026-01-01".to_owned(), 1.0)]);
        assert_eq!(list_values(db.read(), "t1", "revenue", "2026-01-01").await.unwrap().len(), 2);
        let extent = extent(db.read(), "t1", "2026-06-01").await.unwrap().unwrap();
        assert_eq!((extent.newest.as_str(), extent.count), ("2026-01-02", 2));
        let found = async |grain| find(db.read(), "t1", grain, "2026-01-01").await.unwrap();
        assert_eq!(found(Grain::Day).await.unwrap(), days[0]);
        assert_eq!(found(Grain::Month).await.unwrap(), month);
        assert_eq!(count_periods(db.read(), "t1").await.unwrap(), [(Grain::Month, 2)]);
        let at = list_stored(db.read(), "t1", Grain::Month, ("0000", "9999"), (1, 0)).await;
        assert_eq!(at.unwrap()[0].at, 7);
        let gone = async |grain| {
            db.write(move |tx| Box::pin(async move { delete(tx, "t1", grain, "2026-01-01").await }))
                .await
                .unwrap()
        };
        assert!(!gone(Grain::Week).await && gone(Grain::Month).await);
        assert!(found(Grain::Day).await.is_some() && found(Grain::Month).await.is_none());
    }
}
