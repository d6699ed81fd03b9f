#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;

use proptest::prelude::*;
use sqlx::{Connection, SqliteConnection};

use super::*;
use crate::analytics::model::{Grain, Snapshot};
use crate::analytics::store::snapshots;

const EVER: (&str, &str) = ("0000-01-01", "9999-12-31");

fn day(number: u32, revenue: f64) -> Snapshot {
    let date = format!("2026-{:02}-{:02}", number / 28 + 1, number % 28 + 1);
    Snapshot { date, revenue: Some(revenue), ..Snapshot::default() }
}

fn days(values: &BTreeMap<u32, f64>) -> Vec<Snapshot> {
    values.iter().map(|(number, revenue)| day(*number, *revenue)).collect()
}

/// Opens a database with two tenants that have the same days.
async fn opened(stored: &BTreeMap<u32, f64>) -> (tempfile::TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&folder.path().join("test.db")).await.unwrap();
    let days = days(stored);
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::raw_sql("INSERT INTO tenants VALUES ('t1', 'Aroma', 1), ('t2', 'Brick', 1)")
                .execute(&mut *tx)
                .await?;
            snapshots::save_all(&mut *tx, "t1", (Grain::Day, &days), 1).await?;
            snapshots::save_all(&mut *tx, "t2", (Grain::Day, &days), 1).await
        })
    })
    .await
    .unwrap();
    (folder, db)
}

async fn current(db: &Db, tenant_id: &str) -> Vec<Snapshot> {
    let mut all =
        snapshots::list(db.read(), tenant_id, Grain::Day, EVER, (i64::MAX, 0)).await.unwrap();
    all.reverse();
    all
}

async fn begun(db: &Db, new: Vec<Snapshot>) -> i64 {
    db.write(move |tx| {
        Box::pin(async move {
            let generation = begin(tx, "t1").await?;
            snapshots::insert(tx, ("t1", generation), (Grain::Day, &new), 2).await?;
            Ok(generation)
        })
    })
    .await
    .unwrap()
}

async fn switched(db: &Db, generation: i64) -> Option<i64> {
    db.write(move |tx| Box::pin(async move { switch(tx, "t1", generation).await })).await.unwrap()
}

/// Returns the number of stored days of all generations of all tenants, and of listed generations.
async fn rows(db: &Db) -> (i64, i64) {
    sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM analytics_snapshots), (SELECT COUNT(*) FROM snapshot_generations)",
    )
    .fetch_one(db.read())
    .await
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_new_generation_is_the_old_one_with_the_new_days_over_it(
        stored in proptest::collection::btree_map(0_u32..300, 0.0..9e6, 0..120),
        new in proptest::collection::btree_map(0_u32..300, 0.0..9e6, 1..200),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (_folder, db) = opened(&stored).await;
            let generation = begun(&db, days(&new)).await;
            copy_rest(&db, "t1", generation).await.unwrap();
            assert_eq!(current(&db, "t1").await, days(&stored), "nothing is seen before the switch");
            let before = switched(&db, generation).await.unwrap();
            listed(&db, before).await;
            let mut merged = stored.clone();
            merged.extend(&new);
            assert_eq!(current(&db, "t1").await, days(&merged));
            delete(&db, "t1", before).await.unwrap();
            assert_eq!(current(&db, "t1").await, days(&merged));
            assert_eq!(current(&db, "t2").await, days(&stored), "another tenant's days stay");
            assert_eq!(rows(&db).await, ((merged.len() + stored.len()) as i64, 0), "nothing is left behind");
        });
    }
}

#[tokio::test]
async fn changes_by_hand_reach_the_current_generation_only() {
    let (_folder, db) = opened(&[(0, 1.0)].into()).await;
    let generation = begun(&db, vec![day(1, 2.0)]).await;
    db.write(|tx| {
        Box::pin(
            async move { snapshots::save_all(tx, "t1", (Grain::Day, &[day(2, 3.0)]), 3).await },
        )
    })
    .await
    .unwrap();
    assert_eq!(current(&db, "t1").await, [day(0, 1.0), day(2, 3.0)]);
    switched(&db, generation).await.unwrap();
    let gone = |date: String| async {
        db.write(move |tx| {
            Box::pin(async move { snapshots::delete(tx, "t1", Grain::Day, &date).await })
        })
        .await
    };
    assert!(!gone(day(2, 0.0).date).await.unwrap(), "it is of the generation before");
    assert!(gone(day(1, 0.0).date).await.unwrap());
    assert_eq!(current(&db, "t1").await, []);
}

#[tokio::test]
async fn what_a_crash_leaves_is_deleted_and_never_becomes_current() {
    let (_folder, db) = opened(&[(0, 1.0)].into()).await;
    let left = begun(&db, (0..60).map(|number| day(number, 2.0)).collect()).await;
    let running = begun(&db, vec![day(3, 4.0)]).await;
    execute(&db, "UPDATE snapshot_generations SET created_at = 5 WHERE generation = 1").await;
    delete_before(&db, 6).await.unwrap();
    assert_eq!(rows(&db).await, (3, 1), "the running import's days stay");
    assert_eq!(switched(&db, left).await, None);
    assert_eq!(current(&db, "t1").await, [day(0, 1.0)]);
    assert_eq!(switched(&db, running).await, Some(0));
    // The current generation is not listed, so it cannot be deleted.
    delete(&db, "t1", running).await.unwrap();
    assert_eq!(current(&db, "t1").await, [day(3, 4.0)]);
}

async fn listed(db: &Db, generation: i64) {
    db.write(move |tx| Box::pin(async move { list_for_deletion(tx, ("t1", generation), 1).await }))
        .await
        .unwrap();
}

async fn execute(db: &Db, sql: &'static str) {
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::query(sql).execute(tx).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn days_from_before_generations_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut old = SqliteConnection::connect_with(&options).await.unwrap();
    let mut migrator = sqlx::migrate!("migrations/sqlite");
    let before: Vec<_> = migrator.iter().filter(|it| it.version < 31).cloned().collect();
    migrator.migrations = before.into();
    migrator.run(&mut old).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO tenants VALUES ('t1', 'Aroma', 1);
         INSERT INTO analytics_changes (tenant_id, version, changed_at) VALUES ('t1', 7, 1);
         INSERT INTO analytics_snapshots (tenant_id, date, sessions, revenue, metrics, created_at)
         VALUES ('t1', '2026-01-01', 3, 0.1, '{\"leads\":2.5}', 1), ('t1', '2026-01-02', NULL, 7, '{}', 1);
         INSERT INTO import_days (tenant_id, import_id, date, metrics, created_at)
         VALUES ('t1', 'i1', '2026-01-03', '{}', 1)",
    )
    .execute(&mut old)
    .await
    .unwrap();
    old.close().await.unwrap();
    let db = Db::open_sqlite(&file).await.unwrap();
    let days = current(&db, "t1").await;
    assert_eq!(days.len(), 2, "{days:?}");
    assert_eq!(
        (days[0].sessions, days[0].revenue, days[0].metrics["leads"]),
        (Some(3), Some(0.1), 2.5)
    );
    assert_eq!((days[1].sessions, days[1].revenue), (None, Some(7.0)));
    let periods = snapshots::count_periods(db.read(), "t1").await.unwrap();
    assert_eq!(periods, [], "all that was stored before is of days");
    assert_eq!(changes::find_version(db.read(), "t1").await.unwrap(), 7);
}

#[tokio::test]
async fn a_generation_of_days_keeps_the_months_of_the_one_before() {
    let (_folder, db) = opened(&[(0, 1.0), (28, 2.0)].into()).await;
    // The months begin on days that are stored too.
    let months = vec![day(0, 31.0), day(28, 28.0), day(56, 30.0)];
    let stored = months.clone();
    db.write(move |tx| {
        Box::pin(async move { snapshots::save_all(tx, "t1", (Grain::Month, &stored), 1).await })
    })
    .await
    .unwrap();
    let of = async |grain| {
        let mut all = snapshots::list(db.read(), "t1", grain, EVER, (i64::MAX, 0)).await.unwrap();
        all.reverse();
        all
    };
    let generation = begun(&db, vec![day(0, 5.0), day(1, 6.0)]).await;
    copy_rest(&db, "t1", generation).await.unwrap();
    let before = switched(&db, generation).await.unwrap();
    assert_eq!(of(Grain::Month).await, months);
    assert_eq!(of(Grain::Day).await, [day(0, 5.0), day(1, 6.0), day(28, 2.0)]);
    // Undone: the days that it wrote have the time 2.
    let undone = db.write(|tx| Box::pin(async move { begin(tx, "t1").await })).await.unwrap();
    let restored = copy_without(&db, "t1", undone, (2, before)).await.unwrap();
    switched(&db, undone).await.unwrap();
    assert_eq!(restored, Restored { removed: 1, restored: 1 });
    assert_eq!(of(Grain::Month).await, months);
    assert_eq!(of(Grain::Day).await, [day(0, 1.0), day(28, 2.0)]);
}
