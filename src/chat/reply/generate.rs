//! Writing one answer: from the upstream's stream into the log, and from the log into the database.

use std::time::{Duration, Instant};

use super::engine::{Inner, Job, Reply, ReplyMeta};
use super::log::End;
use crate::chat::markdown::{self, Seam};
use crate::chat::model::{ReplyFailure, Status, Usage};
use crate::chat::store::{self, Ending};
use crate::error::Code;
use crate::facts::grounding::Grounded;
use crate::fireworks::{self, ChatRequest, Event, Failure, FailureKind, FinishReason};
use crate::platform::clock::{self, Micros};
use crate::platform::db::{Db, DbError};
use crate::usage::Ledger;
use crate::usage::service::Tokens;

/// How often the end is tried where the database refuses it.
const END_TRIES: u32 = 8;

/// How the upstream's part ended.
enum Outcome {
    Finished {
        reason: FinishReason,
        usage: Option<fireworks::Usage>,
    },
    Stopped,
    /// What the budget had room for is written.
    BudgetReached {
        usage: Option<fireworks::Usage>,
    },
    Interrupted,
    Failed(Failure),
}

/// What is learned while the answer runs.
struct Progress {
    model: String,
    first_token: Option<Duration>,
    /// Pieces of the answer and of reasoning that came: each holds one token at least.
    pieces: u64,
}

/// What an answer is charged by.
struct Bill<'a> {
    ledger: &'a Ledger,
    asked_at: Micros,
    prompt_bytes: u64,
}

/// Writes the answer to its end. Returns when the end is stored and told, or could not be stored.
pub(super) async fn run(inner: &Inner, job: Job) {
    let Job { reply, request, sent_at, asked_at, short_of_budget } = job;
    let prompt_bytes = request.messages.iter().map(|m| m.content.len() as u64).sum();
    let bill = Bill { ledger: &inner.ledger, asked_at, prompt_bytes };
    let room = short_of_budget.then_some(u64::from(request.max_tokens));
    let mut progress = Progress { model: reply.meta.model.clone(), first_token: None, pieces: 0 };
    let outcome = deliver(inner, &reply, request, room, sent_at, &mut progress).await;
    let end = conclude(&reply, outcome, &progress, &bill);
    log_end(&reply, &end, &progress, sent_at);
    let whole = reply.log.since(0);
    let grounded = ground(&inner.db, &reply, &whole.text, &end).await;
    let ending = Ending {
        tenant_id: reply.meta.tenant_id.clone(),
        message_id: reply.meta.message_id.clone(),
        whole,
        grounded: grounded.clone(),
        end: end.clone(),
        model: progress.model,
        first_token: progress.first_token,
        duration: sent_at.elapsed(),
        ended_at: clock::now(),
    };
    let _ = reply.grounded.set(grounded);
    match store_end(&inner.db, ending).await {
        // Readers hear of the end only once it is stored.
        Ok(()) => reply.log.end(end),
        Err(error) => {
            tracing::error!(message.id = %reply.meta.message_id, error.cause = %error, "the end of an answer could not be stored");
            reply.log.end(End {
                status: Status::Interrupted,
                finish_reason: None,
                failure: Some(ReplyFailure {
                    code: Code::DatabaseUnavailable,
                    message: "The end of this answer could not be stored. Reload the page to see what was.".into(),
                    retryable: true,
                    partial: true,
                }),
                ..end
            });
        }
    }
}

/// `room`: the tokens that the budget has room for, where these are fewer than an answer may have.
async fn deliver(
    inner: &Inner,
    reply: &Reply,
    request: ChatRequest,
    room: Option<u64>,
    sent_at: Instant,
    progress: &mut Progress,
) -> Outcome {
    let mut stream = inner.client.stream(request);
    // Made once: a future made anew for each chunk would queue and leave the token's list each time.
    let (stop, give_up) = (reply.stop.cancelled(), inner.give_up.cancelled());
    tokio::pin!(stop, give_up);
    loop {
        let event = tokio::select! {
            biased;
            () = &mut stop => return Outcome::Stopped,
            () = &mut give_up => return Outcome::Interrupted,
            event = stream.next() => event,
        };
        // The upstream was told the room there is; one that goes on all the same is held to it.
        let full = room.is_some_and(|room| progress.pieces >= room);
        match event {
            Some(Ok(Event::Started { model })) => progress.model = model,
            Some(Ok(Event::Delta(_) | Event::Reasoning(_))) if full => {
                return Outcome::BudgetReached { usage: None };
            }
            Some(Ok(Event::Delta(text))) => {
                progress.first_token.get_or_insert_with(|| sent_at.elapsed());
                progress.pieces += 1;
                reply.log.push(&text);
            }
            Some(Ok(Event::Reasoning(text))) => {
                progress.pieces += 1;
                reply.log.reason(&text);
            }
            Some(Ok(Event::Finished { finish_reason: FinishReason::Length, usage }))
                if room.is_some() =>
            {
                return Outcome::BudgetReached { usage };
            }
            Some(Ok(Event::Finished { finish_reason, usage })) => {
                return Outcome::Finished { reason: finish_reason, usage };
            }
            Some(Err(failure)) => {
                tracing::warn!(message.id = %reply.meta.message_id, failure.kind = ?failure.kind, failure.detail = %failure.detail, "the upstream failed");
                return Outcome::Failed(failure);
            }
            None => {
                let detail = "the stream ended early".into();
                return Outcome::Failed(Failure { kind: FailureKind::Truncated, detail });
            }
        }
    }
}

fn conclude(reply: &Reply, outcome: Outcome, progress: &Progress, bill: &Bill<'_>) -> End {
    let (chunks, _) = reply.log.size();
    let partial = chunks > 0;
    let estimate = || bill.estimated(progress);
    let charge = |usage: Option<fireworks::Usage>| {
        usage.map_or_else(estimate, |usage| bill.counted(&progress.model, usage))
    };
    match outcome {
        Outcome::Finished { reason, usage } => End {
            status: Status::Complete,
            finish_reason: Some(
                match reason {
                    FinishReason::Length => "length",
                    FinishReason::Stop | FinishReason::Other => "stop",
                }
                .into(),
            ),
            usage: charge(usage),
            failure: None,
        },
        Outcome::Stopped => End {
            status: Status::Stopped,
            finish_reason: Some("stopped".into()),
            usage: estimate(),
            failure: None,
        },
        Outcome::BudgetReached { usage } => End {
            status: Status::Stopped,
            finish_reason: Some("stopped".into()),
            usage: charge(usage),
            failure: Some(budget_end(partial)),
        },
        Outcome::Interrupted => End {
            status: Status::Interrupted,
            finish_reason: None,
            usage: estimate(),
            failure: Some(interruption(partial)),
        },
        Outcome::Failed(failure) => End {
            status: Status::Failed,
            finish_reason: None,
            usage: estimate(),
            failure: Some(ReplyFailure {
                code: Code::UpstreamUnavailable,
                message: failure.kind.member_message().into(),
                retryable: failure.kind.retryable_by_member(),
                partial,
            }),
        },
    }
}

impl Bill<'_> {
    /// By the provider's count.
    fn counted(&self, model: &str, usage: fireworks::Usage) -> Usage {
        let tokens = Tokens {
            prompt: usage.prompt_tokens,
            cached: usage.cached_tokens,
            completion: usage.completion_tokens,
        };
        self.ledger.counted(model, self.asked_at, tokens)
    }

    /// By what came; nothing where nothing did.
    fn estimated(&self, progress: &Progress) -> Usage {
        let Progress { model, pieces, .. } = progress;
        self.ledger.estimated(model, self.asked_at, self.prompt_bytes, *pieces)
    }
}

/// What an answer says that ended with the budget.
fn budget_end(partial: bool) -> ReplyFailure {
    ReplyFailure {
        code: Code::BudgetExceeded,
        message: "The budget ended here: what was left of it had room for this much of the answer."
            .into(),
        retryable: true,
        partial,
    }
}

/// What an answer says that a shutdown or a crash cut off.
pub(crate) fn interruption(partial: bool) -> ReplyFailure {
    ReplyFailure {
        code: Code::ShuttingDown,
        message: "The server was restarted while this answer was being written.".into(),
        retryable: true,
        partial,
    }
}

/// What the answer rests on.
async fn ground(db: &Db, reply: &Reply, text: &str, end: &End) -> Option<Grounded> {
    if reply.known.is_nothing() {
        return None;
    }
    let ReplyMeta { tenant_id, conversation_id, continues, .. } = &reply.meta;
    let before = match continues {
        None => String::new(),
        // Where it cannot be read, the part is read by itself.
        Some(last) => {
            store::find_written(db, tenant_id, conversation_id, last).await.unwrap_or_default()
        }
    };
    let seam = Seam::after(&before, reply.known.clone());
    markdown::ground(&seam, text, end.is_cut())
}

async fn store_end(db: &Db, ending: Ending) -> Result<(), DbError> {
    let mut wait = Duration::from_millis(100);
    for _ in 1..END_TRIES {
        match store::end_reply(db, ending.clone()).await {
            Err(DbError::Unavailable(cause)) => {
                tracing::warn!(error.cause = %cause, "the end of an answer waits for the database");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(5));
            }
            done => return done,
        }
    }
    store::end_reply(db, ending).await
}

fn log_end(reply: &Reply, end: &End, progress: &Progress, sent_at: Instant) {
    tracing::info!(
        message.id = %reply.meta.message_id,
        tenant.id = %reply.meta.tenant_id,
        model = %progress.model,
        status = end.status.as_str(),
        tokens.prompt = end.usage.prompt_tokens,
        tokens.completion = end.usage.completion_tokens,
        first_token_ms = progress.first_token.map(|t| t.as_millis() as u64),
        duration_ms = sent_at.elapsed().as_millis() as u64,
        "answer ended"
    );
}
