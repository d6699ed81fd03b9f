//! A tenant's caps and what they have come to.

use super::entries::month_of;
use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError};
use crate::usage::budgets::Standing;
use crate::usage::model::{Budgets, Spent};

#[derive(sqlx::FromRow)]
struct StandingRow {
    monthly_micros: Option<i64>,
    daily_micros: Option<i64>,
    member_monthly_micros: Option<i64>,
    month_cost: i64,
    month_held: i64,
    day_cost: i64,
    day_held: i64,
    member_cost: i64,
    member_held: i64,
}

impl From<StandingRow> for Standing {
    fn from(row: StandingRow) -> Self {
        let spent = |cost_micros, held_micros| Spent { cost_micros, held_micros };
        Self {
            budgets: Budgets {
                monthly_micros: row.monthly_micros,
                daily_micros: row.daily_micros,
                member_monthly_micros: row.member_monthly_micros,
            },
            month: spent(row.month_cost, row.month_held),
            day: spent(row.day_cost, row.day_held),
            member: spent(row.member_cost, row.member_held),
        }
    }
}

/// The caps and what they have come to on a day, for one of the tenant's members.
pub async fn find_standing(
    db: &Db,
    tenant_id: &str,
    account_id: &str,
    day: &str,
) -> Result<Standing, DbError> {
    let row: StandingRow = sqlx::query_as(
        "SELECT b.monthly_micros, b.daily_micros, b.member_monthly_micros,
                COALESCE(m.cost_micros, 0) AS month_cost, COALESCE(m.held_micros, 0) AS month_held,
                COALESCE(d.cost_micros, 0) AS day_cost, COALESCE(d.held_micros, 0) AS day_held,
                COALESCE(a.cost_micros, 0) AS member_cost, COALESCE(a.held_micros, 0) AS member_held
         FROM (SELECT $1 AS id) t
         LEFT JOIN budgets b ON b.tenant_id = t.id
         LEFT JOIN spending m ON m.tenant_id = t.id AND m.account_id = '' AND m.period = $2
         LEFT JOIN spending d ON d.tenant_id = t.id AND d.account_id = '' AND d.period = $3
         LEFT JOIN spending a ON a.tenant_id = t.id AND a.account_id = $4 AND a.period = $2",
    )
    .bind(tenant_id)
    .bind(month_of(day))
    .bind(day)
    .bind(account_id)
    .fetch_one(db.read())
    .await?;
    Ok(row.into())
}

pub async fn save_budgets(
    db: &Db,
    tenant_id: String,
    account_id: String,
    budgets: Budgets,
    now: Micros,
) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::query(
                "INSERT INTO budgets (tenant_id, monthly_micros, daily_micros, member_monthly_micros, updated_at, updated_by)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (tenant_id) DO UPDATE
                 SET monthly_micros = excluded.monthly_micros, daily_micros = excluded.daily_micros,
                     member_monthly_micros = excluded.member_monthly_micros,
                     updated_at = excluded.updated_at, updated_by = excluded.updated_by",
            )
            .bind(tenant_id)
            .bind(budgets.monthly_micros)
            .bind(budgets.daily_micros)
            .bind(budgets.member_monthly_micros)
            .bind(now)
            .bind(account_id)
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await
}
