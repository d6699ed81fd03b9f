//! Reads and sets the application's cookies other than the session's.

use http::header::{COOKIE, ORIGIN, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

/// A cookie to set. It is `HttpOnly` and `SameSite=Strict`.
#[derive(Clone, Copy, Debug)]
pub struct Cookie<'a> {
    pub name: &'a str,
    /// Must contain only characters that are valid in a cookie's value.
    pub value: &'a str,
    /// 0 removes it.
    pub seconds: u32,
}

/// Context of every page and server function: whether `PUBLIC_URL` is an https address. Cookies then get the
/// `__Host-` prefix, so that no neighbouring host and no page over http can set them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OverTls(pub bool);

impl OverTls {
    fn of_context() -> Self {
        use_context().unwrap_or_default()
    }

    fn name(self, name: &str) -> String {
        let prefix = if self.0 { "__Host-" } else { "" };
        format!("{prefix}{name}")
    }
}

impl Cookie<'_> {
    /// Returns the `Set-Cookie` header. Without an https `PUBLIC_URL`, the cookie is `Secure` if the browser's
    /// `Origin` is https.
    fn header(&self, over_tls: OverTls, request: &HeaderMap) -> String {
        let Self { name, value, seconds } = self;
        let is_secure = over_tls.0
            || request.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https:"));
        let secure = if is_secure { "; Secure" } else { "" };
        let name = over_tls.name(name);
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
    }
}

/// Sets a cookie on the response to the current request.
pub fn set(cookie: &Cookie<'_>) {
    let (Some(parts), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>())
    else {
        return;
    };
    if let Ok(value) = HeaderValue::from_str(&cookie.header(OverTls::of_context(), &parts.headers))
    {
        response.append_header(SET_COOKIE, value);
    }
}

/// Returns a cookie of the current request.
pub fn get(name: &str) -> Option<String> {
    find(&use_context::<Parts>()?.headers, &OverTls::of_context().name(name))
}

pub(super) fn find(headers: &HeaderMap, name: &str) -> Option<String> {
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
    fn cookies_are_secure_when_the_browser_uses_tls() {
        let cookie = Cookie { name: "a", value: "b", seconds: 60 };
        let plain = cookie.header(OverTls(false), &headers(ORIGIN, "http://localhost:3000"));
        assert_eq!(plain, "a=b; Path=/; Max-Age=60; HttpOnly; SameSite=Strict");
        let over_tls = cookie.header(OverTls(false), &headers(ORIGIN, "https://example.com"));
        assert!(over_tls.ends_with("; Secure"));
        let public = cookie.header(OverTls(true), &HeaderMap::new());
        assert_eq!(public, "__Host-a=b; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure");
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let sent = headers(COOKIE, "id=7; xa=1; a=b.c=d; e=");
        assert_eq!(find(&sent, "a").as_deref(), Some("b.c=d"));
        assert_eq!(find(&sent, "e").as_deref(), Some(""));
        assert_eq!(find(&sent, "x"), None);
    }
}
