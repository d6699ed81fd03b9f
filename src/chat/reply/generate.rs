//! Generates one reply: from the upstream's stream into the log, and from the log into the database.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::ending::{Bill, Outcome, conclude};
use super::engine::{Inner, Job, Reply, ReplyMeta};
use super::log::End;
use super::room::{Extent, Room};
use crate::chat::markdown::{self, Seam};
use crate::chat::model::{ReplyFailure, Status};
use crate::chat::store::{self, Ending};
use crate::error::Code;
use crate::fireworks::{Event, Failure, FailureKind, FinishReason, ReplyStream};
use crate::grounding::Grounded;
use crate::platform::db::{Db, DbError};
use crate::platform::{clock, tokens};

/// Number of attempts to store the end while the database is unavailable.
const END_TRIES: u32 = 8;

/// Length of a reply that is checked on a thread of its own, because that takes milliseconds.
const LONG_BYTES: usize = 16 * 1024;

/// What is observed while the reply runs.
struct Progress {
    model: String,
    first_token: Option<Duration>,
}

/// Generates the reply to its end, unless its question could not be stored. Returns when readers were told of the
/// stored end, or that it could not be stored.
pub(super) async fn run(inner: &Inner, job: Job) {
    let Job { reply, request, sent_at, asked_at, short_of_budget, may_grow, stored, early } = job;
    let bill = Bill {
        ledger: &inner.ledger,
        asked_at,
        messages: request.messages.len(),
        prompt_bytes: request.messages.iter().map(|m| tokens::bound(&m.content)).sum(),
        // Counted now, because the request is not kept. The count of the instructions is usually cached.
        prompt_tokens: request
            .messages
            .iter()
            .map(|m| u64::from(tokens::count_once(&m.content)))
            .sum(),
        max_tokens: request.max_tokens,
        may_grow,
    };
    let room = short_of_budget.then(|| Room::of(request.max_tokens));
    let extent = Extent::of(request.max_tokens);
    let mut progress = Progress { model: reply.meta.model.clone(), first_token: None };
    let mut stream = inner.client.stream(request);
    let Some(first) = until_stored(&mut stream, stored, early).await else {
        // The cause is logged with the request. Dropping the stream ends the request to the upstream.
        tracing::warn!(message.id = %reply.meta.message_id, "question not stored, reply dropped");
        return;
    };
    inner.publish_start(&reply);
    let upstream = Upstream { stream, first };
    let outcome = deliver(inner, &reply, upstream, (room, extent), sent_at, &mut progress).await;
    let end = conclude(&reply, outcome, &progress.model, &bill);
    log_end(&reply, &end, &progress, sent_at);
    // A future of its own, so that a running reply holds no room for its end.
    Box::pin(finish(inner, &reply, end, progress, sent_at)).await;
}

/// Stores the end of the reply and tells its readers.
async fn finish(inner: &Inner, reply: &Reply, end: End, progress: Progress, sent_at: Instant) {
    let whole = reply.log.since(0);
    let grounded = ground(&inner.db, reply, &whole.text, &end).await;
    let ending = Ending {
        tenant_id: reply.meta.tenant_id.clone(),
        message_id: reply.meta.message_id.clone(),
        whole,
        reasoning: reply.log.reasoning().0,
        grounded: grounded.clone(),
        end: end.clone(),
        model: progress.model,
        first_token: progress.first_token,
        duration: sent_at.elapsed(),
        ended_at: clock::now(),
    };
    let _ = reply.grounded.set(grounded);
    match store_end(&inner.db, ending).await {
        // Readers are told of the end only after it is stored.
        Ok(()) => reply.log.end(end),
        Err(error) => {
            tracing::error!(message.id = %reply.meta.message_id, error.cause = %error, "reply end not stored");
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

type Said = Option<Result<Event, Failure>>;

/// The upstream's stream, and what it has said before the question was stored.
struct Upstream {
    stream: ReplyStream,
    first: Option<Said>,
}

impl Upstream {
    /// Cancel-safe.
    async fn next(&mut self) -> Said {
        match self.first.take() {
            Some(said) => said,
            None => self.stream.next().await,
        }
    }
}

/// Waits until the question is stored, and asks the upstream meanwhile if it may be asked early. Returns what the
/// upstream has said, or `None` if the question could not be stored.
async fn until_stored(
    stream: &mut ReplyStream,
    mut stored: oneshot::Receiver<()>,
    early: bool,
) -> Option<Option<Said>> {
    let mut first = None;
    loop {
        tokio::select! {
            biased;
            stored = &mut stored => return stored.ok().map(|()| first),
            said = stream.next(), if early && first.is_none() => first = Some(said),
        }
    }
}

/// `room`: what the budget allows, if it limits the reply. `extent`: what any reply may have.
async fn deliver(
    inner: &Inner,
    reply: &Reply,
    mut upstream: Upstream,
    (mut room, mut extent): (Option<Room>, Extent),
    sent_at: Instant,
    progress: &mut Progress,
) -> Outcome {
    // Created once: a new future for each chunk would enter and leave the token's list each time.
    let (stop, give_up) = (reply.stop.cancelled(), inner.give_up.cancelled());
    tokio::pin!(stop, give_up);
    loop {
        let event = tokio::select! {
            biased;
            () = &mut stop => return Outcome::Stopped,
            () = &mut give_up => return Outcome::Interrupted,
            event = upstream.next() => event,
        };
        match event {
            Some(Ok(Event::Started { model })) => progress.model = model,
            Some(Ok(Event::Delta(_) | Event::Reasoning(_)))
                if room.as_mut().is_some_and(|room| room.is_used_up(&reply.log)) =>
            {
                return Outcome::BudgetReached { usage: None };
            }
            Some(Ok(Event::Delta(text) | Event::Reasoning(text))) if !extent.fits(&text) => {
                tracing::warn!(message.id = %reply.meta.message_id, "reply cut: upstream ignores the token limit");
                return Outcome::Finished { reason: FinishReason::Length, usage: None };
            }
            Some(Ok(Event::Delta(text))) => {
                progress.first_token.get_or_insert_with(|| sent_at.elapsed());
                reply.log.push(&text);
            }
            Some(Ok(Event::Reasoning(text))) => reply.log.reason(&text),
            Some(Ok(Event::AnswerWasReasoning)) => reply.log.withdraw(),
            Some(Ok(Event::ReasoningWasAnswer(text))) => {
                reply.log.forget_reasoning();
                progress.first_token.get_or_insert_with(|| sent_at.elapsed());
                reply.log.push(&text);
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
                tracing::warn!(message.id = %reply.meta.message_id, failure.kind = ?failure.kind, failure.detail = %failure.detail, "upstream request failed");
                return Outcome::Failed(failure);
            }
            None => {
                let detail = "the stream ended early".into();
                return Outcome::Failed(Failure { kind: FailureKind::Truncated, detail });
            }
        }
    }
}

/// Computes the grounding of the reply.
async fn ground(db: &Db, reply: &Reply, text: &str, end: &End) -> Option<Grounded> {
    if reply.known.is_nothing() {
        return None;
    }
    let ReplyMeta { tenant_id, conversation_id, continues, .. } = &reply.meta;
    let before = match continues {
        None => String::new(),
        // If the earlier parts cannot be read, ground this part alone.
        Some(last) => {
            store::find_written(db, tenant_id, conversation_id, last).await.unwrap_or_default()
        }
    };
    let (known, is_cut) = (reply.known.clone(), end.is_cut());
    let check = move |text: &str| markdown::ground(&Seam::after(&before, known), text, is_cut);
    if text.len() < LONG_BYTES {
        return check(text);
    }
    let text = text.to_owned();
    let checked = tokio::task::spawn_blocking(move || check(&text)).await;
    checked.unwrap_or_else(|error| {
        tracing::error!(message.id = %reply.meta.message_id, error.cause = %error, "reply not checked");
        None
    })
}

async fn store_end(db: &Db, ending: Ending) -> Result<(), DbError> {
    let mut wait = Duration::from_millis(100);
    for _ in 1..END_TRIES {
        match store::end_reply(db, ending.clone()).await {
            Err(DbError::Unavailable(cause)) => {
                tracing::warn!(error.cause = %cause, "reply end waits for the database");
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
        "reply ended"
    );
}

#[cfg(test)]
#[path = "generate_tests.rs"]
mod tests;
