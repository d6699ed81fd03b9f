//! SQL for trials. The trigger of `migrations/sqlite/0027_trials.sql` deletes what belongs to one.

use crate::accounts::model::Member;
use crate::platform::clock::{self, Micros};
use crate::platform::db::{Db, DbError};

/// The number of trials, and when the next one ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Living {
    pub count: i64,
    pub next_end: Option<Micros>,
}

pub async fn find_living(db: &Db) -> Result<Living, DbError> {
    Ok(sqlx::query_as("SELECT COUNT(*) AS count, MIN(ends_at) AS next_end FROM trials")
        .fetch_one(db.read())
        .await?)
}

/// Stores a trial with its tenant and account, which nobody can sign in to. Returns false without storing it if there
/// are `most` trials already.
pub async fn insert(db: &Db, member: &Member, ends_at: Micros, most: i64) -> Result<bool, DbError> {
    let new = member.clone();
    db.write(move |tx| {
        Box::pin(async move {
            let now = clock::now();
            let (living,): (i64,) =
                sqlx::query_as("SELECT COUNT(*) FROM trials").fetch_one(&mut *tx).await?;
            if living >= most {
                return Ok(false);
            }
            sqlx::query(
                "INSERT INTO accounts (id, email, name, password_hash, created_at)
                 VALUES ($1, $2, $3, '', $4)",
            )
            .bind(&new.account_id)
            .bind(&new.email)
            .bind(&new.name)
            .bind(now)
            .execute(&mut *tx)
            .await?;
            super::insert_tenant_in(tx, &new, now).await?;
            sqlx::query("INSERT INTO trials (tenant_id, account_id, ends_at) VALUES ($1, $2, $3)")
                .bind(&new.tenant_id)
                .bind(&new.account_id)
                .bind(ends_at)
                .execute(tx)
                .await?;
            Ok(true)
        })
    })
    .await
}

/// A trial's tenant and account.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TrialRow {
    pub tenant_id: String,
    pub account_id: String,
}

/// Lists the trials that end before a moment.
pub async fn list_ended(db: &Db, before: Micros) -> Result<Vec<TrialRow>, DbError> {
    Ok(sqlx::query_as(
        "SELECT tenant_id, account_id FROM trials WHERE ends_at <= $1 ORDER BY ends_at LIMIT 100",
    )
    .bind(before)
    .fetch_all(db.read())
    .await?)
}

/// Deletes a trial with everything that belongs to it. Has no effect on any other tenant.
pub async fn delete(db: &Db, tenant_id: String) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::query(
                "DELETE FROM tenants WHERE id = $1 AND id IN (SELECT tenant_id FROM trials)",
            )
            .bind(tenant_id)
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await
}
