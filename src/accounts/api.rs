//! What the forms of accounts are posted to, and what the pages begin with.
//!
//! Signing up and in answer with the path to go on to, where a browser is redirected; a new document, so
//! that nothing of whoever was here before stays in reach.

use leptos::prelude::*;

use super::model::{AccountView, EntryPage, SignInTyped, SignUpTyped, Visitor};
use crate::error::AppError;

/// Makes an account and its business, and signs in. Open to everybody.
///
/// Errors: each bad field by its name; too many tries from this address.
#[server(endpoint = "sign_up")]
pub async fn sign_up(
    #[server(default)] name: String,
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] business_name: String,
) -> Result<String, AppError> {
    use super::entry;
    let typed = SignUpTyped { name, email, business_name };
    let result = entry::sign_up(&typed, password).await;
    entry::answer("sign_up", typed, result, "/signup").await
}

/// Signs in and goes on to `next`, where that is a path of this site. Open to everybody.
///
/// Errors: one for a wrong password and an unknown address alike; too many wrong passwords for this
/// account, too many tries from this address.
#[server(endpoint = "sign_in")]
pub async fn sign_in(
    #[server(default)] email: String,
    #[server(default)] password: String,
    next: Option<String>,
) -> Result<String, AppError> {
    use super::entry;
    let back = super::model::sign_in_path(next.as_deref());
    let result = entry::sign_in(&email, password, next.as_deref()).await;
    entry::answer("sign_in", SignInTyped { email }, result, &back).await
}

/// Ends the browser's session; harmless where there is none. Open to everybody.
#[server(endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), AppError> {
    use super::entry;
    entry::end_session().await?;
    entry::go_on("/");
    Ok(())
}

/// Who asks for the page, and whether answers are simulated. Open to everybody.
pub async fn current_visitor() -> Result<Visitor, AppError> {
    let member = super::guard::maybe_member().await?;
    let simulated = use_context::<crate::platform::Simulated>().ok_or_else(|| {
        AppError::internal("nothing in the context says whether answers are real")
    })?;
    Ok(Visitor { member, simulated: simulated.0 })
}

/// What the sign-up page begins with. Open to everybody.
pub async fn load_sign_up() -> Result<EntryPage<SignUpTyped>, AppError> {
    super::entry::load("sign_up").await
}

/// What the sign-in page begins with. Open to everybody.
pub async fn load_sign_in() -> Result<EntryPage<SignInTyped>, AppError> {
    super::entry::load("sign_in").await
}

/// What the account page shows.
pub async fn load_account() -> Result<AccountView, AppError> {
    use super::{flash, guard};
    let member = guard::member().await?;
    let tokens = guard::accounts()?.tokens(&member).await?;
    let kept = crate::platform::forms::take::<String>("account").await;
    let (typed_name, error) = kept.map(|kept| (kept.typed, Some(kept.error))).unwrap_or_default();
    Ok(AccountView { member, tokens, new_token: flash::take(), typed_name, error })
}

/// Makes a token for programs and returns it. It is not shown again.
#[server(endpoint = "create_token")]
pub async fn create_token(#[server(default)] name: String) -> Result<String, AppError> {
    use super::{entry, flash, guard};
    let member = guard::member().await?;
    let result = guard::accounts()?.create_token(&member, &name).await;
    if let Ok(token) = &result {
        flash::show_once(token);
    }
    entry::go_on("/account");
    crate::platform::forms::answer("account", name, result).await
}

/// Revokes one of the member's own tokens.
#[server(endpoint = "revoke_token")]
pub async fn revoke_token(#[server(default)] id: String) -> Result<(), AppError> {
    use super::{entry, guard};
    let member = guard::member().await?;
    let result = guard::accounts()?.revoke_token(&member, &id).await;
    entry::go_on("/account");
    crate::platform::forms::answer("account", String::new(), result).await
}
