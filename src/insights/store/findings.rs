//! Stores the findings of modules.

use std::collections::HashMap;

use super::states;
use crate::insights::model::{Finding, Severity};
use crate::platform::clock::Micros;
use crate::platform::db::{DbError, Tx};
use crate::platform::ids;
use crate::platform::json_column::{from_json, to_json};

#[derive(sqlx::FromRow)]
struct StoredRow {
    id: String,
    module_slug: String,
    subject: Option<String>,
    summary: String,
    highlights: String,
    severity: Option<String>,
    basis: String,
    dismissed_at: Option<Micros>,
}

impl StoredRow {
    fn severity(&self) -> Severity {
        self.severity.as_deref().and_then(Severity::parse).unwrap_or_default()
    }

    fn says(&self, finding: &Finding) -> Result<bool, DbError> {
        Ok(self.summary == finding.summary
            && self.severity() == finding.severity
            && from_json::<Vec<String>>(&self.highlights)? == finding.highlights
            && self.basis == to_json(&finding.basis)?)
    }
}

/// Replaces all findings of modules. A finding with the same subject keeps its id, and stays dismissed
/// unless its severity has risen. Increments the tenant's version if anything changed.
pub async fn replace_all(
    tx: &mut Tx,
    tenant_id: &str,
    findings: &[(&str, Finding)],
    now: Micros,
) -> Result<(), DbError> {
    let mut stored = list_stored(tx, tenant_id).await?;
    let mut has_changed = false;
    // Insert in reverse, so that listing newest first restores the modules' order.
    for (module, finding) in findings.iter().rev() {
        let key = ((*module).to_owned(), finding.subject.clone());
        match stored.remove(&key) {
            Some(row) if row.says(finding)? => continue,
            Some(row) => update(tx, tenant_id, &row, finding, now).await?,
            None => insert(tx, tenant_id, module, finding, now).await?,
        }
        has_changed = true;
    }
    for row in stored.into_values() {
        delete(tx, tenant_id, &row.id).await?;
        has_changed = true;
    }
    if has_changed { states::count(tx, tenant_id).await } else { Ok(()) }
}

/// Returns the stored findings by module and subject.
async fn list_stored(
    tx: &mut Tx,
    tenant_id: &str,
) -> Result<HashMap<(String, String), StoredRow>, DbError> {
    let rows: Vec<StoredRow> = sqlx::query_as(
        "SELECT id, module_slug, subject, summary, highlights, severity, basis, dismissed_at
         FROM insights WHERE tenant_id = $1 AND origin = 'module'",
    )
    .bind(tenant_id)
    .fetch_all(tx)
    .await?;
    let key = |row: &StoredRow| (row.module_slug.clone(), row.subject.clone().unwrap_or_default());
    Ok(rows.into_iter().map(|row| (key(&row), row)).collect())
}

async fn insert(
    tx: &mut Tx,
    tenant_id: &str,
    module: &str,
    finding: &Finding,
    now: Micros,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO insights
           (id, tenant_id, module_slug, subject, summary, highlights, severity, basis, origin, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'module', $9)",
    )
    .bind(ids::new_id())
    .bind(tenant_id)
    .bind(module)
    .bind(&finding.subject)
    .bind(&finding.summary)
    .bind(to_json(&finding.highlights)?)
    .bind(finding.severity.slug())
    .bind(to_json(&finding.basis)?)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

async fn update(
    tx: &mut Tx,
    tenant_id: &str,
    row: &StoredRow,
    finding: &Finding,
    now: Micros,
) -> Result<(), DbError> {
    let reopens = finding.severity > row.severity();
    sqlx::query(
        "UPDATE insights SET summary = $3, highlights = $4, severity = $5, basis = $6, created_at = $7,
           dismissed_at = $8, dismissed_by = CASE WHEN $9 = 1 THEN NULL ELSE dismissed_by END
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant_id)
    .bind(&row.id)
    .bind(&finding.summary)
    .bind(to_json(&finding.highlights)?)
    .bind(finding.severity.slug())
    .bind(to_json(&finding.basis)?)
    .bind(now)
    .bind(row.dismissed_at.filter(|_| !reopens))
    .bind(i64::from(reopens))
    .execute(tx)
    .await?;
    Ok(())
}

async fn delete(tx: &mut Tx, tenant_id: &str, id: &str) -> Result<(), DbError> {
    sqlx::query("DELETE FROM insights WHERE tenant_id = $1 AND id = $2")
        .bind(tenant_id)
        .bind(id)
        .execute(tx)
        .await?;
    Ok(())
}
