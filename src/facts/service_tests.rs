#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

struct Fixture {
    db: Db,
    facts: Facts,
    /// Deletes the directory on drop.
    _dir: tempfile::TempDir,
}

/// Sets up two tenants.
async fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&dir.path().join("test.db")).await.unwrap();
    execute(
        &db,
        "INSERT INTO tenants VALUES ('t1', 'Aroma Bakery', 1), ('t2', 'Brick & Sons', 1);
         INSERT INTO accounts VALUES ('ana', 'ana@a.example', 'Ana', 'x', 1);
         INSERT INTO memberships VALUES ('t1', 'ana', 'owner', 1);",
    )
    .await;
    let (analytics, insights) = (Analytics::new(db.clone()), Insights::new(db.clone()));
    let facts = Facts::new(db.clone(), Business::new(db.clone()), analytics, insights);
    Fixture { db, facts, _dir: dir }
}

async fn execute(db: &Db, sql: &'static str) {
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::raw_sql(sql).execute(tx).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
}

fn text<'a>(set: &'a FactSet, id: &str) -> Option<&'a str> {
    set.facts().iter().find(|fact| fact.id == id).map(|fact| fact.text.as_str())
}

#[tokio::test]
async fn unchanged_facts_are_served_from_the_cache() {
    let Fixture { db, facts, _dir } = fixture().await;
    let first = facts.of("t1").await.unwrap();
    assert_eq!(text(&first, "P.businessName"), Some("Aroma Bakery"));
    assert!(Arc::ptr_eq(&first, &facts.of("t1").await.unwrap()));
    execute(
        &db,
        "INSERT INTO profiles (tenant_id, version, business_name, industry, updated_at, updated_by)
         VALUES ('t1', 1, 'Aroma', 'Bakery', 1, 'ana')",
    )
    .await;
    let second = facts.of("t1").await.unwrap();
    assert_eq!(text(&second, "P.industry"), Some("Bakery"));
    assert!(Arc::ptr_eq(&second, &facts.of("t1").await.unwrap()));
}

#[tokio::test]
async fn changed_metrics_settings_and_insights_invalidate_the_cache() {
    let Fixture { db, facts, _dir } = fixture().await;
    facts.of("t1").await.unwrap();
    execute(
        &db,
        "INSERT INTO analytics_snapshots (tenant_id, date, revenue, created_at) VALUES ('t1', '2026-11-01', 7.5, 1);
         INSERT INTO analytics_changes (tenant_id, version, changed_at) VALUES ('t1', 1, 1);",
    )
    .await;
    let id = "K.revenue@2026-11-01";
    assert_eq!(text(&facts.of("t1").await.unwrap(), id), Some("7.50"), "however long ago");
    execute(
        &db,
        "INSERT INTO analytics_settings (tenant_id, currency, time_zone, updated_at)
         VALUES ('t1', 'EUR', 'Europe/Berlin', 1);
         UPDATE analytics_changes SET version = 2;",
    )
    .await;
    assert_eq!(text(&facts.of("t1").await.unwrap(), id), Some("7.50 EUR"));
    execute(
        &db,
        "INSERT INTO insights (id, tenant_id, module_slug, summary, created_at) VALUES ('i1', 't1', 'm', 'Ours', 1);
         UPDATE insight_states SET version = 1;",
    )
    .await;
    assert_eq!(text(&facts.of("t1").await.unwrap(), "I.m.1"), Some("Ours"));
}

#[tokio::test]
async fn facts_never_include_another_tenants_data() {
    let Fixture { db, facts, _dir } = fixture().await;
    execute(
        &db,
        "INSERT INTO analytics_snapshots (tenant_id, date, sessions, created_at) VALUES ('t1', '2026-11-01', 7, 1);
         INSERT INTO insights (id, tenant_id, module_slug, summary, created_at) VALUES ('i1', 't1', 'm', 'Ours', 1);",
    )
    .await;
    assert!(facts.of("t1").await.unwrap().facts().len() > 2);
    let theirs = facts.of("t2").await.unwrap();
    let ids: Vec<_> = theirs.facts().iter().map(|fact| fact.id.as_str()).collect();
    assert_eq!(ids, ["P.businessName"]);
    assert!(facts.of("t3").await.is_err());
}

#[tokio::test]
async fn a_metric_that_ends_before_others_is_compared_with_its_whole_previous_year() {
    let Fixture { db, facts, _dir } = fixture().await;
    // Revenue ends 40 days before sessions do: 10 a day in its last month, 50 a year earlier.
    execute(
        &db,
        "WITH RECURSIVE day (ago) AS (SELECT 1 UNION ALL SELECT ago + 1 FROM day WHERE ago < 480)
         INSERT INTO analytics_snapshots (tenant_id, date, sessions, revenue, created_at)
         SELECT 't1', date('now', '-' || ago || ' days'), 5,
                CASE WHEN ago > 380 THEN 50 WHEN ago > 40 THEN 10 END, 1
         FROM day;
         INSERT INTO analytics_changes (tenant_id, version, changed_at) VALUES ('t1', 1, 1);",
    )
    .await;
    let set = facts.of("t1").await.unwrap();
    assert_eq!(text(&set, "K.revenue.30d.year"), Some("−80.0%"));
    let year = set.facts().iter().find(|fact| fact.id == "K.revenue.30d.year").unwrap();
    assert!(!year.note.clone().unwrap_or_default().contains("means of the known days"), "{year:?}");
}

#[tokio::test]
async fn a_month_becomes_a_fact_only_if_it_was_over_when_it_was_stored() {
    let Fixture { db, facts, _dir } = fixture().await;
    // The last whole month is stored after its end, the one before it in its middle.
    execute(
        &db,
        "INSERT INTO metrics (tenant_id, slug, name, unit, created_at, aggregation)
         VALUES ('t1', 'payroll', 'Payroll', 'EUR', 1, 'sum');
         INSERT INTO analytics_snapshots (tenant_id, date, grain, metrics, created_at)
         SELECT 't1', date('now', 'start of month', '-1 month'), 'month', '{\"payroll\":12000}',
                CAST(strftime('%s', 'now') AS INTEGER) * 1000000;
         INSERT INTO analytics_snapshots (tenant_id, date, grain, metrics, created_at)
         SELECT 't1', date('now', 'start of month', '-2 months'), 'month', '{\"payroll\":5000}',
                CAST(strftime('%s', date('now', 'start of month', '-2 months', '+9 days')) AS INTEGER) * 1000000;
         INSERT INTO analytics_snapshots (tenant_id, date, grain, metrics, created_at)
         SELECT 't1', date('now', 'start of month', '-3 months'), 'month', '{\"payroll\":10000}',
                CAST(strftime('%s', 'now') AS INTEGER) * 1000000;
         INSERT INTO analytics_changes (tenant_id, version, changed_at) VALUES ('t1', 1, 1);",
    )
    .await;
    let set = facts.of("t1").await.unwrap();
    let ids: Vec<_> = set.facts().iter().filter(|it| it.id.starts_with("K.")).collect();
    let [month] = ids[..] else { panic!("{ids:?}") };
    assert_eq!(month.text, "12,000 EUR");
    let explain = async |id: &str, to: Option<Date>| facts.explain("t1", id, to).await.unwrap();
    let shown = explain(&month.id, None).await.unwrap();
    assert_eq!(shown.fact, *month);
    assert_eq!(shown.working.steps[0].what, "The stored number of the month");
    // A month that is no longer the newest one is explained by its own day.
    let (from, to) = month.span.clone().unwrap();
    let date = |iso: &str| clock::parse_date(iso).unwrap();
    assert_eq!(explain(&month.id, Some(date(&to))).await.unwrap().fact, *month);
    let before = date(&from).previous_day().unwrap();
    assert!(explain("K.payroll@2020-01", None).await.is_none());
    let so_far = format!("K.payroll@{}", clock::iso_date(before).get(..7).unwrap());
    assert!(explain(&so_far, Some(before)).await.is_none(), "it was not over");
    let earlier =
        date(&from).previous_day().unwrap().replace_day(1).unwrap().previous_day().unwrap();
    let id = format!("K.payroll@{}", clock::iso_date(earlier).get(..7).unwrap());
    assert_eq!(explain(&id, None).await.unwrap().fact.text, "10,000 EUR");
}
