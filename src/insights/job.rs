//! Keeps insights up to date with the numbers: a job beside the requests.
//!
//! What is to be done stands in the database: a change of a tenant's numbers makes it due in the change's own
//! transaction, and so do the tenant's next day and a retry. So nothing is lost with the process, a change in
//! the middle of a run leads to another run, and changes that come together are computed once.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

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

/// How often the index of what is due is looked into.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many tenants are looked up at a time, and how many are computed side by side: each takes a core.
const MOST_DUE: i64 = 64;
const AT_ONCE: usize = 2;
/// A tenant that takes longer has failed: the others go on.
const LONGEST: Duration = Duration::from_secs(20);
/// A failure is followed by a retry after this, and after twice as long each further time.
const FIRST_RETRY: Micros = 5_000_000;
const LAST_RETRY: Micros = 3_600_000_000;

/// Computes every tenant's insights when they are due.
#[derive(Clone)]
pub struct Job {
    db: Db,
    analytics: Analytics,
}

/// What a run came to.
struct Computed {
    /// The version of the numbers that was computed from.
    from: i64,
    findings: Vec<(&'static str, Finding)>,
    /// When the tenant's day ends, and with it how old its numbers are.
    day_end: Micros,
}

impl Job {
    pub fn new(insights: &Insights, analytics: Analytics) -> Self {
        Self { db: insights.db.clone(), analytics }
    }

    /// Computes what is due, until `closing`; what is being computed then is left to the next start.
    pub async fn run(self, closing: CancellationToken) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut answers = true;
        let work = async {
            loop {
                ticks.tick().await;
                let result = self.compute_due().await;
                // A database that does not answer is told once, not each second.
                if let Err(error) = &result
                    && answers
                {
                    tracing::warn!(error = %error, "insights stay as they are for now");
                }
                answers = result.is_ok();
            }
        };
        closing.run_until_cancelled(work).await;
    }

    /// Computes every tenant that is due now.
    async fn compute_due(&self) -> Result<(), AppError> {
        let due = states::list_due(self.db.read(), clock::now(), MOST_DUE).await?;
        stream::iter(due).for_each_concurrent(AT_ONCE, |due| self.compute_or_note(due)).await;
        Ok(())
    }

    /// A failure is noted with its tenant and concerns no other.
    async fn compute_or_note(&self, due: Due) {
        let result = tokio::time::timeout(LONGEST, self.compute(&due)).await;
        let error = match result {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it took longer than {} seconds", LONGEST.as_secs()),
        };
        let again = clock::now() + retry_after(due.failures);
        tracing::warn!(
            tenant = %due.tenant_id, error, failures = due.failures + 1, again = %clock::rfc3339(again),
            "insights could not be computed"
        );
        let note = self
            .db
            .write(move |tx| Box::pin(async move { states::save_failed(tx, &due, again).await }));
        if let Err(error) = note.await {
            tracing::warn!(error = %error, "and this could not be noted");
        }
    }

    async fn compute(&self, due: &Due) -> Result<(), AppError> {
        let (analytics, tenant) = (self.analytics.clone(), due.tenant_id.clone());
        let runtime = Handle::current();
        // The decoding of what is read as well.
        let compute = move |stop| runtime.block_on(compute(&analytics, &tenant, stop));
        let computed = beside(compute).await??;
        let due = due.clone();
        let save = self.db.write(move |tx| {
            Box::pin(async move {
                let Computed { from, findings, day_end } = computed;
                if states::find(&mut *tx, &due.tenant_id).await?.computed_from > from {
                    // Another server was faster, with newer numbers.
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

/// Works off the async threads. Where this future is dropped, such as after too long a time, the work is
/// told to stop: a thread cannot be ended from outside, and those that nobody waits for would pile up.
async fn beside<T: Send + 'static>(
    work: impl FnOnce(CancellationToken) -> T + Send + 'static,
) -> Result<T, AppError> {
    let stop = CancellationToken::new();
    let _stops = stop.clone().drop_guard();
    tokio::task::spawn_blocking(move || work(stop)).await.map_err(AppError::internal)
}

/// The version is read first: numbers that change meanwhile are newer than it says, and due again.
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

/// How long to wait after a failure that followed so many others.
fn retry_after(failures: i64) -> Micros {
    FIRST_RETRY.saturating_mul(1 << failures.clamp(0, 30)).min(LAST_RETRY)
}

#[cfg(test)]
mod tests;
