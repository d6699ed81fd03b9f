//! All SQL of the insights.

use sqlx::{Any, Executor};

use super::model::Insight;
use crate::platform::clock::{self, Micros};
use crate::platform::db::DbError;

#[derive(sqlx::FromRow)]
struct InsightRow {
    module_slug: String,
    summary: String,
    highlights: String,
    severity: Option<String>,
    created_at: Micros,
}

/// The newest insights, newest first, at most `limit`.
pub async fn list_newest<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    limit: i64,
) -> Result<Vec<Insight>, DbError> {
    let rows: Vec<InsightRow> = sqlx::query_as(
        "SELECT module_slug, summary, highlights, severity, created_at
         FROM insights WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
    )
    .bind(tenant_id)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Insight {
                highlights: from_json(&row.highlights)?,
                module_slug: row.module_slug,
                summary: row.summary,
                severity: row.severity,
                created_at: clock::rfc3339(row.created_at),
            })
        })
        .collect()
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|e| DbError::Sql(sqlx::Error::Decode(Box::new(e))))
}
