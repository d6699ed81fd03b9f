#![allow(clippy::unwrap_used)]

use super::findings::replace_all;
use super::states::{self, Due};
use super::*;
use crate::accounts::model::Role;
use crate::insights::model::{Basis, Finding};
use crate::platform::db::Db;

async fn open() -> (tempfile::TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&folder.path().join("test.db")).await.unwrap();
    run(
        &db,
        "INSERT INTO tenants VALUES ('t1', 'Aroma', 1), ('t2', 'Brick', 1);
         INSERT INTO accounts VALUES ('ana', 'ana@a.example', 'Ana', 'x', 1);
         INSERT INTO memberships VALUES ('t1', 'ana', 'owner', 1);",
    )
    .await;
    (folder, db)
}

async fn run(db: &Db, sql: &'static str) {
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::raw_sql(sql).execute(tx).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
}

/// Changes a tenant's metrics at the given time, as far as the triggers can tell.
async fn change(db: &Db, tenant: &'static str, at: Micros) {
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::query(
                "INSERT INTO analytics_changes (tenant_id, version, changed_at) VALUES ($1, 1, $2)
                 ON CONFLICT (tenant_id) DO UPDATE SET
                   version = analytics_changes.version + 1, changed_at = excluded.changed_at",
            )
            .bind(tenant)
            .bind(at)
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await
    .unwrap();
}

fn finding(subject: &str, summary: &str, severity: Severity) -> Finding {
    let basis = Basis {
        measure: "revenue".into(),
        label: "Revenue".into(),
        value: 940.5,
        unit: "EUR".into(),
        span: ("2026-11-25".into(), "2026-11-25".into()),
        source: "/analytics".into(),
        note: None,
        formula: None,
        before: None,
    };
    Finding {
        subject: subject.into(),
        severity,
        summary: summary.into(),
        highlights: vec!["A sentence.".into()],
        basis: vec![basis],
    }
}

async fn replace(db: &Db, found: Vec<(&'static str, Finding)>, now: Micros) {
    db.write(move |tx| Box::pin(async move { replace_all(tx, "t1", &found, now).await }))
        .await
        .unwrap();
}

async fn listed(db: &Db, tenant: &str, dismissed: bool) -> Vec<Insight> {
    let query = InsightQuery { dismissed, before: None, limit: 100 };
    let rows = list(db.read(), tenant, &query).await.unwrap();
    rows.into_iter().map(|(_, insight)| insight).collect()
}

async fn version(db: &Db, tenant: &str) -> i64 {
    states::find(db.read(), tenant).await.unwrap().version
}

async fn put_aside(db: &Db, id: &str, decision: Decision) -> bool {
    let member = Member {
        account_id: "ana".into(),
        tenant_id: "t1".into(),
        role: Role::Owner,
        name: "Ana".into(),
        email: "ana@a.example".into(),
        tenant_name: "Aroma".into(),
        operator: false,
        trial_ends_at: None,
    };
    let id = id.to_owned();
    db.write(move |tx| Box::pin(async move { decide(tx, &member, &id, decision, 77).await }))
        .await
        .unwrap()
}

#[tokio::test]
async fn findings_with_the_same_subject_keep_their_id_and_stale_ones_are_deleted() {
    let (_folder, db) = open().await;
    replace(
        &db,
        vec![("m", finding("a", "A", Severity::Info)), ("m", finding("b", "B", Severity::Info))],
        10_000_000,
    )
    .await;
    let first = listed(&db, "t1", false).await;
    assert_eq!((first.len(), version(&db, "t1").await), (2, 1));
    assert_eq!(first[0].basis, finding("a", "A", Severity::Info).basis);
    replace(
        &db,
        vec![("m", finding("b", "B", Severity::Info)), ("m", finding("a", "A", Severity::Info))],
        20_000_000,
    )
    .await;
    assert_eq!(listed(&db, "t1", false).await, first, "nothing new, nothing changed");
    assert_eq!(version(&db, "t1").await, 1);
    replace(&db, vec![("m", finding("a", "A, again", Severity::Info))], 30_000_000).await;
    let second = listed(&db, "t1", false).await;
    assert_eq!((second.len(), second[0].summary.as_str()), (1, "A, again"));
    let a = first.iter().find(|insight| insight.summary == "A").unwrap();
    assert_eq!(second[0].id, a.id);
    assert!(second[0].created_at > a.created_at);
    assert_eq!((version(&db, "t1").await, version(&db, "t2").await), (2, 0));
    assert!(listed(&db, "t2", false).await.is_empty());
}

#[tokio::test]
async fn a_dismissed_insight_reopens_only_when_its_severity_rises() {
    let (_folder, db) = open().await;
    let found = |summary: &str, severity| vec![("m", finding("a", summary, severity))];
    replace(&db, found("A", Severity::Notice), 10).await;
    let id = listed(&db, "t1", false).await.remove(0).id;
    assert!(put_aside(&db, &id, Decision::Dismissed).await);
    assert!(put_aside(&db, &id, Decision::Dismissed).await, "so it is already");
    assert_eq!(version(&db, "t1").await, 2);
    replace(&db, found("B", Severity::Notice), 20).await;
    let aside = listed(&db, "t1", true).await.remove(0);
    assert_eq!((aside.summary.as_str(), aside.dismissed_by.as_deref()), ("B", Some("Ana")));
    replace(&db, found("C", Severity::Warning), 30).await;
    let open = listed(&db, "t1", false).await.remove(0);
    assert_eq!((open.id.as_str(), open.dismissed_by), (id.as_str(), None));
    assert!(!put_aside(&db, "unknown", Decision::Dismissed).await);
    put_aside(&db, &id, Decision::Dismissed).await;
    put_aside(&db, &id, Decision::Reopened).await;
    let decisions: Vec<(String, String, String, Micros)> = sqlx::query_as(
        "SELECT decision, summary, account_id, decided_at FROM insight_decisions ORDER BY id",
    )
    .fetch_all(db.read())
    .await
    .unwrap();
    let told: Vec<(&str, &str)> =
        decisions.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    assert_eq!(told, [("dismissed", "A"), ("dismissed", "C"), ("reopened", "C")]);
    assert!(decisions.iter().all(|(_, _, who, when)| (who.as_str(), *when) == ("ana", 77)));
    for _ in 0..4 {
        put_aside(&db, &id, Decision::Dismissed).await;
        put_aside(&db, &id, Decision::Reopened).await;
    }
    let (kept,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM insight_decisions")
        .fetch_one(db.read())
        .await
        .unwrap();
    assert_eq!(kept, MOST_DECISIONS);
}

#[tokio::test]
async fn modules_do_not_delete_sent_insights_and_only_the_newest_are_kept() {
    let (_folder, db) = open().await;
    let new =
        NewInsight { module_slug: "m".into(), summary: "Sent".into(), ..NewInsight::default() };
    for at in 1..=MOST_SENT + 5 {
        let new = new.clone();
        db.write(move |tx| Box::pin(async move { insert(tx, "t1", &new, at).await }))
            .await
            .unwrap();
    }
    replace(&db, vec![("m", finding("a", "A", Severity::Info))], 2_000).await;
    replace(&db, Vec::new(), 2_001).await;
    let query = InsightQuery { dismissed: false, before: None, limit: 10_000 };
    let rows = list(db.read(), "t1", &query).await.unwrap();
    assert_eq!(rows.len() as i64, MOST_SENT);
    assert_eq!((rows[0].0, rows.last().unwrap().0), (MOST_SENT + 5, 6));
    let next = InsightQuery { before: Some((rows[9].0, rows[9].1.id.clone())), limit: 1, ..query };
    assert_eq!(list(db.read(), "t1", &next).await.unwrap()[0].1, rows[10].1);
}

#[tokio::test]
async fn a_change_makes_the_tenant_due_even_during_a_run() {
    let (_folder, db) = open().await;
    change(&db, "t1", 100).await;
    change(&db, "t2", 50).await;
    let due = states::list_due(db.read(), 100, 10).await.unwrap();
    let tenants: Vec<&str> = due.iter().map(|due| due.tenant_id.as_str()).collect();
    assert_eq!(tenants, ["t2", "t1"], "who has waited longest comes first");
    assert_eq!(states::list_due(db.read(), 99, 10).await.unwrap().len(), 1);
    let done = |due: &Due, from: i64| {
        let due = due.clone();
        db.write(move |tx| {
            Box::pin(async move { states::save_done(tx, &due, from, 9_000, 120).await })
        })
    };
    let failed = |due: &Due| {
        let due = due.clone();
        db.write(move |tx| Box::pin(async move { states::save_failed(tx, &due, 500).await }))
    };
    done(&due[0], 1).await.unwrap();
    failed(&due[1]).await.unwrap();
    assert!(states::list_due(db.read(), 499, 10).await.unwrap().is_empty());
    let state = states::find(db.read(), "t1").await.unwrap();
    assert_eq!((state.failures, state.due_at), (1, Some(500)));
    let state = states::find(db.read(), "t2").await.unwrap();
    assert_eq!((state.computed_from, state.computed_at, state.due_at), (1, Some(120), Some(9_000)));
    // Two runs start, and the metrics change before they finish.
    let due = states::list_due(db.read(), 9_000, 10).await.unwrap();
    change(&db, "t1", 600).await;
    change(&db, "t2", 700).await;
    done(&due[0], 1).await.unwrap();
    failed(&due[1]).await.unwrap();
    let due = states::list_due(db.read(), 1_000, 10).await.unwrap();
    let moments: Vec<Micros> = due.iter().map(|due| due.due_at).collect();
    assert_eq!(moments, [600, 700], "neither change is lost");
}

#[tokio::test]
async fn findings_leave_with_the_sample_data_and_older_computations_store_none() {
    let (_folder, db) = open().await;
    change(&db, "t1", 1_000).await;
    run(&db, "INSERT INTO sample_data (tenant_id, loaded_at) VALUES ('t1', 1), ('t2', 1);").await;
    replace(&db, vec![("m", finding("a", "A", Severity::Info))], 10_000_000).await;
    let before = version(&db, "t1").await;
    run(&db, "DELETE FROM sample_data WHERE tenant_id = 't1';").await;
    assert!(listed(&db, "t1", false).await.is_empty());
    assert_eq!(version(&db, "t1").await, before + 1);
    // The removal is version 2 of the numbers, and the sample data was version 1.
    assert_eq!(states::find(db.read(), "t1").await.unwrap().computed_from, 2);
}
