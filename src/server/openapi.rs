//! The HTTP API's description for programs, OpenAPI 3.1, beside the contract for people in `docs/API.md`.
//!
//! Written by hand: `tests/behaviour/openapi.rs` holds it to the routes there are and to what they answer.

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header::CONTENT_TYPE;

const DOCUMENT: &str = include_str!("openapi.json");

pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/openapi.json", get(document))
}

async fn document() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT)
}
