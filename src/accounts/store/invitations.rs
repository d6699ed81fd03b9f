//! SQL for invitations. Only the hashes of their secrets are stored.

use crate::accounts::invitations::dead_invitation;
use crate::platform::clock::{self, Micros};
use crate::platform::db::{Db, DbError, Tx};

/// Stores an invitation with the hash of its secret. Replaces an earlier one for the same address, and deletes expired
/// ones.
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

/// Finds the invited address by the hash of the secret. Returns `None` if the invitation is unknown, used, replaced or
/// expired.
pub async fn find(db: &Db, hash: &str) -> Result<Option<String>, DbError> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT email FROM invitations WHERE hash = $1 AND expires_at > $2")
            .bind(hash)
            .bind(clock::now())
            .fetch_optional(db.read())
            .await?;
    Ok(row.map(|(email,)| email))
}

/// Consumes an invitation. Errors: it was used, was replaced or has expired meanwhile.
pub(super) async fn use_up_in(tx: &mut Tx, hash: String, now: Micros) -> Result<(), DbError> {
    let used = sqlx::query("DELETE FROM invitations WHERE hash = $1 AND expires_at > $2")
        .bind(hash)
        .bind(now)
        .execute(tx)
        .await?;
    if used.rows_affected() == 1 { Ok(()) } else { Err(dead_invitation().into()) }
}
