//! The write load of many streams. The database counts row updates itself; a second connection counts
//! commits by polling.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use csuite_load::Outcome;
use sqlx::SqliteConnection;
use tokio::time::sleep;

use crate::member::{Asked, Question};
use crate::world::World;
use crate::{Finding, Scale, ensure};

/// Tokens per second of each stream.
const SPEED: u32 = 50;
/// Maximum row updates per second and stream.
const MOST_UPDATES: f64 = 6.0;

/// Counts the updates of each message in the database.
const COUNT_UPDATES: &str =
    "CREATE TABLE torture_updates (message_id TEXT PRIMARY KEY, updates INTEGER);
     CREATE TRIGGER torture_count AFTER UPDATE ON messages BEGIN
       INSERT INTO torture_updates VALUES (NEW.id, 1)
       ON CONFLICT DO UPDATE SET updates = updates + 1;
     END;";

pub async fn prove(scale: &Scale) -> Outcome<Finding> {
    let (streams, seconds) = if scale.long { (200, 20) } else { (20, 4) };
    let mut rng = scale.rng("writes");
    let world = World::new(scale, "writes", &[])?;
    let server = world.serve()?;
    let member = world.sign_up(&server, "owner").await?;
    let mut database = world.database().await?;
    sqlx::raw_sql(COUNT_UPDATES).execute(&mut database).await?;

    let running = Arc::new(AtomicBool::new(true));
    let counting = tokio::spawn(count_commits(world.database().await?, Arc::clone(&running)));
    let begun = Instant::now();
    let mut readers = Vec::new();
    for _ in 0..streams {
        let question = Question::new(&mut rng, (SPEED * seconds).into(), SPEED, 0);
        let member = member.clone();
        readers.push(tokio::spawn(async move { Asked::ask(&member, question).await }));
    }
    for reader in readers {
        let Asked { seen, question } = reader.await??;
        ensure!(seen.done(), "a member was answered with {:?}", seen.end);
        ensure!(seen.text() == question.answer(), "an answer came incomplete");
    }
    let took = begun.elapsed().as_secs_f64();
    running.store(false, Ordering::Relaxed);
    let commits = counting.await??;

    let most: i64 = sqlx::query_scalar("SELECT MAX(updates) FROM torture_updates")
        .fetch_one(&mut database)
        .await?;
    let most = f64::from(u32::try_from(most)?) / f64::from(seconds);
    ensure!(most <= MOST_UPDATES, "a stream cost {most:.1} updates a second");
    let log = world.log()?.to_lowercase();
    ensure!(!log.contains("busy") && !log.contains("locked"), "the log tells of a busy database");
    Ok(Finding {
        done: format!("{streams} streams of {SPEED} tokens a second for {seconds} s"),
        found: format!(
            "at most {most:.1} row updates a second for a stream, of all streams together in \
             {:.1} commits a second; every answer whole, no SQLITE_BUSY",
            f64::from(commits) / took
        ),
    })
}

/// Counts commits by polling `data_version`. Commits between two polls count as one.
async fn count_commits(mut database: SqliteConnection, running: Arc<AtomicBool>) -> Outcome<u32> {
    let (mut commits, mut seen) = (0, 0);
    while running.load(Ordering::Relaxed) {
        let version: i64 =
            sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut database).await?;
        commits += u32::from(version != seen);
        seen = version;
        sleep(Duration::from_millis(2)).await;
    }
    Ok(commits)
}
