//! Trials: a business of one visitor without an e-mail address or a password. It ends by itself after a day.
//!
//! A trial keeps its place until it ends, also if its visitor leaves earlier: in a day no more trials, and no more of
//! their budgets, are used than there are places.

use std::net::IpAddr;
use std::time::Duration;

use super::model::{Member, Role, TrialNotice};
use super::service::Accounts;
use super::store::trials::{self as store, Living, TrialRow};
use super::{guard, zone};
use crate::error::{AppError, Code};
use crate::platform::clock::{self, Micros};
use crate::platform::config::SignUp;
use crate::platform::limits::refusal;
use crate::platform::{cookies, ids};

/// How long a trial lasts.
const LIFETIME: Duration = Duration::from_secs(24 * 3_600);
/// No mail reaches an address below `.invalid` (RFC 2606), and nobody can sign in with it.
const MAIL_DOMAIN: &str = "trial.invalid";
/// Tells the sign-in page that a visitor without a session had a trial.
const COOKIE: &str = "csuite_trial";
const COOKIE_SECONDS: u32 = 30 * 86_400;

impl Accounts {
    /// Returns whether the operator allows trials.
    pub fn allows_trials(&self) -> bool {
        self.most_trials > 0
    }

    /// Creates a trial with an empty business of this name. Counts as a sign-up.
    ///
    /// Errors: trials are off; all are in use; too many sign-ups or attempts; the disk is low on space.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn open_trial(&self, business: &str, from: IpAddr) -> Result<Member, AppError> {
        if !self.allows_trials() {
            return Err(AppError::forbidden("This installation offers no trial."));
        }
        self.disk.check("new accounts")?;
        self.throttle.take_address(from)?;
        // First, so that a full house costs no visitor a sign-up.
        self.check_trials_left().await?;
        self.entry.take(from)?;
        let account_id = ids::new_id();
        let ends_at = clock::now().saturating_add(LIFETIME.as_micros() as Micros);
        let member = Member {
            tenant_id: ids::new_id(),
            role: Role::Owner,
            name: "Trial visitor".to_owned(),
            email: format!("{account_id}@{MAIL_DOMAIN}"),
            account_id,
            tenant_name: business.to_owned(),
            operator: false,
            trial_ends_at: Some(ends_at),
        };
        if !store::insert(&self.db, &member, ends_at, self.most_trials).await? {
            self.check_trials_left().await?;
            return Err(all_in_use(None));
        }
        tracing::info!(tenant.id = %member.tenant_id, client = %from, "trial started");
        Ok(member)
    }

    async fn check_trials_left(&self) -> Result<(), AppError> {
        let Living { count, next_end } = store::find_living(&self.db).await?;
        if count < self.most_trials { Ok(()) } else { Err(all_in_use(next_end)) }
    }

    /// Returns what pages say of the member's trial, `None` if the business is none.
    pub async fn trial_notice(&self, member: &Member) -> Result<Option<TrialNotice>, AppError> {
        let Some(ends_at) = member.trial_ends_at else { return Ok(None) };
        let ends = zone::of(&self.db, &member.tenant_id).await?.soon(ends_at);
        Ok(Some(TrialNotice { ends, may_sign_up: self.entry.sign_up != SignUp::Closed }))
    }

    /// Lists the trials that have ended and are not deleted yet.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn ended_trials(&self) -> Result<Vec<TrialRow>, AppError> {
        Ok(store::list_ended(&self.db, clock::now()).await?)
    }

    /// Deletes a trial with its account, business and sessions. The ledger's entries stay. Has no effect on any other
    /// business.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn delete_trial(&self, tenant_id: &str) -> Result<(), AppError> {
        store::delete(&self.db, tenant_id.to_owned()).await?;
        tracing::info!(tenant.id = tenant_id, "trial deleted");
        Ok(())
    }
}

fn all_in_use(next_end: Option<Micros>) -> AppError {
    let micros = next_end.map_or(0, |end| end - clock::now());
    let wait = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    refusal(Code::RateLimitExceeded, wait, |wait| {
        format!("All trials are in use. The next one is free in {wait}.")
    })
}

/// Signs the visitor in to a trial that was just opened.
pub async fn enter(member: &Member) -> Result<(), AppError> {
    super::entry::begin_trial(member).await?;
    cookies::set(&cookies::Cookie { name: COOKIE, value: "1", seconds: COOKIE_SECONDS });
    Ok(())
}

/// Returns the client's network address.
pub async fn client() -> Result<IpAddr, AppError> {
    super::entry::client().await
}

/// Returns whether a visitor who is not signed in had a trial with this browser.
pub async fn has_ended() -> Result<bool, AppError> {
    Ok(cookies::get(COOKIE).is_some() && guard::maybe_member().await?.is_none())
}

/// Forgets that this browser had a trial.
pub(super) fn forget() {
    if cookies::get(COOKIE).is_some() {
        cookies::set(&cookies::Cookie { name: COOKIE, value: "", seconds: 0 });
    }
}

#[cfg(test)]
#[path = "trials_tests.rs"]
mod tests;
