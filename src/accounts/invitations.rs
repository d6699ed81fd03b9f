//! Sign-up rules: open, by invitation, or closed.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::model::SignUpGate;
use super::service::Accounts;
use super::store::invitations as store;
use super::throttle::refusal;
use super::tokens::{random_secret, secret_hash};
use super::work::SignUpWork;
use crate::error::{AppError, Code};
use crate::platform::client_addr::network;
use crate::platform::clock::{self, Micros};
use crate::platform::config::SignUp;
use crate::platform::limits::{Limiter, Rate};

/// The page of an invitation.
const SIGN_UP_PAGE: &str = "/signup";

/// All addresses together have this many times the rate of one.
const ALL_ADDRESSES: u32 = 20;

/// Who may sign up and how often. The default has no limits.
#[derive(Clone)]
pub struct EntryRules {
    pub sign_up: SignUp,
    limits: Option<Arc<Limits>>,
    work: Option<SignUpWork>,
}

struct Limits {
    addresses: Limiter,
    all: Limiter,
}

impl Default for EntryRules {
    fn default() -> Self {
        Self { sign_up: SignUp::Open, limits: None, work: None }
    }
}

impl EntryRules {
    /// `rate`: sign-ups from one address. All addresses together have twenty times as many.
    pub fn new(sign_up: SignUp, rate: Rate) -> Self {
        let all = Rate { requests: rate.requests.saturating_mul(many()), ..rate };
        let limits = Limits { addresses: Limiter::new(rate), all: Limiter::new(all) };
        Self { sign_up, limits: Some(Arc::new(limits)), work: None }
    }

    /// Asks browsers for work before a sign-up without an invitation.
    pub fn with_work(self, work: SignUpWork) -> Self {
        Self { work: Some(work), ..self }
    }

    /// Counts a sign-up from this address. Errors: too many from this network, or from all together.
    pub fn take(&self, address: IpAddr) -> Result<(), AppError> {
        let Some(limits) = &self.limits else { return Ok(()) };
        limits
            .addresses
            .check(&network(address).to_string())
            .map_err(|wait| refusal(wait, "Too many new accounts from your network."))?;
        limits
            .all
            .check("")
            .map(drop)
            .map_err(|wait| refusal(wait, "Too many new accounts at this moment."))
    }

    pub fn shrink(&self) {
        if let Some(limits) = &self.limits {
            limits.addresses.shrink();
        }
    }
}

fn many() -> std::num::NonZeroU32 {
    std::num::NonZeroU32::MIN.saturating_add(ALL_ADDRESSES - 1)
}

/// An invitation's secret and expiry.
pub struct Invitation {
    secret: String,
    pub expires_at: Micros,
}

impl Invitation {
    /// Returns the link below the public URL of the server.
    pub fn below(&self, base: &str) -> String {
        format!("{base}{}", invited_path(&self.secret))
    }
}

/// Returns the path of the sign-up page of an invitation.
pub fn invited_path(secret: &str) -> String {
    format!("{SIGN_UP_PAGE}?invitation={secret}")
}

impl Accounts {
    /// Creates an invitation for one account with this address. Replaces an earlier one for the same address.
    ///
    /// Errors: an invalid address; it has an account; sign-up is closed.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn invite(&self, email: &str, lifetime: Duration) -> Result<Invitation, AppError> {
        if self.entry.sign_up == SignUp::Closed {
            return Err(AppError::forbidden(
                "SIGN_UP is `closed`: no account can be made. Set it to `invite` first.",
            ));
        }
        let (email, account) = self.find_by_address(email).await?;
        if account.is_some() {
            let reason = format!("{email} has an account already.");
            return Err(AppError::invalid_field("email", reason));
        }
        let secret = random_secret()?;
        let expires_at = clock::now().saturating_add(lifetime.as_micros() as Micros);
        store::insert(&self.db, email, secret_hash(&secret), expires_at).await?;
        Ok(Invitation { secret, expires_at })
    }

    /// Returns whether a visitor may sign up with this secret, or without one.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn gate(&self, invitation: Option<&str>) -> Result<SignUpGate, AppError> {
        Ok(match (self.entry.sign_up, invitation) {
            (SignUp::Closed, _) => SignUpGate::Closed,
            (_, Some(token)) => match store::find(&self.db, &secret_hash(token)).await? {
                Some(email) => SignUpGate::Invited { email, token: token.to_owned() },
                None => SignUpGate::DeadInvitation,
            },
            (SignUp::Open, None) => match &self.entry.work {
                None => SignUpGate::Open,
                Some(work) => {
                    SignUpGate::Work { challenge: work.challenge(clock::now()), bits: work.bits }
                }
            },
            (SignUp::Invite, None) => SignUpGate::InvitationNeeded,
        })
    }

    /// Checks the work of a browser, if it is asked for. An invitation needs none. Errors: no work, or it does not count.
    pub fn check_work(&self, invitation: Option<&str>, sent: &str) -> Result<(), AppError> {
        match &self.entry.work {
            Some(work) if invitation.is_none() && self.entry.sign_up == SignUp::Open => {
                work.check(sent, clock::now())
            }
            _ => Ok(()),
        }
    }

    /// Returns the invited address, if there is an invitation. Errors: the visitor may not sign up.
    #[tracing::instrument(level = "debug", skip_all)]
    pub(super) async fn check_may_sign_up(
        &self,
        invitation: Option<&str>,
    ) -> Result<Option<String>, AppError> {
        match self.gate(invitation).await? {
            SignUpGate::Open | SignUpGate::Work { .. } => Ok(None),
            SignUpGate::Invited { email, .. } => Ok(Some(email)),
            SignUpGate::DeadInvitation => Err(dead_invitation()),
            SignUpGate::InvitationNeeded => Err(AppError::forbidden(
                "New accounts need an invitation. Ask the operator of this installation.",
            )),
            SignUpGate::Closed => {
                Err(AppError::forbidden("This installation takes no new accounts."))
            }
        }
    }
}

pub(super) fn dead_invitation() -> AppError {
    AppError::new(Code::NotFound, "This invitation does not work any more. Ask for a new one.")
}

#[cfg(test)]
#[path = "invitations_tests.rs"]
mod tests;
