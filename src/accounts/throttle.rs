//! Limits on sign-in attempts.
//!
//! Attempts are counted before the password is verified, so that concurrent attempts cannot exceed a limit:
//! - an account has `rate` for each network address, and ten times that for all addresses. Successful attempts are
//!   given back, so signing in often locks nobody out. Guesses from one address do not lock out the owner at another;
//! - a device that signed in to the account before has its own `rate`, and no other limit applies to it: guesses of
//!   others never lock out the owner's browser;
//! - a client address has ten times `rate` for attempts at any account, sign-ups and password resets. Nothing is given
//!   back, which also bounds the hashing that one address can cause. IPv6 addresses count by their first 64 bits,
//!   because one household has all the others.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{AppError, Code};
use crate::platform::bounded::Bounded;
use crate::platform::client_addr::network;
use crate::platform::limits::{self, Limiter, Rate};

/// Maximum number of keys of each limit, because anybody can name any number of accounts.
const MOST_ACCOUNTS: usize = 50_000;
/// An account has this many times its rate for all addresses, and an address for all accounts.
const FACTOR: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// The limits of all accounts and addresses. Clones share them.
#[derive(Clone)]
pub struct Throttle {
    /// By account and address.
    pairs: Arc<Tries>,
    accounts: Arc<Tries>,
    /// By account and device.
    devices: Arc<Tries>,
    addresses: Arc<Limiter>,
    /// How often an account's limits were reset. The number is part of the keys, so earlier attempts no longer count.
    fresh_starts: Arc<Bounded<u32>>,
}

/// A counted attempt; see [`Throttle::give_back`].
#[must_use]
pub enum Try {
    Device(String),
    Stranger { pair: String, account: String },
}

impl Throttle {
    pub fn new(rate: Rate) -> Self {
        let all = Rate { requests: rate.requests.saturating_mul(FACTOR), ..rate };
        Self {
            pairs: Arc::new(Tries::new(rate)),
            accounts: Arc::new(Tries::new(all)),
            devices: Arc::new(Tries::new(rate)),
            addresses: Arc::new(Limiter::new(all)),
            fresh_starts: Arc::new(Bounded::new(MOST_ACCOUNTS)),
        }
    }

    /// Counts an attempt of any kind from this address. Errors: too many; with the time to wait.
    pub fn take_address(&self, address: IpAddr) -> Result<(), AppError> {
        self.addresses
            .check(&network(address).to_string())
            .map(drop)
            .map_err(|wait| refusal(wait, "Too many attempts from your network."))
    }

    /// Counts an attempt at this account, which need not exist. `device` names a device that signed in to it before.
    ///
    /// Errors: too many from this device, from this address, or at this account; with the time to wait.
    pub fn take(
        &self,
        email: &str,
        address: IpAddr,
        device: Option<&str>,
    ) -> Result<Try, AppError> {
        let now = Instant::now();
        let start = self.fresh_starts.with(email, |kept| kept.unwrap_or(0));
        if let Some(device) = device {
            let key = format!("{start} {email} {device}");
            self.devices
                .take(&key, now)
                .map_err(|wait| refusal(wait, "Too many wrong passwords."))?;
            return Ok(Try::Device(key));
        }
        self.take_address(address)?;
        let pair = format!("{start} {email} {}", network(address));
        self.pairs
            .take(&pair, now)
            .map_err(|wait| refusal(wait, "Too many wrong passwords for this account."))?;
        let account = format!("{start} {email}");
        if let Err(wait) = self.accounts.take(&account, now) {
            self.pairs.give_back(&pair);
            return Err(refusal(
                wait,
                "Too many wrong passwords for this account. You can still sign in from a browser that signed in to it before.",
            ));
        }
        Ok(Try::Stranger { pair, account })
    }

    /// Gives back an attempt that succeeded.
    pub fn give_back(&self, counted: Try) {
        match counted {
            Try::Device(key) => self.devices.give_back(&key),
            Try::Stranger { pair, account } => {
                self.pairs.give_back(&pair);
                self.accounts.give_back(&account);
            }
        }
    }

    /// Resets the limits of an account after a password reset.
    pub fn forget_account(&self, email: &str) {
        self.fresh_starts.with(email, |kept| *kept = Some(kept.unwrap_or(0) + 1));
    }

    /// Removes accounts and addresses whose limits are fully restored.
    pub fn shrink(&self) {
        let now = Instant::now();
        [&self.pairs, &self.accounts, &self.devices].iter().for_each(|tries| tries.shrink(now));
        self.addresses.shrink();
    }
}

pub(super) fn refusal(wait: Duration, what: &str) -> AppError {
    limits::refusal(Code::RateLimitExceeded, wait, |wait| {
        format!("{what} Wait {wait} and try again.")
    })
}

/// The generic cell rate algorithm of [`Limiter`], which cannot give an attempt back.
struct Tries {
    rate: Rate,
    /// When the limit of each key is fully restored.
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

    /// Returns the time that one attempt adds.
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
    fn wrong_passwords_use_up_the_budget_and_time_restores_it() {
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
    fn a_returned_attempt_does_not_count() {
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
    fn accounts_with_a_full_budget_are_dropped() {
        let (tries, start) = (tries(3), Instant::now());
        tries.take("a", start).unwrap();
        tries.take("b", start + Duration::from_secs(19)).unwrap();
        tries.shrink(start + Duration::from_secs(20));
        assert_eq!(tries.used_until.len(), 1);
        assert!(tries.used_until.with("b", |kept| kept.is_some()));
    }

    #[test]
    fn an_address_has_ten_times_the_attempts_and_gets_a_waiting_time() {
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

    #[test]
    fn guesses_lock_out_their_address_then_all_unknown_devices_and_never_a_known_one() {
        let throttle = Throttle::new(rate(2));
        let address = |n: u8| IpAddr::from([203, 0, 113, n]);
        for n in 0..10 {
            for _ in 0..2 {
                let _ = throttle.take("ada", address(n), None).unwrap();
            }
            let own = throttle.take("ada", address(n), None).err().unwrap();
            assert!(!own.message.contains("before"), "{}", own.message);
        }
        let all = throttle.take("ada", address(99), None).err().unwrap();
        assert!(all.message.contains("signed in to it before"), "{}", all.message);
        let _ = throttle.take("bob", address(99), None).unwrap();
        for _ in 0..50 {
            let known = throttle.take("ada", address(0), Some("laptop")).unwrap();
            throttle.give_back(known);
        }
        let _ = throttle.take("ada", address(0), Some("laptop")).unwrap();
        let _ = throttle.take("ada", address(0), Some("laptop")).unwrap();
        assert!(
            throttle.take("ada", address(0), Some("laptop")).is_err(),
            "a stolen one is bounded"
        );
        throttle.forget_account("ada");
        let _ = throttle.take("ada", address(99), None).unwrap();
        let _ = throttle.take("ada", address(0), Some("laptop")).unwrap();
    }
}
