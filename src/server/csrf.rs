//! A browser's unsafe request must come from our own pages.
//!
//! Every current browser says where a request comes from in `Sec-Fetch-Site`, and no page can forge it
//! (https://www.w3.org/TR/fetch-metadata/). An older one sends `Origin`, which must name our own host.
//! A program sends neither; it has no cookie that another site could ride on.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, Method, header};

use crate::error::AppError;

pub async fn layer(request: Request, next: Next) -> Result<Response, AppError> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_own(request.headers()) {
        return Ok(next.run(request).await);
    }
    Err(AppError::forbidden(
        "This request came from another site and was not carried out. Go back to C-Suite and try there.",
    ))
}

fn is_own(headers: &HeaderMap) -> bool {
    // What cannot be read is not ours.
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = text(header::HOST.as_str()).unwrap_or_default();
            !host.is_empty() && origin.split_once("://").is_some_and(|(_, own)| own == host)
        }
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_our_own_pages_may_change_something() {
        assert!(is_own(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(is_own(&headers(&[("sec-fetch-site", "none")])));
        assert!(is_own(&headers(&[("host", "a.example"), ("origin", "https://a.example")])));
        assert!(is_own(&headers(&[])));
        for foreign in ["cross-site", "same-site"] {
            let mut all = headers(&[("host", "a.example"), ("origin", "https://a.example")]);
            all.insert("sec-fetch-site", foreign.parse().unwrap());
            assert!(!is_own(&all), "{foreign}");
        }
        assert!(!is_own(&headers(&[("host", "a.example"), ("origin", "https://b.example")])));
        assert!(!is_own(&headers(&[("host", "a.example"), ("origin", "null")])));
    }
}
