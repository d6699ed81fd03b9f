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
/// library logs each malformed one. Over TLS, sessions that started under the other name continue.
pub async fn layer(State(over_tls): State<bool>, mut request: Request, next: Next) -> Response {
    tidy(request.headers_mut(), over_tls);
    next.run(request).await
}

fn tidy(headers: &mut HeaderMap, over_tls: bool) {
    let wanted = name(over_tls);
    let (mut own, mut older, mut others, mut is_tidy) = (None, None, Vec::new(), true);
    let cookies = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    for pair in cookies.flat_map(|header| header.split(|byte| *byte == b';')) {
        let pair = pair.trim_ascii();
        match session_of(pair) {
            None => others.push(pair),
            Some((found, Some(id))) if found == wanted && own.is_none() => own = Some(id),
            Some((found, id)) => {
                is_tidy = false;
                older = older.or(id.filter(|_| over_tls && found == NAME));
            }
        }
    }
    if is_tidy {
        return;
    }
    let session = own.or(older).map(|id| format!("{wanted}={id}").into_bytes());
    let kept: Vec<&[u8]> = others.into_iter().chain(session.as_deref()).collect();
    match HeaderValue::from_bytes(&kept.join(b"; ".as_slice())) {
        Ok(cookies) if !cookies.is_empty() => drop(headers.insert(COOKIE, cookies)),
        _ => drop(headers.remove(COOKIE)),
    }
}

/// Returns the name of a session cookie, and its id if it is well formed.
fn session_of(pair: &[u8]) -> Option<(&'static str, Option<Id>)> {
    let (found, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
    let found = [NAME, NAME_OVER_TLS].into_iter().find(|name| *name == found)?;
    Some((found, value.parse().ok()))
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
    fn over_tls_the_host_cookie_wins_and_older_sessions_continue() {
        let old = format!("csuite_session={A}");
        assert_eq!(tidied(&old, true), format!("__Host-csuite_session={A}"));
        let both = format!("csuite_session={B}; __Host-csuite_session={A}");
        assert_eq!(tidied(&both, true), format!("__Host-csuite_session={A}"));
        let both = format!("__Host-csuite_session={A}; csuite_session={B}");
        assert_eq!(tidied(&both, true), format!("__Host-csuite_session={A}"));
        assert_eq!(tidied(&format!("__Host-csuite_session={A}"), false), "", "not without TLS");
    }
}
