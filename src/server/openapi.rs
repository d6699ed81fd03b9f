//! The OpenAPI 3.1 description of the HTTP API. `docs/API.md` is the contract in prose.
//!
//! It is written by hand (`docs/adr/0027`). `tests/behaviour/openapi.rs` compares it with the routes and their responses.

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
