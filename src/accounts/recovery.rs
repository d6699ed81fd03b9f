//! Changes and resets passwords, ends sessions, and normalises the addresses that earlier versions stored.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use tower_sessions::session::Id;

use super::address;
use super::guard;
use super::model::Member;
use super::service::Accounts;
use super::store::recovery::{self as store, NewPassword, ResetRow};
use super::tokens::{random_secret, secret_hash};
use crate::error::{AppError, Code};
use crate::platform::clock::{self, Micros};

/// The page of a reset link.
pub const RESET_PAGE: &str = "/reset-password";

/// A reset link's secret and expiry.
pub struct ResetLink {
    secret: String,
    pub expires_at: Micros,
}

impl ResetLink {
    /// Returns the link below the public URL of the server.
    pub fn below(&self, base: &str) -> String {
        format!("{base}{}", reset_path(&self.secret))
    }
}

/// Returns the path of the page of a reset link.
pub fn reset_path(secret: &str) -> String {
    format!("{RESET_PAGE}?token={secret}")
}

impl Accounts {
    /// Changes the member's password, ends all sessions of the account except `keep`, and deletes its reset link. API
    /// tokens stay valid.
    ///
    /// Errors: each invalid field; a wrong current password, also if it was changed meanwhile; too many wrong
    /// passwords; forbidden in a trial.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn change_password(
        &self,
        member: &Member,
        current: String,
        new: String,
        from: IpAddr,
        keep: Option<Id>,
    ) -> Result<(), AppError> {
        guard::require_account(member, "set a password")?;
        let names = vec![member.name.clone(), member.tenant_name.clone()];
        let weak = self.passwords.refusal(new.clone(), member.email.clone(), names).await?;
        check_change(&current, &new, weak)?;
        // A separate limit, because only somebody who is signed in can use it up.
        let counted = self.throttle.take(&member.email, from, Some("account page"))?;
        let old_hash = super::store::find_password_hash(&self.db, &member.account_id).await?;
        if !self.passwords.verify(current, old_hash.clone()).await? {
            tracing::warn!(account.id = %member.account_id, client = %from, "password not changed: wrong password");
            return Err(wrong_current());
        }
        self.throttle.give_back(counted);
        let account_id = member.account_id.clone();
        let new = NewPassword {
            account_id,
            old_hash: old_hash.unwrap_or_default(),
            hash: self.passwords.hash(new).await?,
            keep,
        };
        if !store::change_password(&self.db, new).await? {
            return Err(wrong_current());
        }
        tracing::info!(account.id = %member.account_id, client = %from, "password changed");
        self.dismiss_failed_sign_ins(member).await
    }

    /// Ends all sessions of the member's account, including the current one. API tokens stay valid.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn sign_out_everywhere(&self, member: &Member) -> Result<(), AppError> {
        let ended = store::end_sessions(&self.db, member.account_id.clone()).await?;
        tracing::info!(account.id = %member.account_id, ended, "signed out everywhere");
        Ok(())
    }

    /// Creates a link that sets a new password once for the account with this address. Replaces an earlier link of the
    /// account.
    ///
    /// Errors: an invalid address, or one without an account.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_reset_link(
        &self,
        email: &str,
        lifetime: Duration,
    ) -> Result<ResetLink, AppError> {
        let (email, account) = self.find_by_address(email).await?;
        let account = account.ok_or_else(|| {
            let reason = format!("There is no account with the address {email}.");
            AppError::invalid_field("email", reason)
        })?;
        let secret = random_secret()?;
        let expires_at = clock::now().saturating_add(lifetime.as_micros() as Micros);
        store::insert_reset(&self.db, account.id, secret_hash(&secret), expires_at).await?;
        Ok(ResetLink { secret, expires_at })
    }

    /// Returns the address of the account of a reset link, `None` if the link is invalid.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn reset_target(&self, secret: &str) -> Result<Option<String>, AppError> {
        Ok(self.find_reset(secret).await?.map(|target| target.email))
    }

    /// Sets the password of the account of a reset link and ends all its sessions. API tokens stay valid.
    ///
    /// Errors: [`Code::NotFound`] for an invalid link; a password that is too weak; too many attempts from this
    /// network.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn reset_password(
        &self,
        secret: &str,
        new: String,
        from: IpAddr,
    ) -> Result<(), AppError> {
        let target = self.find_reset(secret).await?.ok_or_else(dead_link)?;
        self.throttle.take_address(from)?;
        let mut names = store::list_business_names(&self.db, &target.account_id).await?;
        names.push(target.name.clone());
        let refusal = self.passwords.refusal(new.clone(), target.email.clone(), names).await?;
        if let Some(reason) = refusal {
            return Err(AppError::invalid_field("password", reason));
        }
        let hash = self.passwords.hash(new).await?;
        if !store::use_reset(&self.db, secret_hash(secret), hash).await? {
            return Err(dead_link());
        }
        // Guesses at the old password do not count against the new one.
        self.throttle.forget_account(&target.email);
        tracing::info!(account.id = %target.account_id, client = %from, "password reset");
        Ok(())
    }

    async fn find_reset(&self, secret: &str) -> Result<Option<ResetRow>, AppError> {
        Ok(store::find_reset(&self.db, &secret_hash(secret)).await?)
    }

    /// Normalises the addresses that earlier versions stored.
    ///
    /// If the address has no valid normal form, or another account has it, the account keeps its stored address and can
    /// still sign in with exactly that. Logs each address that is normalised or kept.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn adopt_addresses(&self) -> Result<(), AppError> {
        for (account_id, stored) in store::list_addresses(&self.db).await? {
            let adopted = address::adopted(&stored);
            if adopted.as_ref() == Some(&stored) {
                continue;
            }
            let renamed = match adopted {
                Some(email) => store::rename_address(&self.db, account_id.clone(), email).await?,
                None => false,
            };
            if renamed {
                tracing::info!(account.id = account_id, "address normalised");
            } else {
                tracing::warn!(
                    account.id = account_id,
                    "address not normalised: taken, or not an address"
                );
            }
        }
        Ok(())
    }
}

/// Checks the form of a password change, so that all errors are reported together. `weak` is why the new password is
/// too weak.
fn check_change(current: &str, new: &str, weak: Option<String>) -> Result<(), AppError> {
    let mut details = BTreeMap::new();
    if current.is_empty() {
        details.insert("current_password".to_owned(), "Enter your current password.".to_owned());
    }
    if let Some(reason) = weak {
        details.insert("new_password".to_owned(), reason);
    } else if new == current {
        let reason = "This is your current password. Choose another one.";
        details.insert("new_password".to_owned(), reason.to_owned());
    }
    if details.is_empty() { Ok(()) } else { Err(AppError::invalid(details)) }
}

fn wrong_current() -> AppError {
    AppError::invalid_field("current_password", "This is not your current password.")
}

fn dead_link() -> AppError {
    AppError::new(Code::NotFound, "This link does not work any more.")
}

#[cfg(test)]
#[path = "recovery_tests.rs"]
mod tests;
