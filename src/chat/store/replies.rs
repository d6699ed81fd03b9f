//! SQL for the growth, the end and the interruption of replies.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::reasonings;
use crate::chat::model::Status;
use crate::chat::reply::log::{End, Unsaved};
use crate::error::AppError;
use crate::grounding::{Grounded, State};
use crate::platform::clock::Micros;
use crate::platform::db::{Args, Db, DbError, Script};
use crate::usage::ledger::{self, Settlement};
use crate::usage::model::Usage;

/// The unsaved text of a running reply.
#[derive(Clone, Debug)]
pub struct Growth {
    pub tenant_id: String,
    pub message_id: String,
    pub unsaved: Unsaved,
}

/// Saves the growth of running replies, all or none.
pub async fn append_text(db: &Db, growths: Vec<Growth>) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            for growths in growths.chunks(GROWTHS_A_STATEMENT) {
                let mut append = sqlx::query(AssertSqlSafe(append_sql(growths.len())));
                for growth in growths {
                    append = append
                        .bind(&growth.tenant_id)
                        .bind(&growth.message_id)
                        .bind(&growth.unsaved.text)
                        .bind(&growth.unsaved.lengths)
                        .bind(integer(growth.unsaved.withdrawn));
                }
                append.execute(&mut *tx).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Maximum number of replies in one statement, because each statement is a trip to the database. Each number up to this
/// one has its own prepared statement.
const GROWTHS_A_STATEMENT: usize = 32;

/// Concatenates only placeholders.
fn append_sql(growths: usize) -> String {
    let places = (0..growths)
        .map(|i| {
            let place = |n: usize| 5 * i + n;
            format!("(${}, ${}, ${}, ${}, ${})", place(1), place(2), place(3), place(4), place(5))
        })
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "WITH grown (tenant_id, id, text, lengths, withdrawn) AS (VALUES {places})
         UPDATE messages SET
           content = CASE messages.withdrawn_events WHEN grown.withdrawn THEN messages.content ELSE '' END || grown.text,
           chunk_lens = CASE messages.withdrawn_events WHEN grown.withdrawn THEN messages.chunk_lens ELSE '' END || grown.lengths,
           withdrawn_events = grown.withdrawn
         FROM grown
         WHERE messages.tenant_id = grown.tenant_id AND messages.id = grown.id
           AND messages.status = 'streaming'"
    )
}

/// The end of a reply as it is stored.
#[derive(Clone, Debug)]
pub struct Ending {
    pub tenant_id: String,
    pub message_id: String,
    /// Its whole text, independent of what was saved before.
    pub whole: Unsaved,
    /// The reasoning, or empty.
    pub reasoning: String,
    /// Its grounding, `None` if no facts were recorded for it.
    pub grounded: Option<Grounded>,
    pub end: End,
    pub model: String,
    pub first_token: Option<Duration>,
    pub duration: Duration,
    pub ended_at: Micros,
}

/// Charges the reply and stores its end.
static SETTLE_AND_END: LazyLock<Script> = LazyLock::new(|| {
    Script::of(&[
        ledger::SETTLE,
        "UPDATE messages
         SET content = $3, chunk_lens = $4, status = $5, model = $6, finish_reason = $7,
             failure = $8, prompt_tokens = $9, cached_tokens = $10, completion_tokens = $11, cost_micros = $12,
             estimated = $13, first_token_us = $14, duration_us = $15, ended_at = $16, citations = $17,
             numbers_matched = $18, numbers_from_question = $19, numbers_unmatched = $20,
             withdrawn_events = $21, disputed = $22, checked = $23, numbers_confirmed = $24,
             numbers_found = $25, numbers_conflict = $26, numbers_worked_out = $27, numbers_from_earlier = $28,
             numbers_in_profile = $29, numbers_not_from_data = $30
         WHERE tenant_id = $1 AND id = $2 AND status = 'streaming'",
    ])
});

/// Stores the end of a reply with its text, status and usage, and settles it in the ledger, even if its conversation was
/// deleted meanwhile.
pub async fn end_reply(db: &Db, ending: Ending) -> Result<(), DbError> {
    let failure = ending
        .end
        .failure
        .as_ref()
        .map(serde_json::to_string)
        .transpose()
        .map_err(|e| DbError::Refused(AppError::internal(e)))?;
    let grounding = GroundingColumns::from(ending.grounded.as_ref())?;
    db.write_scripts(move |mut writing| {
        Box::pin(async move {
            let usage = ending.end.usage;
            let settlement = Settlement {
                tenant_id: &ending.tenant_id,
                message_id: &ending.message_id,
                model: &ending.model,
                usage,
                status: ending.end.status.as_str(),
                now: ending.ended_at,
            };
            // If it was interrupted as orphaned before, the first end stands, in the ledger and in its row.
            let args = ledger::settle_args(Args::default(), &settlement)
                .bind(&ending.tenant_id)
                .bind(&ending.message_id)
                .bind(ending.whole.text)
                .bind(ending.whole.lengths)
                .bind(ending.end.status.as_str())
                .bind(&ending.model)
                .bind(ending.end.finish_reason)
                .bind(failure)
                .bind(integer(usage.prompt_tokens))
                .bind(integer(usage.cached_tokens))
                .bind(integer(usage.completion_tokens))
                .bind(usage.cost_micros)
                .bind(i64::from(usage.estimated))
                .bind(ending.first_token.map(micros))
                .bind(micros(ending.duration))
                .bind(ending.ended_at)
                .bind(grounding.citations.clone())
                .bind(grounding.matched)
                .bind(grounding.from_question)
                .bind(grounding.unmatched)
                .bind(integer(ending.whole.withdrawn))
                .bind(i64::from(usage.disputed))
                .bind(grounding.checked.clone())
                .bind(grounding.of(State::Confirmed))
                .bind(grounding.of(State::Found))
                .bind(grounding.of(State::Conflict))
                .bind(grounding.of(State::WorkedOut))
                .bind(grounding.of(State::FromEarlier))
                .bind(grounding.of(State::InProfile))
                .bind(grounding.of(State::NotFromData));
            writing.run(&SETTLE_AND_END, args).await?;
            if !ending.reasoning.trim().is_empty() {
                let tx = writing.tx().await?;
                reasonings::insert_in(tx, &ending.tenant_id, &ending.message_id, &ending.reasoning)
                    .await?;
            }
            Ok(())
        })
    })
    .await
}

/// The grounding of a reply as it is stored.
struct GroundingColumns {
    citations: Option<String>,
    matched: Option<i64>,
    from_question: Option<i64>,
    unmatched: Option<i64>,
    checked: Option<String>,
    states: Option<BTreeMap<State, u32>>,
}

impl GroundingColumns {
    /// Returns the count of a state. `None` if no facts were recorded.
    fn of(&self, state: State) -> Option<i64> {
        self.states.as_ref().map(|states| states.get(&state).copied().unwrap_or(0).into())
    }

    fn from(grounded: Option<&Grounded>) -> Result<Self, DbError> {
        let refused = |e| DbError::Refused(AppError::internal(e));
        let citations =
            grounded.map(|it| serde_json::to_string(&it.facts)).transpose().map_err(refused)?;
        let recorded = grounded.and_then(|it| it.grounding.recorded());
        let checked = recorded.as_ref().map(serde_json::to_string).transpose().map_err(refused)?;
        let counts = grounded.map(|it| &it.grounding);
        Ok(Self {
            citations,
            matched: counts.map(|it| it.matched.into()),
            from_question: counts.map(|it| it.from_question.into()),
            unmatched: counts.map(|it| it.unmatched.into()),
            checked,
            states: recorded.map(|it| it.states),
        })
    }
}

/// An orphaned reply.
#[derive(Clone, Debug)]
pub struct DeadReply {
    pub tenant_id: String,
    pub message_id: String,
    /// The requested model. Which model answered is unknown.
    pub model: String,
}

/// Stores that a reply was interrupted, with the usage and grounding of its saved text, and settles
/// it. Returns false if it had ended before.
pub async fn interrupt_reply(
    db: &Db,
    dead: DeadReply,
    usage: Usage,
    failure: String,
    grounded: Option<Grounded>,
    now: Micros,
) -> Result<bool, DbError> {
    let grounding = GroundingColumns::from(grounded.as_ref())?;
    db.write(move |tx| {
        Box::pin(async move {
            let settlement = Settlement {
                tenant_id: &dead.tenant_id,
                message_id: &dead.message_id,
                model: &dead.model,
                usage,
                status: Status::Interrupted.as_str(),
                now,
            };
            if !ledger::settle_in(tx, &settlement).await? {
                return Ok(false);
            }
            sqlx::query(
                "UPDATE messages
                 SET status = 'interrupted', failure = $3, ended_at = $4, prompt_tokens = $5, cached_tokens = $6,
                     completion_tokens = $7, cost_micros = $8, estimated = $9, citations = $10,
                     numbers_matched = $11, numbers_from_question = $12, numbers_unmatched = $13, checked = $14,
                     numbers_confirmed = $15, numbers_found = $16, numbers_conflict = $17, numbers_worked_out = $18,
                     numbers_from_earlier = $19, numbers_in_profile = $20, numbers_not_from_data = $21
                 WHERE tenant_id = $1 AND id = $2 AND status = 'streaming'",
            )
            .bind(&dead.tenant_id)
            .bind(&dead.message_id)
            .bind(failure)
            .bind(now)
            .bind(integer(usage.prompt_tokens))
            .bind(integer(usage.cached_tokens))
            .bind(integer(usage.completion_tokens))
            .bind(usage.cost_micros)
            .bind(i64::from(usage.estimated))
            .bind(grounding.citations.clone())
            .bind(grounding.matched)
            .bind(grounding.from_question)
            .bind(grounding.unmatched)
            .bind(grounding.checked.clone())
            .bind(grounding.of(State::Confirmed))
            .bind(grounding.of(State::Found))
            .bind(grounding.of(State::Conflict))
            .bind(grounding.of(State::WorkedOut))
            .bind(grounding.of(State::FromEarlier))
            .bind(grounding.of(State::InProfile))
            .bind(grounding.of(State::NotFromData))
            .execute(tx)
            .await?;
            Ok(true)
        })
    })
    .await
}

fn integer(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn micros(d: Duration) -> i64 {
    i64::try_from(d.as_micros()).unwrap_or(i64::MAX)
}
