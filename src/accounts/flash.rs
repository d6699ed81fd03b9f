//! A new token on its way to a browser without JavaScript.
//!
//! The form that makes a token redirects to the account page, which shows it once. Between the two the
//! token travels in a cookie of the browser that asked for it: the server stores nothing but its hash.

use http::header::{COOKIE, ORIGIN, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::service::is_token;
use crate::platform::forms;

const NAME: &str = "new_token";
/// Long enough for a redirect.
const SECONDS: u32 = 60;

/// Has the next account page show `token`. Our script has it from the answer and needs no cookie.
pub fn show_once(token: &str) {
    if let Some(parts) = use_context::<Parts>()
        && forms::wants_html()
    {
        set(&cookie(token, SECONDS, &parts.headers));
    }
}

/// The token that is to be shown, once.
pub fn take() -> Option<String> {
    let parts = use_context::<Parts>()?;
    let token = find(&parts.headers)?;
    set(&cookie("", 0, &parts.headers));
    Some(token)
}

fn set(cookie: &str) {
    if let (Some(response), Ok(value)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(cookie))
    {
        response.append_header(SET_COOKIE, value);
    }
}

/// `Secure` where the browser's own `Origin` says that it talks over TLS.
fn cookie(value: &str, seconds: u32, request: &HeaderMap) -> String {
    let over_tls =
        request.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https:"));
    let secure = if over_tls { "; Secure" } else { "" };
    format!("{NAME}={value}; Path=/account; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

fn find(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == NAME && is_token(value))
        .map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(name: http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn only_the_asking_browsers_account_page_gets_the_token_back() {
        let plain = cookie("cs_1", 60, &headers(ORIGIN, "http://localhost:3000"));
        assert_eq!(plain, "new_token=cs_1; Path=/account; Max-Age=60; HttpOnly; SameSite=Strict");
        let over_tls = cookie("cs_1", 60, &headers(ORIGIN, "https://example.com"));
        assert!(over_tls.ends_with("; Secure"));
    }

    #[test]
    fn what_is_no_token_is_not_shown_as_one() {
        let token = format!("cs_{}", "0f".repeat(32));
        let found = |value: &str| find(&headers(COOKIE, &format!("id=7; new_token={value}; a=b")));
        assert_eq!(found(&token), Some(token));
        assert_eq!(found("cs_call-this-number"), None);
        assert_eq!(found(""), None);
    }
}
