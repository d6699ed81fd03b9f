//! Writing one answer: from the upstream's stream into the log, and from the log into the database.

use std::time::{Duration, Instant};

use super::engine::{Inner, Job, Reply};
use super::log::End;
use crate::chat::model::{ReplyFailure, Status, Usage};
use crate::chat::store::{self, Ending};
use crate::error::Code;
use crate::fireworks::{self, ChatRequest, Event, Failure, FailureKind, FinishReason};
use crate::platform::clock;
use crate::platform::db::{Db, DbError};
use crate::usage::prices;

/// How often the end is tried where the database refuses it.
const END_TRIES: u32 = 8;

/// How the upstream's part ended.
enum Outcome {
    Finished { reason: FinishReason, usage: Option<fireworks::Usage> },
    Stopped,
    Interrupted,
    Failed(Failure),
}

/// What is learned while the answer runs.
struct Progress {
    model: String,
    first_token: Option<Duration>,
    reasoning_bytes: usize,
}

/// Writes the answer to its end. Returns when the end is stored and told, or could not be stored.
pub(super) async fn run(inner: &Inner, job: Job) {
    let Job { reply, request, sent_at } = job;
    let prompt_bytes = request.messages.iter().map(|m| m.content.len()).sum();
    let mut progress =
        Progress { model: reply.meta.model.clone(), first_token: None, reasoning_bytes: 0 };
    let outcome = deliver(inner, &reply, request, sent_at, &mut progress).await;
    let end = conclude(&reply, outcome, &progress, prompt_bytes);
    log_end(&reply, &end, &progress, sent_at);
    let ending = Ending {
        tenant_id: reply.meta.tenant_id.clone(),
        message_id: reply.meta.message_id.clone(),
        whole: reply.log.since(0),
        end: end.clone(),
        model: progress.model,
        first_token: progress.first_token,
        duration: sent_at.elapsed(),
        ended_at: clock::now(),
    };
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

async fn deliver(
    inner: &Inner,
    reply: &Reply,
    request: ChatRequest,
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
        match event {
            Some(Ok(Event::Started { model })) => progress.model = model,
            Some(Ok(Event::Delta(text))) => {
                progress.first_token.get_or_insert_with(|| sent_at.elapsed());
                reply.log.push(&text);
            }
            Some(Ok(Event::Reasoning { bytes })) => progress.reasoning_bytes += bytes,
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

fn conclude(reply: &Reply, outcome: Outcome, progress: &Progress, prompt_bytes: usize) -> End {
    let (chunks, bytes) = reply.log.size();
    let estimate =
        || estimated_usage(&progress.model, prompt_bytes, chunks, bytes + progress.reasoning_bytes);
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
            usage: usage.map_or_else(estimate, |usage| provider_usage(&progress.model, usage)),
            failure: None,
        },
        Outcome::Stopped => End {
            status: Status::Stopped,
            finish_reason: Some("stopped".into()),
            usage: estimate(),
            failure: None,
        },
        Outcome::Interrupted => End {
            status: Status::Interrupted,
            finish_reason: None,
            usage: estimate(),
            failure: Some(interruption(chunks > 0)),
        },
        Outcome::Failed(failure) => End {
            status: Status::Failed,
            finish_reason: None,
            // Failed before the first token costs nothing.
            usage: if chunks > 0 { estimate() } else { Usage::default() },
            failure: Some(ReplyFailure {
                code: Code::UpstreamUnavailable,
                message: failure.kind.member_message().into(),
                retryable: failure.kind.retryable_by_member(),
                partial: chunks > 0,
            }),
        },
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

fn provider_usage(model: &str, usage: fireworks::Usage) -> Usage {
    let fireworks::Usage { prompt_tokens, cached_tokens, completion_tokens } = usage;
    Usage {
        prompt_tokens,
        cached_tokens,
        completion_tokens,
        cost_micros: prices::of(model).cost_micros(prompt_tokens, cached_tokens, completion_tokens),
        estimated: false,
    }
}

/// Where the provider's count never came: four bytes a token for the prompt, and for the answer that
/// or one token a chunk, whichever is more.
fn estimated_usage(model: &str, prompt_bytes: usize, chunks: usize, bytes: usize) -> Usage {
    let prompt_tokens = prompt_bytes.div_ceil(4) as u64;
    let completion_tokens = chunks.max(bytes.div_ceil(4)) as u64;
    Usage {
        prompt_tokens,
        cached_tokens: 0,
        completion_tokens,
        cost_micros: prices::of(model).cost_micros(prompt_tokens, 0, completion_tokens),
        estimated: true,
    }
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
