//! Server functions of the account forms, and the loaders of their pages.
//!
//! `sign_up` and `sign_in` return the path of the next page. The browser loads it as a new document, so that
//! nothing of an earlier visitor remains in memory.

use leptos::prelude::*;

use super::model::{
    AccountView, DEFAULT_TOKEN_LIFETIME, EntryPage, ResetView, Scope, SignInTyped, SignUpGate,
    SignUpTyped, TOKEN_LIFETIMES, TypedToken, Visitor,
};
use crate::error::AppError;

const PASSWORD_FORM: &str = "password";
const RESET_FORM: &str = "reset";
/// The pages that confirm a new password.
const PASSWORD_CHANGED: &str = "/account?password=changed";
const PASSWORD_RESET: &str = "/signin?password=changed";

/// Returns whether the form of this path is open to visitors who are not signed in.
pub fn is_of_strangers(path: &str) -> bool {
    use leptos::server_fn::ServerFn;
    [SignUp::PATH, SignIn::PATH, ResetPassword::PATH].contains(&path)
}

/// Creates an account with its business and signs in. Open to everybody.
///
/// Errors: each invalid field; sign-up is closed, or needs an invitation or work; too many sign-ups or attempts from
/// this network.
#[server(endpoint = "sign_up")]
pub async fn sign_up(
    #[server(default)] name: String,
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] business_name: String,
    /// The secret of an invitation.
    #[server(default)]
    invitation: String,
    /// The browser's proof of work.
    #[server(default)]
    work: String,
) -> Result<String, AppError> {
    use super::entry;
    let typed = SignUpTyped { name, email, business_name };
    let invitation = Some(invitation).filter(|it| !it.is_empty());
    let result = entry::sign_up(&typed, password, invitation.as_deref(), &work).await;
    let back = match invitation {
        Some(secret) if super::tokens::is_secret(&secret) => {
            super::invitations::invited_path(&secret)
        }
        _ => "/signup".to_owned(),
    };
    entry::answer("sign_up", typed, result, &back).await
}

/// Signs in and redirects to `next` if that is a path of this site. Open to everybody.
///
/// Errors: the same one for a wrong password and an unknown address; too many wrong passwords for this account, or too
/// many attempts from this network.
#[server(endpoint = "sign_in")]
pub async fn sign_in(
    #[server(default)] email: String,
    #[server(default)] password: String,
    next: Option<String>,
) -> Result<String, AppError> {
    use super::entry;
    let back = crate::ui::sign_in_path(next.as_deref());
    let result = entry::sign_in(&email, password, next.as_deref()).await;
    entry::answer("sign_in", SignInTyped { email }, result, &back).await
}

/// Ends the browser's session, if there is one. Open to everybody.
#[server(endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), AppError> {
    use super::entry;
    entry::end_session().await?;
    entry::go_on("/");
    Ok(())
}

/// Ends all sessions of the member's account and redirects to the sign-in page.
#[server(endpoint = "sign_out_everywhere")]
pub async fn sign_out_everywhere() -> Result<(), AppError> {
    use super::{entry, guard};
    let member = guard::member().await?;
    let result = entry::sign_out_everywhere(&member).await;
    entry::go_on("/signin");
    crate::platform::forms::answer("sign_out_everywhere", (), result).await
}

/// Loads what the frame of every page shows of the visitor. Open to everybody.
pub async fn current_visitor() -> Result<Visitor, AppError> {
    let member = super::guard::maybe_member().await?;
    let simulated = use_context::<crate::platform::Simulated>().ok_or_else(|| {
        AppError::internal("nothing in the context says whether answers are real")
    })?;
    let (failed_sign_ins, trial) = match &member {
        Some(member) => {
            let accounts = super::guard::accounts()?;
            (accounts.failed_sign_ins(member).await?, accounts.trial_notice(member).await?)
        }
        None => (None, None),
    };
    Ok(Visitor { member, simulated: simulated.0, failed_sign_ins, trial })
}

/// Loads the sign-up page, and whether the visitor may sign up. Open to everybody.
pub async fn load_sign_up(
    invitation: Option<String>,
) -> Result<(EntryPage<SignUpTyped>, SignUpGate), AppError> {
    let gate = super::guard::accounts()?.gate(invitation.as_deref()).await?;
    Ok((super::entry::load("sign_up").await?, gate))
}

/// Loads the sign-in page. Open to everybody.
pub async fn load_sign_in() -> Result<EntryPage<SignInTyped>, AppError> {
    super::entry::load("sign_in").await
}

/// Loads the account page.
pub async fn load_account() -> Result<AccountView, AppError> {
    use super::{flash, guard};
    let member = guard::member().await?;
    let accounts = guard::accounts()?;
    let tokens = accounts.tokens(&member).await?;
    let failed_sign_ins = accounts.failed_sign_ins(&member).await?;
    let trial = accounts.trial_notice(&member).await?;
    let kept = crate::platform::forms::take::<TypedToken>("account").await;
    let (typed, error) = kept.map(|kept| (kept.typed, Some(kept.error))).unwrap_or_default();
    let password_error = crate::platform::forms::take::<()>(PASSWORD_FORM).await;
    let password_error = password_error.map(|kept| kept.error);
    let new_token = flash::take();
    Ok(AccountView {
        member,
        tokens,
        new_token,
        typed,
        error,
        password_error,
        failed_sign_ins,
        trial,
    })
}

/// Changes the member's password and ends all other sessions of the account.
#[server(endpoint = "change_password")]
pub async fn change_password(
    #[server(default)] current_password: String,
    #[server(default)] new_password: String,
) -> Result<(), AppError> {
    use super::{entry, guard};
    let member = guard::member().await?;
    let result = entry::change_password(&member, current_password, new_password).await;
    entry::go_on(if result.is_ok() { PASSWORD_CHANGED } else { "/account" });
    crate::platform::forms::answer(PASSWORD_FORM, (), result).await
}

/// Loads the page of a reset link. Open to everybody who has the link.
pub async fn load_reset(token: String) -> Result<ResetView, AppError> {
    use super::guard;
    let email = guard::accounts()?.reset_target(&token).await?;
    let kept = crate::platform::forms::take::<()>(RESET_FORM).await;
    Ok(ResetView { email, error: kept.map(|kept| kept.error) })
}

/// Sets a password with a reset link, ends all sessions of its account and the browser's own, and redirects to the
/// sign-in page. Open to everybody who has the link.
///
/// Errors: an invalid link; a password that is too weak; too many attempts from this network.
#[server(endpoint = "reset_password")]
pub async fn reset_password(
    #[server(default)] token: String,
    #[server(default)] password: String,
) -> Result<(), AppError> {
    use super::{entry, recovery};
    let result = entry::reset_password(&token, password).await;
    match &result {
        Ok(()) => entry::go_on(PASSWORD_RESET),
        Err(_) if super::tokens::is_secret(&token) => entry::go_on(&recovery::reset_path(&token)),
        Err(_) => entry::go_on(recovery::RESET_PAGE),
    }
    crate::platform::forms::answer(RESET_FORM, (), result).await
}

/// Clears the notice of failed sign-ins to the member's account.
#[server(endpoint = "dismiss_failed_sign_ins")]
pub async fn dismiss_failed_sign_ins() -> Result<(), AppError> {
    use super::{entry, guard};
    let member = guard::member().await?;
    let result = guard::accounts()?.dismiss_failed_sign_ins(&member).await;
    entry::go_on("/account");
    crate::platform::forms::answer("account", TypedToken::default(), result).await
}

/// Creates an API token and returns it. It is not shown again.
#[server(endpoint = "create_token")]
pub async fn create_token(
    #[server(default)] name: String,
    #[server(default)] scope: String,
    #[server(default)] lifetime: String,
) -> Result<String, AppError> {
    use super::{entry, flash, guard};
    let member = guard::member().await?;
    let typed = TypedToken { name, scope, lifetime };
    let result = match terms(&typed) {
        Ok(terms) => guard::accounts()?.create_token(&member, &typed.name, terms).await,
        Err(error) => Err(error),
    };
    if let Ok(token) = &result {
        flash::show_once(token);
    }
    entry::go_on("/account");
    crate::platform::forms::answer("account", typed, result).await
}

/// Parses the choices for a token. Errors: at the field with an unknown choice.
fn terms(typed: &TypedToken) -> Result<super::tokens::TokenTerms, AppError> {
    let chosen = |typed: &str, name: &str, first: bool| name == typed || first && typed.is_empty();
    let scope = Scope::ALL
        .into_iter()
        .find(|scope| chosen(&typed.scope, scope.label(), *scope == Scope::default()));
    let lifetime = TOKEN_LIFETIMES
        .into_iter()
        .find(|(name, _)| chosen(&typed.lifetime, name, *name == DEFAULT_TOKEN_LIFETIME));
    let choose = |field: &str| AppError::invalid_field(field, "Choose one of those shown.");
    Ok(super::tokens::TokenTerms {
        scope: scope.ok_or_else(|| choose("scope"))?,
        lifetime: lifetime
            .ok_or_else(|| choose("lifetime"))?
            .1
            .map(|days| std::time::Duration::from_secs(days * 86_400)),
    })
}

/// Revokes one of the member's tokens.
#[server(endpoint = "revoke_token")]
pub async fn revoke_token(#[server(default)] id: String) -> Result<(), AppError> {
    use super::{entry, guard};
    let member = guard::member().await?;
    let result = guard::accounts()?.revoke_token(&member, &id).await;
    entry::go_on("/account");
    crate::platform::forms::answer("account", TypedToken::default(), result).await
}
