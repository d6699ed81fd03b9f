//! SQL for changing and resetting passwords, and for normalising addresses that earlier versions stored.

use tower_sessions::session::Id;

use crate::platform::clock::{self, Micros};
use crate::platform::db::{Db, DbError, Tx};
use crate::platform::session_store::end_sessions_in;

/// Lists the id and address of every account, oldest first.
pub async fn list_addresses(db: &Db) -> Result<Vec<(String, String)>, DbError> {
    Ok(sqlx::query_as("SELECT id, email FROM accounts ORDER BY created_at, id")
        .fetch_all(db.read())
        .await?)
}

/// Changes the address of an account. Returns false without changing it if another account has the new one.
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

/// A change of an account's password.
#[derive(Clone, Debug)]
pub struct NewPassword {
    pub account_id: String,
    /// The hash that the current password was verified against. If the stored one differs, nothing changes.
    pub old_hash: String,
    pub hash: String,
    /// The session to keep. All others of the account end.
    pub keep: Option<Id>,
}

/// Changes a password, ends the other sessions and deletes the reset link of the account. Returns false without any
/// change if the password was changed meanwhile.
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

/// Ends the account's sessions except `keep` and deletes its reset link, so that neither the old password nor the link
/// gives access any longer.
async fn end_entry_in(tx: &mut Tx, account_id: &str, keep: Option<Id>) -> Result<(), DbError> {
    end_sessions_in(tx, account_id, keep).await?;
    sqlx::query("DELETE FROM password_resets WHERE account_id = $1")
        .bind(account_id)
        .execute(tx)
        .await?;
    Ok(())
}

/// Ends all sessions of an account. Returns their number.
pub async fn end_sessions(db: &Db, account_id: String) -> Result<u64, DbError> {
    db.write(move |tx| Box::pin(async move { end_sessions_in(tx, &account_id, None).await })).await
}

/// Stores a reset link with the hash of its secret. Replaces the account's earlier one.
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

/// The account of a reset link.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ResetRow {
    pub account_id: String,
    pub email: String,
    pub name: String,
}

/// Finds the account of a reset link by the hash of the secret. Returns `None` if the link is unknown, used, replaced
/// or expired.
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

/// Lists the names of the businesses of an account.
pub async fn list_business_names(db: &Db, account_id: &str) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT t.name FROM memberships m JOIN tenants t ON t.id = m.tenant_id WHERE m.account_id = $1",
    )
    .bind(account_id)
    .fetch_all(db.read())
    .await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Consumes a reset link: sets the password and ends all sessions of the account. Returns false without any change if
/// the link was used, was replaced or has expired meanwhile.
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
