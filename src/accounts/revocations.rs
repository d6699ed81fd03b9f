//! Ends event streams whose reader has signed out, or whose token was revoked or has expired.
//!
//! One query for all streams looks for changes, and a stream looks up its reader only after one. Triggers count the
//! changes (`migrations/sqlite/0023_credential_changes.sql`), so those of other processes are seen too.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::guard::Caller;
use super::service::Accounts;
use super::store;
use crate::platform::clock::{self, Micros};
use crate::platform::db::Db;

/// Interval of looking for changes.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Streams look up their readers within this time after a change, at random, so that a change does not make all of
/// them query at once. Together with [`LOOK_EVERY`] less than a second: how long a signed-out reader may continue.
const SPREAD: Duration = Duration::from_millis(300);
/// Age at which a stream looks up its reader first. The request has done so before.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// Interval of looking up a reader again while the database is unavailable.
const AGAIN: Duration = Duration::from_secs(1);

/// The changes of credentials. Clones share them.
#[derive(Clone)]
pub struct Revocations(Arc<Inner>);

struct Inner {
    db: Db,
    /// The count at the last look.
    changes: watch::Sender<i64>,
    /// Whether a task looks for changes.
    looking: Mutex<bool>,
}

impl Revocations {
    pub fn new(db: Db) -> Self {
        let changes = watch::Sender::new(0);
        Self(Arc::new(Inner { db, changes, looking: Mutex::default() }))
    }

    /// Returns a receiver that is notified of changes. Looks for them as long as there is one.
    fn subscribe(&self) -> watch::Receiver<i64> {
        let mut looking = self.0.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = self.0.changes.subscribe();
        if !*looking {
            *looking = true;
            tokio::spawn(look(self.0.clone()));
        }
        changes
    }
}

async fn look(inner: Arc<Inner>) {
    loop {
        sleep(LOOK_EVERY).await;
        {
            let mut looking = inner.looking.lock().unwrap_or_else(PoisonError::into_inner);
            if inner.changes.receiver_count() == 0 {
                *looking = false;
                return;
            }
        }
        // While the database is unavailable, nothing is known of changes.
        if let Ok(count) = store::find_credential_changes(&inner.db).await {
            inner.changes.send_if_modified(|last| std::mem::replace(last, count) != count);
        }
    }
}

/// Resolves when the caller's credential is no longer valid.
pub async fn revoked(accounts: Accounts, caller: Caller) {
    let mut changes = accounts.revocations.subscribe();
    let mut look_at = Some(Instant::now() + FIRST_LOOK);
    loop {
        tokio::select! {
            () = at(look_at) => {}
            _ = changes.changed() => sleep(SPREAD.mul_f64(rand::random())).await,
        }
        // Before the query, so that a change during it is not missed.
        changes.mark_unchanged();
        look_at = match accounts.validity(&caller.credential, &caller.member).await {
            Ok(None) => return,
            Ok(Some(Validity { until })) => until.map(|until| Instant::now() + from_now(until)),
            // The result of the last look stands.
            Err(_) => Some(Instant::now() + AGAIN),
        };
    }
}

/// A valid credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// When it expires unless it is extended. `None`: never.
    pub until: Option<Micros>,
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Returns the time until a moment, at least a little, so that rounding causes no busy loop.
fn from_now(moment: Micros) -> Duration {
    let micros = u64::try_from(moment - clock::now()).unwrap_or(0);
    Duration::from_micros(micros).max(Duration::from_millis(10))
}

#[cfg(test)]
#[path = "revocations_tests.rs"]
mod tests;
