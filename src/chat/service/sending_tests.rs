#![allow(clippy::unwrap_used, clippy::panic)]

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::JoinHandle;

use super::*;
use crate::accounts::Accounts;
use crate::accounts::model::SignUpTyped;
use crate::analytics::Analytics;
use crate::business::Business;
use crate::chat::model::Status;
use crate::chat::reply::Engine;
use crate::chat::service::{Grounds, ReplySettings};
use crate::facts::Facts;
use crate::fireworks::emulator::{Counts, Emulator, EmulatorSettings};
use crate::fireworks::{Client, Settings};
use crate::insights::Insights;
use crate::personas::Personas;
use crate::platform::config::PriceConfig;
use crate::platform::db::{Db, DbError};
use crate::platform::limits::{Limits, Rate};
use crate::platform::money::Price;
use crate::usage::{Ledger, Prices};

const MODEL: &str = "gpt-oss-120b";
/// A reply that takes seconds, so that its request to the upstream stays open.
const LONG: &str = "What now? #tokens=500 #speed=50";
const SHORT: &str = "What now? #tokens=8 #speed=0";

/// The chat service of one member, in front of an emulator.
struct World {
    _folder: tempfile::TempDir,
    db: Db,
    emulator: Arc<Emulator>,
    chat: Chat,
    member: Member,
}

impl World {
    /// The member has asked before, so that the parts of its prompts are stored.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("test.db")).await.unwrap();
        let emulator = Emulator::on_loopback(EmulatorSettings::default()).await.unwrap();
        let client = Client::new(Settings::new(emulator.base_url(), MODEL)).unwrap();
        let rate = Rate { requests: NonZeroU32::new(1_000).unwrap(), per: Duration::from_secs(60) };
        let accounts = Accounts::new(db.clone(), rate);
        let typed = SignUpTyped {
            name: "Grace Hopper".into(),
            email: "grace@example.com".into(),
            business_name: "Harbour Bakery".into(),
        };
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let member = accounts.sign_up(&typed, "tulip-anchor-9-violin".into(), here, None).await;
        let (business, analytics) = (Business::new(db.clone()), Analytics::new(db.clone()));
        let personas = Personas::new(db.clone());
        let insights = Insights::new(db.clone());
        let facts = Facts::new(db.clone(), business.clone(), analytics.clone(), insights);
        let prices = PriceConfig { models: Vec::new(), unknown: Price::new(1, 1, 1) };
        let ledger =
            Ledger::new(db.clone(), Prices::new(prices), accounts, personas.clone(), analytics);
        let engine = Engine::new(db.clone(), client, ledger.clone());
        let settings = ReplySettings {
            model: MODEL.into(),
            fallback_model: None,
            max_tokens: 1_000,
            temperature: 0.7,
            context_tokens: None,
            simulated: true,
            model_titles: false,
        };
        let grounds = Grounds { business, personas, facts };
        let limits = Limits::new(rate, rate, rate);
        let chat = Chat::new(db.clone(), grounds, limits, ledger, engine, settings);
        let world = Self {
            _folder: folder,
            db,
            emulator: Arc::new(emulator),
            chat,
            member: member.unwrap(),
        };
        let first = world.ask(SHORT, None).await.unwrap().unwrap();
        first.reply.log.wait_for_end().await;
        world.until("the first reply has left", || world.chat.engine.running() == 0).await;
        world
    }

    fn ask(&self, message: &str, id: Option<&str>) -> JoinHandle<Result<Taken, AppError>> {
        let (chat, member) = (self.chat.clone(), self.member.clone());
        let question = Question {
            persona: "ceo".into(),
            message: message.to_owned(),
            client_request_id: id.map(str::to_owned),
            ..Question::default()
        };
        tokio::spawn(async move { chat.send(&member, question).await })
    }

    /// Asks such that the commit with the question happens only when the upstream has begun to reply and `release` was
    /// called. Another job shares the commit and waits.
    async fn ask_and_hold_the_commit(&self, message: &str, id: Option<&str>) -> Held {
        let (open, opened) = oneshot::channel::<()>();
        let occupied = self.job(async move { drop(opened.await) });
        settle().await;
        let sending = self.ask(message, id);
        self.until("the reply is announced", || self.chat.engine.running() == 1).await;
        let reply = self.chat.running(&self.member).pop().unwrap();
        let (release, released) = oneshot::channel::<()>();
        let emulator = self.emulator.clone();
        let waiting = self.job(async move {
            while emulator.counts().open_replies == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            drop(released.await);
        });
        settle().await;
        open.send(()).unwrap();
        occupied.await.unwrap().unwrap();
        let asked = || self.emulator.counts().open_replies == 1;
        self.until("the upstream has begun", asked).await;
        Held { sending, reply, release, waiting }
    }

    /// Occupies the writer until `work` is done.
    fn job(
        &self,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<Result<(), DbError>> {
        let db = self.db.clone();
        tokio::spawn(async move {
            db.write(|_| {
                Box::pin(async move {
                    work.await;
                    Ok(())
                })
            })
            .await
        })
    }

    async fn run(&self, sql: &'static str) {
        let done = self.db.write(move |tx| {
            Box::pin(async move {
                sqlx::raw_sql(sql).execute(tx).await?;
                Ok(())
            })
        });
        done.await.unwrap();
    }

    /// Makes each commit that stores a message fail, after its statements have succeeded.
    async fn break_commits(&self) {
        self.run(
            "CREATE TABLE never (id INTEGER PRIMARY KEY);
             CREATE TABLE broken (id INTEGER REFERENCES never (id) DEFERRABLE INITIALLY DEFERRED);
             CREATE TRIGGER break_commits AFTER INSERT ON messages
             BEGIN INSERT INTO broken VALUES (1); END",
        )
        .await;
    }

    /// Counts messages, reservations, settlements, and running replies by the sums of the spending.
    async fn stored(&self) -> (i64, i64, i64, i64) {
        sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM messages),
                    (SELECT COUNT(*) FROM ledger_entries WHERE kind = 'reserve'),
                    (SELECT COUNT(*) FROM ledger_entries WHERE kind = 'settle'),
                    (SELECT COALESCE(MAX(running), 0) FROM spending WHERE account_id = '')",
        )
        .fetch_one(self.db.read())
        .await
        .unwrap()
    }

    fn counts(&self) -> Counts {
        self.emulator.counts()
    }

    async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        for _ in 0..500 {
            if holds() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not {what}: {:?}", self.counts());
    }
}

/// A question whose statements are written and whose commit waits.
struct Held {
    sending: JoinHandle<Result<Taken, AppError>>,
    reply: Arc<Reply>,
    release: oneshot::Sender<()>,
    waiting: JoinHandle<Result<(), DbError>>,
}

/// Lets the tasks that are ready run, and queue their jobs.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

#[tokio::test]
async fn nothing_is_acknowledged_or_shown_before_the_commit() {
    let world = World::new().await;
    let before = world.stored().await;
    let mut notices = world.chat.subscribe(&world.member);
    let held = world.ask_and_hold_the_commit(LONG, None).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!held.sending.is_finished(), "the question is not acknowledged");
    assert_eq!(held.reply.log.position(), (1, false), "no text is shown");
    assert!(notices.next().now_or_never().is_none(), "no window is told");
    assert_eq!(world.stored().await, before, "nothing is stored");
    held.release.send(()).unwrap();
    let taken = held.sending.await.unwrap().unwrap();
    world.until("text has come", || taken.reply.log.position().0 > 2).await;
    assert!(notices.next().now_or_never().is_some());
    assert_eq!(taken.reply.log.snapshot().text.get(..6), Some("w0 w1 "), "none is missing");
    let (messages, reservations, settlements, running) = before;
    assert_eq!(
        world.stored().await,
        (messages + 2, reservations + 1, settlements, running + 1),
        "stored once"
    );
    world.chat.engine.stop(&taken.reply.meta.message_id);
    taken.reply.log.wait_for_end().await;
    assert_eq!(world.stored().await.2, settlements + 1, "and charged once");
}

#[tokio::test]
async fn a_failed_commit_ends_the_request_to_the_upstream_and_charges_nothing() {
    let world = World::new().await;
    let before = world.stored().await;
    let asked_before = world.counts().requests;
    let mut notices = world.chat.subscribe(&world.member);
    world.break_commits().await;
    let id = ids::new_id();
    let held = world.ask_and_hold_the_commit(LONG, Some(&id)).await;
    held.release.send(()).unwrap();
    let refused = held.sending.await.unwrap().err().unwrap();
    assert_eq!(refused.code, Code::DatabaseUnavailable);
    assert!(held.waiting.await.unwrap().is_err(), "the other job of the commit fails as well");
    world.until("the request is dropped", || world.counts().open_replies == 0).await;
    world.until("the reply has left", || world.chat.engine.running() == 0).await;
    let shown = held.reply.log.snapshot();
    assert_eq!((shown.text.as_str(), shown.end.unwrap().status), ("", Status::Interrupted));
    assert!(notices.next().now_or_never().is_none(), "no window was told");
    assert_eq!(world.stored().await, before, "the reservation is released");
    assert_eq!(world.counts().requests, asked_before + 1);

    // The operator pays for no further requests while commits fail.
    for _ in 0..3 {
        assert!(world.ask(LONG, Some(&id)).await.unwrap().is_err());
        world.db.ping().await.unwrap();
    }
    world.until("the replies have left", || world.chat.engine.running() == 0).await;
    assert_eq!(world.counts().requests, asked_before + 1, "the upstream was not asked again");
    assert_eq!(world.stored().await, before);

    world.run("DROP TRIGGER break_commits").await;
    let taken = world.ask(SHORT, None).await.unwrap().unwrap();
    taken.reply.log.wait_for_end().await;
    let again = world.ask(SHORT, Some(&id)).await.unwrap().unwrap();
    again.reply.log.wait_for_end().await;
    assert_eq!(again.reply.log.snapshot().end.unwrap().status, Status::Complete);
    let (messages, reservations, settlements, running) = before;
    assert_eq!(
        world.stored().await,
        (messages + 4, reservations + 2, settlements + 2, running),
        "each reply is charged once"
    );
}

#[tokio::test]
async fn the_upstream_is_never_asked_when_the_reservation_is_refused() {
    let world = World::new().await;
    world
        .run(
            "INSERT INTO budgets (tenant_id, monthly_micros, updated_at, updated_by)
             SELECT tenant_id, 0, 0, account_id FROM memberships",
        )
        .await;
    let (before, asked) = (world.stored().await, world.counts().requests);
    let refused = world.ask(LONG, None).await.unwrap().err().unwrap();
    assert_eq!(refused.code, Code::BudgetExceeded);
    settle().await;
    assert_eq!((world.stored().await, world.counts().requests), (before, asked));
    assert_eq!(world.chat.engine.running(), 0);
}

#[tokio::test]
async fn the_same_request_sent_twice_at_once_asks_the_upstream_once() {
    let world = World::new().await;
    let (before, asked) = (world.stored().await, world.counts().requests);
    let id = ids::new_id();
    let (first, second) = (world.ask(SHORT, Some(&id)), world.ask(SHORT, Some(&id)));
    let (first, second) = (first.await.unwrap().unwrap(), second.await.unwrap().unwrap());
    assert_eq!(first.reply.meta.message_id, second.reply.meta.message_id);
    first.reply.log.wait_for_end().await;
    assert_eq!(world.counts().requests, asked + 1);
    let (messages, reservations, settlements, running) = before;
    assert_eq!(world.stored().await, (messages + 2, reservations + 1, settlements + 1, running));
}

#[test]
fn different_requests_never_share_a_digest() {
    assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
}
