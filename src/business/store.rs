//! SQL for the profile.

use sqlx::{Any, Executor};

use super::model::{Profile, SavedProfile};
use crate::format::zone::Zone;
use crate::platform::clock::{self, Micros};
use crate::platform::db::{DbError, Tx};
use crate::platform::json_column::{from_json, to_json};

#[derive(sqlx::FromRow)]
struct ProfileRow {
    version: i64,
    business_name: String,
    industry: String,
    size: String,
    stage: String,
    revenue_range: String,
    goals: String,
    sells: String,
    customers: String,
    competitors: String,
    challenges: String,
    tone: String,
    updated_at: Option<Micros>,
    updated_by: Option<String>,
    /// IANA name.
    time_zone: String,
}

impl TryFrom<ProfileRow> for SavedProfile {
    type Error = DbError;

    fn try_from(row: ProfileRow) -> Result<Self, DbError> {
        Ok(Self {
            profile: Profile {
                goals: from_json(&row.goals)?,
                business_name: row.business_name,
                industry: row.industry,
                size: row.size,
                stage: row.stage,
                revenue_range: row.revenue_range,
                sells: row.sells,
                customers: row.customers,
                competitors: row.competitors,
                challenges: row.challenges,
                tone: row.tone,
            },
            version: row.version,
            updated_at: row.updated_at.map(clock::rfc3339),
            updated_human: row.updated_at.map(|at| Zone::of(&row.time_zone).human(at)),
            updated_by: row.updated_by,
        })
    }
}

/// Returns the tenant's profile; before the first save, version 0 with only the tenant's name. `None` if
/// the tenant does not exist.
pub async fn find_profile<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<Option<SavedProfile>, DbError> {
    let row: Option<ProfileRow> = sqlx::query_as(
        "SELECT COALESCE(p.version, 0) AS version, COALESCE(p.business_name, t.name) AS business_name,
                COALESCE(p.industry, '') AS industry, COALESCE(p.size, '') AS size,
                COALESCE(p.stage, '') AS stage, COALESCE(p.revenue_range, '') AS revenue_range,
                COALESCE(p.goals, '[]') AS goals, COALESCE(p.sells, '') AS sells,
                COALESCE(p.customers, '') AS customers, COALESCE(p.competitors, '') AS competitors,
                COALESCE(p.challenges, '') AS challenges, COALESCE(p.tone, '') AS tone,
                p.updated_at, a.name AS updated_by, COALESCE(z.time_zone, 'UTC') AS time_zone
         FROM tenants t
         LEFT JOIN profiles p ON p.tenant_id = t.id
         LEFT JOIN account_names a ON a.id = p.updated_by
         LEFT JOIN time_zones z ON z.tenant_id = t.id
         WHERE t.id = $1",
    )
    .bind(tenant_id)
    .fetch_optional(db)
    .await?;
    row.map(SavedProfile::try_from).transpose()
}

/// Stores `profile` as the version after `base_version`. Returns false and stores nothing if another
/// version is stored.
pub async fn save_profile(
    tx: &mut Tx,
    tenant_id: &str,
    account_id: &str,
    profile: &Profile,
    base_version: i64,
    now: Micros,
) -> Result<bool, DbError> {
    let goals = to_json(&profile.goals)?;
    let done = sqlx::query(
        "INSERT INTO profiles (tenant_id, version, business_name, industry, size, stage, revenue_range,
                               goals, sells, customers, competitors, challenges, tone, updated_at, updated_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (tenant_id) DO UPDATE SET
           version = excluded.version, business_name = excluded.business_name,
           industry = excluded.industry, size = excluded.size, stage = excluded.stage,
           revenue_range = excluded.revenue_range, goals = excluded.goals, sells = excluded.sells,
           customers = excluded.customers, competitors = excluded.competitors,
           challenges = excluded.challenges, tone = excluded.tone,
           updated_at = excluded.updated_at, updated_by = excluded.updated_by
         WHERE profiles.version = $16",
    )
    .bind(tenant_id)
    .bind(base_version + 1)
    .bind(&profile.business_name)
    .bind(&profile.industry)
    .bind(&profile.size)
    .bind(&profile.stage)
    .bind(&profile.revenue_range)
    .bind(goals)
    .bind(&profile.sells)
    .bind(&profile.customers)
    .bind(&profile.competitors)
    .bind(&profile.challenges)
    .bind(&profile.tone)
    .bind(now)
    .bind(account_id)
    .bind(base_version)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
