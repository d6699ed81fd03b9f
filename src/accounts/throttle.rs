//! How often somebody may try to sign in.
//!
//! Two budgets, both taken before a password is looked at, so that many tries at once cannot pass
//! together:
//! - an account has `rate`. A try that succeeds is given back: only wrong passwords use it up, and
//!   nobody is locked out by signing in often;
//! - a client address has ten times `rate`, for every try at any account and every sign-up. Nothing is
//!   given back: it also bounds how much hashing one address can cause. Of IPv6 the first 64 bits
//!   count, since one household has all the others.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{AppError, Code};
use crate::platform::bounded::Bounded;
use crate::platform::client_addr::network;
use crate::platform::limits::{Limiter, Rate, spell_out, whole_seconds};

/// How many accounts' tries are remembered: anybody can name as many as he likes.
const MOST_ACCOUNTS: usize = 50_000;
/// How many times an account's rate an address has.
const ADDRESS_FACTOR: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// The budgets of all accounts and addresses; clones share them.
#[derive(Clone)]
pub struct Throttle {
    accounts: Arc<Tries>,
    addresses: Arc<Limiter>,
}

impl Throttle {
    pub fn new(rate: Rate) -> Self {
        let requests = rate.requests.saturating_mul(ADDRESS_FACTOR);
        Self {
            accounts: Arc::new(Tries::new(rate)),
            addresses: Arc::new(Limiter::new(Rate { requests, ..rate })),
        }
    }

    /// Counts a try from this address.
    pub fn take_address(&self, address: IpAddr) -> Result<(), AppError> {
        self.addresses
            .check(&network(address).to_string())
            .map(drop)
            .map_err(|wait| refusal(wait, "Too many tries from your network."))
    }

    /// Counts a try at this account, whether or not it exists.
    pub fn take_account(&self, email: &str) -> Result<(), AppError> {
        self.accounts
            .take(email, Instant::now())
            .map_err(|wait| refusal(wait, "Too many wrong passwords for this address."))
    }

    /// Gives the account's last try back: it was no guess.
    pub fn give_back_account(&self, email: &str) {
        self.accounts.give_back(email);
    }

    /// Forgets every try at the account: its password is a new one.
    pub fn forget_account(&self, email: &str) {
        self.accounts.used_until.with(email, |kept| *kept = None);
    }

    /// Forgets accounts and addresses that have their whole budget again.
    pub fn shrink(&self) {
        self.accounts.shrink(Instant::now());
        self.addresses.shrink();
    }
}

fn refusal(wait: Duration, what: &str) -> AppError {
    let seconds = whole_seconds(wait).max(1);
    let message = format!("{what} Wait {} and try again.", spell_out(seconds));
    AppError::limited(Code::RateLimitExceeded, message, seconds)
}

/// The same generic cell rate algorithm as [`Limiter`], which can't give a try back.
struct Tries {
    rate: Rate,
    /// When each account would have its whole budget again.
    used_until: Bounded<Instant>,
}

impl Tries {
    fn new(rate: Rate) -> Self {
        Self { rate, used_until: Bounded::new(MOST_ACCOUNTS) }
    }

    fn take(&self, key: &str, now: Instant) -> Result<(), Duration> {
        self.used_until.with(key, |kept| {
            let used_until = kept.map_or(now, |until| until.max(now)) + self.cell();
            match used_until.checked_duration_since(now + self.rate.per) {
                Some(wait) if !wait.is_zero() => Err(wait),
                _ => {
                    *kept = Some(used_until);
                    Ok(())
                }
            }
        })
    }

    fn give_back(&self, key: &str) {
        self.used_until.with(key, |kept| {
            if let Some(until) = kept
                && let Some(earlier) = until.checked_sub(self.cell())
            {
                *until = earlier;
            }
        });
    }

    fn shrink(&self, now: Instant) {
        self.used_until.forget(|until| *until <= now);
    }

    /// What one try uses up.
    fn cell(&self) -> Duration {
        self.rate.per / self.rate.requests.get()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rate(requests: u32) -> Rate {
        Rate { requests: NonZeroU32::new(requests).unwrap(), per: Duration::from_secs(60) }
    }

    fn tries(requests: u32) -> Tries {
        Tries::new(rate(requests))
    }

    #[test]
    fn wrong_passwords_use_the_budget_up_and_time_brings_it_back() {
        let (tries, start) = (tries(3), Instant::now());
        for _ in 0..3 {
            tries.take("a", start).unwrap();
        }
        assert_eq!(tries.take("a", start), Err(Duration::from_secs(20)));
        tries.take("b", start).unwrap();
        tries.take("a", start + Duration::from_secs(20)).unwrap();
        assert!(tries.take("a", start + Duration::from_secs(20)).is_err());
    }

    #[test]
    fn a_try_given_back_was_never_made() {
        let (tries, start) = (tries(3), Instant::now());
        for _ in 0..100 {
            tries.take("a", start).unwrap();
            tries.give_back("a");
        }
        tries.take("a", start).unwrap();
        tries.take("a", start).unwrap();
        tries.take("a", start).unwrap();
        assert!(tries.take("a", start).is_err());
    }

    #[test]
    fn accounts_with_their_whole_budget_are_forgotten() {
        let (tries, start) = (tries(3), Instant::now());
        tries.take("a", start).unwrap();
        tries.take("b", start + Duration::from_secs(19)).unwrap();
        tries.shrink(start + Duration::from_secs(20));
        assert_eq!(tries.used_until.len(), 1);
        assert!(tries.used_until.with("b", |kept| kept.is_some()));
    }

    #[test]
    fn an_address_has_ten_times_the_tries_and_learns_how_long_to_wait() {
        let throttle = Throttle::new(rate(2));
        let address: IpAddr = "203.0.113.7".parse().unwrap();
        for _ in 0..20 {
            throttle.take_address(address).unwrap();
        }
        let refused = throttle.take_address(address).unwrap_err();
        assert_eq!(refused.code, Code::RateLimitExceeded);
        assert!((1..=3).contains(&refused.retry_after.unwrap()));
        throttle.take_address("203.0.113.8".parse().unwrap()).unwrap();
    }

    #[test]
    fn a_hundred_thousand_accounts_leave_a_bounded_number() {
        let (tries, start) = (tries(3), Instant::now());
        for number in 0..100_000 {
            tries.take(&format!("nobody{number}@example.com"), start).unwrap();
        }
        assert_eq!(tries.used_until.len(), MOST_ACCOUNTS);
    }
}
