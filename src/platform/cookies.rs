//! Cookies of our own besides the session's: read from the request, set on the response.

use http::header::{COOKIE, ORIGIN, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

/// A cookie to set. Scripts can't read it, and requests from other sites don't carry it.
#[derive(Clone, Copy, Debug)]
pub struct Cookie<'a> {
    pub name: &'a str,
    /// Without characters that a cookie's value may not have.
    pub value: &'a str,
    pub path: &'a str,
    /// 0 removes it.
    pub seconds: u32,
}

impl Cookie<'_> {
    /// As it stands in `Set-Cookie`: `Secure` where the browser's own `Origin` says that it talks over
    /// TLS.
    fn header(&self, request: &HeaderMap) -> String {
        let Self { name, value, path, seconds } = self;
        let over_tls =
            request.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https:"));
        let secure = if over_tls { "; Secure" } else { "" };
        format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
    }
}

/// Sets a cookie on the response to the present request.
pub fn set(cookie: &Cookie<'_>) {
    let (Some(parts), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>())
    else {
        return;
    };
    if let Ok(value) = HeaderValue::from_str(&cookie.header(&parts.headers)) {
        response.append_header(SET_COOKIE, value);
    }
}

/// A cookie of the present request.
pub fn get(name: &str) -> Option<String> {
    find(&use_context::<Parts>()?.headers, name)
}

fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
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
    fn a_cookie_goes_over_tls_alone_where_the_browser_talks_over_tls() {
        let cookie = Cookie { name: "a", value: "b", path: "/signup", seconds: 60 };
        let plain = cookie.header(&headers(ORIGIN, "http://localhost:3000"));
        assert_eq!(plain, "a=b; Path=/signup; Max-Age=60; HttpOnly; SameSite=Strict");
        let over_tls = cookie.header(&headers(ORIGIN, "https://example.com"));
        assert!(over_tls.ends_with("; Secure"));
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let sent = headers(COOKIE, "id=7; xa=1; a=b.c=d; e=");
        assert_eq!(find(&sent, "a").as_deref(), Some("b.c=d"));
        assert_eq!(find(&sent, "e").as_deref(), Some(""));
        assert_eq!(find(&sent, "x"), None);
    }
}
