//! The way to the sign-in page and back.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The page after sign-in without `next`.
pub const HOME: &str = "/chat";

/// Returns the path after sign-in: `next` if it is a path of this site, otherwise [`HOME`].
///
/// `next` may come from a link on another site. Rejects everything that a browser could read as another origin, and
/// characters that are invalid in a header.
pub fn landing(next: Option<&str>) -> &str {
    next.filter(|path| is_local_path(path)).unwrap_or(HOME)
}

/// The characters to encode in the value of a query parameter. A slash stays readable.
const NOT_IN_QUERY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Returns the path of the sign-in page with `next`.
pub fn sign_in_path(next: Option<&str>) -> String {
    match landing(next) {
        HOME => "/signin".to_owned(),
        path => format!("/signin?next={}", utf8_percent_encode(path, NOT_IN_QUERY)),
    }
}

fn is_local_path(path: &str) -> bool {
    path.starts_with('/')
        && path.len() <= 2_000
        && !path.contains("//")
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

/// Redirects to the sign-in page, which redirects back here after sign-in.
///
/// Use as the value of the `Suspend` of a page when its loader returns
/// [`Code::Unauthenticated`](crate::error::Code). On the server this is a redirect (302), in the browser a new
/// document.
pub fn redirect_to_sign_in() -> AnyView {
    let location = use_location();
    let here = match location.search.get_untracked().trim_start_matches('?') {
        "" => location.pathname.get_untracked(),
        query => format!("{}?{query}", location.pathname.get_untracked()),
    };
    let sign_in = sign_in_path(Some(&here));
    #[cfg(feature = "ssr")]
    leptos_axum::redirect(&sign_in);
    // A browser that does not follow the redirect shows the frame without content.
    #[cfg(not(feature = "ssr"))]
    let _ = window().location().replace(&sign_in);
    ().into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_in_returns_to_the_requested_page() {
        assert_eq!(landing(Some("/profile?welcome=1#goals")), "/profile?welcome=1#goals");
        assert_eq!(landing(Some("/")), "/");
        assert_eq!(landing(None), "/chat");
    }

    #[test]
    fn sign_in_never_redirects_to_another_site() {
        for next in [
            "",
            "chat",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/.//evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/\tevil",
            "/chat\r\nSet-Cookie: a=b",
            " /chat",
            "/größe",
        ] {
            assert_eq!(landing(Some(next)), HOME, "{next:?}");
        }
        assert_eq!(landing(Some(&format!("/{}", "a".repeat(2_000)))), HOME);
    }

    #[test]
    fn the_way_back_survives_the_sign_in_page() {
        assert_eq!(sign_in_path(None), "/signin");
        assert_eq!(sign_in_path(Some("//evil.example")), "/signin");
        assert_eq!(
            sign_in_path(Some("/chat?persona=cfo&new=1")),
            "/signin?next=/chat%3Fpersona%3Dcfo%26new%3D1"
        );
    }
}
