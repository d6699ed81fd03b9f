//! One line a request: id, tenant, route, status, duration. Never what was said.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};

use crate::platform::{ids, request_id};

pub async fn layer(request: Request, next: Next) -> Response {
    let id = ids::new_id();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "file".to_owned(), |path| path.as_str().to_owned());
    let started = Instant::now();
    let (mut response, tenant) = request_id::scope(id.clone(), next.run(request)).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    tracing::info!(
        request.id = %id,
        tenant.id = tenant.as_deref(),
        http.method = %method,
        http.route = %route,
        http.status = response.status().as_u16(),
        duration_us = started.elapsed().as_micros() as u64,
        "request"
    );
    response
}
