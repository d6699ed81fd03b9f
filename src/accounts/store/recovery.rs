//! Passwords that are changed and reset, and addresses of earlier versions.

use tower_sessions::session::Id;

use crate::platform::clock::{self, Micros};
use crate::platform::db::{Db, DbError, Tx};
use crate::platform::session_store::end_sessions_in;

/// Every account's id and address, the oldest first.
pub async fn list_addresses(db: &Db) -> Result<Vec<(String, String)>, DbError> {
    Ok(sqlx::query_as("SELECT id, email FROM accounts ORDER BY created_at, id")
        .fetch_all(db.read())
        .await?)
}

/// Gives an account another address; false where that is another account's.
pub async fn rename_address(db: &Db, account_id: String, email: String) -> Result<bool, DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let done = sqlx::query(
                "UPDATE accounts SET email = $2
                 WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM accounts WHERE email = $2)",
            )
            .bind(account_id)
            .bind(email)
            .execute(tx)
            .await?;
            Ok(done.rows_affected() == 1)
        })
    })
    .await
}

/// A password in place of another.
#[derive(Clone, Debug)]
pub struct NewPassword {
    pub account_id: String,
    /// Nothing is changed where the stored hash is another one by now.
    pub old_hash: String,
    pub hash: String,
    /// The session that goes on; all others of the account end.
    pub keep: Option<Id>,
}

/// Changes a password, ends sessions, and voids a reset link; false where the password was changed
/// meanwhile.
pub async fn change_password(db: &Db, new: NewPassword) -> Result<bool, DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let changed = sqlx::query(
                "UPDATE accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
            )
            .bind(&new.account_id)
            .bind(&new.old_hash)
            .bind(&new.hash)
            .execute(&mut *tx)
            .await?
            .rows_affected()
                == 1;
            if changed {
                end_entry_in(tx, &new.account_id, new.keep).await?;
            }
            Ok(changed)
        })
    })
    .await
}

/// Ends what lets somebody in who knew the old password or held a link.
async fn end_entry_in(tx: &mut Tx, account_id: &str, keep: Option<Id>) -> Result<(), DbError> {
    end_sessions_in(tx, account_id, keep).await?;
    sqlx::query("DELETE FROM password_resets WHERE account_id = $1")
        .bind(account_id)
        .execute(tx)
        .await?;
    Ok(())
}

/// Ends every session of an account; returns how many.
pub async fn end_sessions(db: &Db, account_id: String) -> Result<u64, DbError> {
    db.write(move |tx| Box::pin(async move { end_sessions_in(tx, &account_id, None).await })).await
}

/// Stores a reset link by its secret's hash, in place of the account's earlier one.
pub async fn insert_reset(
    db: &Db,
    account_id: String,
    hash: String,
    expires_at: Micros,
) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::query(
                "INSERT INTO password_resets (account_id, hash, created_at, expires_at)
                 VALUES ($1, $2, $3, $4)
                 ON CONFLICT (account_id) DO UPDATE
                 SET hash = excluded.hash, created_at = excluded.created_at, expires_at = excluded.expires_at",
            )
            .bind(account_id)
            .bind(hash)
            .bind(clock::now())
            .bind(expires_at)
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await
}

/// Whose password a link sets.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ResetRow {
    pub account_id: String,
    pub email: String,
    pub name: String,
}

/// The account of a link that can still be used, by its secret's hash.
pub async fn find_reset(db: &Db, hash: &str) -> Result<Option<ResetRow>, DbError> {
    Ok(sqlx::query_as(
        "SELECT a.id AS account_id, a.email, a.name
         FROM password_resets r JOIN accounts a ON a.id = r.account_id
         WHERE r.hash = $1 AND r.expires_at > $2",
    )
    .bind(hash)
    .bind(clock::now())
    .fetch_optional(db.read())
    .await?)
}

/// Names of the businesses that an account belongs to.
pub async fn list_business_names(db: &Db, account_id: &str) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT t.name FROM memberships m JOIN tenants t ON t.id = m.tenant_id WHERE m.account_id = $1",
    )
    .bind(account_id)
    .fetch_all(db.read())
    .await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Uses a link up: sets the password and ends all sessions of the account. False where the link was used
/// or expired meanwhile.
pub async fn use_reset(db: &Db, hash: String, password_hash: String) -> Result<bool, DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let found: Option<(String,)> = sqlx::query_as(
                "DELETE FROM password_resets WHERE hash = $1 AND expires_at > $2 RETURNING account_id",
            )
            .bind(hash)
            .bind(clock::now())
            .fetch_optional(&mut *tx)
            .await?;
            let Some((account_id,)) = found else { return Ok(false) };
            sqlx::query("UPDATE accounts SET password_hash = $2 WHERE id = $1")
                .bind(&account_id)
                .bind(password_hash)
                .execute(&mut *tx)
                .await?;
            end_entry_in(tx, &account_id, None).await?;
            Ok(true)
        })
    })
    .await
}
