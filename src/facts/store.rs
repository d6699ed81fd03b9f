//! What facts are made from, as far as it tells whether they are still the newest.
//!
//! The one query that reads several rooms' tables: a question waits for it, and it must cost one trip.

use sqlx::{Any, Executor};

use crate::platform::db::DbError;

/// Changes with everything that facts are made from, but for the day.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Versions {
    profile: i64,
    numbers: i64,
    insights: i64,
    /// Where the tenant's days begin and end.
    pub time_zone: String,
}

/// None where there is no such tenant.
pub async fn find_versions<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<Option<Versions>, DbError> {
    Ok(sqlx::query_as(
        "SELECT COALESCE(p.version, 0) AS profile, COALESCE(c.version, 0) AS numbers,
                COALESCE(i.version, 0) AS insights,
                COALESCE(s.time_zone, 'UTC') AS time_zone
         FROM tenants t
         LEFT JOIN profiles p ON p.tenant_id = t.id
         LEFT JOIN analytics_changes c ON c.tenant_id = t.id
         LEFT JOIN insight_states i ON i.tenant_id = t.id
         LEFT JOIN analytics_settings s ON s.tenant_id = t.id
         WHERE t.id = $1",
    )
    .bind(tenant_id)
    .fetch_optional(db)
    .await?)
}
