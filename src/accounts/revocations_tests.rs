#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::path::Path;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};

use super::*;
use crate::accounts::guard::ACCOUNT;
use crate::accounts::model::{Member, Scope, SignUpTyped};
use crate::accounts::service::Credential;
use crate::accounts::tokens::{TokenTerms, token_hash};
use crate::platform::limits::Rate;
use crate::platform::session_store::DbSessionStore;

const PASSWORD: &str = "tulip-anchor-9-violin";
/// A reader may continue for a second; the rest is for a busy machine.
const IN_TIME: Duration = Duration::from_millis(1_500);

async fn accounts(file: &Path) -> Accounts {
    let db = Db::open_sqlite(file).await.unwrap();
    let rate = Rate { requests: NonZeroU32::new(30).unwrap(), per: Duration::from_secs(3_600) };
    Accounts::new(db, rate)
}

async fn sign_up(accounts: &Accounts, email: &str) -> Member {
    let typed = SignUpTyped {
        name: "Grace Hopper".into(),
        email: email.into(),
        business_name: "Harbour Bakery".into(),
    };
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    accounts.sign_up(&typed, PASSWORD.to_owned(), here, None).await.unwrap()
}

/// Returns a caller with a new token.
async fn with_token(accounts: &Accounts, member: &Member, lifetime: Option<Duration>) -> Caller {
    let terms = TokenTerms { scope: Scope::Full, lifetime };
    let token = accounts.create_token(member, "", terms).await.unwrap();
    Caller { member: member.clone(), credential: Credential::Token { hash: token_hash(&token) } }
}

/// Returns a caller with a new session.
async fn with_session(accounts: &Accounts, member: &Member) -> (Caller, Id) {
    let mut record = Record {
        id: Id::default(),
        data: [(ACCOUNT.to_owned(), member.account_id.clone().into())].into(),
        expiry_date: time::OffsetDateTime::now_utc() + time::Duration::hours(1),
    };
    DbSessionStore::new(accounts.db.clone()).create(&mut record).await.unwrap();
    let credential = Credential::Session(record.id);
    (Caller { member: member.clone(), credential }, record.id)
}

/// The streams of one member with a session and with a token, and of another business's member, all read in this
/// process. `other` is another process with the same database.
struct Streams {
    _folder: tempfile::TempDir,
    other: Accounts,
    member: Member,
    session_id: Id,
    session: JoinHandle<()>,
    token: JoinHandle<()>,
    stranger: JoinHandle<()>,
}

impl Streams {
    /// Opens the streams and waits until each has looked up its reader for the first time.
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        let (here, other) = (accounts(&file).await, accounts(&file).await);
        let member = sign_up(&here, "grace@example.com").await;
        let stranger = sign_up(&here, "stranger@example.org").await;
        let (session, session_id) = with_session(&here, &member).await;
        let token = with_token(&here, &member, None).await;
        let stranger = with_token(&here, &stranger, None).await;
        let [session, token, stranger] =
            [session, token, stranger].map(|caller| tokio::spawn(revoked(here.clone(), caller)));
        sleep(FIRST_LOOK + Duration::from_millis(300)).await;
        assert!(!session.is_finished() && !token.is_finished() && !stranger.is_finished());
        Self { _folder: folder, other, member, session_id, session, token, stranger }
    }

    /// Changes the database in the other process.
    async fn change(&self, sql: &'static str) {
        let done = self.other.db.write(move |tx| {
            Box::pin(async move {
                sqlx::raw_sql(sql).execute(tx).await?;
                Ok(())
            })
        });
        done.await.unwrap();
    }

    /// Waits until these streams have ended, and returns whether the session's, the token's and the stranger's have.
    async fn ended(&mut self, session: bool, token: bool) -> [bool; 3] {
        let both = async {
            if session {
                (&mut self.session).await.unwrap();
            }
            if token {
                (&mut self.token).await.unwrap();
            }
        };
        let in_time = timeout(IN_TIME, both).await.is_ok();
        // Streams that must not end get the same time to do so.
        sleep(LOOK_EVERY + SPREAD).await;
        assert!(in_time, "a stream continues");
        [&self.session, &self.token, &self.stranger].map(JoinHandle::is_finished)
    }
}

#[tokio::test]
async fn a_sign_out_in_another_process_ends_the_streams_of_its_session() {
    let mut streams = Streams::open().await;
    let sessions = DbSessionStore::new(streams.other.db.clone());
    sessions.delete(&streams.session_id).await.unwrap();
    assert_eq!(streams.ended(true, false).await, [true, false, false]);
}

#[tokio::test]
async fn a_revoked_token_ends_its_streams_and_no_others() {
    let mut streams = Streams::open().await;
    let token = streams.other.tokens(&streams.member).await.unwrap().remove(0);
    streams.other.revoke_token(&streams.member, &token.id).await.unwrap();
    assert_eq!(streams.ended(false, true).await, [false, true, false]);
}

#[tokio::test]
async fn a_changed_role_ends_all_streams_of_its_member() {
    let mut streams = Streams::open().await;
    streams
        .change(
            "UPDATE memberships SET role = 'member'
             WHERE account_id = (SELECT id FROM accounts WHERE email = 'grace@example.com')",
        )
        .await;
    assert_eq!(streams.ended(true, true).await, [true, true, false]);
}

#[tokio::test]
async fn a_removed_membership_ends_all_streams_of_its_member() {
    let mut streams = Streams::open().await;
    streams
        .change(
            "DELETE FROM api_tokens WHERE account_id = (SELECT id FROM accounts WHERE email = 'grace@example.com');
             DELETE FROM memberships WHERE account_id = (SELECT id FROM accounts WHERE email = 'grace@example.com')",
        )
        .await;
    assert_eq!(streams.ended(true, true).await, [true, true, false]);
}

#[tokio::test]
async fn a_changed_password_ends_the_streams_of_other_sessions() {
    let mut streams = Streams::open().await;
    let member = streams.member.clone();
    let (_, kept) = with_session(&streams.other, &member).await;
    let new = "velvet-harbour-3-lamp".to_owned();
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    streams.other.change_password(&member, PASSWORD.into(), new, here, Some(kept)).await.unwrap();
    assert!(streams.ended(true, false).await[0]);
}

#[tokio::test]
async fn a_stream_that_begins_during_its_revocation_ends_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(&folder.path().join("test.db")).await;
    let member = sign_up(&accounts, "grace@example.com").await;
    let caller = with_token(&accounts, &member, None).await;
    // The request was authenticated; then its token is revoked; then its stream begins.
    let token = accounts.tokens(&member).await.unwrap().remove(0);
    accounts.revoke_token(&member, &token.id).await.unwrap();
    timeout(FIRST_LOOK + IN_TIME, revoked(accounts, caller)).await.unwrap();
}

#[tokio::test]
async fn a_stream_ends_when_its_token_expires() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(&folder.path().join("test.db")).await;
    let member = sign_up(&accounts, "grace@example.com").await;
    let caller = with_token(&accounts, &member, Some(Duration::from_secs(2))).await;
    let stream = tokio::spawn(revoked(accounts.clone(), caller));
    sleep(Duration::from_millis(1_300)).await;
    assert!(!stream.is_finished());
    timeout(Duration::from_secs(2), stream).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stream_outlives_a_session_that_is_extended_and_ends_when_it_expires() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(&folder.path().join("test.db")).await;
    let member = sign_up(&accounts, "grace@example.com").await;
    let (caller, id) = with_session(&accounts, &member).await;
    let sessions = DbSessionStore::new(accounts.db.clone());
    let expire_in = async |seconds: i64| {
        let mut record = sessions.load(&id).await.unwrap().unwrap();
        record.expiry_date = time::OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
        sessions.save(&record).await.unwrap();
    };
    expire_in(2).await;
    let stream = tokio::spawn(revoked(accounts.clone(), caller));
    sleep(Duration::from_millis(1_500)).await;
    expire_in(3).await;
    sleep(Duration::from_millis(1_500)).await;
    assert!(!stream.is_finished(), "it was extended");
    timeout(Duration::from_secs(3), stream).await.unwrap().unwrap();
}

#[tokio::test]
async fn nobody_looks_for_changes_without_a_stream() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(&folder.path().join("test.db")).await;
    let looking = || *accounts.revocations.0.looking.lock().unwrap();
    assert!(!looking());
    let stream = accounts.revocations.subscribe();
    assert!(looking());
    drop(stream);
    sleep(LOOK_EVERY * 2).await;
    assert!(!looking());
    drop(accounts.revocations.subscribe());
    assert!(looking(), "it begins again");
}

#[tokio::test]
async fn the_migration_keeps_the_credentials_of_the_oldest_database_and_counts_their_changes() {
    use sqlx::Connection;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.db");
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let mut oldest = sqlx::AnyConnection::connect(&url).await.unwrap();
    let mut migrator = sqlx::migrate!("migrations/sqlite");
    migrator.migrations =
        migrator.iter().filter(|it| it.version == 1).cloned().collect::<Vec<_>>().into();
    migrator.run(&mut oldest).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO tenants VALUES ('t', 'T', 1);
         INSERT INTO accounts VALUES ('ana', 'ana@a.example', 'Ana', 'x', 1);
         INSERT INTO memberships VALUES ('t', 'ana', 'owner', 1);
         INSERT INTO api_tokens VALUES ('k', 't', 'ana', 'K', 'hash', 1, NULL);
         INSERT INTO sessions VALUES ('s', '{\"account_id\":\"ana\",\"tenant_id\":\"t\"}', 9000000000000000)",
    )
    .execute(&mut oldest)
    .await
    .unwrap();
    oldest.close().await.unwrap();

    let accounts = accounts(&file).await;
    let member = accounts.member_by_token("hash").await.unwrap().unwrap();
    assert_eq!(member.account_id, "ana");
    let mut count = store::find_credential_changes(&accounts.db).await.unwrap();
    for sql in [
        "DELETE FROM sessions",
        "UPDATE api_tokens SET revoked_at = 2",
        "UPDATE memberships SET role = 'member'",
        "DELETE FROM api_tokens",
        "DELETE FROM memberships",
    ] {
        let changed = accounts.db.write(move |tx| {
            Box::pin(async move { Ok(sqlx::raw_sql(sql).execute(tx).await?.rows_affected()) })
        });
        assert_ne!(changed.await.unwrap(), 0, "{sql}");
        let now = store::find_credential_changes(&accounts.db).await.unwrap();
        assert!(now > count, "{sql} is counted");
        count = now;
    }
}
