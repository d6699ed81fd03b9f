//! The pages of accounts: sign-up, sign-in, a new password, and one's own account. None of them needs a script.

#[cfg(feature = "ssr")]
mod account;
#[cfg(feature = "ssr")]
mod entry;
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

/// Sends a visitor who is not signed in to the sign-in page, and back here afterwards.
///
/// For a page whose loader answered [`Code::Unauthenticated`](crate::error::Code): the value of its
/// `Suspend` in that case. On the server it is a redirect (302), in the browser another document.
pub fn redirect_to_sign_in() -> AnyView {
    let location = use_location();
    let here = match location.search.get_untracked().trim_start_matches('?') {
        "" => location.pathname.get_untracked(),
        query => format!("{}?{query}", location.pathname.get_untracked()),
    };
    let sign_in = sign_in_path(Some(&here));
    #[cfg(feature = "ssr")]
    leptos_axum::redirect(&sign_in);
    // A browser that will not go there has a page without content, and its frame.
    #[cfg(not(feature = "ssr"))]
    let _ = window().location().replace(&sign_in);
    ().into_any()
}

/// The reason at one field.
#[cfg(feature = "ssr")]
fn reason(refusal: Option<&crate::error::AppError>, field: &str) -> Option<String> {
    Some(refusal?.field(field)?.to_owned())
}
