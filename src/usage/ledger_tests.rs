#![allow(clippy::unwrap_used, clippy::expect_used)]

use futures_util::future::join_all;
use proptest::prelude::*;

use super::{Purpose, Reservation, Settlement, reserve_in, settle_in};
use crate::platform::clock::{self, Micros};
use crate::platform::db::{Db, DbError};
use crate::platform::money::Price;
use crate::usage::model::Usage;
use crate::usage::{Quote, store};

const NOW: Micros = 1_795_415_520_000_000; // 23 Nov 2026
const DAY: Micros = 86_400_000_000;
/// Number of concurrent sends.
const SENDS: usize = 1_000;
/// Number of them that the budget allows.
const ALLOWED: usize = 100;

async fn open(folder: &tempfile::TempDir) -> Db {
    Db::open_sqlite(&folder.path().join("test.db")).await.unwrap()
}

/// Opens a database with the tenants `t` and `u`; `ana` is a member of both.
async fn database(folder: &tempfile::TempDir) -> Db {
    let db = open(folder).await;
    run(
        &db,
        "INSERT INTO tenants VALUES ('t', 'T', 1), ('u', 'U', 1);
         INSERT INTO accounts VALUES ('ana', 'ana@a.example', 'Ana', 'x', 1);",
    )
    .await
    .unwrap();
    db
}

async fn run(db: &Db, sql: &'static str) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::raw_sql(sql).execute(tx).await?;
            Ok(())
        })
    })
    .await
}

async fn cap(db: &Db, column: &'static str, micros: i64) {
    let sql = format!(
        "INSERT INTO budgets (tenant_id, {column}, updated_at, updated_by) VALUES ('t', {micros}, 1, 'ana')
         ON CONFLICT (tenant_id) DO UPDATE SET {column} = excluded.{column}"
    );
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(tx).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
}

#[derive(Clone)]
struct Ask {
    tenant: &'static str,
    account: &'static str,
    /// Each token costs one micro-dollar.
    tokens: u32,
    now: Micros,
}

const ANA: Ask = Ask { tenant: "t", account: "ana", tokens: 0, now: NOW };

impl Ask {
    fn of(micros: u32) -> Self {
        Self { tokens: micros, ..ANA }
    }

    async fn reserve(self, db: &Db, id: &str) -> Result<Option<i64>, DbError> {
        let id = id.to_owned();
        db.write(move |tx| {
            Box::pin(async move {
                let reservation = Reservation {
                    tenant_id: self.tenant,
                    account_id: self.account,
                    conversation_id: "c",
                    message_id: &id,
                    persona: "ceo",
                    model: "m",
                    quote: Quote::new(Price::new(0, 0, 1_000_000), 0, 0, self.tokens),
                    purpose: Purpose::Reply,
                    now: self.now,
                    day: &clock::iso_date(clock::date(self.now)),
                };
                reserve_in(tx, &reservation).await
            })
        })
        .await
    }

    async fn settle(self, db: &Db, id: &str, cost_micros: i64) -> Result<bool, DbError> {
        let id = id.to_owned();
        db.write(move |tx| {
            Box::pin(async move {
                let settlement = Settlement {
                    tenant_id: self.tenant,
                    message_id: &id,
                    model: "m",
                    usage: Usage { cost_micros, ..Usage::default() },
                    status: "complete",
                    now: self.now,
                };
                settle_in(tx, &settlement).await
            })
        })
        .await
    }
}

/// Returns the reserved amount, the cost, and the number of running replies.
async fn spent(db: &Db, tenant: &str, account: &str, period: &str) -> (i64, i64, i64) {
    sqlx::query_as(
        "SELECT held_micros, cost_micros, running FROM spending
         WHERE tenant_id = $1 AND account_id = $2 AND period = $3",
    )
    .bind(tenant)
    .bind(account)
    .bind(period)
    .fetch_optional(db.read())
    .await
    .unwrap()
    .unwrap_or_default()
}

/// Checks that the sums kept by the triggers equal the sums of the entries for every tenant, member and
/// period.
async fn check_balance(db: &Db) {
    let (wrong,): (i64,) = sqlx::query_as(
        "WITH entry AS (
           SELECT tenant_id, '' AS account_id, day AS period, held_micros, cost_micros, kind FROM ledger_entries
           UNION ALL
           SELECT tenant_id, '', substr(day, 1, 7), held_micros, cost_micros, kind FROM ledger_entries
           UNION ALL
           SELECT tenant_id, account_id, substr(day, 1, 7), held_micros, cost_micros, kind FROM ledger_entries
         ), summed AS (
           SELECT tenant_id, account_id, period, SUM(held_micros) AS held, SUM(cost_micros) AS cost,
                  SUM(CASE kind WHEN 'reserve' THEN 1 ELSE -1 END) AS running
           FROM entry GROUP BY tenant_id, account_id, period
         )
         SELECT COUNT(*) FROM summed FULL JOIN spending s USING (tenant_id, account_id, period)
         WHERE summed.held IS NOT s.held_micros OR summed.cost IS NOT s.cost_micros OR summed.running IS NOT s.running",
    )
    .fetch_one(db.read())
    .await
    .unwrap();
    assert_eq!(wrong, 0, "sums that are not the ledger's");
}

#[tokio::test]
async fn settlement_releases_the_reservation_and_charges_once() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    assert_eq!(Ask::of(500).reserve(&db, "a").await.unwrap(), Some(500));
    assert_eq!(spent(&db, "t", "", "2026-11").await, (500, 0, 1));
    assert!(ANA.settle(&db, "a", 120).await.unwrap());
    assert!(!ANA.settle(&db, "a", 999).await.unwrap(), "a second settlement changes nothing");
    assert!(!ANA.settle(&db, "unknown", 5).await.unwrap(), "nor does one of nothing");
    for (account, period) in [("", "2026-11"), ("", "2026-11-23"), ("ana", "2026-11")] {
        assert_eq!(spent(&db, "t", account, period).await, (0, 120, 0), "{account} {period}");
    }
    assert!(Ask::of(500).reserve(&db, "a").await.unwrap_err().is_unique_violation());
    check_balance(&db).await;
}

#[tokio::test]
async fn ledger_entries_cannot_be_changed_or_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    Ask::of(500).reserve(&db, "a").await.unwrap();
    for sql in ["UPDATE ledger_entries SET held_micros = 0", "DELETE FROM ledger_entries"] {
        let refused = run(&db, sql).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    assert_eq!(spent(&db, "t", "", "2026-11").await, (500, 0, 1));
}

#[tokio::test]
async fn a_reply_counts_in_the_month_of_its_question() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    Ask::of(500).reserve(&db, "a").await.unwrap();
    Ask { now: NOW + 20 * DAY, ..ANA }.settle(&db, "a", 70).await.unwrap();
    assert_eq!(spent(&db, "t", "", "2026-11-23").await, (0, 70, 0));
    assert_eq!(spent(&db, "t", "", "2026-12").await, (0, 0, 0));
    check_balance(&db).await;
}

#[tokio::test]
async fn each_cap_applies_to_its_own_period() {
    for (column, next_in_time) in
        [("monthly_micros", 20 * DAY), ("daily_micros", DAY), ("member_monthly_micros", 20 * DAY)]
    {
        let folder = tempfile::tempdir().unwrap();
        let db = database(&folder).await;
        cap(&db, column, 1_000).await;
        assert_eq!(Ask::of(1_000).reserve(&db, "a").await.unwrap(), Some(1_000), "{column}");
        assert_eq!(Ask::of(100).reserve(&db, "b").await.unwrap(), None, "{column}");
        let other = Ask { account: "max", ..Ask::of(1_000) }.reserve(&db, "c").await.unwrap();
        assert_eq!(other.is_some(), column == "member_monthly_micros", "{column}");
        let later = Ask { now: NOW + next_in_time, ..Ask::of(1_000) };
        assert!(later.reserve(&db, "d").await.unwrap().is_some(), "{column} starts again");
        let tenant = Ask { tenant: "u", ..Ask::of(9_999) }.reserve(&db, "e").await.unwrap();
        assert_eq!(tenant, Some(9_999), "{column} of another tenant");
        check_balance(&db).await;
    }
}

#[tokio::test]
async fn if_the_whole_does_not_fit_a_useful_rest_is_reserved() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    cap(&db, "monthly_micros", 1_000).await;
    cap(&db, "daily_micros", 700).await;
    assert_eq!(Ask::of(636).reserve(&db, "a").await.unwrap(), Some(636));
    assert_eq!(Ask::of(500).reserve(&db, "b").await.unwrap(), Some(64), "64 are a useful answer");
    ANA.settle(&db, "b", 1).await.unwrap();
    assert_eq!(Ask::of(500).reserve(&db, "c").await.unwrap(), None, "63 are not");
    ANA.settle(&db, "a", 0).await.unwrap();
    assert_eq!(
        Ask::of(500).reserve(&db, "d").await.unwrap(),
        Some(500),
        "released, it is there again"
    );
}

#[tokio::test]
async fn concurrent_reservations_never_exceed_the_budget() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    cap(&db, "monthly_micros", 250 * ALLOWED as i64).await;
    let sends = (0..SENDS).map(|n| {
        let db = db.clone();
        tokio::spawn(async move {
            let id = n.to_string();
            Ask::of(250).reserve(&db, &id).await.unwrap().map(|held| (id, held))
        })
    });
    let passed: Vec<_> = join_all(sends).await.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(passed.len(), ALLOWED);
    assert!(passed.iter().all(|(_, held)| *held == 250));
    assert_eq!(spent(&db, "t", "", "2026-11").await, (25_000, 0, 100));
    join_all(passed.iter().map(|(id, _)| ANA.settle(&db, id, 40))).await;
    assert_eq!(spent(&db, "t", "", "2026-11").await, (0, 4_000, 0), "nothing stays reserved");
    check_balance(&db).await;
}

#[derive(Clone, Debug)]
enum Step {
    Reserve {
        micros: u32,
        days: i64,
        max: bool,
    },
    /// Settles one of all reservations made so far, so that some are settled twice.
    Settle {
        which: usize,
        share: i64,
    },
    /// The process restarts: every open reservation is settled with the saved text.
    Crash {
        saved: i64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let reserve = (1u32..400, 0i64..12, any::<bool>())
        .prop_map(|(micros, days, max)| Step::Reserve { micros, days, max });
    let settle = (0usize..50, 0i64..=100).prop_map(|(which, share)| Step::Settle { which, share });
    let crash = (0i64..=100).prop_map(|saved| Step::Crash { saved });
    prop::collection::vec(prop_oneof![5 => reserve, 5 => settle, 1 => crash], 1..40)
}

async fn play(steps: Vec<Step>) {
    const CAP: i64 = 1_500;
    let folder = tempfile::tempdir().unwrap();
    let mut db = database(&folder).await;
    cap(&db, "monthly_micros", CAP).await;
    cap(&db, "member_monthly_micros", 1_000).await;
    let mut held: Vec<i64> = Vec::new();
    for step in steps {
        match step {
            Step::Reserve { micros, days, max } => {
                let account = if max { "max" } else { "ana" };
                let ask = Ask { account, now: NOW + days * DAY, ..Ask::of(micros) };
                if let Some(micros) = ask.reserve(&db, &held.len().to_string()).await.unwrap() {
                    held.push(micros);
                }
            }
            Step::Settle { which, share } if !held.is_empty() => {
                let which = which % held.len();
                ANA.settle(&db, &which.to_string(), held[which] * share / 100).await.unwrap();
            }
            Step::Settle { .. } => {}
            Step::Crash { saved } => {
                drop(db);
                db = open(&folder).await;
                for open in store::entries::list_open(&db, Micros::MAX).await.unwrap() {
                    let which: usize = open.message_id.parse().unwrap();
                    let cost = held[which] * saved / 100;
                    assert!(ANA.settle(&db, &open.message_id, cost).await.unwrap());
                }
                for period in ["2026-11", "2026-12"] {
                    let (held, _, running) = spent(&db, "t", "", period).await;
                    assert_eq!((held, running), (0, 0), "nothing is held after the start");
                }
            }
        }
        check_balance(&db).await;
        for period in ["2026-11", "2026-12"] {
            let (held, cost, _) = spent(&db, "t", "", period).await;
            assert!(held >= 0 && held + cost <= CAP, "{held} + {cost} in {period}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_balances_under_any_order_of_events(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(steps));
    }
}

/// Runs the migrations before version 10, and inserts entries with an absurd token count.
async fn locked_out(file: &std::path::Path) {
    use sqlx::Connection;
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let mut db = sqlx::AnyConnection::connect(&url).await.unwrap();
    let all = sqlx::migrate!("migrations/sqlite");
    let oldest = all.iter().filter(|migration| migration.version < 10).cloned().collect::<Vec<_>>();
    let mut migrator = sqlx::migrate!("migrations/sqlite");
    migrator.migrations = oldest.into();
    migrator.run(&mut db).await.unwrap();
    for sql in [
        "INSERT INTO tenants VALUES ('t', 'T', 1);
         INSERT INTO accounts VALUES ('ana', 'ana@a.example', 'Ana', 'x', 1);
         INSERT INTO conversations (id, tenant_id, account_id, persona, title, created_at, updated_at)
         VALUES ('c', 't', 'ana', 'ceo', '', 0, 0);
         INSERT INTO messages (id, tenant_id, conversation_id, role, content, status, persona, created_at, max_tokens,
                               prompt_tokens, cached_tokens, completion_tokens, cost_micros)
         VALUES ('wrapped', 't', 'c', 'assistant', 'twelve bytes', 'complete', 'ceo', 0, 100, 20, 0, 9223372036854775807, 9223372036854775807),
                ('gone', 't', 'c', 'assistant', '', 'streaming', 'ceo', 0, 100, NULL, NULL, NULL, NULL),
                ('sound', 't', 'c', 'assistant', 'x', 'complete', 'ceo', 0, 100, 20, 0, 3, 23);",
        "INSERT INTO ledger_entries (message_id, kind, tenant_id, account_id, conversation_id, persona, model, asked_at, day,
                                     created_at, prompt_bytes, held_micros, cost_micros, prompt_tokens, completion_tokens, status)
         VALUES ('sound', 'reserve', 't', 'ana', 'c', 'ceo', 'm', 1, '2026-11-23', 1, 80, 400, 0, 0, 0, NULL),
                ('sound', 'settle', 't', 'ana', 'c', 'ceo', 'm', 1, '2026-11-23', 1, 80, -400, 23, 20, 3, 'complete'),
                ('wrapped', 'reserve', 't', 'ana', 'c', 'ceo', 'm', 1, '2026-11-23', 1, 80, 400, 0, 0, 0, NULL);",
        // The charge leaves no room in the sum, so that the next reply can never be settled.
        "INSERT INTO ledger_entries (message_id, kind, tenant_id, account_id, conversation_id, persona, model, asked_at, day,
                                     created_at, prompt_bytes, held_micros, cost_micros, prompt_tokens, completion_tokens, status)
         VALUES ('wrapped', 'settle', 't', 'ana', 'c', 'ceo', 'm', 1, '2026-11-23', 1, 80, -400, 9223372036854775000, 20, 9223372036854775807, 'complete');
         INSERT INTO ledger_entries (message_id, kind, tenant_id, account_id, conversation_id, persona, model, asked_at, day,
                                     created_at, prompt_bytes, held_micros)
         VALUES ('gone', 'reserve', 't', 'ana', 'c', 'ceo', 'm', 1, '2026-11-23', 1, 80, 400);",
    ] {
        sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
    }
    let settle = "INSERT INTO ledger_entries (message_id, kind, tenant_id, account_id, conversation_id, persona, model, asked_at,
                    day, created_at, prompt_bytes, held_micros, cost_micros, status)
                  VALUES ('gone', 'settle', 't', 'ana', 'c', 'ceo', 'm', 1, '2026-11-23', 1, 80, -400, 9000, 'complete')";
    assert!(sqlx::raw_sql(settle).execute(&mut db).await.is_err(), "the business is locked out");
    db.close().await.unwrap();
}

#[tokio::test]
async fn the_migration_releases_tenants_locked_out_by_an_absurd_count() {
    let folder = tempfile::tempdir().unwrap();
    locked_out(&folder.path().join("test.db")).await;
    let db = open(&folder).await;
    // At most the reserved amount is charged. Sound entries are unchanged.
    let entries: Vec<(String, i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT message_id, cost_micros, prompt_tokens, completion_tokens, estimated FROM ledger_entries
         WHERE kind = 'settle' ORDER BY message_id",
    )
    .fetch_all(db.read())
    .await
    .unwrap();
    let expected = [("sound".to_owned(), 23, 20, 3, 0), ("wrapped".to_owned(), 400, 20, 3, 1)];
    assert_eq!(entries, expected);
    let (told,): (i64,) = sqlx::query_as("SELECT cost_micros FROM messages WHERE id = 'wrapped'")
        .fetch_one(db.read())
        .await
        .unwrap();
    assert_eq!(told, 400, "the message tells what the ledger tells");
    for (account, period) in [("", "2026-11"), ("", "2026-11-23"), ("ana", "2026-11")] {
        assert_eq!(spent(&db, "t", account, period).await, (400, 423, 1), "{account} {period}");
    }
    assert!(ANA.settle(&db, "gone", 100).await.unwrap(), "what waited is settled");
    assert!(
        Ask::of(10).reserve(&db, "next").await.unwrap().is_some(),
        "and the business asks again"
    );
    assert!(ANA.settle(&db, "next", 10).await.unwrap());
    assert_eq!(spent(&db, "t", "", "2026-11").await, (0, 533, 0));
    let changed = run(&db, "UPDATE ledger_entries SET cost_micros = 0").await;
    assert!(changed.is_err(), "the ledger is append-only again");
}

#[tokio::test]
async fn an_entry_that_would_overflow_a_sum_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    Ask::of(10).reserve(&db, "one").await.unwrap().unwrap();
    assert!(ANA.settle(&db, "one", i64::MAX).await.is_err());
    assert!(ANA.settle(&db, "one", 1_000_000_000_000).await.unwrap());
}

#[tokio::test]
async fn a_summary_is_made_only_if_the_budget_leaves_room_for_a_question() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    cap(&db, "monthly_micros", 1_000).await;
    let summary = |id: &'static str, tokens| {
        let db = db.clone();
        async move {
            let reserve = db.write(move |tx| {
                Box::pin(async move {
                    let reservation = Reservation {
                        tenant_id: "t",
                        account_id: "ana",
                        conversation_id: "c",
                        message_id: id,
                        persona: "ceo",
                        model: "m",
                        quote: Quote::new(Price::new(0, 0, 1_000_000), 0, 0, tokens),
                        purpose: Purpose::Summary { spare_micros: 500 },
                        now: NOW,
                        day: "2026-11-23",
                    };
                    reserve_in(tx, &reservation).await
                })
            });
            reserve.await.unwrap()
        }
    };
    assert_eq!(summary("a", 501).await, None, "it is never cut short by the budget");
    assert_eq!(summary("b", 500).await, Some(500));
    assert_eq!(Ask::of(500).reserve(&db, "c").await.unwrap(), Some(500), "the question fits");
    check_balance(&db).await;
}
