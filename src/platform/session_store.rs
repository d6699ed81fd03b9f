//! Browser sessions in the application's database.
//!
//! Existing SQL stores need a pool of one engine and bypass the single writer. This one uses [`Db`] (see
//! `docs/adr/0002-sessions-in-our-own-store.md`).

use std::collections::HashMap;

use async_trait::async_trait;
use serde_json::Value;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use super::clock;
use super::db::{Db, DbError, Tx};

/// The key of the account id in a session's data. The store also keeps it in a column, so that all sessions of an
/// account can be ended.
pub const ACCOUNT: &str = "account_id";

/// Maximum number of sessions of an account. Those that expire first are removed.
const MOST_OF_AN_ACCOUNT: i64 = 50;

/// Hashes a session id for storage, so that a reader of the table cannot take over a session. Ids have 128 random bits,
/// so one round of SHA-256 is enough.
fn key(id: &Id) -> String {
    key_of(&id.to_string())
}

fn key_of(id: &str) -> String {
    hex::encode(Sha256::digest(id))
}

/// Sessions in the table `sessions`.
#[derive(Clone, Debug)]
pub struct DbSessionStore {
    db: Db,
}

impl DbSessionStore {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Hashes the plain ids of earlier versions. Their sessions continue. Returns the number of ids.
    pub async fn hash_ids(&self) -> std::result::Result<u64, DbError> {
        self.db
            .write(|tx| {
                Box::pin(async move {
                    let plain: Vec<(String,)> =
                        sqlx::query_as("SELECT id FROM sessions WHERE LENGTH(id) < 64")
                            .fetch_all(&mut *tx)
                            .await?;
                    for (id,) in &plain {
                        sqlx::query("UPDATE sessions SET id = $2 WHERE id = $1")
                            .bind(id)
                            .bind(key_of(id))
                            .execute(&mut *tx)
                            .await?;
                    }
                    Ok(plain.len() as u64)
                })
            })
            .await
    }

    /// Removes expired sessions. Returns their number.
    pub async fn delete_expired(&self) -> std::result::Result<u64, super::db::DbError> {
        self.db
            .write(|tx| {
                Box::pin(async move {
                    let done = sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
                        .bind(clock::now())
                        .execute(tx)
                        .await?;
                    Ok(done.rows_affected())
                })
            })
            .await
    }
}

/// Ends all sessions of an account except `keep`.
pub async fn end_sessions_in(
    tx: &mut Tx,
    account_id: &str,
    keep: Option<Id>,
) -> std::result::Result<u64, DbError> {
    let done = sqlx::query("DELETE FROM sessions WHERE account_id = $1 AND id <> $2")
        .bind(account_id)
        .bind(keep.as_ref().map(key).unwrap_or_default())
        .execute(tx)
        .await?;
    Ok(done.rows_affected())
}

impl DbSessionStore {
    async fn store(&self, record: &Record, sql: &'static str) -> Result<()> {
        let id = key(&record.id);
        let account_id = record.data.get(ACCOUNT).and_then(Value::as_str).map(str::to_owned);
        let data = serde_json::to_string(&record.data).map_err(|e| Error::Encode(e.to_string()))?;
        let expires_at = micros(record.expiry_date);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    sqlx::query(sql)
                        .bind(id)
                        .bind(data)
                        .bind(expires_at)
                        .bind(&account_id)
                        .execute(&mut *tx)
                        .await?;
                    sqlx::query(MAKE_ROOM)
                        .bind(account_id)
                        .bind(MOST_OF_AN_ACCOUNT)
                        .execute(tx)
                        .await?;
                    Ok(())
                })
            })
            .await
            .map_err(backend)
    }
}

/// Has no effect on sessions without an account.
const MAKE_ROOM: &str = "DELETE FROM sessions WHERE account_id = $1 AND id NOT IN (
     SELECT id FROM sessions WHERE account_id = $1 ORDER BY expires_at DESC, id LIMIT CAST($2 AS BIGINT))";

fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

/// Returns the microseconds since 1970.
pub fn micros(moment: OffsetDateTime) -> i64 {
    (moment.unix_timestamp_nanos() / 1_000) as i64
}

#[async_trait]
impl SessionStore for DbSessionStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // On a collision, which 128 random bits make improbable, draw another id.
        while self.load(&record.id).await?.is_some() {
            record.id = Id::default();
        }
        const INSERT: &str =
            "INSERT INTO sessions (id, data, expires_at, account_id) VALUES ($1, $2, $3, $4)";
        self.store(record, INSERT).await
    }

    /// Updates only: a session that ended during a request stays ended.
    async fn save(&self, record: &Record) -> Result<()> {
        const UPDATE: &str =
            "UPDATE sessions SET data = $2, expires_at = $3, account_id = $4 WHERE id = $1";
        self.store(record, UPDATE).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row: Option<(String, i64)> = sqlx::query_as(
            "SELECT data, expires_at FROM sessions WHERE id = $1 AND expires_at > $2",
        )
        .bind(key(id))
        .bind(clock::now())
        .fetch_optional(self.db.read())
        .await
        .map_err(backend)?;
        let Some((data, expires_at)) = row else {
            return Ok(None);
        };
        let data: HashMap<String, Value> =
            serde_json::from_str(&data).map_err(|e| Error::Decode(e.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(expires_at) * 1_000)
            .map_err(|e| Error::Decode(e.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let id = key(id);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM sessions WHERE id = $1").bind(id).execute(tx).await?;
                    Ok(())
                })
            })
            .await
            .map_err(backend)
    }
}
