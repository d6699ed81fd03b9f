//! Rejects unsafe requests that other sites' pages cause a browser to send, and requests for another site's host name.
//!
//! Browsers state in `Sec-Fetch-Site` whether a page of the same site sent the request. No page can forge the header
//! (https://www.w3.org/TR/fetch-metadata/), but browsers send it only over TLS and to the local machine. Over plain
//! http, `Origin` or `Referer` must be the address that people use: `PUBLIC_URL`, or without it the host that `Host` or
//! a trusted proxy's `X-Forwarded-Host` names. Requests with none of `Sec-Fetch-Site`, `Origin` and `Referer` are
//! accepted: programs send them, and have no cookie that another site could abuse.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, Method, header};
use url::{Host, Url};

use crate::error::{AppError, Code};
use crate::platform::client_addr::ClientAddr;
use crate::platform::config::Config;

/// The addresses at which people reach the server.
#[derive(Debug)]
pub struct Addresses {
    public_url: Option<Url>,
    trusted_proxies: usize,
}

impl Addresses {
    pub fn new(config: &Config) -> Arc<Self> {
        let public_url = config.public_url.clone();
        Arc::new(Self { public_url, trusted_proxies: config.trusted_proxies })
    }
}

pub async fn layer(
    State(addresses): State<Arc<Addresses>>,
    request: Request,
    next: Next,
) -> Result<Response, AppError> {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let headers = request.headers();
    let checked = addresses.check_host(headers).and_then(|()| match is_safe {
        true => Ok(()),
        false => addresses.check(headers),
    });
    if let Err(error) = checked {
        let client = request.extensions().get().map(|ClientAddr(address)| address.to_string());
        tracing::warn!(client, error.code = ?error.code, "cross-site request refused");
        return Err(error);
    }
    Ok(next.run(request).await)
}

impl Addresses {
    /// Rejects a request for another site's host name, as DNS rebinding sends it to servers in private networks.
    /// Without `PUBLIC_URL` it accepts any host, because any name may be correct. It always accepts IP addresses, names
    /// without a dot and names below `.localhost`, which are no public site's. Behind a trusted proxy, which forwards
    /// only its own names, it accepts any host.
    fn check_host(&self, headers: &HeaderMap) -> Result<(), AppError> {
        let (Some(public), Some(host)) = (&self.public_url, text(headers, header::HOST.as_str()))
        else {
            return Ok(());
        };
        if self.trusted_proxies > 0 {
            return Ok(());
        }
        let url = Url::parse(&format!("http://{host}/")).ok();
        let is_known = match url.as_ref().and_then(Url::host) {
            Some(Host::Domain(name)) => {
                Some(name) == public.host_str()
                    || !name.contains('.')
                    || name.ends_with(".localhost")
            }
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
            None => false,
        };
        if is_known { Ok(()) } else { Err(misdirected(public, host)) }
    }

    /// Rejects a request that another site's page may have sent.
    fn check(&self, headers: &HeaderMap) -> Result<(), AppError> {
        let site = text(headers, "sec-fetch-site");
        let from = text(headers, header::ORIGIN.as_str())
            .or_else(|| text(headers, header::REFERER.as_str()));
        let is_foreign = site.is_some_and(|site| !matches!(site, "same-origin" | "none"));
        let Some(from) = from else {
            return if is_foreign { Err(foreign()) } else { Ok(()) };
        };
        // An opaque origin (`null`) identifies no site.
        let Some(from) = Url::parse(from).ok().filter(|url| url.origin().is_tuple()) else {
            return if is_foreign || site.is_none() { Err(foreign()) } else { Ok(()) };
        };
        if is_foreign {
            return Err(foreign());
        }
        match &self.public_url {
            Some(public) => check_public(public, &from, headers, site.is_some()),
            None if site.is_some() || self.is_named(&from, headers) => Ok(()),
            None => Err(unknown_address(&from, headers)),
        }
    }

    /// Returns whether `Host` or a trusted proxy names the origin of the request.
    fn is_named(&self, from: &Url, headers: &HeaderMap) -> bool {
        let forwarded: Vec<&str> = headers
            .get_all("x-forwarded-host")
            .iter()
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .map(str::trim)
            .collect();
        is_host(from, headers)
            || forwarded.iter().rev().take(self.trusted_proxies).any(|host| is_at(from, host))
    }
}

/// Checks an origin against `PUBLIC_URL`. Also accepts `localhost` and IP addresses if `Host` names the same origin,
/// unless browsers drop the session cookie there.
fn check_public(
    public: &Url,
    from: &Url,
    headers: &HeaderMap,
    is_trustworthy: bool,
) -> Result<(), AppError> {
    if from.origin() == public.origin() {
        return Ok(());
    }
    // Browsers keep `Secure` cookies only for https and for the local machine.
    let keeps_cookies = from.scheme() == "https" || is_trustworthy;
    if public.scheme() == "https" && !keeps_cookies {
        return Err(over_http(public, from));
    }
    let is_direct = is_host(from, headers)
        && match from.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
            None => false,
        };
    if is_direct { Ok(()) } else { Err(elsewhere(public, from)) }
}

fn is_host(from: &Url, headers: &HeaderMap) -> bool {
    text(headers, header::HOST.as_str()).is_some_and(|host| is_at(from, host))
}

/// Returns whether the origin is at `host`, which may omit the scheme's default port.
fn is_at(from: &Url, host: &str) -> bool {
    !host.is_empty()
        && !host.contains(['/', '\\', '@', '?', '#'])
        && Url::parse(&format!("{}://{host}/", from.scheme()))
            .is_ok_and(|here| here.origin() == from.origin())
}

/// Returns a header as text, or `?` if it is not visible ASCII, so that it does not count as missing.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

fn misdirected(public: &Url, host: &str) -> AppError {
    let (origin, host) = (public.origin().ascii_serialization(), shortened(host));
    AppError::new(
        Code::MisdirectedRequest,
        format!(
            "C-Suite is at {origin}, not at {host}. If you run this server and a proxy sends it this name, set \
             TRUSTED_PROXIES to the number of proxies and restart it."
        ),
    )
}

fn foreign() -> AppError {
    AppError::forbidden(
        "This request came from another site and was refused. Go back to C-Suite and try there.",
    )
}

fn unknown_address(from: &Url, headers: &HeaderMap) -> AppError {
    let origin = from.origin().ascii_serialization();
    let host = shortened(text(headers, header::HOST.as_str()).unwrap_or("no host"));
    let origin = shortened(&origin);
    AppError::forbidden(format!(
        "This form was opened at {origin}, but reached C-Suite under another name ({host}), so it was refused. \
         If you run this server, set PUBLIC_URL={origin} and restart it. If you didn't open C-Suite at {origin}, \
         another site sent this form."
    ))
}

fn elsewhere(public: &Url, from: &Url) -> AppError {
    let origin = from.origin().ascii_serialization();
    let (origin, public) = (shortened(&origin), public.origin().ascii_serialization());
    AppError::forbidden(format!(
        "This form was opened at {origin}, but C-Suite is set up for {public}, so it was refused. \
         Open {public} and try there. If you run this server and {origin} is right, set PUBLIC_URL={origin} and restart it."
    ))
}

fn over_http(public: &Url, from: &Url) -> AppError {
    let origin = from.origin().ascii_serialization();
    let (origin, public) = (shortened(&origin), public.origin().ascii_serialization());
    AppError::forbidden(format!(
        "You opened C-Suite at {origin}, without TLS. It is set up for {public}, and browsers keep its session cookie \
         only there, so nobody can sign in here. Open {public} and try there. If you run this server and it has no TLS, \
         set PUBLIC_URL={origin} and restart it."
    ))
}

/// Truncates text from a request for display.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(120)]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Checks a request with the given headers, such as `host: a.example · origin: https://a.example`.
    fn check(public_url: &str, trusted_proxies: usize, request: &str) -> Result<(), String> {
        let mut headers = HeaderMap::new();
        for line in request.split(" · ").filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap();
            let name: http::HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        let addresses = Addresses { public_url: Url::parse(public_url).ok(), trusted_proxies };
        addresses.check(&headers).map_err(|refused| refused.message)
    }

    #[test]
    fn only_same_origin_requests_may_write() {
        for own in [
            "sec-fetch-site: same-origin",
            "sec-fetch-site: none",
            "host: a.example · origin: https://a.example",
            "host: a.example:443 · origin: https://a.example",
            "host: a.example · referer: http://a.example/signin?next=%2Fchat",
            "",
        ] {
            check("", 0, own).unwrap();
        }
        for foreign in [
            "host: a.example · origin: https://a.example · sec-fetch-site: cross-site",
            "host: a.example · origin: https://a.example · sec-fetch-site: same-site",
            "host: a.example · sec-fetch-site: cross-site",
            "host: a.example · origin: https://b.example",
            "host: a.example · referer: https://b.example/a.example",
            "host: a.example · origin: null",
            "host: a.example · origin: https://a.example@b.example",
            "host: b.example/a · origin: https://a.example",
        ] {
            for public_url in ["", "https://a.example"] {
                let same = foreign.contains("host: b.example/a") && !public_url.is_empty();
                assert_eq!(check(public_url, 1, foreign).is_ok(), same, "{foreign}");
            }
        }
    }

    #[test]
    fn behind_a_host_replacing_proxy_public_url_is_our_origin() {
        let plain = "host: backend:3000 · origin: https://a.example";
        let other_port = "host: a.example · origin: http://a.example:8080";
        check("https://a.example", 0, plain).unwrap();
        check("http://a.example:8080", 0, other_port).unwrap();
        for (request, wanted) in [
            (plain, "PUBLIC_URL=https://a.example"),
            (other_port, "PUBLIC_URL=http://a.example:8080"),
        ] {
            assert!(check("", 0, request).unwrap_err().contains(wanted));
        }
    }

    #[test]
    fn only_a_trusted_proxy_may_set_the_forwarded_host() {
        let request =
            "host: backend:3000 · origin: https://a.example · x-forwarded-host: a.example";
        check("", 1, request).unwrap();
        assert!(check("", 0, request).is_err());
        let made_up =
            "host: b · origin: https://a.example · x-forwarded-host: a.example, c.example";
        assert!(check("", 1, made_up).is_err());
        check("", 2, made_up).unwrap();
    }

    #[test]
    fn with_public_url_a_request_to_another_name_is_told_the_right_one() {
        let other = "host: b.example · origin: https://b.example · sec-fetch-site: same-origin";
        assert!(
            check("https://a.example", 0, other).unwrap_err().contains("Open https://a.example")
        );
        for direct in [
            "host: 192.0.2.7:3000 · origin: http://192.0.2.7:3000",
            "host: localhost:3000 · origin: http://localhost:3000",
        ] {
            check("http://a.example", 0, direct).unwrap();
        }
    }

    #[test]
    fn with_public_url_a_foreign_host_is_misdirected() {
        let host = |public_url: &str, trusted_proxies, host: &str| {
            let addresses = Addresses { public_url: Url::parse(public_url).ok(), trusted_proxies };
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            addresses.check_host(&headers).map_err(|error| error.message)
        };
        for known in [
            "a.example",
            "a.example:3000",
            "192.0.2.7:3000",
            "[::1]:3000",
            "localhost",
            "backend:3000",
        ] {
            host("https://a.example", 0, known).unwrap();
        }
        for foreign in ["b.example", "a.example.b.example:80", "b.example.", "a b", ""] {
            let refused = host("https://a.example", 0, foreign).unwrap_err();
            assert!(refused.contains("https://a.example") && refused.contains("TRUSTED_PROXIES"));
            host("https://a.example", 1, foreign).unwrap();
            host("", 0, foreign).unwrap();
        }
    }

    #[test]
    fn https_opened_over_http_says_so() {
        for request in [
            "host: a.example · origin: http://a.example",
            "host: 192.0.2.7:3000 · origin: http://192.0.2.7:3000",
        ] {
            let refused = check("https://a.example", 0, request).unwrap_err();
            assert!(refused.contains("without TLS"), "{refused}");
        }
        // A browser that sends `Sec-Fetch-Site` trusts the origin, and keeps its `Secure` cookies.
        let own_machine =
            "host: localhost:3000 · origin: http://localhost:3000 · sec-fetch-site: same-origin";
        check("https://a.example", 0, own_machine).unwrap();
    }
}
