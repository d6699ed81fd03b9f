//! Days and their numbers.

use std::fmt;
use std::sync::LazyLock;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use sqlx::{Any, Executor};

use super::{changes, from_json};
use crate::analytics::model::Snapshot;
use crate::platform::clock::Micros;
use crate::platform::db::{DbError, Tx};

#[derive(sqlx::FromRow)]
struct SnapshotRow {
    date: String,
    sessions: Option<i64>,
    users: Option<i64>,
    conversions: Option<i64>,
    revenue: Option<f64>,
    metrics: String,
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

/// One day, if it is stored.
pub async fn find<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    date: &str,
) -> Result<Option<Snapshot>, DbError> {
    let row: Option<SnapshotRow> = sqlx::query_as(
        "SELECT date, sessions, users, conversions, revenue, metrics
         FROM analytics_snapshots WHERE tenant_id = $1 AND date = $2",
    )
    .bind(tenant_id)
    .bind(date)
    .fetch_optional(db)
    .await?;
    row.map(Snapshot::try_from).transpose()
}

/// The days from `from` to `to`, both included, newest first: `limit` of them after the first `skip`.
pub async fn list<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    (from, to): (&str, &str),
    (limit, skip): (i64, i64),
) -> Result<Vec<Snapshot>, DbError> {
    let rows: Vec<SnapshotRow> = sqlx::query_as(
        "SELECT date, sessions, users, conversions, revenue, metrics
         FROM analytics_snapshots WHERE tenant_id = $1 AND date BETWEEN $2 AND $3
         ORDER BY date DESC LIMIT CAST($4 AS BIGINT) OFFSET CAST($5 AS BIGINT)",
    )
    .bind(tenant_id)
    .bind(from)
    .bind(to)
    .bind(limit)
    .bind(skip)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Snapshot::try_from).collect()
}

/// The query with one column of ours in the place of `{}`: the texts stay constant.
macro_rules! column {
    ($column:literal) => {
        concat!(
            "SELECT date, CAST(",
            $column,
            " AS DOUBLE PRECISION) AS value FROM analytics_snapshots
             WHERE tenant_id = $1 AND date >= $2 AND ",
            $column,
            " IS NOT NULL ORDER BY date"
        )
    };
}

/// One measure's numbers from a date on, oldest first.
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

async fn list_own_values<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    slug: &str,
    from: &str,
) -> Result<Vec<(String, f64)>, DbError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT date, metrics FROM analytics_snapshots
         WHERE tenant_id = $1 AND date >= $2 ORDER BY date",
    )
    .bind(tenant_id)
    .bind(from)
    .fetch_all(db)
    .await?;
    let mut values = Vec::new();
    for (date, metrics) in rows {
        let mut json = serde_json::Deserializer::from_str(&metrics);
        let value = OneOf(slug).deserialize(&mut json);
        let value = value.map_err(|e| DbError::Sql(sqlx::Error::Decode(Box::new(e))))?;
        values.extend(value.map(|value| (date, value)));
    }
    Ok(values)
}

/// One number out of a day's own metrics, without reading the others: ten years hold many.
struct OneOf<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for OneOf<'_> {
    type Value = Option<f64>;

    fn deserialize<D: Deserializer<'de>>(self, metrics: D) -> Result<Option<f64>, D::Error> {
        metrics.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneOf<'_> {
    type Value = Option<f64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("numbers by slug")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut metrics: M) -> Result<Option<f64>, M::Error> {
        let mut found = None;
        while let Some(slug) = metrics.next_key::<&str>()? {
            if slug == self.0 {
                found = Some(metrics.next_value()?);
            } else {
                metrics.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// The newest date and how many days are stored.
pub async fn extent<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<Option<(String, i64)>, DbError> {
    let (newest, count): (Option<String>, i64) =
        sqlx::query_as("SELECT MAX(date), COUNT(*) FROM analytics_snapshots WHERE tenant_id = $1")
            .bind(tenant_id)
            .fetch_one(db)
            .await?;
    Ok(newest.map(|newest| (newest, count)))
}

/// How many days one statement of [`save_all`] stores.
const AT_ONCE: usize = 200;
const COLUMNS: usize = 8;

static SAVE_ONE: LazyLock<String> = LazyLock::new(|| save_sql(1));
static SAVE_MANY: LazyLock<String> = LazyLock::new(|| save_sql(AT_ONCE));

fn save_sql(rows: usize) -> String {
    let values: Vec<String> = (0..rows)
        .map(|row| {
            let first = row * COLUMNS + 1;
            let places: Vec<String> =
                (first..first + COLUMNS).map(|place| format!("${place}")).collect();
            format!("({})", places.join(", "))
        })
        .collect();
    format!(
        "INSERT INTO analytics_snapshots (tenant_id, date, sessions, users, conversions, revenue, metrics, created_at)
         VALUES {}
         ON CONFLICT (tenant_id, date) DO UPDATE SET
           sessions = excluded.sessions, users = excluded.users, conversions = excluded.conversions,
           revenue = excluded.revenue, metrics = excluded.metrics, created_at = excluded.created_at",
        values.join(", ")
    )
}

/// Stores days, each in the place of the one of its date.
pub async fn save_all(
    tx: &mut Tx,
    tenant_id: &str,
    days: &[Snapshot],
    now: Micros,
) -> Result<(), DbError> {
    let many = days.chunks_exact(AT_ONCE);
    let rest = many.remainder().chunks(1);
    for days in many.chain(rest) {
        let sql: &'static str = if days.len() == AT_ONCE { &SAVE_MANY } else { &SAVE_ONE };
        let mut query = sqlx::query(sql);
        for day in days {
            let metrics = serde_json::to_string(&day.metrics)
                .map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
            query = query
                .bind(tenant_id)
                .bind(&day.date)
                .bind(day.sessions)
                .bind(day.users)
                .bind(day.conversions)
                .bind(day.revenue)
                .bind(metrics)
                .bind(now);
        }
        query.execute(&mut *tx).await?;
    }
    changes::count(tx, tenant_id).await
}

/// Removes a day; false where it was not there.
pub async fn delete(tx: &mut Tx, tenant_id: &str, date: &str) -> Result<bool, DbError> {
    let done = sqlx::query("DELETE FROM analytics_snapshots WHERE tenant_id = $1 AND date = $2")
        .bind(tenant_id)
        .bind(date)
        .execute(&mut *tx)
        .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    changes::count(tx, tenant_id).await?;
    Ok(true)
}
