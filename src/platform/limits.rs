//! Rate limits by tenant: tiers, each a generic cell rate algorithm.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::bounded::Bounded;
use crate::error::{AppError, Code};

/// A number of requests in a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub requests: NonZeroU32,
    pub per: Duration,
}

/// The rate limit that a request counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Messages to an adviser, from pages and the API.
    Chat,
    /// JSON API calls other than chat and event streams.
    Api,
    /// Stored imports.
    Strict,
    /// Files that are read, stored or not: a multiple of the stored ones, so that refused tries lock nobody out.
    Files,
}

/// Number of files that a tenant may have read for each import that it may store.
const FILES_PER_IMPORT: u32 = 20;

/// What remains after a permitted request: the `RateLimit-*` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub limit: u32,
    pub remaining: u32,
    /// Seconds until the limit is fully restored, or after a refusal: until the next request is permitted.
    pub reset: u64,
}

/// Maximum number of keys of a limiter, at about 60 bytes each. A client that wants its key evicted must send this many
/// others.
const MOST_KEYS: usize = 50_000;

/// The time at which each key's limit is fully restored.
struct Store(Arc<Bounded<Nanos>>);

impl StateStore for Store {
    type Key = String;

    fn measure_and_replace<T, F, E>(&self, key: &String, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.with(key, |kept| {
            let (result, replaced) = measure(*kept)?;
            *kept = Some(replaced);
            Ok(result)
        })
    }
}

impl ShrinkableKeyedStateStore<String> for Store {
    fn retain_recent(&self, drop_below: Nanos) {
        self.0.forget(|until| *until <= drop_below);
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

type Keyed = RateLimiter<String, Store, DefaultClock, StateInformationMiddleware>;

/// A limit for each key.
pub struct Limiter {
    rate: Rate,
    keyed: Keyed,
    /// The state of `keyed`.
    kept: Arc<Bounded<Nanos>>,
}

impl Limiter {
    /// Creates a limiter whose burst is the whole rate.
    pub fn new(rate: Rate) -> Self {
        Self::with_burst(rate, rate.requests)
    }

    /// Creates a limiter with this burst.
    pub fn with_burst(rate: Rate, burst: NonZeroU32) -> Self {
        // One cell is restored every `per / requests`.
        let period = (rate.per / rate.requests.get()).max(Duration::from_nanos(1));
        let quota = Quota::with_period(period)
            .unwrap_or(Quota::per_second(rate.requests))
            .allow_burst(burst);
        let kept = Arc::new(Bounded::new(MOST_KEYS));
        let keyed = Keyed::new(quota, Store(kept.clone()), DefaultClock::default());
        Self { rate, keyed, kept }
    }

    /// Counts one request of `key`. `Err` holds the time until the next one is permitted.
    pub fn check(&self, key: &str) -> Result<Allowance, Duration> {
        let limit = self.rate.requests.get();
        match self.keyed.check_key(&key.to_owned()) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let used = limit.saturating_sub(remaining);
                let reset = self.rate.per.mul_f64(f64::from(used) / f64::from(limit));
                Ok(Allowance { limit, remaining, reset: whole_seconds(reset) })
            }
            Err(not_until) => Err(not_until.wait_time_from(DefaultClock::default().now())),
        }
    }

    /// Gives one request of `key` back.
    pub fn refund(&self, key: &str) {
        let period = self.rate.per / self.rate.requests.get();
        self.kept.with(key, |kept| {
            *kept = kept.map(|until| until.saturating_sub(Nanos::from(period)));
        });
    }

    pub const fn limit(&self) -> u32 {
        self.rate.requests.get()
    }

    /// Removes keys whose limit is fully restored.
    pub fn shrink(&self) {
        self.keyed.retain_recent();
    }
}

/// The tiers by tenant, and a limit for the chat of all tenants together.
#[derive(Clone)]
pub struct Limits {
    tiers: Arc<[Limiter; 4]>,
    all_chat: Option<Arc<Limiter>>,
}

impl Limits {
    pub fn new(chat: Rate, api: Rate, strict: Rate) -> Self {
        let requests = strict
            .requests
            .saturating_mul(NonZeroU32::new(FILES_PER_IMPORT).unwrap_or(NonZeroU32::MIN));
        let files = Rate { requests, per: strict.per };
        Self { tiers: Arc::new([chat, api, strict, files].map(Limiter::new)), all_chat: None }
    }

    /// Limits the messages of all tenants together.
    pub fn with_all_chat(self, rate: Rate) -> Self {
        Self { all_chat: Some(Arc::new(Limiter::new(rate))), ..self }
    }

    pub fn tier(&self, tier: Tier) -> &Limiter {
        &self.tiers[tier as usize]
    }

    /// Counts one request of the tenant. Errors: the limit, with the time to wait.
    pub fn check(&self, tier: Tier, tenant_id: &str) -> Result<Allowance, AppError> {
        let allowance = self.check_tenant(tier, tenant_id)?;
        if let (Tier::Chat, Some(all)) = (tier, &self.all_chat) {
            all.check("").map_err(|wait| {
                refusal(Code::RateLimitExceeded, wait, |wait| {
                    format!("Too many questions on this installation at this moment. Wait {wait} before the next message.")
                })
            })?;
        }
        Ok(allowance)
    }

    fn check_tenant(&self, tier: Tier, tenant_id: &str) -> Result<Allowance, AppError> {
        self.tier(tier).check(tenant_id).map_err(|wait| {
            let code = match tier {
                Tier::Chat => Code::RateLimitExceeded,
                Tier::Api => Code::ApiRateLimitExceeded,
                Tier::Strict | Tier::Files => Code::StrictRateLimitExceeded,
            };
            let error = refusal(code, wait, |wait| match tier {
                Tier::Chat => format!("Wait {wait} before the next message."),
                Tier::Api => format!("Too many API calls. Wait {wait} before the next one."),
                Tier::Strict => format!("This can be done only a few times an hour. Wait {wait}."),
                Tier::Files => {
                    format!("Too many files were read. Wait {wait} before the next one.")
                }
            });
            AppError { limit: Some(self.tier(tier).limit()), ..error }
        })
    }

    /// Gives back a request that changed nothing.
    pub fn refund(&self, tier: Tier, tenant_id: &str) {
        self.tier(tier).refund(tenant_id);
    }

    /// Removes idle tenants from every tier.
    pub fn shrink(&self) {
        self.tiers.iter().for_each(Limiter::shrink);
    }
}

/// Adds the `RateLimit-*` headers to a response.
pub fn add_headers(headers: &mut http::HeaderMap, allowance: Allowance) {
    use http::{HeaderName, HeaderValue};
    let Allowance { limit, remaining, reset } = allowance;
    for (name, value) in [
        ("ratelimit-limit", u64::from(limit)),
        ("ratelimit-remaining", u64::from(remaining)),
        ("ratelimit-reset", reset),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

/// Returns the error of a request that may be sent again after `wait`. `message` gets the wait as text: `1 second`,
/// `45 seconds`, `3 minutes`, `5 hours`.
pub fn refusal(code: Code, wait: Duration, message: impl FnOnce(&str) -> String) -> AppError {
    let seconds = whole_seconds(wait).max(1);
    AppError::limited(code, message(&spell_out(seconds)), seconds)
}

/// Returns seconds, rounded up, so that a client that waits this long is not refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Formats a duration, rounded up.
fn spell_out(seconds: u64) -> String {
    match seconds {
        1 => "1 second".to_owned(),
        0..=119 => format!("{seconds} seconds"),
        120..=7_200 => format!("{} minutes", seconds.div_ceil(60)),
        _ => format!("{} hours", seconds.div_ceil(3_600)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rate(requests: u32, seconds: u64) -> Rate {
        Rate { requests: NonZeroU32::new(requests).unwrap(), per: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_refusal_rounds_its_wait_up() {
        let text = |wait| refusal(Code::RateLimitExceeded, wait, |wait| wait.to_owned());
        for (millis, seconds, wait) in [
            (0, 1, "1 second"),
            (1_001, 2, "2 seconds"),
            (119_000, 119, "119 seconds"),
            (119_001, 120, "2 minutes"),
            (121_000, 121, "3 minutes"),
            (7_200_000, 7_200, "120 minutes"),
            (7_200_001, 7_201, "3 hours"),
        ] {
            let error = text(Duration::from_millis(millis));
            assert_eq!((error.retry_after, error.message.as_str()), (Some(seconds), wait));
        }
    }

    #[test]
    fn a_tenant_may_spend_its_whole_limit_at_once_and_then_waits() {
        let limits = Limits::new(rate(3, 60), rate(1, 1), rate(1, 1));
        let left: Vec<u32> =
            (0..3).map(|_| limits.check(Tier::Chat, "a").unwrap().remaining).collect();
        assert_eq!(left, [2, 1, 0]);
        let refused = limits.check(Tier::Chat, "a").unwrap_err();
        assert_eq!(refused.code, Code::RateLimitExceeded);
        assert!((1..=20).contains(&refused.retry_after.unwrap()));
    }

    #[test]
    fn a_hundred_thousand_keys_leave_a_bounded_number() {
        let limiter = Limiter::new(rate(3, 60));
        for key in 0..100_000 {
            let _ = limiter.check(&key.to_string());
        }
        assert_eq!(limiter.keyed.len(), MOST_KEYS);
    }

    #[test]
    fn keys_with_a_full_limit_are_dropped() {
        let fast = Limiter::new(Rate { requests: NonZeroU32::MIN, per: Duration::from_nanos(1) });
        let slow = Limiter::new(rate(1, 3_600));
        for limiter in [&fast, &slow] {
            limiter.check("a").unwrap();
            std::thread::sleep(Duration::from_millis(1));
            limiter.shrink();
        }
        assert_eq!((fast.keyed.len(), slow.keyed.len()), (0, 1));
    }

    #[test]
    fn all_tenants_share_an_overall_limit() {
        let limits = Limits::new(rate(2, 60), rate(9, 60), rate(1, 1)).with_all_chat(rate(3, 60));
        for tenant in ["a", "a", "b"] {
            limits.check(Tier::Chat, tenant).unwrap();
        }
        assert!(limits.check(Tier::Chat, "a").unwrap_err().message.starts_with("Wait"));
        let all = limits.check(Tier::Chat, "c").unwrap_err();
        assert!(all.message.contains("installation") && all.retry_after.is_some(), "{all:?}");
        limits.check(Tier::Api, "c").unwrap();
    }

    #[test]
    fn a_refunded_request_does_not_count() {
        let rate = Rate { requests: NonZeroU32::new(2).unwrap(), per: Duration::from_secs(3_600) };
        let limiter = Limiter::new(rate);
        for _ in 0..10 {
            assert!(limiter.check("a").is_ok());
            limiter.refund("a");
        }
        assert!(limiter.check("a").is_ok() && limiter.check("a").is_ok());
        assert!(limiter.check("a").is_err());
        limiter.refund("never seen");
    }

    #[test]
    fn each_tenant_has_its_own_limit() {
        let limits = Limits::new(rate(1, 60), rate(1, 1), rate(1, 1));
        limits.check(Tier::Chat, "a").unwrap();
        assert!(limits.check(Tier::Chat, "a").is_err());
        assert!(limits.check(Tier::Chat, "b").is_ok());
    }
}
