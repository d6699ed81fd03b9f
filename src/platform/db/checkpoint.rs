//! Checkpoints of SQLite's write-ahead log.
//!
//! They run on a connection of their own (`wal_autocheckpoint = 0`). By default SQLite runs them inside a commit, which
//! then waits for the flush of the whole file.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::AnyConnection;
use tokio::sync::mpsc;

use super::{Job, execute};

/// Minimum interval between checkpoints, because a concurrent commit waits for the disk.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);
/// Committed jobs that trigger a checkpoint, about some megabytes of log.
const JOBS_A_CHECKPOINT: usize = 256;
/// Length of the write-ahead log above which it is truncated, in pages of 4 KB: 64 MB.
const LONGEST_LOG: i64 = 16_384;
/// Time after which a checkpoint runs even for fewer jobs.
const LONGEST_UNFOLDED: Duration = Duration::from_secs(10);

/// Runs checkpoints until the last handle is gone.
pub(super) async fn run(
    mut conn: AnyConnection,
    writer: mpsc::WeakSender<Job>,
    unfolded: Arc<AtomicUsize>,
) {
    let mut ticks = tokio::time::interval(CHECKPOINT_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut last = Instant::now();
    loop {
        ticks.tick().await;
        if writer.upgrade().is_none() {
            return;
        }
        let jobs = unfolded.load(Ordering::Relaxed);
        if jobs == 0 || jobs < JOBS_A_CHECKPOINT && last.elapsed() < LONGEST_UNFOLDED {
            continue;
        }
        unfolded.fetch_sub(jobs, Ordering::Relaxed);
        last = Instant::now();
        if let Err(error) = fold(&mut conn).await {
            tracing::warn!(error.cause = %error, "write-ahead log checkpoint failed");
        }
    }
}

async fn fold(conn: &mut AnyConnection) -> Result<(), sqlx::Error> {
    // A passive checkpoint neither waits nor blocks.
    let (_, pages, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(&mut *conn).await?;
    if pages > LONGEST_LOG {
        // The log can restart only while no reader uses it. Writers wait meanwhile, so the wait is short; if readers
        // take longer, the next round tries again.
        execute(conn, "PRAGMA busy_timeout = 500").await?;
        execute(conn, "PRAGMA wal_checkpoint(TRUNCATE)").await?;
    }
    Ok(())
}
