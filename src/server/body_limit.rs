//! No request may send more than any form needs.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::CONTENT_LENGTH;
use http_body_util::Limited;

use crate::error::{AppError, Code};

/// The largest form is a full profile, each character percent-encoded.
pub const MOST_BYTES: usize = 512 * 1024;

pub async fn layer(request: Request, next: Next) -> Result<Response, AppError> {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MOST_BYTES) {
        return Err(AppError::new(
            Code::PayloadTooLarge,
            format!("That is too large. Send at most {} KB.", MOST_BYTES / 1024),
        ));
    }
    // Without an announced length the body is cut where it passes the limit.
    Ok(next.run(request.map(|body| Body::new(Limited::new(body, MOST_BYTES)))).await)
}
