//! A tenant's caps and the spend against them.

use super::entries::month_of;
use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError};
use crate::usage::budgets::Standing;
use crate::usage::model::{Budgets, Spent};

#[derive(sqlx::FromRow)]
struct StandingRow {
    /// 1 if the tenant has set no caps.
    unset: i64,
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

impl StandingRow {
    fn under(self, default_monthly: Option<i64>) -> Standing {
        let row = self;
        let spent = |cost_micros, held_micros| Spent { cost_micros, held_micros };
        Standing {
            budgets: Budgets {
                monthly_micros: row.monthly_micros.or(default_monthly.filter(|_| row.unset == 1)),
                daily_micros: row.daily_micros,
                member_monthly_micros: row.member_monthly_micros,
            },
            month: spent(row.month_cost, row.month_held),
            day: spent(row.day_cost, row.day_held),
            member: spent(row.member_cost, row.member_held),
        }
    }
}

/// Returns the caps and the spend against them on a day, for one member. `default_monthly`: the monthly cap
/// of a tenant that has set none.
pub async fn find_standing(
    db: &Db,
    tenant_id: &str,
    account_id: &str,
    day: &str,
    default_monthly: Option<i64>,
) -> Result<Standing, DbError> {
    let row: StandingRow = sqlx::query_as(
        "SELECT CASE WHEN b.tenant_id IS NULL THEN 1 ELSE 0 END AS unset, b.monthly_micros, b.daily_micros, b.member_monthly_micros,
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
    Ok(row.under(default_monthly))
}

/// Returns the spend of all tenants in the day's month and on the day.
pub async fn find_spent_by_all(db: &Db, day: &str) -> Result<[Spent; 2], DbError> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT period, SUM(cost_micros), SUM(held_micros) FROM spending
         WHERE account_id = '' AND period IN ($1, $2) GROUP BY period",
    )
    .bind(month_of(day))
    .bind(day)
    .fetch_all(db.read())
    .await?;
    let of = |period: &str| {
        let found = rows.iter().find(|(of, ..)| of == period);
        found.map_or_else(Spent::default, |(_, cost_micros, held_micros)| Spent {
            cost_micros: *cost_micros,
            held_micros: *held_micros,
        })
    };
    Ok([of(month_of(day)), of(day)])
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
