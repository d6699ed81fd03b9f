//! The database: concurrent readers, one writer, and SQL for SQLite now and PostgreSQL later
//! (`docs/adr/0001-one-writer-and-the-any-driver.md`).
//!
//! SQLite allows one writer at a time, and each commit costs a flush to disk. All writes therefore go through one task
//! that owns the write connection. Jobs that wait together are committed together (group commit), each in its own
//! savepoint, so that a failing job does not affect the others. A caller learns of success only after the commit.
//! `SQLITE_BUSY` does not occur, because there is only one writer.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions, Connection, Executor};
use tokio::sync::{Semaphore, mpsc, oneshot};

pub use readers::{Readers, Reading};
pub use script::{Args, Done, Script, Writing};

use crate::error::AppError;
use script::Opening;

mod checkpoint;
mod readers;
mod script;

/// Maximum number of jobs in one commit.
const MOST_JOBS_A_COMMIT: usize = 64;
/// Length of the job queue. Further callers wait.
const QUEUE: usize = 1_024;

/// Why a query or a write failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The database is unavailable: locked, read-only, full or gone.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// The job returned an error, and its changes were rolled back.
    #[error("refused: {0}")]
    Refused(AppError),
    #[error(transparent)]
    Sql(sqlx::Error),
    /// The job undid its changes, to do them in another way.
    #[error("undone")]
    Undone,
}

impl From<AppError> for DbError {
    fn from(error: AppError) -> Self {
        Self::Refused(error)
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
                Self::Unavailable(error.to_string())
            }
            // Primary result codes of SQLite: busy 5, locked 6, read-only 8, I/O 10, corrupt 11,
            // full 13, can't open 14, not a database 26 (https://sqlite.org/rescode.html).
            sqlx::Error::Database(e)
                if e.code().and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| {
                    matches!(code & 0xff, 5 | 6 | 8 | 10 | 11 | 13 | 14 | 26)
                }) =>
            {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Sql(error),
        }
    }
}

impl DbError {
    /// Returns whether a `UNIQUE` constraint was violated.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Sql(sqlx::Error::Database(e)) if e.is_unique_violation())
    }
}

/// The write connection, inside a transaction.
pub type Tx = AnyConnection;

type Job = Box<dyn for<'c> FnOnce(Writing<'c>) -> BoxFuture<'c, JobEnd> + Send>;
/// Called once the commit has succeeded or failed.
type Answer = Box<dyn FnOnce(Result<(), DbError>) + Send>;
/// The end of a job: whether to keep its changes, and the callback after the commit.
struct JobEnd {
    keep: bool,
    answer: Answer,
}

/// A handle of the database. Clones share it.
#[derive(Clone, Debug)]
pub struct Db {
    readers: Arc<Readers>,
    writer: mpsc::Sender<Job>,
    /// See [`Self::write_part`].
    parts: Arc<Semaphore>,
    commits_succeed: Arc<AtomicBool>,
}

impl Db {
    /// Opens the SQLite file, creates it if missing, and runs migrations.
    pub async fn open_sqlite(file: &Path) -> Result<Self, DbError> {
        keep_private(file)?;
        Self::open(file, "rwc").await
    }

    /// Like [`Self::open_sqlite`], for an existing file.
    pub async fn open_existing_sqlite(file: &Path) -> Result<Self, DbError> {
        Self::open(file, "rw").await
    }

    async fn open(file: &Path, mode: &str) -> Result<Self, DbError> {
        let url = format!("sqlite://{}?mode={mode}", file.display());
        sqlx::any::install_default_drivers();
        let mut writer = connect(&url).await?;
        sqlx::migrate!("migrations/sqlite")
            .run(&mut writer)
            .await
            .map_err(|e| DbError::Unavailable(e.to_string()))?;
        // Detect a read-only file at start.
        sqlx::raw_sql("BEGIN IMMEDIATE; PRAGMA user_version = 1; COMMIT")
            .execute(&mut writer)
            .await?;
        let readers = Arc::new(Readers::new(options(&url)?));
        readers.acquire().await?;
        let (sender, jobs) = mpsc::channel(QUEUE);
        let unfolded = Arc::new(AtomicUsize::new(0));
        let (conn, log_of) = (connect(&url).await?, file.into());
        tokio::spawn(checkpoint::run(conn, log_of, sender.downgrade(), unfolded.clone()));
        let commits_succeed = Arc::new(AtomicBool::new(true));
        let state = WriterState { unfolded, commits_succeed: commits_succeed.clone() };
        tokio::spawn(write_jobs(writer, url, jobs, state));
        Ok(Self { readers, writer: sender, parts: Arc::new(Semaphore::new(1)), commits_succeed })
    }

    /// Returns whether the next commit will probably succeed: the last one did. After a failed one, only a commit that
    /// has changed rows counts, because an empty one succeeds on a full disk.
    pub fn commits_succeed(&self) -> bool {
        self.commits_succeed.load(Ordering::Relaxed)
    }

    /// Returns the read connections. SQLite rejects writes on them.
    pub fn read(&self) -> &Readers {
        &self.readers
    }

    /// Runs `job` in a transaction on the writer and returns after the commit.
    ///
    /// An `Err` from the job rolls back its changes. The job runs to its end even if the caller is dropped.
    pub async fn write<T, F>(&self, job: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, DbError>> + Send + 'static,
    {
        self.write_scripts(|mut writing| {
            Box::pin(async move {
                let tx = writing.tx().await?;
                job(tx).await
            })
        })
        .await
    }

    /// Like [`write`](Self::write), for one part of a long job, such as an import: hundreds of rows. Parts of all tenants
    /// take turns, so that another write waits for at most one of them.
    pub async fn write_part<T, F>(&self, job: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, DbError>> + Send + 'static,
    {
        let _turn = self
            .parts
            .acquire()
            .await
            .map_err(|_| DbError::Unavailable("the writer has stopped".into()))?;
        self.write(job).await
    }

    /// Like [`write`](Self::write), for a job that consists of scripts. Its first one also opens its part of the
    /// transaction, which saves a trip to the database.
    pub async fn write_scripts<T, F>(&self, job: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Writing<'c>) -> BoxFuture<'c, Result<T, DbError>> + Send + 'static,
    {
        let (tell, told) = oneshot::channel::<Result<T, DbError>>();
        let job: Job = Box::new(move |writing| {
            Box::pin(async move {
                let result = AssertUnwindSafe(job(writing)).catch_unwind().await;
                let result = result.unwrap_or_else(|_| {
                    Err(DbError::Unavailable("a write panicked and was undone".into()))
                });
                JobEnd {
                    keep: result.is_ok(),
                    answer: Box::new(move |commit| {
                        // The caller may have gone. Its changes are kept.
                        let _ = tell.send(result.and_then(|value| commit.map(|()| value)));
                    }),
                }
            })
        });
        let gone = || DbError::Unavailable("the writer has stopped".into());
        self.writer.send(job).await.map_err(|_| gone())?;
        told.await.map_err(|_| gone())?
    }

    /// Checks that the database answers, for `/readyz`.
    pub async fn ping(&self) -> Result<(), DbError> {
        sqlx::query("SELECT 1").execute(self.read()).await?;
        self.write(|tx| {
            Box::pin(async move {
                sqlx::query("SELECT 1").execute(tx).await?;
                Ok(())
            })
        })
        .await
    }
}

/// Creates the file if it is missing, and restricts it to its owner. SQLite gives the log and the shared memory the same
/// mode.
#[cfg(unix)]
fn keep_private(file: &Path) -> Result<(), DbError> {
    use std::fs::{OpenOptions, Permissions, set_permissions};
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

    let failed = |cause: std::io::Error| DbError::Unavailable(cause.to_string());
    OpenOptions::new().create(true).append(true).mode(OWNER_ONLY).open(file).map_err(failed)?;
    for beside in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(beside);
        let part = Path::new(&name);
        let open = part.metadata().is_ok_and(|it| it.permissions().mode() & 0o077 != 0);
        if open && let Err(cause) = set_permissions(part, Permissions::from_mode(OWNER_ONLY)) {
            // The file belongs to another user, perhaps on purpose.
            tracing::warn!(file = %part.display(), error.cause = %cause, "database file readable by others");
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_private(_file: &Path) -> Result<(), DbError> {
    Ok(())
}

#[cfg(unix)]
const OWNER_ONLY: u32 = 0o600;

/// FULL: an acknowledged commit survives a power cut.
const WRITER_PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0;";

fn options(url: &str) -> Result<AnyConnectOptions, DbError> {
    Ok(AnyConnectOptions::from_str(url)?.disable_statement_logging())
}

async fn connect(url: &str) -> Result<AnyConnection, DbError> {
    let mut writer = AnyConnection::connect_with(&options(url)?).await?;
    sqlx::raw_sql(WRITER_PRAGMAS).execute(&mut writer).await?;
    Ok(writer)
}

/// The state of the writer that other tasks read.
struct WriterState {
    /// The number of jobs since the last checkpoint.
    unfolded: Arc<AtomicUsize>,
    /// See [`Db::commits_succeed`].
    commits_succeed: Arc<AtomicBool>,
}

/// Commits queued jobs in batches until the last handle is gone.
async fn write_jobs(
    mut conn: AnyConnection,
    url: String,
    mut jobs: mpsc::Receiver<Job>,
    state: WriterState,
) {
    let mut batch = Vec::with_capacity(MOST_JOBS_A_COMMIT);
    while jobs.recv_many(&mut batch, MOST_JOBS_A_COMMIT).await > 0 {
        // `None` while commits succeed: then it is not needed.
        let changes_before = match state.commits_succeed.load(Ordering::Relaxed) {
            true => None,
            false => find_changes(&mut conn).await,
        };
        let (answers, committed) = run_batch(&mut conn, &mut batch).await;
        state.unfolded.fetch_add(answers.len(), Ordering::Relaxed);
        let healthy = committed.is_ok();
        // Before the answers, so that no caller sees an outdated state.
        match committed {
            Err(_) => state.commits_succeed.store(false, Ordering::Relaxed),
            Ok(Committed::Kept) if changes_before.is_some() => {
                let stored = changes_before < find_changes(&mut conn).await;
                state.commits_succeed.store(stored, Ordering::Relaxed);
            }
            Ok(_) => {}
        }
        let reason = committed.err().map(|e| e.to_string());
        for answer in answers {
            answer(match &reason {
                None => Ok(()),
                Some(reason) => Err(DbError::Unavailable(reason.clone())),
            });
        }
        // The state of the connection is unknown after a failed commit, so open a new one.
        if !healthy && let Ok(fresh) = connect(&url).await {
            conn = fresh;
        }
    }
    // The last handle is gone. Leave no write-ahead log behind.
    let _ = conn.close().await;
}

/// Returns how many rows this connection has changed.
async fn find_changes(conn: &mut Tx) -> Option<i64> {
    let found = sqlx::query_as("SELECT total_changes()").fetch_one(conn).await;
    found.ok().map(|(changes,): (i64,)| changes)
}

/// How a transaction ended.
enum Committed {
    /// Changes of at least one job were kept.
    Kept,
    /// Everything was rolled back, or nothing was sent.
    Nothing,
}

/// Runs jobs in one transaction, each in its own savepoint if there are several. The statements between two jobs are
/// sent with the first ones of the second job.
async fn run_batch(
    conn: &mut Tx,
    batch: &mut Vec<Job>,
) -> (Vec<Answer>, Result<Committed, sqlx::Error>) {
    let several = batch.len() > 1;
    let mut answers = Vec::with_capacity(batch.len());
    let mut opening = Some(if several { Opening::BeginSeveral } else { Opening::Begin });
    let mut outcome = Ok(());
    let mut keep_any = false;
    // Whether changes of the last job are still to be rolled back.
    let mut undo = false;
    let mut jobs = batch.drain(..).peekable();
    while let Some(job) = jobs.next() {
        if outcome.is_err() {
            // The transaction is lost: skip the remaining jobs. See `unrun`.
            answers.push(unrun(job));
            continue;
        }
        let end = job(Writing::new(conn, &mut opening)).await;
        answers.push(end.answer);
        if opening.is_some() {
            // The job has sent nothing, so the next one opens in its place.
            continue;
        }
        keep_any |= end.keep;
        undo = !end.keep;
        if jobs.peek().is_none() {
            continue;
        }
        if undo {
            // The savepoint is rolled back and reused by the next job.
            outcome = execute(conn, "ROLLBACK TO job").await;
            undo = false;
        } else {
            opening = Some(Opening::Next);
        }
    }
    let nothing_sent = matches!(opening, Some(Opening::Begin | Opening::BeginSeveral));
    if outcome.is_ok() && !nothing_sent {
        let end = match (keep_any, undo) {
            (false, _) => "ROLLBACK",
            (true, true) => "ROLLBACK TO job; COMMIT",
            // COMMIT also commits the changes of an open savepoint.
            (true, false) => "COMMIT",
        };
        outcome = execute(conn, end).await;
    }
    if outcome.is_err() {
        let _ = execute(conn, "ROLLBACK").await;
    }
    let committed = if keep_any { Committed::Kept } else { Committed::Nothing };
    (answers, outcome.map(|()| committed))
}

/// Returns the callback of a job that did not run because its transaction failed. Dropping the job closes its caller's
/// channel, so the caller gets [`DbError::Unavailable`] (503) without the cause.
fn unrun(job: Job) -> Answer {
    Box::new(move |_| drop(job))
}

/// Not `raw_sql`, whose statements SQLite prepares anew each time.
async fn execute(conn: &mut Tx, sql: &'static str) -> Result<(), sqlx::Error> {
    conn.execute(sqlx::query(sql)).await.map(|_| ())
}

#[cfg(test)]
mod tests;
