//! Limits the size of request bodies by path, and requires a minimum rate.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::CONTENT_LENGTH;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::error::{AppError, Code};
use crate::{accounts, analytics};

/// The largest form is a full profile, each character percent-encoded.
pub const MOST_BYTES: usize = 512 * 1024;
/// The largest form that is open without sign-in: names, an e-mail address and a password, each of maximum length.
const MOST_BYTES_OF_STRANGERS: usize = 16 * 1024;
/// Maximum wait for the next bytes.
const PROGRESS_WITHIN: Duration = Duration::from_secs(10);
/// Minimum average rate, once `PROGRESS_WITHIN` has passed.
const LEAST_BYTES_A_SECOND: u64 = 2 * 1024;

pub async fn layer(request: Request, next: Next) -> Result<Response, AppError> {
    let most = most_bytes(request.uri().path());
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(Fault::TooLarge.refusal(most));
    }
    if request.body().is_end_stream() {
        return Ok(next.run(request).await);
    }
    let fault = Arc::new(OnceLock::new());
    let guarded = request.map(|body| Body::new(Guarded::new(body, most, fault.clone())));
    // The extractors that read the body see only that it broke off, and each reports that differently. The refusal
    // replaces their response.
    let response = next.run(guarded).await;
    match fault.get() {
        None => Ok(response),
        Some(fault) => Err(fault.refusal(most)),
    }
}

/// Returns the size limit at this path.
fn most_bytes(path: &str) -> usize {
    match accounts::server_fns::is_of_strangers(path) {
        true => MOST_BYTES_OF_STRANGERS,
        false => analytics::http::most_bytes(path).unwrap_or(MOST_BYTES),
    }
}

/// Why reading a body ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    TooLarge,
    TooSlow,
    Broken,
}

impl Fault {
    fn refusal(self, most: usize) -> AppError {
        match self {
            Self::TooLarge => {
                let message = format!("The request is too large. Send at most {}.", size(most));
                AppError::new(Code::PayloadTooLarge, message)
            }
            Self::TooSlow => AppError::new(
                Code::RequestTimeout,
                "The request arrived too slowly and was not processed. Send it again.",
            ),
            Self::Broken => AppError::new(
                Code::ValidationError,
                "The request was incomplete or malformed. Send it again.",
            ),
        }
    }
}

/// A body that ends with an error when it exceeds its size limit or is too slow. Only time spent waiting for the
/// client counts.
struct Guarded {
    body: Body,
    most: u64,
    received: u64,
    waited: Duration,
    waiting: Option<Waiting>,
    fault: Arc<OnceLock<Fault>>,
}

struct Waiting {
    since: Instant,
    deadline: Pin<Box<Sleep>>,
}

impl Guarded {
    fn new(body: Body, most: usize, fault: Arc<OnceLock<Fault>>) -> Self {
        let waited = Duration::ZERO;
        Self { body, most: most as u64, received: 0, waited, waiting: None, fault }
    }

    /// Returns how long the next frame may take.
    fn patience(&self) -> Duration {
        let pace = Duration::from_secs(self.received / LEAST_BYTES_A_SECOND);
        (PROGRESS_WITHIN + pace).saturating_sub(self.waited).min(PROGRESS_WITHIN)
    }

    fn end(&self, fault: Fault) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let _ = self.fault.set(fault);
        Poll::Ready(Some(Err(axum::Error::new("the body was not read to its end"))))
    }
}

impl HttpBody for Guarded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
            let patience = self.patience();
            let waiting = self.waiting.get_or_insert_with(|| Waiting {
                since: Instant::now(),
                deadline: Box::pin(tokio::time::sleep(patience)),
            });
            ready!(waiting.deadline.as_mut().poll(context));
            return self.end(Fault::TooSlow);
        };
        if let Some(waiting) = self.waiting.take() {
            self.waited += waiting.since.elapsed();
        }
        match frame {
            Some(Ok(frame)) => {
                self.received += frame.data_ref().map_or(0, |data| data.len() as u64);
                if self.received > self.most {
                    return self.end(Fault::TooLarge);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(_)) => self.end(Fault::Broken),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Formats a size: `512 KB`, `50 MB`.
fn size(bytes: usize) -> String {
    match bytes / 1024 / 1024 {
        0 => format!("{} KB", bytes / 1024),
        mega => format!("{mega} MB"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io;

    use futures_util::{StreamExt, stream};
    use http_body_util::BodyExt;

    use super::*;

    /// Reads a body whose frames arrive after the given pauses, and returns how it ended.
    async fn read(most: usize, chunks: Vec<(u64, io::Result<usize>)>) -> Option<Fault> {
        let chunks = stream::iter(chunks).then(|(pause, chunk)| async move {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            chunk.map(|bytes| vec![0_u8; bytes])
        });
        let fault = Arc::new(OnceLock::new());
        let body = Guarded::new(Body::from_stream(chunks), most, fault.clone());
        let read = body.collect().await;
        assert_eq!(read.is_err(), fault.get().is_some());
        fault.get().copied()
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_read_whole_or_refused_as_too_large_too_slow_or_broken() {
        let broken = || io::Error::from(io::ErrorKind::InvalidData);
        assert_eq!(read(100, vec![(0, Ok(60)), (0, Ok(40))]).await, None);
        assert_eq!(read(100, vec![(0, Ok(60)), (0, Ok(41))]).await, Some(Fault::TooLarge));
        assert_eq!(read(100, vec![(0, Ok(60)), (0, Err(broken()))]).await, Some(Fault::Broken));
        assert_eq!(read(100, vec![(11, Ok(1))]).await, Some(Fault::TooSlow));
        assert_eq!(read(100, vec![(9, Ok(1)), (0, Ok(1))]).await, None);
    }

    #[test]
    fn a_trickled_body_is_refused_and_a_slow_connection_is_not() {
        let mut body = Guarded::new(Body::empty(), 1 << 30, Arc::default());
        // A byte every nine seconds.
        (body.received, body.waited) = (2, Duration::from_secs(18));
        assert_eq!(body.patience(), Duration::ZERO);
        // 20 KB a second, for ten minutes.
        (body.received, body.waited) = (12_000 * 1024, Duration::from_secs(600));
        assert_eq!(body.patience(), PROGRESS_WITHIN);
    }
}
