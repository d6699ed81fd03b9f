//! The pages of accounts: sign-up, sign-in, and one's own account.

mod account;
mod entry;

pub use account::{AccountPage, SignOutButton};
pub use entry::{SignInPage, SignUpPage};

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_location;

use super::model::sign_in_path;
use crate::error::AppError;

/// Sends a visitor who is not signed in to the sign-in page, and back here afterwards.
///
/// For a page whose loader answered [`Code::Unauthenticated`](crate::error::Code): the value of its
/// `Suspend` in that case. On the server it is a redirect (302), in the browser a navigation.
pub fn redirect_to_sign_in() -> AnyView {
    let location = use_location();
    let here = match location.search.get_untracked().trim_start_matches('?') {
        "" => location.pathname.get_untracked(),
        query => format!("{}?{query}", location.pathname.get_untracked()),
    };
    view! { <Redirect path=sign_in_path(Some(&here)) /> }.into_any()
}

/// Why a form was refused: by its last answer to the script, before there was one by what was kept
/// for a browser without JavaScript.
fn refusal<S>(action: ServerAction<S>, kept: Option<AppError>) -> Signal<Option<AppError>>
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    Signal::derive(move || {
        action.value().with(|answer| match answer {
            Some(answer) => answer.as_ref().err().cloned(),
            None => kept.clone(),
        })
    })
}

/// The reason at one field.
fn reason(refusal: Signal<Option<AppError>>, field: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || refusal.with(|e| Some(e.as_ref()?.field(field)?.to_owned())))
}
