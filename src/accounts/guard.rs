//! Authentication of requests. Server functions for members call [`member`] or [`operator`] first; API handlers take a
//! [`Caller`].

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use http::header::AUTHORIZATION;
use http::request::Parts;
use leptos::prelude::use_context;
use tokio::sync::OnceCell;
use tower_sessions::Session;

use super::model::{Member, Role, Scope};
use super::service::{Accounts, Credential};
use super::tokens::token_hash;
use crate::error::AppError;
use crate::platform::{forms, request_id};

/// Session key of the id of the signed-in account.
pub(super) use crate::platform::session_store::ACCOUNT;
/// Session key of the tenant the account works in.
pub(super) const TENANT: &str = "tenant_id";

/// The member of a page or server-function request, looked up once for all of its parts.
#[derive(Clone, Debug, Default)]
pub struct RequestMember(Arc<OnceCell<Option<Member>>>);

/// Returns the member whose session cookie came with this page or server-function request.
///
/// Errors: [`Code::Unauthenticated`](crate::error::Code) for a visitor who is not signed in.
pub async fn member() -> Result<Member, AppError> {
    let member = maybe_member().await.and_then(|it| it.ok_or_else(AppError::unauthenticated));
    if let Err(error) = &member
        // Requests for HTML (pages, and forms without JavaScript) are redirected instead.
        && !forms::wants_html()
    {
        error.set_status();
    }
    member
}

/// Like [`member`], but returns `None` for a visitor who is not signed in.
pub async fn maybe_member() -> Result<Option<Member>, AppError> {
    let accounts = accounts()?;
    let request = use_context::<RequestMember>().ok_or_else(|| AppError::abandoned("request"))?;
    let member = request.0.get_or_try_init(|| async {
        let session: Session = leptos_axum::extract().await.map_err(AppError::internal)?;
        from_session(&accounts, &session).await
    });
    member.await.cloned()
}

/// Returns the member of this request, who must be an operator of the installation.
///
/// Errors: 404 for other members, so that the page seems not to exist.
pub async fn operator() -> Result<Member, AppError> {
    let member = member().await?;
    if member.operator {
        return Ok(member);
    }
    let error = AppError::not_found("page");
    error.set_status();
    Err(error)
}

/// Returns the service from the context of the request.
pub(super) fn accounts() -> Result<Accounts, AppError> {
    use_context::<Accounts>().ok_or_else(|| AppError::abandoned("accounts"))
}

/// Checks that the member has at least this role.
pub fn require(member: &Member, role: Role) -> Result<(), AppError> {
    if member.role >= role {
        return Ok(());
    }
    Err(AppError::forbidden("Ask an owner or admin of your business to do this."))
}

/// Refuses to a trial what needs an account. `what` completes "a trial can't".
pub fn require_account(member: &Member, what: &str) -> Result<(), AppError> {
    if !member.is_trial() {
        return Ok(());
    }
    Err(AppError::forbidden(format!("A trial can't {what}. Create an account to do this.")))
}

/// Returns the account of a session, `None` if there is no such session or the database fails.
pub async fn account_of(session: &Session) -> Option<String> {
    session.get(ACCOUNT).await.ok().flatten()
}

/// Returns the tenant of a session. Fails like [`account_of`].
pub async fn tenant_of(session: &Session) -> Option<String> {
    session.get(TENANT).await.ok().flatten()
}

async fn from_session(accounts: &Accounts, session: &Session) -> Result<Option<Member>, AppError> {
    let account: Option<String> = session.get(ACCOUNT).await.map_err(AppError::internal)?;
    let tenant: Option<String> = session.get(TENANT).await.map_err(AppError::internal)?;
    match (tenant, account) {
        (Some(tenant), Some(account)) => {
            request_id::note_member(&tenant, &account);
            accounts.member(&tenant, &account).await
        }
        _ => Ok(None),
    }
}

/// The caller of the API: a browser with a session cookie, or a program with a bearer token. An `Authorization` header
/// takes precedence over the cookie. A token with [`Scope::Read`] is refused for methods that are not safe.
#[derive(Clone, Debug)]
pub struct Caller {
    pub member: Member,
    pub credential: Credential,
}

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    Accounts: FromRef<S>,
{
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AppError> {
        let accounts = Accounts::from_ref(state);
        if let Some(header) = parts.headers.get(AUTHORIZATION) {
            let token = header.to_str().ok().and_then(bearer).ok_or_else(bad_token)?;
            let hash = token_hash(token);
            let (member, scope) = accounts.token_holder(&hash).await?.ok_or_else(bad_token)?;
            request_id::note_member(&member.tenant_id, &member.account_id);
            if scope == Scope::Read && !parts.method.is_safe() {
                return Err(AppError::forbidden(
                    "This token is read-only. Create one with write access for this call.",
                ));
            }
            return Ok(Self { member, credential: Credential::Token { hash } });
        }
        let session = Session::from_request_parts(parts, state)
            .await
            .map_err(|(_, reason)| AppError::internal(reason))?;
        let member =
            from_session(&accounts, &session).await?.ok_or_else(AppError::unauthenticated)?;
        let id = session.id().ok_or_else(AppError::unauthenticated)?;
        Ok(Self { member, credential: Credential::Session(id) })
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn bad_token() -> AppError {
    AppError::new(
        crate::error::Code::Unauthenticated,
        "This token is unknown, revoked or expired. Create a new one with `csuite token create`.",
    )
}
