//! What becomes of an answer: its growth, its end, its interruption.

use std::time::Duration;

use crate::chat::reply::log::{End, Unsaved};
use crate::error::AppError;
use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError};

/// What a running answer has grown by.
#[derive(Clone, Debug)]
pub struct Growth {
    pub tenant_id: String,
    pub message_id: String,
    pub piece: Unsaved,
}

/// Adds what running answers have grown by, all or none.
pub async fn append_text(db: &Db, growths: Vec<Growth>) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            for growth in growths {
                sqlx::query(
                    "UPDATE messages SET content = content || $3, chunk_lens = chunk_lens || $4
                     WHERE tenant_id = $1 AND id = $2 AND status = 'streaming'",
                )
                .bind(growth.tenant_id)
                .bind(growth.message_id)
                .bind(growth.piece.text)
                .bind(growth.piece.lengths)
                .execute(&mut *tx)
                .await?;
            }
            Ok(())
        })
    })
    .await
}

/// The end of an answer as it is stored.
#[derive(Clone, Debug)]
pub struct Ending {
    pub tenant_id: String,
    pub message_id: String,
    /// All of its text: nothing depends on what was saved on the way.
    pub whole: Unsaved,
    pub end: End,
    pub model: String,
    pub first_token: Option<Duration>,
    pub duration: Duration,
    pub ended_at: Micros,
}

/// Stores the end of an answer: its text, its status and what it took.
pub async fn end_reply(db: &Db, ending: Ending) -> Result<(), DbError> {
    let failure = ending
        .end
        .failure
        .as_ref()
        .map(serde_json::to_string)
        .transpose()
        .map_err(|e| DbError::Refused(AppError::internal(e)))?;
    db.write(move |tx| {
        Box::pin(async move {
            let usage = ending.end.usage;
            sqlx::query(
                "UPDATE messages
                 SET content = $3, chunk_lens = $4, status = $5, model = $6, finish_reason = $7,
                     failure = $8, prompt_tokens = $9, cached_tokens = $10, completion_tokens = $11, cost_micros = $12,
                     estimated = $13, first_token_us = $14, duration_us = $15, ended_at = $16
                 WHERE tenant_id = $1 AND id = $2 AND status = 'streaming'",
            )
            .bind(&ending.tenant_id)
            .bind(&ending.message_id)
            .bind(ending.whole.text)
            .bind(ending.whole.lengths)
            .bind(ending.end.status.as_str())
            .bind(ending.model)
            .bind(ending.end.finish_reason)
            .bind(failure)
            .bind(tokens(usage.prompt_tokens))
            .bind(tokens(usage.cached_tokens))
            .bind(tokens(usage.completion_tokens))
            .bind(usage.cost_micros)
            .bind(i64::from(usage.estimated))
            .bind(ending.first_token.map(micros))
            .bind(micros(ending.duration))
            .bind(ending.ended_at)
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await
}

/// Marks answers as interrupted that an earlier process left unfinished; returns how many.
pub async fn interrupt_orphans(db: &Db, failure: String, now: Micros) -> Result<u64, DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let done = sqlx::query(
                "UPDATE messages SET status = 'interrupted', failure = $1, ended_at = $2, estimated = 1
                 WHERE status = 'streaming'",
            )
            .bind(failure)
            .bind(now)
            .execute(tx)
            .await?;
            Ok(done.rows_affected())
        })
    })
    .await
}

fn tokens(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn micros(d: Duration) -> i64 {
    i64::try_from(d.as_micros()).unwrap_or(i64::MAX)
}
