//! Passwords that are changed or forgotten, and addresses that earlier versions stored.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use tower_sessions::session::Id;

use super::address;
use super::model::Member;
use super::service::{Accounts, random_secret, secret_hash};
use super::store::recovery::{self as store, NewPassword, ResetRow};
use crate::error::{AppError, Code};
use crate::platform::clock::{self, Micros};

/// The page that a reset link opens.
pub const RESET_PAGE: &str = "/reset-password";

/// A link's secret, and when it stops working.
pub struct ResetLink {
    secret: String,
    pub expires_at: Micros,
}

impl ResetLink {
    /// The link, below the address at which people reach this server.
    pub fn below(&self, base: &str) -> String {
        format!("{base}{}", reset_path(&self.secret))
    }
}

/// The page of one link.
pub fn reset_path(secret: &str) -> String {
    format!("{RESET_PAGE}?token={secret}")
}

impl Accounts {
    /// Changes the member's own password and ends all other sessions of the account. Its tokens stay.
    ///
    /// Errors: the field that is wrong; too many wrong passwords.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn change_password(
        &self,
        member: &Member,
        current: String,
        new: String,
        from: IpAddr,
        keep: Option<Id>,
    ) -> Result<(), AppError> {
        let names = vec![member.name.clone(), member.tenant_name.clone()];
        let weak = self.passwords.refusal(new.clone(), member.email.clone(), names).await?;
        check_change(&current, &new, weak)?;
        // A budget of its own: only somebody who is signed in uses it up.
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

    /// Ends every session of the member's account, also the one this was asked in. Its tokens stay.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn sign_out_everywhere(&self, member: &Member) -> Result<(), AppError> {
        let ended = store::end_sessions(&self.db, member.account_id.clone()).await?;
        tracing::info!(account.id = %member.account_id, ended, "signed out everywhere");
        Ok(())
    }

    /// Makes a link that sets a new password for the account with that address, once; an earlier link
    /// of the account stops working.
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

    /// Sets the password of the link's account and ends all of its sessions.
    ///
    /// Errors: [`Code::NotFound`] for an invalid link; a password that is too weak.
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
    /// If the normal form belongs to another account, the account keeps its stored address and can still sign in with
    /// exactly that. Logs each change.
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

/// `weak`: why the new password is too weak.
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
