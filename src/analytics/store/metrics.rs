//! Custom metrics, and the tenant's currency, time zone and calendar.

use sqlx::{Any, Executor};

use super::changes;
use crate::analytics::model::{Aggregation, Metric, Settings, WeekStart};
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

#[derive(sqlx::FromRow)]
struct SettingsRow {
    currency: String,
    time_zone: String,
    week_start: String,
    fiscal_year_start: i64,
}

/// Returns the tenant's currency, time zone and calendar, or the defaults.
pub async fn find_settings<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<Settings, DbError> {
    let row: Option<SettingsRow> = sqlx::query_as(
        "SELECT currency, time_zone, week_start, fiscal_year_start
         FROM analytics_settings WHERE tenant_id = $1",
    )
    .bind(tenant_id)
    .fetch_optional(db)
    .await?;
    let settings = |row: SettingsRow| Settings {
        currency: row.currency,
        time_zone: row.time_zone,
        week_start: WeekStart::parse(&row.week_start).unwrap_or_default(),
        fiscal_year_start: u8::try_from(row.fiscal_year_start).unwrap_or(1),
    };
    Ok(row.map(settings).unwrap_or_default())
}

pub async fn save_settings(
    tx: &mut Tx,
    tenant_id: &str,
    settings: &Settings,
    now: Micros,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO analytics_settings
           (tenant_id, currency, time_zone, week_start, fiscal_year_start, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id) DO UPDATE SET
           currency = excluded.currency, time_zone = excluded.time_zone, week_start = excluded.week_start,
           fiscal_year_start = excluded.fiscal_year_start, updated_at = excluded.updated_at",
    )
    .bind(tenant_id)
    .bind(&settings.currency)
    .bind(&settings.time_zone)
    .bind(settings.week_start.name())
    .bind(i64::from(settings.fiscal_year_start))
    .bind(now)
    .execute(&mut *tx)
    .await?;
    changes::count(tx, tenant_id).await
}
