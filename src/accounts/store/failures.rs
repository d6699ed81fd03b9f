//! SQL for failed sign-ins.

use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError};

/// The failed sign-ins of an account since they were last cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FailedSignIns {
    pub count: i64,
    pub first_at: Micros,
    pub last_at: Micros,
}

/// Counts a failed sign-in.
pub async fn add(db: &Db, account_id: String, now: Micros) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::query(
                "INSERT INTO failed_sign_ins (account_id, count, first_at, last_at) VALUES ($1, 1, $2, $2)
                 ON CONFLICT (account_id) DO UPDATE SET count = failed_sign_ins.count + 1, last_at = $2",
            )
            .bind(account_id)
            .bind(now)
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await
}

/// Finds the failed sign-ins of an account, `None` if there are none.
pub async fn find(db: &Db, account_id: &str) -> Result<Option<FailedSignIns>, DbError> {
    Ok(sqlx::query_as("SELECT count, first_at, last_at FROM failed_sign_ins WHERE account_id = $1")
        .bind(account_id)
        .fetch_optional(db.read())
        .await?)
}

/// Deletes the failed sign-ins of an account.
pub async fn clear(db: &Db, account_id: String) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::query("DELETE FROM failed_sign_ins WHERE account_id = $1")
                .bind(account_id)
                .execute(tx)
                .await?;
            Ok(())
        })
    })
    .await
}
