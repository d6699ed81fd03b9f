//! Drops HTTP/2 responses whose reader has stopped reading.
//!
//! The kernel drops an HTTP/1.1 connection whose reader has stopped (`sockets::prepare`). On an HTTP/2 connection a
//! single stream can stop: its flow-control window stays empty, so hyper no longer polls its body. This module
//! watches for that.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// How long a reader may read nothing. The same as `STALLED` over HTTP/1.1 (`sockets::prepare`).
const PATIENCE: Duration = Duration::from_secs(25);

/// The open responses of one connection.
#[derive(Default)]
pub struct Watch(Mutex<Vec<Weak<Mutex<Answer>>>>);

/// A response body that is dropped when its reader stalls.
pub struct Stalled(Arc<Mutex<Answer>>);

struct Answer {
    body: Option<Body>,
    /// When the last frame was returned. `None` once the next one is polled.
    handed_at: Option<Instant>,
}

/// Counts a connection's open responses after a sweep.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Left {
    pub alive: usize,
    pub stalled: usize,
}

impl Left {
    /// Returns whether every reader on the connection has stalled.
    pub const fn is_dead(&self) -> bool {
        self.alive == 0 && self.stalled > 0
    }
}

impl Watch {
    pub fn watch(&self, body: Body) -> Stalled {
        let answer = Arc::new(Mutex::new(Answer { body: Some(body), handed_at: None }));
        lock(&self.0).push(Arc::downgrade(&answer));
        Stalled(answer)
    }

    /// Drops the bodies whose reader has stalled. Their streams are reset at the next poll.
    pub fn sweep(&self, now: Instant) -> Left {
        let mut left = Left::default();
        lock(&self.0).retain(|answer| {
            let Some(answer) = answer.upgrade() else { return false };
            let is_stalled = match answer.try_lock() {
                Ok(mut answer) => answer.give_up(now),
                Err(TryLockError::WouldBlock) => false,
                Err(TryLockError::Poisoned(_)) => true,
            };
            left.stalled += usize::from(is_stalled);
            left.alive += usize::from(!is_stalled);
            true
        });
        left
    }
}

impl Answer {
    fn give_up(&mut self, now: Instant) -> bool {
        let waited = self.handed_at.map(|at| now.saturating_duration_since(at));
        let is_stalled = waited.is_some_and(|waited| waited >= PATIENCE);
        if is_stalled {
            self.body = None;
        }
        is_stalled
    }
}

impl HttpBody for Stalled {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut answer = lock(&self.0);
        answer.handed_at = None;
        let Some(body) = &mut answer.body else {
            return Poll::Ready(Some(Err(axum::Error::new("the reader took nothing"))));
        };
        let polled = Pin::new(body).poll_frame(context);
        if let Poll::Ready(Some(_)) = polled {
            answer.handed_at = Some(Instant::now());
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        lock(&self.0).body.as_ref().is_some_and(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        lock(&self.0).body.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures_util::stream;
    use http_body_util::BodyExt;

    use super::*;

    fn endless() -> Body {
        Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>("chunk")))
    }

    #[tokio::test]
    async fn a_stalled_stream_is_reset_and_the_others_continue() {
        let watch = Watch::default();
        let (mut stalled, mut live) = (watch.watch(endless()), watch.watch(endless()));
        for body in [&mut stalled, &mut live] {
            body.frame().await.unwrap().unwrap();
        }
        let soon = Instant::now() + PATIENCE - Duration::from_secs(1);
        assert_eq!(watch.sweep(soon), Left { alive: 2, stalled: 0 });
        lock(&live.0).handed_at = None;
        let late = Instant::now() + PATIENCE;
        let left = watch.sweep(late);
        assert_eq!(left, Left { alive: 1, stalled: 1 });
        assert!(!left.is_dead());
        live.frame().await.unwrap().unwrap();
        assert!(stalled.frame().await.unwrap().is_err(), "its stream is reset");
    }

    #[tokio::test]
    async fn a_connection_with_only_stalled_streams_is_closed() {
        let watch = Watch::default();
        assert!(!watch.sweep(Instant::now()).is_dead(), "an idle one is not");
        let mut stalled = watch.watch(endless());
        stalled.frame().await.unwrap().unwrap();
        assert!(watch.sweep(Instant::now() + PATIENCE).is_dead());
        drop(stalled);
        assert_eq!(watch.sweep(Instant::now()), Left::default());
    }

    #[tokio::test]
    async fn a_response_without_pending_data_is_not_stalled() {
        let watch = Watch::default();
        let silent = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        let mut silent = watch.watch(silent);
        let polled = futures_util::poll!(silent.frame());
        assert!(polled.is_pending());
        assert_eq!(watch.sweep(Instant::now() + PATIENCE), Left { alive: 1, stalled: 0 });
    }
}
