//! Sets the security headers of every response, and the content security policy of pages.

use std::any::Any;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue};
use leptos_axum::ResponseOptions;

use crate::error::AppError;

/// The policy of responses that are not pages: they load nothing and cannot be framed.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// Tells browsers to use only TLS for this host for one year.
const OVER_TLS_ALONE: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds the headers, and keeps a handler's own `Content-Security-Policy` and `Cache-Control`. `over_tls`: whether
/// `PUBLIC_URL` is https.
pub async fn layer(State(over_tls): State<bool>, request: Request, next: Next) -> Response {
    // Browsers send `Sec-Fetch-Site` only to trustworthy origins: https and the local machine.
    let is_trustworthy = over_tls || request.headers().contains_key("sec-fetch-site");
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
    // On other origins browsers ignore the header and log an error.
    if is_trustworthy {
        headers.insert(
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        );
    }
    if over_tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, OVER_TLS_ALONE);
    }
    clean_location(headers);
    response
}

/// Sets the policy of a page: its own scripts (with this nonce), styles and data, nothing from other origins.
pub fn allow_scripts(response: &ResponseOptions, nonce: &str) {
    // `cargo leptos watch` reloads the page over a WebSocket on another port.
    let reload = if super::site::is_watched() { " ws:" } else { "" };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         font-src 'self'; img-src 'self' data:; connect-src 'self'{reload}; manifest-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

/// Rewrites a redirect to a path of this site.
///
/// A form post without JavaScript redirects to its `Referer`. A proxy may have renamed that host, and any site may
/// have sent the request. The error is stored by `platform::forms`, so the copy that the framework adds to the URL
/// is removed.
fn clean_location(headers: &mut http::HeaderMap) {
    let Some(location) = headers.get(LOCATION).and_then(|l| l.to_str().ok()) else {
        return;
    };
    let local = local_address(location);
    let clean = match local.split_once('?') {
        None => local,
        Some((path, query)) => {
            let kept: Vec<&str> = query
                .split('&')
                .filter(|pair| !pair.starts_with("__err=") && !pair.starts_with("__path="))
                .collect();
            match kept.is_empty() {
                true => path.to_owned(),
                false => format!("{path}?{}", kept.join("&")),
            }
        }
    };
    if let Ok(clean) = HeaderValue::from_str(&clean) {
        headers.insert(LOCATION, clean);
    }
}

/// Returns the path and query of a URL, with or without an origin.
fn local_address(address: &str) -> String {
    let path = match address.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            rest.find(['/', '?']).map_or("", |at| &rest[at..])
        }
        _ => address,
    };
    // Browsers read `//elsewhere` and `/\elsewhere` as other hosts.
    format!("/{}", path.trim_start_matches(['/', '\\']))
}

/// Logs a panic and answers 500.
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
    fn redirects_stay_on_this_site_without_error_details() {
        for (from, to) in [
            ("/signin?__path=%2Fapi&__err=abc", "/signin"),
            ("/signin?next=%2Fchat&__path=x&__err=y", "/signin?next=%2Fchat"),
            ("/chat?persona=cfo", "/chat?persona=cfo"),
            ("http://backend:3000/signin?__err=y", "/signin"),
            ("/signin?next=https://a.example/x", "/signin?next=https://a.example/x"),
            ("https://elsewhere.example/phish", "/phish"),
            ("https://elsewhere.example?x=1", "/?x=1"),
            ("https://elsewhere.example//other.example", "/other.example"),
            ("//elsewhere.example/phish", "/elsewhere.example/phish"),
            ("/\\elsewhere.example", "/elsewhere.example"),
        ] {
            let mut headers = http::HeaderMap::new();
            headers.insert(http::header::LOCATION, from.parse().unwrap());
            clean_location(&mut headers);
            assert_eq!(headers[http::header::LOCATION], to);
        }
    }
}
