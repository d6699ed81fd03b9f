//! The https address at which people can sign in, and whether a page was opened elsewhere.

use http::header::HOST;
use http::{HeaderMap, Uri};
use url::Url;

use super::config::Config;

/// Context of every page where `PUBLIC_URL` is https: browsers keep the session cookie only there.
#[derive(Clone, Debug)]
pub struct HttpsAddress {
    url: Url,
    trusted_proxies: usize,
}

impl HttpsAddress {
    /// Returns `None` if `PUBLIC_URL` is no https address.
    pub fn of(config: &Config) -> Option<Self> {
        let url = config.public_url.clone().filter(|_| config.is_over_tls())?;
        Some(Self { url, trusted_proxies: config.trusted_proxies })
    }

    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Returns a page's https address.
    pub fn of_page(&self, page: &Uri) -> String {
        let mut url = self.url.clone();
        url.set_path(page.path());
        url.set_query(page.query());
        url.into()
    }

    /// Returns whether a page was opened over plain http, as far as its request tells: by what a trusted proxy says, or
    /// without one by a `Host` that is not ours. `app/plain.js` finds out in all other cases.
    pub fn is_missed_by(&self, headers: &HeaderMap) -> bool {
        // Browsers send this header only over TLS and to the local machine, where they keep the cookie too. A proxy in
        // front of this server may have replaced `Host`.
        if headers.contains_key("sec-fetch-site") {
            return false;
        }
        match self.trusted_proxies {
            0 => headers
                .get(HOST)
                .and_then(|host| host.to_str().ok())
                .is_some_and(|host| !self.is_at(host)),
            proxies => forwarded_protocol(headers, proxies)
                .is_some_and(|it| it.eq_ignore_ascii_case("http")),
        }
    }

    fn is_at(&self, host: &str) -> bool {
        Url::parse(&format!("https://{host}/")).is_ok_and(|url| url.origin() == self.url.origin())
    }
}

/// Returns the protocol that the outermost trusted proxy saw.
fn forwarded_protocol(headers: &HeaderMap, trusted_proxies: usize) -> Option<&str> {
    let entries: Vec<&str> = headers
        .get_all("x-forwarded-proto")
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .map(str::trim)
        .collect();
    entries.get(entries.len().saturating_sub(trusted_proxies)).copied()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn address(trusted_proxies: usize) -> HttpsAddress {
        HttpsAddress { url: Url::parse("https://a.example").unwrap(), trusted_proxies }
    }

    /// Checks a request with the given headers, such as `host: a.example · x-forwarded-proto: http`.
    fn is_missed(trusted_proxies: usize, request: &str) -> bool {
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap())
        };
        let mut headers = HeaderMap::new();
        for (name, value) in request.split(" · ").map(header) {
            headers.append(name, value);
        }
        address(trusted_proxies).is_missed_by(&headers)
    }

    #[test]
    fn without_a_proxy_another_host_than_ours_is_plain_http() {
        for request in ["host: 192.0.2.7:3000", "host: a.example:3000", "host: backend"] {
            assert!(is_missed(0, request), "{request}");
        }
        for request in [
            "host: a.example",
            "host: A.example:443",
            "host: a.example · x-forwarded-proto: http",
            "host: localhost:3000 · sec-fetch-site: none",
            "host: backend:3000 · sec-fetch-site: same-origin",
        ] {
            assert!(!is_missed(0, request), "{request}");
        }
    }

    #[test]
    fn a_trusted_proxy_says_how_a_page_was_opened() {
        assert!(is_missed(1, "host: a.example · x-forwarded-proto: http"));
        assert!(
            is_missed(1, "host: a.example · x-forwarded-proto: https, HTTP"),
            "the first one is made up"
        );
        assert!(is_missed(2, "host: a.example · x-forwarded-proto: http, https"));
        for request in [
            "host: backend:3000",
            "host: a.example · x-forwarded-proto: https",
            "host: a.example · x-forwarded-proto: http, https",
            "host: a.example · x-forwarded-proto: http · sec-fetch-site: none",
        ] {
            assert!(!is_missed(1, request), "{request}");
        }
    }

    #[test]
    fn a_page_is_the_same_over_https() {
        let page = Uri::from_static("http://192.0.2.7:3000/reset-password?token=a%2Fb");
        assert_eq!(address(0).of_page(&page), "https://a.example/reset-password?token=a%2Fb");
        assert_eq!(address(0).origin(), "https://a.example");
    }
}
