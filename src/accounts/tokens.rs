//! API tokens, and the random secrets of tokens, invitations and password resets.

use std::time::Duration;

use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};

use super::guard;
use super::model::{ApiToken, MOST_TOKEN_NAME_CHARS, MOST_TOKENS, Member, Scope};
use super::service::Accounts;
use super::store::tokens::NewToken;
use super::{store, zone};
use crate::error::AppError;
use crate::platform::clock::{self, Micros};
use crate::platform::fields;

/// Scope and lifetime of a new token. The default has every permission and does not expire.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenTerms {
    pub scope: Scope,
    /// `None`: does not expire.
    pub lifetime: Option<Duration>,
}

impl Accounts {
    /// Returns the member of a bearer token.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn member_by_token(&self, hash: &str) -> Result<Option<Member>, AppError> {
        Ok(self.token_holder(hash).await?.map(|(member, _)| member))
    }

    /// Returns the member and scope of a bearer token, `None` if it is unknown, revoked or expired.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn token_holder(&self, hash: &str) -> Result<Option<(Member, Scope)>, AppError> {
        let found = store::tokens::find_holder(&self.db, hash).await?;
        Ok(found.map(|holder| (self.configured(holder.member), holder.scope)))
    }

    /// Creates an API token for `member` and returns it. It is not shown again. The default name is "API token".
    ///
    /// Errors: an invalid name; the member has the maximum number of tokens; forbidden in a trial.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_token(
        &self,
        member: &Member,
        name: &str,
        terms: TokenTerms,
    ) -> Result<String, AppError> {
        guard::require_account(member, "create API tokens")?;
        let name = if name.trim().is_empty() { "API token" } else { name };
        let name = fields::required_line(name, MOST_TOKEN_NAME_CHARS, "a name")
            .map_err(|reason| AppError::invalid_field("name", reason))?;
        let token = new_token()?;
        let now = clock::now();
        let new = NewToken {
            name,
            hash: token_hash(&token),
            scope: terms.scope,
            created_at: now,
            expires_at: terms.lifetime.map(|it| now.saturating_add(it.as_micros() as Micros)),
        };
        if !store::tokens::insert(&self.db, member, new, MOST_TOKENS).await? {
            let reason =
                format!("You have {MOST_TOKENS} tokens, which is the maximum. Revoke one first.");
            return Err(AppError::invalid_field("name", reason));
        }
        tracing::info!(account.id = %member.account_id, scope = ?terms.scope, "token created");
        Ok(token)
    }

    /// Like [`create_token`](Self::create_token), for the account with this address in the business that it joined
    /// first. Used by `csuite token create`. Errors also: an address without a member.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_token_for_email(
        &self,
        email: &str,
        name: Option<&str>,
        terms: TokenTerms,
    ) -> Result<String, AppError> {
        let (email, account) = self.find_by_address(email).await?;
        let nobody = || {
            AppError::invalid_field(
                "email",
                format!("There is no member with the address {email}. Sign up first."),
            )
        };
        let account = account.ok_or_else(nobody)?;
        let member = store::find_first_member(&self.db, &account.id).await?.ok_or_else(nobody)?;
        self.create_token(&member, name.unwrap_or_default(), terms).await
    }

    /// Lists the member's tokens that are not revoked, newest first.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn tokens(&self, member: &Member) -> Result<Vec<ApiToken>, AppError> {
        let zone = zone::of(&self.db, &member.tenant_id).await?;
        Ok(store::tokens::list(&self.db, member, &zone).await?)
    }

    /// Revokes one of the member's tokens, effective from the next request. Errors: not found, also if it is revoked
    /// already.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn revoke_token(&self, member: &Member, token_id: &str) -> Result<(), AppError> {
        if store::tokens::revoke(&self.db, member, token_id).await? {
            tracing::info!(account.id = %member.account_id, token.id = token_id, "token revoked");
            return Ok(());
        }
        Err(AppError::not_found("token"))
    }
}

/// Returns `cs_` and 32 random bytes in hexadecimal. Secret scanners recognise the prefix.
fn new_token() -> Result<String, AppError> {
    Ok(format!("cs_{}", random_secret()?))
}

/// Returns 32 random bytes in hexadecimal.
pub(super) fn random_secret() -> Result<String, AppError> {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(AppError::internal)?;
    Ok(hex::encode(bytes))
}

/// Hashes a random secret for storage. It has 256 bits of entropy, so one round of SHA-256 is enough.
pub(super) fn secret_hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Returns whether `text` has the form of a token.
pub(super) fn is_token(text: &str) -> bool {
    text.strip_prefix("cs_").is_some_and(is_secret)
}

/// Returns whether `text` has the form of a [`random_secret`].
pub(super) fn is_secret(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Hashes a bearer token for storage.
pub fn token_hash(token: &str) -> String {
    secret_hash(token)
}
