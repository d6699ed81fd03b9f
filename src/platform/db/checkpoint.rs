//! Checkpoints of SQLite's write-ahead log.
//!
//! They run on a connection of their own (`wal_autocheckpoint = 0`). By default SQLite runs them inside a commit, which
//! then waits for the flush of the whole file.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::AnyConnection;
use tokio::sync::mpsc;

use super::{Job, execute};

/// Minimum interval between checkpoints, because a concurrent commit waits for the disk.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);
/// Committed jobs that trigger a checkpoint, usually some megabytes of log.
const JOBS_A_CHECKPOINT: usize = 256;
/// Size of the write-ahead log above which it is truncated, in bytes. A few jobs can write that much: parts of an import.
const LONGEST_LOG: u64 = 64 * 1024 * 1024;
/// Time after which a checkpoint runs even for fewer jobs.
const LONGEST_UNFOLDED: Duration = Duration::from_secs(10);

/// Runs checkpoints until the last handle is gone. `file` is the database.
pub(super) async fn run(
    mut conn: AnyConnection,
    file: Box<Path>,
    writer: mpsc::WeakSender<Job>,
    unfolded: Arc<AtomicUsize>,
) {
    let mut log = file.into_path_buf().into_os_string();
    log.push("-wal");
    let log = Path::new(&log);
    let mut ticks = tokio::time::interval(CHECKPOINT_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut last = Instant::now();
    loop {
        ticks.tick().await;
        if writer.upgrade().is_none() {
            return;
        }
        let jobs = unfolded.load(Ordering::Relaxed);
        let is_long = log.metadata().is_ok_and(|log| log.len() > LONGEST_LOG);
        let is_due = jobs >= JOBS_A_CHECKPOINT || jobs > 0 && last.elapsed() >= LONGEST_UNFOLDED;
        if !is_long && !is_due {
            continue;
        }
        unfolded.fetch_sub(jobs, Ordering::Relaxed);
        last = Instant::now();
        if let Err(error) = fold(&mut conn, is_long).await {
            tracing::warn!(error.cause = %error, "write-ahead log checkpoint failed");
        }
    }
}

async fn fold(conn: &mut AnyConnection, is_long: bool) -> Result<(), sqlx::Error> {
    // A passive checkpoint neither waits nor blocks.
    execute(conn, "PRAGMA wal_checkpoint(PASSIVE)").await?;
    if is_long {
        // The log can restart only while no reader uses it. Writers wait meanwhile, so the wait is short; if readers
        // take longer, the next round tries again.
        execute(conn, "PRAGMA busy_timeout = 500").await?;
        execute(conn, "PRAGMA wal_checkpoint(TRUNCATE)").await?;
    }
    Ok(())
}
