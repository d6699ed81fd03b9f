//! Opens a span and writes a log line for each request: id, tenant, account, client, method, route, status, duration.
//! Logs no content: the route is the pattern, without parameters and query.
//!
//! Log lines that are written while a request is handled, or its response body is sent, carry the span's fields. The
//! same id is in error bodies and in `X-Request-Id`.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use tower_http::classify::{ServerErrorsAsFailures, SharedClassifier};
use tower_http::set_header::SetRequestHeaderLayer;
use tower_http::trace::TraceLayer;
use tracing::field::{Empty, display};
use tracing::{Span, error_span};

use crate::platform::{ClientAddr, ids, request_id};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

type Make = fn(&Request) -> Span;
type Log = fn(&Response, Duration, &Span);
type Classifier = SharedClassifier<ServerErrorsAsFailures>;

/// Sets a new id on each request, and replaces one that the client sent.
pub fn new_id() -> SetRequestHeaderLayer<fn(&Request) -> Option<HeaderValue>> {
    let id: fn(&Request) -> Option<HeaderValue> = |_| HeaderValue::from_str(&ids::new_id()).ok();
    SetRequestHeaderLayer::overriding(REQUEST_ID, id)
}

/// Opens the span, and logs the request when the head of its response is ready.
pub fn layer() -> TraceLayer<Classifier, Make, (), Log, (), (), ()> {
    TraceLayer::new_for_http()
        .make_span_with(span as Make)
        .on_request(())
        .on_response(log as Log)
        .on_body_chunk(())
        .on_eos(())
        .on_failure(())
}

/// Makes the id available to error bodies.
pub async fn scope(request: Request, next: Next) -> Response {
    let id = id(&request).to_owned();
    request_id::scope(id, next.run(request)).await
}

fn id<B>(request: &http::Request<B>) -> &str {
    request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default()
}

/// Opens the span at the error level, so that every filter that shows errors also shows their request ids.
fn span(request: &http::Request<Body>) -> Span {
    let extensions = request.extensions();
    let client = extensions.get().map(|ClientAddr(address)| display(address));
    error_span!(
        "request",
        request.id = id(request),
        client,
        http.method = %request.method(),
        http.route = extensions.get().map_or("file", MatchedPath::as_str),
        tenant.id = Empty,
        account.id = Empty,
    )
}

fn log(response: &http::Response<Body>, took: Duration, _: &Span) {
    let duration_us = took.as_micros() as u64;
    tracing::info!(http.status = response.status().as_u16(), duration_us, "request");
}
