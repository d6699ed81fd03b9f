//! Turns error responses into pages for browsers, also those of middleware that refuses a request before its handler.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT, ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
};
use http::{HeaderMap, HeaderValue};

use super::site;
use super::state::AppState;
use crate::app::refusal_page;
use crate::error::AppError;

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// Replaces the JSON of an [`AppError`] with a page if a browser asked for a page.
pub async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let is_page = !site::is_api(request.uri().path()) && accepts_html(request.headers());
    let response = next.run(request).await;
    match response.extensions().get::<AppError>() {
        Some(error) if is_page => {
            let page = refusal_page(&state.site.files, error);
            let (mut parts, _) = response.into_parts();
            // Both headers describe the JSON, which may be compressed.
            parts.headers.remove(CONTENT_LENGTH);
            parts.headers.remove(CONTENT_ENCODING);
            parts
                .headers
                .insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            parts.headers.insert(CONTENT_SECURITY_POLICY, POLICY);
            Response::from_parts(parts, Body::from(page))
        }
        _ => response,
    }
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|it| it.to_str().ok()).is_some_and(|it| it.contains("text/html"))
}

/// Answers 405 with `Allow`.
pub fn wrong_method(allowed: &'static str) -> Response {
    let mut response = AppError::method_not_allowed().into_response();
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}
