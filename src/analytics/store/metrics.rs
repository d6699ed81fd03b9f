//! Custom metrics, and the tenant's currency and time zone.

use sqlx::{Any, Executor};

use super::changes;
use crate::analytics::model::{Aggregation, Metric, Settings};
use crate::platform::clock::Micros;
use crate::platform::db::{DbError, Tx};

#[derive(sqlx::FromRow)]
struct MetricRow {
    slug: String,
    name: String,
    unit: String,
    higher_is_better: i64,
    archived: i64,
    aggregation: String,
    weight: String,
    formula: String,
}

/// Lists all custom metrics, including archived ones, in order of creation.
pub async fn list<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<Vec<Metric>, DbError> {
    let rows: Vec<MetricRow> = sqlx::query_as(
        "SELECT slug, name, unit, higher_is_better, archived, aggregation, weight, formula FROM metrics
         WHERE tenant_id = $1 ORDER BY created_at, slug",
    )
    .bind(tenant_id)
    .fetch_all(db)
    .await?;
    let metric = |row: MetricRow| Metric {
        slug: row.slug,
        name: row.name,
        unit: row.unit,
        higher_is_better: row.higher_is_better != 0,
        aggregation: Aggregation::parse(&row.aggregation).unwrap_or_default(),
        weight: Some(row.weight).filter(|weight| !weight.is_empty()),
        formula: Some(row.formula).filter(|formula| !formula.is_empty()),
        archived: row.archived != 0,
    };
    Ok(rows.into_iter().map(metric).collect())
}

/// Stores a metric, replacing the one with its slug.
pub async fn save(
    tx: &mut Tx,
    tenant_id: &str,
    metric: &Metric,
    now: Micros,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO metrics (tenant_id, slug, name, unit, higher_is_better, archived, created_at, aggregation, weight,
                              formula)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (tenant_id, slug) DO UPDATE SET
           name = excluded.name, unit = excluded.unit,
           higher_is_better = excluded.higher_is_better, archived = excluded.archived,
           aggregation = excluded.aggregation, weight = excluded.weight, formula = excluded.formula",
    )
    .bind(tenant_id)
    .bind(&metric.slug)
    .bind(&metric.name)
    .bind(&metric.unit)
    .bind(i64::from(metric.higher_is_better))
    .bind(i64::from(metric.archived))
    .bind(now)
    .bind(metric.aggregation.name())
    .bind(metric.weight.as_deref().unwrap_or_default())
    .bind(metric.formula.as_deref().unwrap_or_default())
    .execute(&mut *tx)
    .await?;
    changes::count(tx, tenant_id).await
}

/// Returns the tenant's currency and time zone, or the defaults.
pub async fn find_settings<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<Settings, DbError> {
    let row: Option<(String, String)> =
        sqlx::query_as("SELECT currency, time_zone FROM analytics_settings WHERE tenant_id = $1")
            .bind(tenant_id)
            .fetch_optional(db)
            .await?;
    Ok(row.map(|(currency, time_zone)| Settings { currency, time_zone }).unwrap_or_default())
}

pub async fn save_settings(
    tx: &mut Tx,
    tenant_id: &str,
    settings: &Settings,
    now: Micros,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO analytics_settings (tenant_id, currency, time_zone, updated_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id) DO UPDATE SET
           currency = excluded.currency, time_zone = excluded.time_zone, updated_at = excluded.updated_at",
    )
    .bind(tenant_id)
    .bind(&settings.currency)
    .bind(&settings.time_zone)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    changes::count(tx, tenant_id).await
}
