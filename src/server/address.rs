//! Paths that are not UTF-8.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use percent_encoding::percent_decode_str;

use super::site;
use super::state::AppState;

/// Answers a path whose decoded bytes are not UTF-8 like any path that does not exist. Otherwise each extractor
/// rejects it with a different framework message.
pub async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match percent_decode_str(request.uri().path()).decode_utf8() {
        Ok(_) => next.run(request).await,
        Err(_) => site::unknown_address(&state, request).await,
    }
}
