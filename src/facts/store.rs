//! Versions of the data that facts are built from.
//!
//! One query reads the views of several rooms, because every question waits for it.

use sqlx::{Any, Executor};

use crate::platform::db::DbError;

/// The versions of all inputs to the facts. The day is the only input not covered.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Versions {
    profile: i64,
    numbers: i64,
    insights: i64,
    /// IANA name; delimits the tenant's days.
    pub time_zone: String,
}

/// Returns `None` if the tenant does not exist.
pub async fn find_versions<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<Option<Versions>, DbError> {
    Ok(sqlx::query_as(
        "SELECT COALESCE(p.version, 0) AS profile, COALESCE(c.version, 0) AS numbers,
                COALESCE(i.version, 0) AS insights,
                COALESCE(s.time_zone, 'UTC') AS time_zone
         FROM tenants t
         LEFT JOIN profile_versions p ON p.tenant_id = t.id
         LEFT JOIN number_versions c ON c.tenant_id = t.id
         LEFT JOIN insight_versions i ON i.tenant_id = t.id
         LEFT JOIN time_zones s ON s.tenant_id = t.id
         WHERE t.id = $1",
    )
    .bind(tenant_id)
    .fetch_optional(db)
    .await?)
}
