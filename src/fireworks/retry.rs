//! Retries and their backoff.

use std::time::Duration;

use http::HeaderMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// How often a request is tried on one model, and the backoff in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Maximum number of tries per model, the first included; at least one is made.
    pub tries: u32,
    /// Backoff after the first try. It doubles after each further try.
    pub first_wait: Duration,
    /// Upper limit of the backoff.
    pub longest_wait: Duration,
    /// Longest `Retry-After` to wait for. A longer one ends the tries on that model, because an earlier retry
    /// would be refused.
    pub longest_retry_after: Duration,
    /// Maximum total wait for a model that is loading, if no other model can reply.
    pub loading_patience: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 3,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(8),
            longest_retry_after: Duration::from_secs(20),
            loading_patience: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// Returns the backoff after the `tried`-th try (from 1), or `None` to stop asking this model. `chance`
    /// in 0..1 adds jitter over the upper half of the backoff, so that clients which failed together do not
    /// retry together.
    pub(super) fn wait(
        &self,
        tried: u32,
        retry_after: Option<Duration>,
        chance: f64,
    ) -> Option<Duration> {
        if tried >= self.tries {
            return None;
        }
        let backoff = self.backoff(tried, chance);
        match retry_after {
            Some(asked) if asked > self.longest_retry_after => None,
            Some(asked) => Some(asked.max(backoff)),
            None => Some(backoff),
        }
    }

    /// Returns the backoff for a model that is loading. `waited`: time since the first try. Returns `None` if
    /// it would exceed [`Self::loading_patience`].
    pub(super) fn wait_for_loading(
        &self,
        tried: u32,
        waited: Duration,
        retry_after: Option<Duration>,
        chance: f64,
    ) -> Option<Duration> {
        let left = self.loading_patience.checked_sub(waited)?;
        // Servers often overestimate the remaining time, so their value is capped.
        let asked = retry_after.unwrap_or_default().min(self.longest_wait);
        let wait = self.backoff(tried, chance).max(asked);
        (wait <= left).then_some(wait)
    }

    fn backoff(&self, tried: u32, chance: f64) -> Duration {
        let doubled = self.first_wait.saturating_mul(1 << tried.saturating_sub(1).min(16));
        doubled.min(self.longest_wait).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
    }
}

/// Reads the wait that response headers ask for: `retry-after-ms`, otherwise `retry-after`.
pub(super) fn asked_wait(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let millis = text("retry-after-ms").and_then(|millis| millis.trim().parse::<f64>().ok());
    millis
        .and_then(|millis| Duration::try_from_secs_f64(millis / 1_000.0).ok())
        .or_else(|| parse_retry_after(text("retry-after")?, now))
}

/// Parses `Retry-After`: seconds, or an HTTP date. A past date yields zero.
fn parse_retry_after(value: &str, now: OffsetDateTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = OffsetDateTime::parse(value, &Rfc2822).ok()?;
    Some(Duration::try_from(at - now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_half_a_second_to_eight() {
        let policy = RetryPolicy { tries: 9, ..RetryPolicy::default() };
        let waits: Vec<_> =
            (1..8).filter_map(|n| policy.wait(n, None, 1.0)).map(|d| d.as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
        assert_eq!(policy.wait(1, None, 0.0), Some(Duration::from_millis(250)));
    }

    #[test]
    fn no_wait_follows_the_last_attempt() {
        let policy = RetryPolicy::default();
        assert!(policy.wait(2, None, 0.5).is_some());
        assert!(policy.wait(3, None, 0.5).is_none());
    }

    #[test]
    fn retry_after_lengthens_a_wait_up_to_a_limit() {
        let policy = RetryPolicy::default();
        let asked = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(policy.wait(1, asked(3), 1.0), asked(3));
        assert_eq!(policy.wait(1, asked(0), 1.0), Some(Duration::from_millis(500)));
        assert_eq!(policy.wait(1, asked(3600), 1.0), None);
    }

    #[test]
    fn a_loading_model_is_awaited_longer_than_a_busy_one_but_not_forever() {
        let policy = RetryPolicy::default();
        let wait =
            |tried, waited| policy.wait_for_loading(tried, Duration::from_secs(waited), None, 1.0);
        assert_eq!(wait(9, 60), Some(Duration::from_secs(8)));
        assert_eq!(wait(20, 119), None);
        assert_eq!(wait(1, 3_600), None);
        let estimate = Some(Duration::from_secs(300));
        let wait = policy.wait_for_loading(1, Duration::ZERO, estimate, 1.0);
        assert_eq!(wait, Some(Duration::from_secs(8)));
    }

    #[test]
    fn milliseconds_win_over_seconds() {
        let mut headers = HeaderMap::new();
        let now = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(asked_wait(&headers, now), None);
        headers.insert("retry-after", http::HeaderValue::from_static("3"));
        assert_eq!(asked_wait(&headers, now), Some(Duration::from_secs(3)));
        headers.insert("retry-after-ms", http::HeaderValue::from_static("250"));
        assert_eq!(asked_wait(&headers, now), Some(Duration::from_millis(250)));
        headers.insert("retry-after-ms", http::HeaderValue::from_static("soon"));
        assert_eq!(asked_wait(&headers, now), Some(Duration::from_secs(3)));
    }

    #[test]
    fn retry_after_may_be_seconds_or_a_date() {
        let now = time::macros::datetime!(2015-10-21 07:27:30 UTC);
        let parse = |value| parse_retry_after(value, now);
        assert_eq!(parse("7"), Some(Duration::from_secs(7)));
        assert_eq!(parse(" 0.5 "), Some(Duration::from_millis(500)));
        assert_eq!(parse("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(parse("Wed, 21 Oct 2015 07:20:00 GMT"), Some(Duration::ZERO));
        assert_eq!(parse("-1"), None);
        assert_eq!(parse("soon"), None);
    }
}
