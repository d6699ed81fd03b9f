//! Streams a reply's events as server-sent events of the API. The page's feed is in `feed`.
//!
//! A stream is a cursor in the log (`reply::log`). It ends when its reader may no longer read (`accounts::revocations`).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::response::Response;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use http::HeaderMap;
use serde::Serialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::events::{Events, RECONNECT, respond};
use super::grounding;
use super::model::Status;
use super::reply::Reply;
use super::reply::log::{End, Follower, Log, LogEvent};
use crate::accounts::Accounts;
use crate::accounts::guard::Caller;
use crate::accounts::revocations::revoked;
use crate::platform::shares::Turn;

/// Approximate maximum of bytes that one turn reads from the log, which is the memory that a
/// stalled reader holds.
const MOST_BYTES_A_TURN: usize = 8 * 1024;

/// A reader of a reply.
pub struct Reader {
    pub reply: Arc<Reply>,
    pub caller: Caller,
    pub accounts: Accounts,
    /// Cancelled at shutdown, so that readers reconnect to another process.
    pub closing: CancellationToken,
    /// The number of the next event.
    pub next: u64,
    /// Its permit among the member's event streams.
    pub _turn: Option<Turn>,
}

/// Returns where a reader continues: after `Last-Event-ID`, after `after`, or at the start.
pub fn next_event(headers: &HeaderMap, after: Option<u64>) -> u64 {
    headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse::<u64>().ok())
        .or(after)
        .map_or(0, |last| last.saturating_add(1))
}

/// Streams the log's events.
pub fn api_events(reader: Reader) -> Response {
    let Reader { reply, caller, accounts, closing, next, _turn } = reader;
    respond(State {
        follower: Follower::new(&reply.log, next),
        reply,
        reasoning: Told::default(),
        parting: parting(accounts, caller, closing),
        is_over: false,
        _turn,
    })
}

/// Why a stream ends before its reply.
pub(super) enum Parting {
    /// The server shuts down.
    Closing,
    /// The reader may no longer read.
    Revoked,
}

impl Parting {
    /// Returns what the reader is told.
    pub fn last_words(self) -> Option<Bytes> {
        match self {
            Self::Closing => Some(RECONNECT),
            Self::Revoked => None,
        }
    }
}

/// Resolves when a stream must end. One future that is kept, because it is polled for each event.
pub(super) fn parting(
    accounts: Accounts,
    caller: Caller,
    closing: CancellationToken,
) -> BoxFuture<'static, Parting> {
    Box::pin(async move {
        tokio::select! {
            biased;
            () = closing.cancelled() => Parting::Closing,
            () = revoked(accounts, caller) => Parting::Revoked,
        }
    })
}

struct State {
    reply: Arc<Reply>,
    follower: Follower,
    reasoning: Told,
    parting: BoxFuture<'static, Parting>,
    is_over: bool,
    _turn: Option<Turn>,
}

impl Stream for State {
    type Item = Bytes;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let this = self.get_mut();
        loop {
            if this.is_over || this.follower.has_ended() {
                return Poll::Ready(None);
            }
            if let Poll::Ready(parting) = this.parting.as_mut().poll(context) {
                this.is_over = true;
                return Poll::Ready(parting.last_words());
            }
            ready!(this.follower.poll_woken(context));
            let Self { reply, follower, reasoning, .. } = this;
            let events = follower.turn(|next| take(reply, reasoning, next));
            if !events.is_empty() {
                return Poll::Ready(Some(events.into()));
            }
        }
    }
}

/// The duration of reasoning in seconds that the reader was told last.
#[derive(Debug, Default)]
struct Told(Option<u64>);

impl Told {
    /// Returns the seconds if the reader was not told of them yet.
    fn news(&mut self, log: &Log) -> Option<u64> {
        let seconds = log.reasoning_seconds().filter(|seconds| self.0 != Some(*seconds))?;
        self.0 = Some(seconds);
        Some(seconds)
    }
}

/// Returns the events to send now and the number of the next one.
fn take(reply: &Reply, reasoning: &mut Told, next: u64) -> (Events, u64) {
    let mut events = Events::default();
    let next = reply.log.read(next, MOST_BYTES_A_TURN, |id, event| {
        push(&mut events, reply, id, event);
    });
    // Without an id: it is not an event of the log and is not replayed.
    if let Some(seconds) = reasoning.news(&reply.log) {
        events.push(None, Some("reasoning"), &json!({ "seconds": seconds }));
    }
    (events, next)
}

fn push(events: &mut Events, reply: &Reply, id: u64, event: LogEvent<'_>) {
    let meta = &reply.meta;
    let id = Some(id);
    match event {
        LogEvent::Start => {
            let start = json!({
                "conversationId": meta.conversation_id,
                "messageId": meta.message_id,
                "userMessageId": meta.question_id,
                "personaType": meta.persona,
                "model": meta.model,
            });
            events.push(id, Some("start"), &start);
        }
        // The most frequent event: serialised directly from the text, without a `Value` in between.
        LogEvent::Chunk(content) => events.push(id, Some("chunk"), &Chunk { content }),
        LogEvent::Reset => events.push(id, Some("reset"), &json!({ "reason": "reasoning" })),
        LogEvent::End(end) => {
            let (name, data) = end_event(reply, end);
            events.push(id, Some(name), &data);
        }
    }
}

/// The data of a `chunk` event.
#[derive(Serialize)]
struct Chunk<'a> {
    content: &'a str,
}

fn end_event(reply: &Reply, end: &End) -> (&'static str, Value) {
    let stopped = end.status == Status::Stopped;
    if let Some(failure) = &end.failure
        && !stopped
    {
        return ("error", json!(failure));
    }
    let mut data = json!({
        "conversationId": reply.meta.conversation_id,
        "messageId": reply.meta.message_id,
        "finishReason": end.finish_reason,
        "usage": end.usage,
        "citations": grounding::citations(reply.grounded()),
        "grounding": grounding::summary(reply.grounded()),
    });
    // The budget ended it, not the member.
    if let Some(failure) = &end.failure {
        data["error"] = json!(failure);
    }
    (if stopped { "stopped" } else { "done" }, data)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_reader_resumes_after_its_last_event_id() {
        let mut headers = HeaderMap::new();
        assert_eq!(next_event(&headers, None), 0);
        assert_eq!(next_event(&headers, Some(4)), 5);
        headers.insert("last-event-id", HeaderValue::from_static("7"));
        assert_eq!(next_event(&headers, Some(4)), 8);
        headers.insert("last-event-id", HeaderValue::from_static("nonsense"));
        assert_eq!(next_event(&headers, Some(4)), 5);
    }
}
