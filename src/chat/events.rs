//! Server-sent events as bytes.
//!
//! Written here rather than with axum's `Event`, because every chunk of every reply passes through: events of one turn
//! share a buffer, and the keep-alive timer is not set again for each of them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderName, HeaderValue, header};
use serde::Serialize;
use tokio::time::{Instant, Sleep, sleep};

/// A comment keeps an idle stream alive through proxies.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Tells readers to reconnect after a second, when the server shuts down.
pub(super) const RECONNECT: Bytes = Bytes::from_static(b"retry: 1000\n: reconnect\n\n");

/// Events to be sent together.
#[derive(Debug, Default)]
pub(super) struct Events(Vec<u8>);

impl Events {
    /// Adds an event. Without an id, it is not replayed to a reader that reconnects.
    pub fn push(&mut self, id: Option<u64>, name: Option<&str>, data: &impl Serialize) {
        let Self(bytes) = self;
        if let Some(id) = id {
            bytes.extend_from_slice(b"id: ");
            // JSON of a number is the number, and writing to memory cannot fail; the same below.
            let _ = serde_json::to_writer(&mut *bytes, &id);
            bytes.push(b'\n');
        }
        if let Some(name) = name {
            bytes.extend_from_slice(b"event: ");
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(b"data: ");
        // JSON has no line breaks, which would end the data.
        let _ = serde_json::to_writer(&mut *bytes, data);
        bytes.extend_from_slice(b"\n\n");
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Events> for Bytes {
    fn from(events: Events) -> Self {
        events.0.into()
    }
}

/// Returns an event stream response that proxies do not buffer or cache.
pub(super) fn respond(events: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let alive = KeptAlive {
        events: Box::pin(events),
        sent_at: Instant::now(),
        timer: Box::pin(sleep(KEEP_ALIVE)),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Body::from_stream(alive)).into_response()
}

/// Adds comments to a stream that is silent.
struct KeptAlive<S> {
    events: Pin<Box<S>>,
    sent_at: Instant,
    /// Set again only when it fires, so that it costs nothing for each event.
    timer: Pin<Box<Sleep>>,
}

impl<S: Stream<Item = Bytes>> Stream for KeptAlive<S> {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Poll::Ready(next) = this.events.as_mut().poll_next(context) {
            this.sent_at = Instant::now();
            return Poll::Ready(next.map(Ok));
        }
        loop {
            ready!(this.timer.as_mut().poll(context));
            let (now, due) = (Instant::now(), this.sent_at + KEEP_ALIVE);
            if now < due {
                this.timer.as_mut().reset(due);
                continue;
            }
            this.sent_at = now;
            this.timer.as_mut().reset(now + KEEP_ALIVE);
            return Poll::Ready(Some(Ok(Bytes::from_static(b":\n\n"))));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures_util::{StreamExt, stream};
    use serde_json::json;

    use super::*;

    #[test]
    fn events_have_one_line_for_each_field() {
        let mut events = Events::default();
        events.push(Some(12), Some("chunk"), &json!({ "content": "a\nb\r \"é\"" }));
        events.push(None, None, &json!([]));
        let bytes = Bytes::from(events);
        assert_eq!(
            std::str::from_utf8(&bytes).unwrap(),
            "id: 12\nevent: chunk\ndata: {\"content\":\"a\\nb\\r \\\"é\\\"\"}\n\ndata: []\n\n"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_comment_follows_each_fifteen_silent_seconds() {
        let (send, receive) = tokio::sync::mpsc::channel::<Bytes>(1);
        let events =
            stream::unfold(
                receive,
                |mut receive| async move { Some((receive.recv().await?, receive)) },
            );
        let begun = Instant::now();
        let mut body = respond(events).into_body().into_data_stream();
        tokio::time::advance(Duration::from_secs(10)).await;
        send.send(Bytes::from_static(b"data: 1\n\n")).await.unwrap();
        assert_eq!(body.next().await.unwrap().unwrap(), "data: 1\n\n");
        for seconds in [25, 40] {
            assert_eq!(body.next().await.unwrap().unwrap(), ":\n\n");
            assert_eq!(begun.elapsed().as_secs(), seconds);
        }
        drop(send);
        assert!(body.next().await.is_none());
    }
}
