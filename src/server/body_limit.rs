//! No request may send more than any form needs, but for files where files are expected.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::CONTENT_LENGTH;
use http_body_util::Limited;

use crate::analytics;
use crate::error::{AppError, Code};

/// The largest form is a full profile, each character percent-encoded.
pub const MOST_BYTES: usize = 512 * 1024;

pub async fn layer(request: Request, next: Next) -> Result<Response, AppError> {
    let most = analytics::http::most_bytes(request.uri().path()).unwrap_or(MOST_BYTES);
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(AppError::new(
            Code::PayloadTooLarge,
            format!("That is too large. Send at most {}.", size(most)),
        ));
    }
    // Without an announced length the body is cut where it passes the limit.
    Ok(next.run(request.map(|body| Body::new(Limited::new(body, most)))).await)
}

/// `512 KB`, `50 MB`.
fn size(bytes: usize) -> String {
    match bytes / 1024 / 1024 {
        0 => format!("{} KB", bytes / 1024),
        mega => format!("{mega} MB"),
    }
}
