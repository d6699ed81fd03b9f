//! The name of the session cookie, and the handling of malformed ones.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use tower_sessions::session::Id;

const NAME: &str = "csuite_session";
/// Browsers accept a cookie with this prefix only from the host itself, over TLS, for all paths.
const NAME_OVER_TLS: &str = "__Host-csuite_session";

/// Returns the cookie's name. Over TLS it has the `__Host-` prefix, so that no sibling host can set it.
pub const fn name(over_tls: bool) -> &'static str {
    if over_tls { NAME_OVER_TLS } else { NAME }
}

/// Keeps at most one session cookie in a request, under the current name, and only if it is well formed: the session
/// library logs each malformed one, and takes the last of several. Removes cookies with `%` in their names too: the library
/// decodes names, but browsers protect only a literal `__Host-`.
pub async fn layer(State(over_tls): State<bool>, mut request: Request, next: Next) -> Response {
    tidy(request.headers_mut(), over_tls);
    next.run(request).await
}

fn tidy(headers: &mut HeaderMap, over_tls: bool) {
    let wanted = name(over_tls);
    let (mut own, mut others, mut is_tidy) = (None, Vec::new(), true);
    let cookies = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    for pair in cookies.flat_map(|header| header.split(|byte| *byte == b';')) {
        let pair = pair.trim_ascii();
        match Pair::of(pair) {
            Pair::Other => others.push(pair),
            Pair::Session(found, Some(id)) if found == wanted && own.is_none() => own = Some(id),
            Pair::Session(..) | Pair::EncodedName => is_tidy = false,
        }
    }
    if is_tidy {
        return;
    }
    let session = own.map(|id| format!("{wanted}={id}").into_bytes());
    let kept: Vec<&[u8]> = others.into_iter().chain(session.as_deref()).collect();
    match HeaderValue::from_bytes(&kept.join(b"; ".as_slice())) {
        Ok(cookies) if !cookies.is_empty() => drop(headers.insert(COOKIE, cookies)),
        _ => drop(headers.remove(COOKIE)),
    }
}

/// A cookie of a request.
enum Pair {
    /// With its name, and its id if it is well formed.
    Session(&'static str, Option<Id>),
    EncodedName,
    Other,
}

impl Pair {
    fn of(pair: &[u8]) -> Self {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let name = parts.next().unwrap_or_default().trim_ascii();
        if name.contains(&b'%') {
            return Self::EncodedName;
        }
        let own = [NAME, NAME_OVER_TLS].into_iter().find(|own| own.as_bytes() == name);
        let value = parts.next().and_then(|value| std::str::from_utf8(value).ok());
        match (own, value) {
            (Some(own), value) => Self::Session(own, value.and_then(|value| value.parse().ok())),
            (None, _) => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const A: &str = "AAAAAAAAAAAAAAAAAAAAAA";
    const B: &str = "BBBBBBBBBBBBBBBBBBBBBA";

    fn tidied(cookies: &str, over_tls: bool) -> String {
        let mut headers = HeaderMap::new();
        for header in cookies.split('\n') {
            headers.append(COOKIE, header.parse().unwrap());
        }
        tidy(&mut headers, over_tls);
        let left: Vec<_> = headers.get_all(COOKIE).iter().map(|it| it.to_str().unwrap()).collect();
        left.join("\n")
    }

    #[test]
    fn malformed_session_ids_are_removed() {
        assert_eq!(tidied("a=1; csuite_session=x; b=2", false), "a=1; b=2");
        assert_eq!(tidied("csuite_session=", false), "");
        let good = format!("a=1; csuite_session={A}");
        assert_eq!(tidied(&good, false), good);
        assert_eq!(tidied("a=1\nb=2", false), "a=1\nb=2", "nothing of ours, nothing to do");
    }

    #[test]
    fn over_tls_only_the_host_cookie_counts() {
        let own = format!("__Host-csuite_session={A}");
        for tossed in [
            format!("csuite_session={B}"),
            format!("%5F_Host-csuite_session={B}"),
            format!("%5f%5fHost-csuite_session={B}"),
            format!("__Host%2Dcsuite_session={B}"),
            format!("__Host-csuite%5Fsession={B}"),
            format!("__Host-csuite_session ={B}"),
        ] {
            assert_eq!(tidied(&format!("{own}; {tossed}; a=1"), true), format!("a=1; {own}"));
            let is_own_name = tossed.starts_with("__Host-csuite_session ");
            let first =
                if is_own_name { format!("__Host-csuite_session={B}") } else { own.clone() };
            assert_eq!(tidied(&format!("{tossed}; {own}"), true), first, "browsers trim names");
            if !is_own_name {
                assert_eq!(tidied(&tossed, true), "", "{tossed}");
            }
        }
        assert_eq!(tidied(&own, false), "", "not without TLS");
        assert_eq!(
            tidied(&format!("csuite%5Fsession={B}; csuite_session={A}"), false),
            format!("csuite_session={A}")
        );
    }
}
