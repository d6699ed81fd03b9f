//! Caps a client's open requests where the cap on connections does not: behind trusted proxies, where clients share
//! connections, and over HTTP/2, where one connection carries many requests.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Version;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::serving::Counted;
use super::state::AppState;
use crate::error::{AppError, Code};
use crate::platform::client_addr::ClientAddr;

/// `Retry-After` of a refused request.
const AGAIN_AFTER_SECONDS: u64 = 5;

pub async fn layer(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, AppError> {
    let is_shared = state.config.trusted_proxies > 0 || request.version() == Version::HTTP_2;
    let address = request.extensions().get::<ClientAddr>().map(|ClientAddr(address)| *address);
    let Some(address) = address.filter(|address| is_shared && !address.is_loopback()) else {
        return Ok(next.run(request).await);
    };
    let Some(counted) = state.in_flight.take(address) else {
        let error = AppError::limited(
            Code::RateLimitExceeded,
            "Your network has too many requests open at once. Close some tabs, or try again in 5 seconds.",
            AGAIN_AFTER_SECONDS,
        );
        return Err(state.refusals.delay(Some(address), error).await);
    };
    let response = next.run(request).await;
    Ok(response.map(|body| Body::new(Held { body, _counted: counted })))
}

/// A response body that counts as open until it is dropped.
struct Held {
    body: Body,
    _counted: Counted,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
