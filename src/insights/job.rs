//! Background job that recomputes insights when metrics change.
//!
//! The work queue is in the database. A change to a tenant's metrics marks the tenant as due in the same
//! transaction; so do the start of the tenant's next day and a retry. Work therefore survives a restart, a
//! change during a run triggers another run, and several changes are computed once.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::Insights;
use super::model::Finding;
use super::modules::{self, HISTORY_DAYS};
use super::store::findings;
use super::store::states::{self, Due};
use crate::analytics::Analytics;
use crate::analytics::service::History;
use crate::error::AppError;
use crate::platform::clock::{self, Micros};
use crate::platform::db::Db;

/// Polling interval of the queue.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many tenants are fetched per poll, and how many are computed concurrently. Each computation occupies
/// a core.
const MOST_DUE: i64 = 64;
const AT_ONCE: usize = 2;
/// Timeout per tenant, so that one tenant cannot block the others.
const LONGEST: Duration = Duration::from_secs(20);
/// Delay before the first retry in microseconds. It doubles with each failure up to [`LAST_RETRY`].
const FIRST_RETRY: Micros = 5_000_000;
const LAST_RETRY: Micros = 3_600_000_000;

/// Recomputes the insights of every tenant that is due.
#[derive(Clone)]
pub struct Job {
    db: Db,
    analytics: Analytics,
}

/// The result of one run.
struct Computed {
    /// The version of the metrics that was read.
    from: i64,
    findings: Vec<(&'static str, Finding)>,
    /// The end of the tenant's day, when the age of its observations changes.
    day_end: Micros,
}

impl Job {
    pub fn new(insights: &Insights, analytics: Analytics) -> Self {
        Self { db: insights.db.clone(), analytics }
    }

    /// Runs until `closing` is cancelled. An interrupted computation is repeated after the next start.
    pub async fn run(self, closing: CancellationToken) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut answers = true;
        let work = async {
            loop {
                ticks.tick().await;
                let result = self.compute_due().await;
                // Log an unavailable database once, not every second.
                if let Err(error) = &result
                    && answers
                {
                    tracing::warn!(error = %error, "insights queue unavailable");
                }
                answers = result.is_ok();
            }
        };
        closing.run_until_cancelled(work).await;
    }

    async fn compute_due(&self) -> Result<(), AppError> {
        let due = states::list_due(self.db.read(), clock::now(), MOST_DUE).await?;
        let computing = stream::iter(due).map(|due| {
            let cause = if due.failures == 0 { "numbers or date changed" } else { "retry" };
            let span = tracing::error_span!("insights", tenant.id = %due.tenant_id, cause);
            self.compute_or_note(due).instrument(span)
        });
        computing.buffer_unordered(AT_ONCE).collect::<()>().await;
        Ok(())
    }

    /// Computes one tenant. Records a failure without affecting other tenants.
    async fn compute_or_note(&self, due: Due) {
        let result = tokio::time::timeout(LONGEST, self.compute(&due)).await;
        let error = match result {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it took longer than {} seconds", LONGEST.as_secs()),
        };
        let again = clock::now() + retry_after(due.failures);
        tracing::warn!(
            error, failures = due.failures + 1, again = %clock::rfc3339(again),
            "insights computation failed"
        );
        let note = self
            .db
            .write(move |tx| Box::pin(async move { states::save_failed(tx, &due, again).await }));
        if let Err(error) = note.await {
            tracing::warn!(error = %error, "insights failure not recorded");
        }
    }

    async fn compute(&self, due: &Due) -> Result<(), AppError> {
        let (analytics, tenant) = (self.analytics.clone(), due.tenant_id.clone());
        let runtime = Handle::current();
        // Decoding the rows is CPU work too, so it also runs off the async threads.
        let compute = move |stop| runtime.block_on(compute(&analytics, &tenant, stop));
        let computed = beside(compute).await??;
        let due = due.clone();
        let save = self.db.write(move |tx| {
            Box::pin(async move {
                let Computed { from, findings, day_end } = computed;
                if states::find(&mut *tx, &due.tenant_id).await?.computed_from > from {
                    // Another server has already stored results from newer data.
                    return Ok(());
                }
                let now = clock::now();
                findings::replace_all(tx, &due.tenant_id, &findings, now).await?;
                states::save_done(tx, &due, from, day_end, now).await
            })
        });
        Ok(save.await?)
    }
}

/// Runs `work` on a blocking thread. Dropping the future, for example on a timeout, cancels the token: a
/// thread cannot be killed from outside, so `work` must stop by itself or abandoned threads would pile up.
async fn beside<T: Send + 'static>(
    work: impl FnOnce(CancellationToken) -> T + Send + 'static,
) -> Result<T, AppError> {
    let stop = CancellationToken::new();
    let _stops = stop.clone().drop_guard();
    tokio::task::spawn_blocking(move || work(stop)).await.map_err(AppError::internal)
}

/// Reads the version before the data. A change in between is newer than this version and makes the tenant
/// due again.
async fn compute(
    analytics: &Analytics,
    tenant_id: &str,
    stop: CancellationToken,
) -> Result<Computed, AppError> {
    let from = analytics.version(tenant_id).await?;
    let day_end = analytics.day_end(tenant_id).await?;
    let today = analytics.today(tenant_id).await?;
    let newest = analytics.newest(tenant_id).await?;
    let newest = newest.and_then(|day| clock::parse_date(&day.date)).unwrap_or(today);
    let age = today.to_julian_day() - newest.to_julian_day();
    let history = analytics.history(tenant_id, HISTORY_DAYS + age).await?;
    let history = History { stop, ..history.without_today() };
    Ok(Computed { from, findings: modules::examine(&history), day_end })
}

/// Returns the delay after a failure, given the number of failures before it.
fn retry_after(failures: i64) -> Micros {
    FIRST_RETRY.saturating_mul(1 << failures.clamp(0, 30)).min(LAST_RETRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_back_off_up_to_an_hour() {
        let seconds = |failures| retry_after(failures) / 1_000_000;
        assert_eq!([0, 1, 2, 3].map(seconds), [5, 10, 20, 40]);
        assert_eq!(seconds(9), 2_560);
        assert_eq!([10, 40, i64::MAX].map(seconds), [3_600; 3]);
    }

    #[tokio::test]
    async fn work_that_times_out_is_cancelled_and_ends() {
        let (tell, told) = tokio::sync::oneshot::channel();
        let work = beside(move |stop: CancellationToken| {
            while !stop.is_cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            tell.send(())
        });
        let result = tokio::time::timeout(Duration::from_millis(20), work).await;
        assert!(result.is_err(), "nobody waits any more");
        let ended = tokio::time::timeout(Duration::from_secs(10), told).await;
        assert!(ended.is_ok_and(|ended| ended.is_ok()), "the thread is free again");
    }
}
