//! Headers that every response carries, and what a browser may load.

use std::any::Any;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue};
use leptos_axum::ResponseOptions;

use crate::error::AppError;

/// For everything that is not a page: nothing may run or be framed.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

pub async fn layer(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NOTHING));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
    );
    clean_location(headers);
    response
}

/// A page: its own scripts (with this nonce), styles and data, and nothing from elsewhere.
pub fn allow_scripts(response: &ResponseOptions, nonce: &str) {
    // `cargo leptos watch` reloads the page over a socket of its own.
    let reload = if super::site::is_watched() { " ws:" } else { "" };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'{reload}; manifest-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

/// A failed form post without JavaScript goes back to its page. What went wrong waits in the session
/// (`platform::forms`); the copy that the framework puts into the address has no business there.
fn clean_location(headers: &mut http::HeaderMap) {
    let Some(location) = headers.get(http::header::LOCATION).and_then(|l| l.to_str().ok()) else {
        return;
    };
    let Some((path, query)) = location.split_once('?') else {
        return;
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("__err=") && !pair.starts_with("__path="))
        .collect();
    let clean =
        if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) };
    if let Ok(clean) = HeaderValue::from_str(&clean) {
        headers.insert(http::header::LOCATION, clean);
    }
}

/// A bug: the log has the panic, the caller has an apology.
pub fn panicked(cause: Box<dyn Any + Send + 'static>) -> http::Response<Body> {
    let cause = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    AppError::internal(format!("panic: {cause}")).into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_error_never_stays_in_the_address() {
        for (from, to) in [
            ("/signin?__path=%2Fapi&__err=abc", "/signin"),
            ("/signin?next=%2Fchat&__path=x&__err=y", "/signin?next=%2Fchat"),
            ("/chat?persona=cfo", "/chat?persona=cfo"),
        ] {
            let mut headers = http::HeaderMap::new();
            headers.insert(http::header::LOCATION, from.parse().unwrap());
            clean_location(&mut headers);
            assert_eq!(headers[http::header::LOCATION], to);
        }
    }
}
