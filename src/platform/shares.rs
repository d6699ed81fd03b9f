//! Concurrency limits per key, such as a tenant: a few requests run at a time, and further ones wait or are refused.
//!
//! Without them, one tenant's requests occupy every core and every read connection, and other tenants queue behind
//! them.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{AppError, Code};

/// Maximum number of waiting requests of one tenant. Further ones are refused.
const MOST_WAITING: usize = 64;
/// How long a request waits before it is refused.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// `Retry-After` of a refused request, in seconds.
const COME_BACK_AFTER: u64 = 5;

/// The permits of all tenants that have requests in progress. Clones share them.
#[derive(Clone, Debug)]
pub struct Shares {
    each: usize,
    tenants: Arc<Mutex<HashMap<String, Arc<Share>>>>,
}

#[derive(Debug)]
struct Share {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// One request's permit. Hold it until the request ends; released on drop.
#[derive(Debug)]
#[must_use]
pub struct Turn {
    permit: Option<OwnedSemaphorePermit>,
    share: Option<Arc<Share>>,
    key: String,
    shares: Shares,
}

impl Shares {
    /// Allows each tenant as many concurrent requests as half of the cores, at least one.
    pub fn of_this_machine() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self::new(cores / 2)
    }

    /// Allows each key `each` concurrent requests, at least one.
    pub fn new(each: usize) -> Self {
        Self { each: each.max(1), tenants: Arc::default() }
    }

    /// Waits for a permit of the tenant, first come, first served.
    ///
    /// Errors: [`Code::Overloaded`] if 64 requests of the tenant already wait (`MOST_WAITING`), or if this one has
    /// waited for 10 seconds (`LONGEST_WAIT`).
    pub async fn turn(&self, tenant: &str) -> Result<Turn, AppError> {
        self.turn_within(tenant, LONGEST_WAIT).await
    }

    /// Like [`Self::turn`], with another longest wait.
    pub async fn turn_within(&self, tenant: &str, longest: Duration) -> Result<Turn, AppError> {
        let share = self.share(tenant);
        // `Turn::drop` removes the unused share, also if this future is dropped while it waits.
        let mut turn = Turn {
            permit: None,
            share: Some(share.clone()),
            key: tenant.to_owned(),
            shares: self.clone(),
        };
        if let Ok(permit) = share.permits.clone().try_acquire_owned() {
            turn.permit = Some(permit);
            return Ok(turn);
        }
        let waiting = Waiting::begin(&share.waiting).ok_or_else(overloaded)?;
        let permit = tokio::time::timeout(longest, share.permits.clone().acquire_owned());
        let permit = permit.await.map_err(|_| overloaded())?.map_err(AppError::internal)?;
        drop(waiting);
        turn.permit = Some(permit);
        Ok(turn)
    }

    /// Takes a permit without waiting. Any key is allowed. Returns `None` if all permits of the key are in use.
    pub fn try_turn(&self, key: &str) -> Option<Turn> {
        let share = self.share(key);
        let permit = share.permits.clone().try_acquire_owned().ok();
        let turn = Turn { permit, share: Some(share), key: key.to_owned(), shares: self.clone() };
        turn.permit.is_some().then_some(turn)
    }

    fn share(&self, tenant: &str) -> Arc<Share> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let share = tenants.entry(tenant.to_owned()).or_insert_with(|| {
            let permits = Arc::new(Semaphore::new(self.each));
            Arc::new(Share { permits, waiting: AtomicUsize::new(0) })
        });
        share.clone()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Release the permit first. It references the semaphore only, so the count below is unaffected.
        self.permit = None;
        let mut tenants = self.shares.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        self.share = None;
        if tenants.get(&self.key).is_some_and(|share| Arc::strong_count(share) == 1) {
            tenants.remove(&self.key);
        }
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicUsize) -> Option<Self> {
        let waiting = Self(count);
        (count.fetch_add(1, Ordering::Relaxed) < MOST_WAITING).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn overloaded() -> AppError {
    let message = "You have too many requests in progress. Try again in a few seconds.";
    AppError::limited(Code::Overloaded, message, COME_BACK_AFTER)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures_util::FutureExt;
    use futures_util::future::join_all;

    use super::*;

    fn tenants(shares: &Shares) -> usize {
        shares.tenants.lock().unwrap().len()
    }

    #[tokio::test]
    async fn a_tenant_queues_only_behind_its_own_work() {
        let shares = Shares::new(1);
        let first = shares.turn("a").await.unwrap();
        let mut second = Box::pin(shares.turn("a"));
        assert!((&mut second).now_or_never().is_none());
        let other = shares.turn("b").now_or_never().unwrap().unwrap();
        drop(first);
        let second = second.now_or_never().unwrap().unwrap();
        drop((second, other));
        assert_eq!(tenants(&shares), 0, "nothing stays of tenants without requests");
    }

    #[tokio::test(start_paused = true)]
    async fn too_long_a_wait_is_refused_with_a_retry_time() {
        let shares = Shares::new(1);
        let held = shares.turn("a").await.unwrap();
        let crowd = join_all((0..MOST_WAITING + 3).map(|_| shares.turn("a"))).await;
        assert!(crowd.iter().all(|turn| {
            turn.as_ref()
                .is_err_and(|error| error.code == Code::Overloaded && error.retry_after.is_some())
        }));
        drop(crowd);
        // Waiters that were dropped leave no state behind.
        assert!(shares.turn("a").now_or_never().is_none());
        drop(held);
        drop(shares.turn("a").now_or_never().unwrap().unwrap());
        assert_eq!(tenants(&shares), 0);
    }

    #[test]
    fn try_turn_never_waits() {
        let shares = Shares::new(2);
        let held = [shares.try_turn("a").unwrap(), shares.try_turn("a").unwrap()];
        assert!(shares.try_turn("a").is_none() && shares.try_turn("b").is_some());
        drop(held);
        assert!(shares.try_turn("a").is_some());
        assert_eq!(tenants(&shares), 0);
    }

    #[tokio::test]
    async fn no_more_than_the_share_runs_concurrently() {
        let (shares, running) = (Shares::new(2), AtomicUsize::new(0));
        let work = (0..50).map(|_| async {
            let _turn = shares.turn("a").await.unwrap();
            let now = running.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::task::yield_now().await;
            running.fetch_sub(1, Ordering::SeqCst);
            now
        });
        assert!(join_all(work).await.into_iter().max().unwrap() <= 2);
    }
}
