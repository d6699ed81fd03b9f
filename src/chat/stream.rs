//! Streams a reply's events as server-sent events of the API. The page's feed is in `feed`.
//!
//! A stream is a cursor in the log (`reply::log`). Each second it verifies that its reader may still read.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::grounding;
use super::model::Status;
use super::reply::Reply;
use super::reply::log::{End, Follower, Log, LogEvent};
use crate::accounts::Accounts;
use crate::accounts::guard::Caller;
use crate::platform::shares::Turn;

/// A comment keeps an idle stream alive through proxies.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Interval of verifying the credential: how long a signed-out reader may continue.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// Reconnect delay of readers when the server shuts down.
pub(super) const COME_BACK: Duration = Duration::from_secs(1);
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
    respond(events(reader))
}

/// Returns an event stream response that proxies do not buffer or cache.
pub(super) fn respond(
    events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static,
) -> Response {
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE).text("");
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

struct State {
    reader: Reader,
    follower: Follower,
    reasoning: Told,
    checks: Interval,
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    ready: std::vec::IntoIter<Event>,
    hinted: bool,
}

fn events(reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let follower = Follower::new(&reader.reply.log, reader.next);
    let mut checks = tokio::time::interval_at(Instant::now() + CHECK_EVERY, CHECK_EVERY);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let closing = Box::pin(reader.closing.clone().cancelled_owned());
    let ready = Vec::new().into_iter();
    let state = State {
        reader,
        follower,
        reasoning: Told::default(),
        checks,
        closing,
        ready,
        hinted: false,
    };
    stream::unfold(state, |mut state| async move {
        let event = state.next().await?;
        Some((Ok(event), state))
    })
}

impl State {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.next() {
                return Some(event);
            }
            if self.hinted || self.follower.has_ended() {
                return None;
            }
            tokio::select! {
                biased;
                () = &mut self.closing => {
                    self.hinted = true;
                    return Some(Event::default().retry(COME_BACK).comment("reconnect"));
                }
                _ = self.checks.tick() => if !self.may_read().await { return None },
                woken = self.follower.woken() => {
                    if !woken {
                        return None;
                    }
                    self.turn();
                }
            }
        }
    }

    fn turn(&mut self) {
        let Self { reader, follower, reasoning, .. } = self;
        let take = |next| take(&reader.reply, reasoning, next);
        let events = follower.turn(&reader.reply.log, take);
        self.ready = events.into_iter();
    }

    async fn may_read(&self) -> bool {
        let Caller { credential, member } = &self.reader.caller;
        // While the database is unavailable, the result of the last check stands.
        self.reader.accounts.still_valid(credential, member).await.unwrap_or(true)
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
fn take(reply: &Reply, reasoning: &mut Told, next: u64) -> (Vec<Event>, u64) {
    let mut events = Vec::new();
    let next = reply.log.read(next, MOST_BYTES_A_TURN, &mut events);
    let mut events: Vec<Event> =
        events.into_iter().map(|(id, event)| api_event(reply, id, event)).collect();
    // Without an id: it is not an event of the log and is not replayed.
    events.extend(reasoning.news(&reply.log).map(|seconds| {
        Event::default().event("reasoning").data(json!({ "seconds": seconds }).to_string())
    }));
    (events, next)
}

fn api_event(reply: &Reply, id: u64, event: LogEvent) -> Event {
    let meta = &reply.meta;
    let (name, data) = match event {
        LogEvent::Start => {
            let start = json!({
                "conversationId": meta.conversation_id,
                "messageId": meta.message_id,
                "userMessageId": meta.question_id,
                "personaType": meta.persona,
                "model": meta.model,
            });
            ("start", start.to_string())
        }
        // The most frequent event: serialised directly from the text, without a `Value` in between.
        LogEvent::Chunk(content) => {
            ("chunk", serde_json::to_string(&Chunk { content: &content }).unwrap_or_default())
        }
        LogEvent::Reset => ("reset", json!({ "reason": "reasoning" }).to_string()),
        LogEvent::End(end) => {
            let (name, data) = end_event(reply, end);
            (name, data.to_string())
        }
    };
    Event::default().id(id.to_string()).event(name).data(data)
}

/// The data of a `chunk` event.
#[derive(Serialize)]
struct Chunk<'a> {
    content: &'a str,
}

fn end_event(reply: &Reply, end: End) -> (&'static str, Value) {
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
    if let Some(failure) = end.failure {
        data["error"] = json!(failure);
    }
    (if stopped { "stopped" } else { "done" }, data)
}

#[cfg(test)]
mod tests {
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
