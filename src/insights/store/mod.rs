//! SQL for insights.

pub mod findings;
pub mod states;

use sqlx::{Any, Executor};

use super::model::{Decision, Insight, InsightQuery, MOST_SENT, NewInsight, Origin, Severity};
use crate::accounts::model::Member;
use crate::platform::clock::{self, Micros};
use crate::platform::db::{DbError, Tx};
use crate::platform::ids;
use crate::platform::json_column::{from_json, to_json};

#[derive(sqlx::FromRow)]
struct InsightRow {
    id: String,
    module_slug: String,
    summary: String,
    highlights: String,
    severity: Option<String>,
    origin: String,
    basis: String,
    created_at: Micros,
    dismissed_at: Option<Micros>,
    dismissed_by: Option<String>,
}

impl TryFrom<InsightRow> for Insight {
    type Error = DbError;

    fn try_from(row: InsightRow) -> Result<Self, DbError> {
        Ok(Self {
            highlights: from_json(&row.highlights)?,
            basis: from_json(&row.basis)?,
            id: row.id,
            module_slug: row.module_slug,
            summary: row.summary,
            severity: row.severity,
            origin: if row.origin == "module" { Origin::Module } else { Origin::Api },
            created_at: clock::rfc3339(row.created_at),
            dismissed_at: row.dismissed_at.map(clock::rfc3339),
            dismissed_by: row.dismissed_by,
        })
    }
}

/// Maximum number of decisions kept of a tenant: the newest.
const MOST_DECISIONS: i64 = if cfg!(test) { 5 } else { 1_000 };

/// Lists open or dismissed insights, newest first, each with its time for the cursor.
pub async fn list<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    query: &InsightQuery,
) -> Result<Vec<(Micros, Insight)>, DbError> {
    let (before, before_id) = query.before.clone().unwrap_or((Micros::MAX, String::new()));
    let rows: Vec<InsightRow> = sqlx::query_as(
        "SELECT i.id, i.module_slug, i.summary, i.highlights, i.severity, i.origin, i.basis, i.created_at,
           i.dismissed_at, a.name AS dismissed_by
         FROM insights i LEFT JOIN account_names a ON a.id = i.dismissed_by
         WHERE i.tenant_id = $1 AND (i.dismissed_at IS NOT NULL) = ($2 = 1)
           AND (i.created_at < $3 OR (i.created_at = $3 AND i.id < $4))
         ORDER BY i.created_at DESC, i.id DESC LIMIT $5",
    )
    .bind(tenant_id)
    .bind(i64::from(query.dismissed))
    .bind(before)
    .bind(before_id)
    .bind(query.limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| Ok((row.created_at, Insight::try_from(row)?))).collect()
}

/// Stores an insight from a program, and deletes all but the newest [`MOST_SENT`].
pub async fn insert(
    tx: &mut Tx,
    tenant_id: &str,
    new: &NewInsight,
    now: Micros,
) -> Result<Insight, DbError> {
    let id = ids::new_id();
    let severity = new.severity.clone().unwrap_or_else(|| Severity::default().slug().to_owned());
    sqlx::query(
        "INSERT INTO insights (id, tenant_id, module_slug, summary, highlights, severity, origin, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'api', $7)",
    )
    .bind(&id)
    .bind(tenant_id)
    .bind(&new.module_slug)
    .bind(&new.summary)
    .bind(to_json(&new.highlights)?)
    .bind(&severity)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "DELETE FROM insights WHERE tenant_id = $1 AND origin = 'api' AND created_at < COALESCE(
           (SELECT created_at FROM insights WHERE tenant_id = $1 AND origin = 'api'
            ORDER BY created_at DESC LIMIT 1 OFFSET $2), 0)",
    )
    .bind(tenant_id)
    .bind(MOST_SENT - 1)
    .execute(&mut *tx)
    .await?;
    states::count(tx, tenant_id).await?;
    Ok(Insight {
        id,
        module_slug: new.module_slug.clone(),
        summary: new.summary.clone(),
        highlights: new.highlights.clone(),
        severity: Some(severity),
        created_at: clock::rfc3339(now),
        ..Insight::default()
    })
}

/// Dismisses or reopens an insight and records the decision. Idempotent. Returns false if the insight does
/// not exist.
pub async fn decide(
    tx: &mut Tx,
    member: &Member,
    id: &str,
    decision: Decision,
    now: Micros,
) -> Result<bool, DbError> {
    let row: Option<(String, String, Option<Micros>)> = sqlx::query_as(
        "SELECT module_slug, summary, dismissed_at FROM insights WHERE tenant_id = $1 AND id = $2",
    )
    .bind(&member.tenant_id)
    .bind(id)
    .fetch_optional(&mut *tx)
    .await?;
    let Some((module_slug, summary, dismissed_at)) = row else { return Ok(false) };
    let dismisses = decision == Decision::Dismissed;
    if dismissed_at.is_some() == dismisses {
        return Ok(true);
    }
    sqlx::query(
        "UPDATE insights SET dismissed_at = $3, dismissed_by = $4 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(&member.tenant_id)
    .bind(id)
    .bind(dismisses.then_some(now))
    .bind(dismisses.then(|| member.account_id.clone()))
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO insight_decisions
           (id, tenant_id, insight_id, decision, module_slug, summary, account_id, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(ids::new_id())
    .bind(&member.tenant_id)
    .bind(id)
    .bind(decision.slug())
    .bind(module_slug)
    .bind(summary)
    .bind(&member.account_id)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "DELETE FROM insight_decisions WHERE id IN (
           SELECT id FROM insight_decisions WHERE tenant_id = $1
           ORDER BY decided_at DESC, id DESC LIMIT 100 OFFSET CAST($2 AS BIGINT))",
    )
    .bind(&member.tenant_id)
    .bind(MOST_DECISIONS)
    .execute(&mut *tx)
    .await?;
    states::count(tx, &member.tenant_id).await?;
    Ok(true)
}

#[cfg(test)]
mod tests;
