#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;

use sqlx::{AnyConnection, Connection};
use tower_sessions::SessionStore;
use tower_sessions::session::Record;

use super::*;
use crate::accounts::model::SignUpTyped;
use crate::accounts::tokens::TokenTerms;
use crate::platform::db::Db;
use crate::platform::limits::Rate;
use crate::platform::session_store::{ACCOUNT, DbSessionStore};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const OLD: &str = "tulip-anchor-9-violin";
const NEW: &str = "seven brown herons wait";
const HOUR: Duration = Duration::from_secs(3_600);

struct World {
    accounts: Accounts,
    db: Db,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("test.db")).await.unwrap();
        let rate = Rate { requests: NonZeroU32::new(3).unwrap(), per: HOUR };
        Self { accounts: Accounts::new(db.clone(), rate), db, _folder: folder }
    }

    async fn sign_up(&self, email: &str) -> Member {
        let typed = SignUpTyped {
            name: "Grace Hopper".into(),
            email: email.into(),
            business_name: "Harbour Bakery".into(),
        };
        self.accounts.sign_up(&typed, OLD.into(), HERE, None).await.unwrap()
    }

    async fn sign_in(&self, email: &str, password: &str) -> Result<Member, AppError> {
        self.accounts.sign_in(email, password.into(), HERE).await
    }

    /// Creates a session of this member, as a sign-in in a browser does.
    async fn session(&self, member: &Member) -> Id {
        let mut record = Record {
            id: Id::default(),
            data: [(ACCOUNT.to_owned(), member.account_id.clone().into())].into(),
            expiry_date: time::OffsetDateTime::now_utc() + time::Duration::hours(1),
        };
        DbSessionStore::new(self.db.clone()).create(&mut record).await.unwrap();
        record.id
    }

    async fn lives(&self, session: &Id) -> bool {
        DbSessionStore::new(self.db.clone()).load(session).await.unwrap().is_some()
    }

    async fn link(&self, email: &str, lifetime: Duration) -> String {
        self.accounts.create_reset_link(email, lifetime).await.unwrap().secret
    }

    async fn reset(&self, secret: &str, password: &str) -> Result<(), AppError> {
        self.accounts.reset_password(secret, password.into(), HERE).await
    }
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_and_no_token() {
    let world = World::new().await;
    let (member, other) =
        (world.sign_up("grace@x.example").await, world.sign_up("o@x.example").await);
    let token = world.accounts.create_token(&member, "", TokenTerms::default()).await.unwrap();
    let (here, there) = (world.session(&member).await, world.session(&member).await);
    let foreign = world.session(&other).await;
    let link = world.link("grace@x.example", HOUR).await;
    let change = |current: &str, new: &str| {
        world.accounts.change_password(&member, current.into(), new.into(), HERE, Some(here))
    };
    change(OLD, NEW).await.unwrap();
    assert!(world.lives(&here).await && world.lives(&foreign).await);
    assert!(!world.lives(&there).await);
    assert!(world.sign_in("grace@x.example", OLD).await.is_err());
    world.sign_in("grace@x.example", NEW).await.unwrap();
    let hash = super::super::tokens::token_hash(&token);
    assert!(world.accounts.member_by_token(&hash).await.unwrap().is_some());
    assert_eq!(world.accounts.reset_target(&link).await.unwrap(), None, "a link of before is void");
}

#[tokio::test]
async fn a_change_names_the_field_that_is_wrong_and_bounds_guesses() {
    let world = World::new().await;
    let member = world.sign_up("grace@x.example").await;
    let session = world.session(&member).await;
    let change = |current: &str, new: &str| {
        world.accounts.change_password(&member, current.into(), new.into(), HERE, None)
    };
    for (current, new, field) in [
        ("", NEW, "current_password"),
        ("another password", NEW, "current_password"),
        (OLD, "short", "new_password"),
        (OLD, "harbour-bakery-1", "new_password"),
        (OLD, OLD, "new_password"),
    ] {
        let refused = change(current, new).await.unwrap_err();
        assert!(refused.field(field).is_some(), "{current} {new}: {refused:?}");
    }
    for _ in 0..2 {
        change("another password", NEW).await.unwrap_err();
    }
    assert_eq!(change(OLD, NEW).await.unwrap_err().code, Code::RateLimitExceeded);
    assert!(world.lives(&session).await);
}

#[tokio::test]
async fn a_link_sets_a_password_once_and_ends_every_session() {
    let world = World::new().await;
    let member = world.sign_up("grace@x.example").await;
    let session = world.session(&member).await;
    for _ in 0..3 {
        world.sign_in("grace@x.example", "a forgotten one").await.unwrap_err();
    }
    let link = world.link(" Grace@X.example ", HOUR).await;
    let target = world.accounts.reset_target(&link).await.unwrap();
    assert_eq!(target.as_deref(), Some("grace@x.example"));
    let weak = world.reset(&link, "harbour-bakery-1").await.unwrap_err();
    assert!(weak.field("password").is_some(), "as strict as sign-up: {weak:?}");
    world.reset(&link, NEW).await.unwrap();
    assert!(!world.lives(&session).await);
    let again = world.reset(&link, "eight grey herons leave").await.unwrap_err();
    assert_eq!(again.code, Code::NotFound);
    world.sign_in("grace@x.example", NEW).await.unwrap();
}

#[tokio::test]
async fn concurrent_uses_of_a_link_have_one_winner() {
    let world = World::new().await;
    world.sign_up("grace@x.example").await;
    let link = world.link("grace@x.example", HOUR).await;
    let (one, two) =
        tokio::join!(world.reset(&link, NEW), world.reset(&link, "eight grey herons leave"));
    assert_ne!(one.is_ok(), two.is_ok());
}

#[tokio::test]
async fn expired_replaced_and_forged_links_are_refused() {
    let world = World::new().await;
    world.sign_up("grace@x.example").await;
    let expired = world.link("grace@x.example", Duration::ZERO).await;
    assert_eq!(world.accounts.reset_target(&expired).await.unwrap(), None);
    let replaced = world.link("grace@x.example", HOUR).await;
    let link = world.link("grace@x.example", HOUR).await;
    for dead in [expired.as_str(), &replaced, "", "garbage", &link[1..], &link.to_uppercase()] {
        assert_eq!(world.reset(dead, NEW).await.unwrap_err().code, Code::NotFound, "{dead}");
    }
    assert!(world.accounts.create_reset_link("nobody@x.example", HOUR).await.is_err());
    let stored: Vec<(String,)> = sqlx::query_as("SELECT hash FROM password_resets")
        .fetch_all(world.db.read())
        .await
        .unwrap();
    assert_eq!(stored, [(secret_hash(&link),)], "the secret itself is stored nowhere");
}

#[tokio::test]
async fn spellings_of_one_address_have_one_account() {
    let world = World::new().await;
    world.sign_up("ju\u{308}rgen@xn--mller-kva.example").await;
    for spelling in
        ["jürgen@müller.example", "JÜRGEN@MÜLLER.example", "jürgen@xn--mller-kva.example"]
    {
        world.sign_in(spelling, OLD).await.unwrap();
        let typed = SignUpTyped {
            name: "Other".into(),
            email: spelling.into(),
            business_name: "Other".into(),
        };
        let refused = world.accounts.sign_up(&typed, OLD.into(), HERE, None).await.unwrap_err();
        assert!(refused.field("email").is_some());
    }
    let hidden = world.sign_in("jürgen@müller\u{200b}.example", OLD).await.unwrap_err();
    assert!(hidden.field("email").unwrap().contains("invisible"), "{hidden:?}");
}

#[tokio::test]
async fn normalising_stored_addresses_locks_nobody_out_or_in() {
    let world = World::new().await;
    let stored = [
        ("a1", "ada@x.example"),
        ("a2", "a\u{200b}da@x.example"),
        ("j1", "ju\u{308}rgen@x.example"),
        ("j2", "j\u{200b}ürgen@x.example"),
        ("w", "w@x..example"),
    ];
    for (place, (id, email)) in stored.iter().enumerate() {
        let member = world.sign_up(&format!("{id}@new.example")).await;
        let (id, email) = ((*id).to_owned(), (*email).to_owned());
        let old_id = member.account_id;
        world
            .db
            .write(move |tx| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE accounts SET email = $2, name = $3, created_at = $4 WHERE id = $1",
                    )
                    .bind(old_id)
                    .bind(email)
                    .bind(id)
                    .bind(place as i64)
                    .execute(tx)
                    .await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
    }
    // Runs at every start, so it must be idempotent.
    for _ in 0..2 {
        world.accounts.adopt_addresses().await.unwrap();
    }
    let now: Vec<(String, String)> =
        sqlx::query_as("SELECT name, email FROM accounts ORDER BY created_at")
            .fetch_all(world.db.read())
            .await
            .unwrap();
    let now: Vec<(&str, &str)> =
        now.iter().map(|(id, email)| (id.as_str(), email.as_str())).collect();
    let expected = [
        ("a1", "ada@x.example"),
        ("a2", "a\u{200b}da@x.example"),
        ("j1", "jürgen@x.example"),
        ("j2", "j\u{200b}ürgen@x.example"),
        ("w", "w@x..example"),
    ];
    assert_eq!(now, expected);
    for (id, email) in stored {
        assert_eq!(world.sign_in(email, OLD).await.unwrap().name, id, "as it always was typed");
    }
    assert_eq!(world.sign_in("jürgen@x.example", OLD).await.unwrap().name, "j1");
}

#[tokio::test]
async fn the_migration_assigns_sessions_to_their_account() {
    sqlx::any::install_default_drivers();
    let mut db = AnyConnection::connect("sqlite::memory:").await.unwrap();
    for sql in [
        include_str!("../../migrations/sqlite/0001_start.sql"),
        "INSERT INTO sessions VALUES ('in', '{\"account_id\":\"a\",\"tenant_id\":\"t\"}', 1), ('out', '{}', 1), ('odd', 'x', 1)",
        include_str!("../../migrations/sqlite/0012_password_resets.sql"),
    ] {
        sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
    }
    let sessions: Vec<(String, Option<String>)> =
        sqlx::query_as("SELECT id, account_id FROM sessions ORDER BY id")
            .fetch_all(&mut db)
            .await
            .unwrap();
    let owned = |text: &str| Some(text.to_owned());
    assert_eq!(sessions, [("in".into(), owned("a")), ("odd".into(), None), ("out".into(), None)]);
}

#[tokio::test]
async fn a_session_is_stored_by_the_hash_of_its_id_and_earlier_ones_continue() {
    let world = World::new().await;
    let member = world.sign_up("grace@x.example").await;
    let id = world.session(&member).await;
    let store = DbSessionStore::new(world.db.clone());
    let stored = || async {
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT id FROM sessions").fetch_all(world.db.read()).await.unwrap();
        rows.into_iter().map(|(id,)| id).collect::<Vec<_>>()
    };
    let hashed = stored().await;
    assert!(hashed[0].len() == 64 && !hashed[0].contains(&id.to_string()), "{hashed:?}");
    let plain = id.to_string();
    world
        .db
        .write(move |tx| {
            Box::pin(async move {
                sqlx::query("UPDATE sessions SET id = $1").bind(plain).execute(tx).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    assert!(!world.lives(&id).await);
    assert_eq!((store.hash_ids().await.unwrap(), store.hash_ids().await.unwrap()), (1, 0));
    assert!(world.lives(&id).await);
    assert_eq!(stored().await, hashed);
}

#[tokio::test]
async fn an_accounts_sessions_are_bounded_and_end_together() {
    let world = World::new().await;
    let (member, other) =
        (world.sign_up("grace@x.example").await, world.sign_up("o@x.example").await);
    let foreign = world.session(&other).await;
    for _ in 0..60 {
        world.session(&member).await;
    }
    let count = || async {
        let row: (i64,) = sqlx::query_as("SELECT COUNT(*) FROM sessions WHERE account_id = $1")
            .bind(&member.account_id)
            .fetch_one(world.db.read())
            .await
            .unwrap();
        row.0
    };
    assert_eq!(count().await, 50);
    world.accounts.sign_out_everywhere(&member).await.unwrap();
    assert_eq!(count().await, 0);
    assert!(world.lives(&foreign).await);
}
