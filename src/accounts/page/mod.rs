//! The pages for signing up, signing in, setting a password, and the account. All of them work without scripts.

#[cfg(feature = "ssr")]
mod account;
#[cfg(feature = "ssr")]
mod entry;
#[cfg(feature = "ssr")]
mod over_http;
#[cfg(feature = "ssr")]
mod password;

#[cfg(feature = "ssr")]
pub use account::{AccountPage, SignOutButton};
#[cfg(feature = "ssr")]
pub use entry::{SignInPage, SignUpPage};
#[cfg(feature = "ssr")]
pub use password::ResetPage;

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::model::sign_in_path;

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

/// Returns the error message of one field.
#[cfg(feature = "ssr")]
fn reason(refusal: Option<&crate::error::AppError>, field: &str) -> Option<String> {
    Some(refusal?.field(field)?.to_owned())
}
