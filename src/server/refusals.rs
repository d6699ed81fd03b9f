//! Slows down clients that exceed a limit by address.
//!
//! A client that repeats a refused request at once would otherwise occupy the cores with refusals. Each refusal
//! waits before it is answered, so a client gets at most one a second for each request that it may have open.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::serving::Occasionally;
use crate::error::AppError;

/// Minimum delay of a refusal. A random part of up to the same length is added, so that refusals that start together
/// do not end together.
const DELAY: Duration = Duration::from_secs(1);
/// Maximum number of delayed refusals at a time. Further ones are answered at once, so that memory stays bounded.
const MOST_DELAYED: usize = 16_384;

/// The refusals of one server.
pub struct Refusals {
    delayed: Semaphore,
    log: Occasionally,
}

impl Default for Refusals {
    fn default() -> Self {
        Self { delayed: Semaphore::new(MOST_DELAYED), log: Occasionally::default() }
    }
}

impl Refusals {
    /// Returns `error` after the delay. Logs the client, at most one line every 10 seconds for all clients.
    pub async fn delay(&self, client: Option<IpAddr>, error: AppError) -> AppError {
        if let Some(left_out) = self.log.may_log(Instant::now()) {
            let client = client.map(tracing::field::display);
            tracing::warn!(client, left_out, "requests from one address refused");
        }
        if let Ok(_permit) = self.delayed.try_acquire() {
            tokio::time::sleep(DELAY + DELAY.mul_f64(rand::random())).await;
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn refusals_are_delayed_up_to_a_maximum_number() {
        let (refusals, begun) = (Refusals::default(), tokio::time::Instant::now());
        refusals.delay(None, AppError::method_not_allowed()).await;
        let waited = begun.elapsed();
        assert!((DELAY..=2 * DELAY).contains(&waited), "{waited:?}");
        refusals.delayed.forget_permits(MOST_DELAYED);
        refusals.delay(None, AppError::method_not_allowed()).await;
        assert_eq!(begun.elapsed(), waited);
    }
}
