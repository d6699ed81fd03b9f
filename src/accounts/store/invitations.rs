//! Invitations: a link for one account each.

use crate::accounts::invitations::dead_invitation;
use crate::platform::clock::{self, Micros};
use crate::platform::db::{Db, DbError, Tx};

/// Stores an invitation by its secret's hash, in place of an earlier one to the same address.
pub async fn insert(
    db: &Db,
    email: String,
    hash: String,
    expires_at: Micros,
) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let now = clock::now();
            sqlx::query("DELETE FROM invitations WHERE expires_at <= $1")
                .bind(now)
                .execute(&mut *tx)
                .await?;
            sqlx::query(
                "INSERT INTO invitations (email, hash, created_at, expires_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (email) DO UPDATE
                 SET hash = excluded.hash, created_at = excluded.created_at, expires_at = excluded.expires_at",
            )
            .bind(email)
            .bind(hash)
            .bind(now)
            .bind(expires_at)
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await
}

/// The address that an invitation is for, by its secret's hash; none where it does not work (any more).
pub async fn find(db: &Db, hash: &str) -> Result<Option<String>, DbError> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT email FROM invitations WHERE hash = $1 AND expires_at > $2")
            .bind(hash)
            .bind(clock::now())
            .fetch_optional(db.read())
            .await?;
    Ok(row.map(|(email,)| email))
}

/// Uses an invitation up. Errors: it was used or expired meanwhile.
pub(super) async fn use_up_in(tx: &mut Tx, hash: String, now: Micros) -> Result<(), DbError> {
    let used = sqlx::query("DELETE FROM invitations WHERE hash = $1 AND expires_at > $2")
        .bind(hash)
        .bind(now)
        .execute(tx)
        .await?;
    if used.rows_affected() == 1 { Ok(()) } else { Err(dead_invitation().into()) }
}
