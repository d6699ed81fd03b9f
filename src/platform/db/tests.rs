#![allow(clippy::unwrap_used, clippy::panic)]

use futures_util::future::join_all;

use super::*;

async fn open() -> (tempfile::TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&folder.path().join("test.db")).await.unwrap();
    run(&db, "CREATE TABLE notes (text TEXT NOT NULL)").await.unwrap();
    (folder, db)
}

async fn run(db: &Db, sql: &'static str) -> Result<(), DbError> {
    db.write(move |tx| Box::pin(async move { Ok(execute(tx, sql).await?) })).await
}

async fn insert(db: &Db, text: String, keep: bool) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::query("INSERT INTO notes VALUES ($1)").bind(text).execute(tx).await?;
            if keep { Ok(()) } else { Err(AppError::not_found("note").into()) }
        })
    })
    .await
}

async fn count(db: &Db) -> i64 {
    let row: (i64,) =
        sqlx::query_as("SELECT count(*) FROM notes").fetch_one(db.read()).await.unwrap();
    row.0
}

#[tokio::test]
async fn a_failed_write_does_not_affect_others_in_the_same_commit() {
    let (_folder, db) = open().await;
    let writes = (0..90).map(|i| insert(&db, format!("note {i}"), i % 3 != 0));
    let told = join_all(writes).await;
    assert!(told.iter().enumerate().all(|(i, result)| result.is_ok() == (i % 3 != 0)));
    assert_eq!(count(&db).await, 60);
}

#[tokio::test]
async fn a_full_disk_fails_the_write_and_the_database_recovers_with_space() {
    let (_folder, db) = open().await;
    insert(&db, "first".into(), true).await.unwrap();
    // Simulates a full disk: SQLite may not add a page.
    run(&db, "PRAGMA max_page_count = 1").await.unwrap();
    let refused = insert(&db, "x".repeat(200_000), true).await;
    assert!(matches!(refused, Err(DbError::Unavailable(_))), "{refused:?}");
    assert_eq!(count(&db).await, 1);
    run(&db, "PRAGMA max_page_count = 1000000").await.unwrap();
    insert(&db, "x".repeat(200_000), true).await.unwrap();
    assert_eq!(count(&db).await, 2);
}

#[tokio::test]
async fn reader_connections_are_read_only() {
    let (_folder, db) = open().await;
    let refused = sqlx::query("INSERT INTO notes VALUES ('x')").execute(db.read()).await;
    assert!(refused.is_err());
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn a_panicking_write_is_rolled_back_and_the_next_succeeds() {
    let (_folder, db) = open().await;
    let result: Result<(), DbError> = db
        .write(|tx| {
            Box::pin(async move {
                execute(tx, "INSERT INTO notes VALUES ('x')").await?;
                panic!("on purpose");
            })
        })
        .await;
    assert!(matches!(result, Err(DbError::Unavailable(_))));
    assert_eq!(count(&db).await, 0);
    insert(&db, "next".into(), true).await.unwrap();
    assert_eq!(count(&db).await, 1);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_database_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.db");
    let rights = |name: &str| {
        folder.path().join(name).metadata().map(|it| it.permissions().mode() & 0o777).unwrap()
    };
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let db = Db::open_sqlite(&file).await.unwrap();
    run(&db, "CREATE TABLE notes (text TEXT NOT NULL)").await.unwrap();
    for name in ["test.db", "test.db-wal", "test.db-shm"] {
        assert_eq!(rights(name), 0o600, "{name}");
    }
}

/// Makes each commit that adds a note fail, after its statements have succeeded.
const BREAK_COMMITS: &str = "CREATE TABLE never (id INTEGER PRIMARY KEY);
     CREATE TABLE broken (id INTEGER REFERENCES never (id) DEFERRABLE INITIALLY DEFERRED);
     CREATE TRIGGER break_commits AFTER INSERT ON notes BEGIN INSERT INTO broken VALUES (1); END";

#[tokio::test]
async fn commits_count_as_failing_until_one_has_stored_something() {
    let (_folder, db) = open().await;
    assert!(db.commits_succeed());
    run(&db, BREAK_COMMITS).await.unwrap();
    let failed = insert(&db, "lost".into(), true).await;
    assert!(matches!(failed, Err(DbError::Unavailable(_))), "{failed:?}");
    assert!(!db.commits_succeed());
    db.ping().await.unwrap();
    assert!(insert(&db, "refused".into(), false).await.is_err());
    assert!(!db.commits_succeed(), "nothing was stored since");
    run(&db, "DROP TRIGGER break_commits").await.unwrap();
    insert(&db, "kept".into(), true).await.unwrap();
    assert!(db.commits_succeed());
    assert_eq!(count(&db).await, 1);
}

/// Jobs of all kinds that share commits: scripts, single statements, and jobs that send nothing; each kept or undone.
#[tokio::test]
async fn each_job_of_a_commit_is_kept_or_undone_by_itself() {
    let (_folder, db) = open().await;
    let script = std::sync::Arc::new(Script::of(&[
        "INSERT INTO notes VALUES ($1)",
        "INSERT INTO notes VALUES ($1 || ', again')",
    ]));
    let writes = (0..120).map(|i| {
        let (db, script) = (db.clone(), script.clone());
        async move {
            let keep = move |value: ()| if i % 4 == 0 { Err(DbError::Undone) } else { Ok(value) };
            let text = format!("note {i}");
            match i % 3 {
                0 => {
                    db.write_scripts(move |mut writing| {
                        let args = Args::default().bind(text.clone()).bind(text);
                        Box::pin(async move { keep(writing.run(&script, args).await.map(drop)?) })
                    })
                    .await
                }
                1 => insert(&db, text, i % 4 != 0).await,
                _ => db.write_scripts(move |_| Box::pin(async move { keep(()) })).await,
            }
        }
    });
    let told = join_all(writes).await;
    assert!(told.iter().enumerate().all(|(i, result)| result.is_ok() == (i % 4 != 0)));
    assert_eq!(count(&db).await, 30 * 2 + 30);
    let single = db.write_scripts(|_| Box::pin(async { Ok(7) })).await;
    assert_eq!(single.unwrap(), 7);
}

#[tokio::test]
async fn a_few_large_writes_leave_no_long_log() {
    let (folder, db) = open().await;
    let log = || folder.path().join("test.db-wal").metadata().map_or(0, |log| log.len());
    for _ in 0..40 {
        insert(&db, "x".repeat(2_000_000), true).await.unwrap();
    }
    // Long before a checkpoint is due for other reasons.
    for _ in 0..60 {
        if log() < 10_000_000 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the log has {} bytes", log());
}
