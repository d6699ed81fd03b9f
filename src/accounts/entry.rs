//! Sessions, cookies and redirects for signing up, in and out.

use std::net::IpAddr;

use axum::Extension;
use leptos::prelude::use_context;
use leptos_axum::extract;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower_sessions::Session;

use super::device::Origin;
use super::guard::{self, ACCOUNT, TENANT};
use super::model::{EntryPage, Member, SignUpTyped};
use super::tokens::random_secret;
use super::trials;
use crate::error::AppError;
use crate::platform::cookies::{self, Cookie};
use crate::platform::signing::SigningKey;
use crate::platform::{ClientAddr, forms};
use crate::ui::landing;

/// The cookie of a known device; see [`device`](super::device).
const DEVICE: &str = "csuite_device";
/// 400 days, the longest lifetime that browsers allow for a cookie.
const DEVICE_SECONDS: u32 = 400 * 86_400;

/// The first page of a new owner.
const WELCOME: &str = "/welcome";

/// Signs up and in. Returns the path of the next page.
pub async fn sign_up(
    typed: &SignUpTyped,
    password: String,
    invitation: Option<&str>,
    work: &str,
) -> Result<String, AppError> {
    let origin = origin().await?;
    let accounts = guard::accounts()?;
    accounts.check_work(invitation, work)?;
    let member = accounts.sign_up(typed, password, origin.address, invitation).await?;
    begin_session(&member, &origin).await?;
    Ok(WELCOME.to_owned())
}

/// Signs in. Returns the path of the next page.
pub async fn sign_in(
    email: &str,
    password: String,
    next: Option<&str>,
) -> Result<String, AppError> {
    let origin = origin().await?;
    let member = guard::accounts()?.sign_in(email, password, origin.clone()).await?;
    begin_session(&member, &origin).await?;
    Ok(landing(next).to_owned())
}

/// Changes the member's password. The current session gets a new id; all others end.
pub async fn change_password(
    member: &Member,
    current: String,
    new: String,
) -> Result<(), AppError> {
    let session = session().await?;
    let (accounts, from) = (guard::accounts()?, client().await?);
    accounts.change_password(member, current, new, from, session.id()).await?;
    session.cycle_id().await.map_err(AppError::internal)
}

/// Sets a password with a reset link. Also ends the browser's own session, which may belong to another account: the
/// sign-in page would redirect to that one.
pub async fn reset_password(token: &str, password: String) -> Result<(), AppError> {
    guard::accounts()?.reset_password(token, password, client().await?).await?;
    end_session().await
}

/// Returns the result of an entry form's server function. Without JavaScript, redirects to the path in `result`, or
/// `back` to the form with its input.
pub async fn answer<V: Serialize>(
    form: &str,
    typed: V,
    result: Result<String, AppError>,
    back: &str,
) -> Result<String, AppError> {
    go_on(result.as_deref().unwrap_or(back));
    forms::answer(form, typed, result).await
}

/// Redirects a browser without JavaScript to `path`, which must be ASCII.
pub fn go_on(path: &str) {
    if forms::wants_html() {
        leptos_axum::redirect(path);
    }
}

/// Loads the page of an entry form.
pub async fn load<T>(form: &str) -> Result<EntryPage<T>, AppError>
where
    T: Default + DeserializeOwned,
{
    // The visitor of a trial may sign up, or sign in to an account.
    let signed_in = guard::maybe_member().await?.is_some_and(|member| !member.is_trial());
    let kept = forms::take::<T>(form).await;
    let (typed, error) = kept.map(|kept| (kept.typed, Some(kept.error))).unwrap_or_default();
    let trial_ended = trials::has_ended().await?;
    Ok(EntryPage { signed_in, typed, error, trial_ended })
}

/// Ends all sessions of the member's account, starting with the browser's own.
pub async fn sign_out_everywhere(member: &Member) -> Result<(), AppError> {
    end_session().await?;
    guard::accounts()?.sign_out_everywhere(member).await
}

/// Ends the browser's session and deletes it on the server.
pub async fn end_session() -> Result<(), AppError> {
    let session = session().await?;
    if let Some(account) = guard::account_of(&session).await {
        tracing::info!(account.id = %account, "signed out");
    }
    session.flush().await.map_err(AppError::internal)
}

/// Signs the browser in as `member`.
async fn begin_session(member: &Member, origin: &Origin) -> Result<(), AppError> {
    remember_device(member, origin)?;
    trials::forget();
    set_session(member).await
}

/// Signs the browser in to a trial. It stays known to the accounts that it signed in to.
pub(super) async fn begin_trial(member: &Member) -> Result<(), AppError> {
    set_session(member).await
}

/// Gives the session a new id, which prevents session fixation, and clears the data of an earlier visitor.
async fn set_session(member: &Member) -> Result<(), AppError> {
    let session = session().await?;
    session.clear().await;
    session.cycle_id().await.map_err(AppError::internal)?;
    session.insert(ACCOUNT, &member.account_id).await.map_err(AppError::internal)?;
    session.insert(TENANT, &member.tenant_id).await.map_err(AppError::internal)
}

/// Sets the cookie that identifies a known device at the next sign-in.
fn remember_device(member: &Member, origin: &Origin) -> Result<(), AppError> {
    let key = signing_key()?;
    let value = origin.sign_in_to(&member.account_id, &key, &random_secret()?);
    cookies::set(&Cookie { name: DEVICE, value: &value, seconds: DEVICE_SECONDS });
    Ok(())
}

async fn origin() -> Result<Origin, AppError> {
    let device = match cookies::get(DEVICE) {
        Some(cookie) => Some((cookie, signing_key()?)),
        None => None,
    };
    Ok(Origin { address: client().await?, device })
}

fn signing_key() -> Result<SigningKey, AppError> {
    use_context::<SigningKey>().ok_or_else(|| AppError::abandoned("signing key"))
}

async fn session() -> Result<Session, AppError> {
    extract().await.map_err(AppError::internal)
}

pub(super) async fn client() -> Result<IpAddr, AppError> {
    let Extension(ClientAddr(address)) = extract().await.map_err(AppError::internal)?;
    Ok(address)
}
