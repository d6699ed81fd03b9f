#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::time::Duration;

use super::*;
use crate::accounts::model::{MOST_TOKENS, Scope};
use crate::accounts::tokens::{TokenTerms, is_token, token_hash};
use crate::platform::signing::SigningKey;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PASSWORD: &str = "tulip-anchor-9-violin";

/// Returns accounts on a new database file, with a limit of three wrong passwords an hour.
async fn accounts() -> (tempfile::TempDir, Accounts) {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&dir.path().join("test.db")).await.unwrap();
    let rate = Rate { requests: NonZeroU32::new(3).unwrap(), per: Duration::from_secs(3_600) };
    (dir, Accounts::new(db, rate))
}

fn typed(email: &str) -> SignUpTyped {
    SignUpTyped {
        name: "Grace Hopper".into(),
        email: email.into(),
        business_name: "Harbour Bakery".into(),
    }
}

async fn sign_up(accounts: &Accounts, email: &str) -> Result<Member, AppError> {
    accounts.sign_up(&typed(email), PASSWORD.into(), HERE, None).await
}

async fn sign_in(accounts: &Accounts, email: &str, password: &str) -> Result<Member, AppError> {
    accounts.sign_in(email, password.into(), HERE).await
}

#[tokio::test]
async fn sign_up_creates_a_business_with_its_owner() {
    let (_dir, accounts) = accounts().await;
    let member = sign_up(&accounts, " Grace@Example.com ").await.unwrap();
    assert_eq!(member.role, Role::Owner);
    assert_eq!(member.email, "grace@example.com");
    assert_eq!(member.tenant_name, "Harbour Bakery");
    assert_eq!(sign_in(&accounts, "GRACE@example.com", PASSWORD).await.unwrap(), member);
    let found = accounts.member(&member.tenant_id, &member.account_id).await.unwrap();
    assert_eq!(found, Some(member));
}

#[tokio::test]
async fn businesses_with_the_same_name_are_separate_tenants() {
    let (_dir, accounts) = accounts().await;
    let one = sign_up(&accounts, "one@example.com").await.unwrap();
    let two = sign_up(&accounts, "two@example.com").await.unwrap();
    assert_ne!(one.tenant_id, two.tenant_id);
    assert_eq!(accounts.member(&one.tenant_id, &two.account_id).await.unwrap(), None);
}

#[tokio::test]
async fn concurrent_sign_ups_with_one_address_have_one_winner() {
    let (_dir, accounts) = accounts().await;
    let (one, two) = tokio::join!(
        sign_up(&accounts, "grace@example.com"),
        sign_up(&accounts, "Grace@example.com")
    );
    assert_ne!(one.is_ok(), two.is_ok());
    let refused = one.err().or(two.err()).unwrap();
    assert!(refused.field("email").unwrap().contains("Sign in instead"));
    // The refused sign-up is rolled back completely: it leaves no tenant without an owner.
    let tenants: (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM tenants").fetch_one(accounts.db.read()).await.unwrap();
    assert_eq!(tenants.0, 1);
}

#[tokio::test]
async fn a_sign_up_reports_all_errors_at_once() {
    let (_dir, accounts) = accounts().await;
    let refused = accounts.sign_up(&SignUpTyped::default(), "short".into(), HERE, None).await;
    let details = refused.unwrap_err().details;
    let named: Vec<&str> = details.keys().map(String::as_str).collect();
    assert_eq!(named, ["business_name", "email", "name", "password"]);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_read_the_same() {
    let (_dir, accounts) = accounts().await;
    sign_up(&accounts, "grace@example.com").await.unwrap();
    let wrong = sign_in(&accounts, "grace@example.com", "another password").await.unwrap_err();
    let unknown = sign_in(&accounts, "nobody@example.com", PASSWORD).await.unwrap_err();
    assert_eq!(wrong, unknown);
    assert_eq!(wrong.message, "E-mail or password is wrong.");
}

#[tokio::test]
async fn an_unknown_address_costs_the_same_hash_as_a_known_one() {
    let (_dir, accounts) = accounts().await;
    let _threads = accounts.passwords.hold_all_threads().await;
    let answer = sign_in(&accounts, "nobody@example.com", PASSWORD);
    let waiting = tokio::time::timeout(Duration::from_millis(300), answer).await;
    assert!(waiting.is_err(), "answered without hashing");
}

#[tokio::test]
async fn after_too_many_wrong_passwords_the_right_one_has_to_wait_too() {
    let (_dir, accounts) = accounts().await;
    sign_up(&accounts, "grace@example.com").await.unwrap();
    sign_up(&accounts, "other@example.com").await.unwrap();
    for _ in 0..3 {
        sign_in(&accounts, "grace@example.com", "a wrong password").await.unwrap_err();
    }
    let refused = sign_in(&accounts, "grace@example.com", PASSWORD).await.unwrap_err();
    assert_eq!(refused.code, Code::RateLimitExceeded);
    assert!(refused.retry_after.is_some_and(|seconds| seconds <= 1_200));
    assert!(refused.message.contains("Wait 20 minutes"), "{}", refused.message);
    sign_in(&accounts, "other@example.com", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn concurrent_guesses_stay_within_the_limit() {
    let (_dir, accounts) = accounts().await;
    let guesses = (0..10).map(|_| sign_in(&accounts, "grace@example.com", "a wrong password"));
    let answers = futures_util::future::join_all(guesses).await;
    let looked_at = answers
        .iter()
        .filter(|answer| answer.as_ref().is_err_and(|e| e.code == Code::Unauthenticated))
        .count();
    assert_eq!(looked_at, 3);
}

#[tokio::test]
async fn signing_in_often_locks_nobody_out() {
    let (_dir, accounts) = accounts().await;
    sign_up(&accounts, "grace@example.com").await.unwrap();
    for _ in 0..8 {
        sign_in(&accounts, "grace@example.com", PASSWORD).await.unwrap();
    }
}

#[tokio::test]
async fn a_token_speaks_for_its_member_until_it_is_revoked() {
    let (_dir, accounts) = accounts().await;
    let member = sign_up(&accounts, "grace@example.com").await.unwrap();
    let token = accounts.create_token(&member, " Reports ", TokenTerms::default()).await.unwrap();
    assert!(is_token(&token), "{token}");
    let hash = token_hash(&token);
    assert_eq!(accounts.member_by_token(&hash).await.unwrap().as_ref(), Some(&member));
    let credential = Credential::Token { hash: hash.clone() };
    assert!(accounts.validity(&credential, &member).await.unwrap().is_some());

    let listed = accounts.tokens(&member).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].name, "Reports");
    accounts.revoke_token(&member, &listed[0].id).await.unwrap();

    assert_eq!(accounts.member_by_token(&hash).await.unwrap(), None);
    assert_eq!(accounts.validity(&credential, &member).await.unwrap(), None);
    assert_eq!(accounts.tokens(&member).await.unwrap(), []);
    let again = accounts.revoke_token(&member, &listed[0].id).await.unwrap_err();
    assert_eq!(again.code, Code::NotFound);
}

#[tokio::test]
async fn nobody_sees_or_revokes_anothers_token() {
    let (_dir, accounts) = accounts().await;
    let one = sign_up(&accounts, "one@example.com").await.unwrap();
    let two = sign_up(&accounts, "two@example.com").await.unwrap();
    let token = accounts.create_token(&one, "", TokenTerms::default()).await.unwrap();
    let id = accounts.tokens(&one).await.unwrap()[0].id.clone();
    assert_eq!(accounts.tokens(&two).await.unwrap(), []);
    let refused = accounts.revoke_token(&two, &id).await.unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    assert!(accounts.member_by_token(&token_hash(&token)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_token_is_stored_only_as_its_hash() {
    let (_dir, accounts) = accounts().await;
    let member = sign_up(&accounts, "grace@example.com").await.unwrap();
    let token = accounts.create_token(&member, "", TokenTerms::default()).await.unwrap();
    let (stored,): (String,) =
        sqlx::query_as("SELECT hash FROM api_tokens").fetch_one(accounts.db.read()).await.unwrap();
    assert_eq!(stored, token_hash(&token));
    assert!(!stored.contains(&token[3..]));
}

#[tokio::test]
async fn the_command_line_creates_a_token_by_address() {
    let (_dir, accounts) = accounts().await;
    let member = sign_up(&accounts, "grace@example.com").await.unwrap();
    let token = accounts
        .create_token_for_email("Grace@Example.com", Some("CI"), TokenTerms::default())
        .await
        .unwrap();
    assert_eq!(accounts.member_by_token(&token_hash(&token)).await.unwrap(), Some(member));
    let unknown = accounts
        .create_token_for_email("nobody@example.com", None, TokenTerms::default())
        .await
        .unwrap_err();
    assert!(unknown.message.contains("nobody@example.com"));
}

#[tokio::test]
async fn the_oldest_account_of_an_existing_database_becomes_its_operator() {
    use sqlx::Connection;
    sqlx::any::install_default_drivers();
    let mut db = sqlx::AnyConnection::connect("sqlite::memory:").await.unwrap();
    for sql in [
        include_str!("../../migrations/sqlite/0001_start.sql"),
        "INSERT INTO accounts VALUES ('b', 'b@b.example', 'B', '', 7), ('c', 'c@b.example', 'C', '', 5),
                                     ('a', 'a@b.example', 'A', '', 5);",
        include_str!("../../migrations/sqlite/0011_operators.sql"),
    ] {
        sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
    }
    let operators: Vec<(String,)> =
        sqlx::query_as("SELECT account_id FROM operators").fetch_all(&mut db).await.unwrap();
    assert_eq!(operators, [("a".to_owned(),)]);
}

#[tokio::test]
async fn guesses_at_one_address_do_not_lock_the_owner_out_at_another_nor_a_known_device_anywhere() {
    let (_dir, accounts) = accounts().await;
    let owner = sign_up(&accounts, "grace@example.com").await.unwrap();
    let key = SigningKey::ephemeral().unwrap();
    let guess = |n: u8| {
        accounts.sign_in(
            "grace@example.com",
            "a wrong password".into(),
            IpAddr::from([10, 0, 0, n]),
        )
    };
    for _ in 0..3 {
        assert_eq!(guess(1).await.unwrap_err().code, Code::Unauthenticated);
    }
    assert_eq!(guess(1).await.unwrap_err().code, Code::RateLimitExceeded);
    sign_in(&accounts, "grace@example.com", PASSWORD).await.unwrap();
    // With the first address, ten exhaust the limit of the account for all addresses without a known device.
    for n in 2..=10 {
        for _ in 0..3 {
            guess(n).await.unwrap_err();
        }
    }
    let refused = sign_in(&accounts, "grace@example.com", PASSWORD).await.unwrap_err();
    assert_eq!(refused.code, Code::RateLimitExceeded);
    let cookie = Origin::from(HERE).sign_in_to(&owner.account_id, &key, &"ab".repeat(32));
    let known = |cookie: String| Origin { address: HERE, device: Some((cookie, key.clone())) };
    let sign_in = |cookie| accounts.sign_in("grace@example.com", PASSWORD.into(), known(cookie));
    assert_eq!(sign_in(cookie).await.unwrap(), owner);
    let anothers = Origin::from(HERE).sign_in_to("another account", &key, &"ab".repeat(32));
    assert_eq!(sign_in(anothers).await.unwrap_err().code, Code::RateLimitExceeded);
}

#[tokio::test]
async fn a_token_expires_and_shows_its_scope() {
    let (_dir, accounts) = accounts().await;
    let member = sign_up(&accounts, "grace@example.com").await.unwrap();
    let terms = |scope, seconds| TokenTerms { scope, lifetime: Some(Duration::from_secs(seconds)) };
    let ended = accounts.create_token(&member, "ended", terms(Scope::Full, 0)).await.unwrap();
    assert_eq!(accounts.token_holder(&token_hash(&ended)).await.unwrap(), None);
    let credential = Credential::Token { hash: token_hash(&ended) };
    assert_eq!(accounts.validity(&credential, &member).await.unwrap(), None, "and its streams end");
    let reader = accounts.create_token(&member, "reader", terms(Scope::Read, 60)).await.unwrap();
    let found = accounts.token_holder(&token_hash(&reader)).await.unwrap();
    assert_eq!(found, Some((member.clone(), Scope::Read)));
    let listed = accounts.tokens(&member).await.unwrap();
    let told: Vec<_> = listed.iter().map(|it| (it.name.as_str(), it.scope, it.expired)).collect();
    assert_eq!(told, [("reader", Scope::Read, false), ("ended", Scope::Full, true)]);
}

#[tokio::test]
async fn a_members_tokens_are_bounded() {
    let (_dir, accounts) = accounts().await;
    let member = sign_up(&accounts, "grace@example.com").await.unwrap();
    let make = || accounts.create_token(&member, "", TokenTerms::default());
    for _ in 0..MOST_TOKENS {
        make().await.unwrap();
    }
    assert!(make().await.unwrap_err().field("name").unwrap().contains("Revoke one first"));
    let id = accounts.tokens(&member).await.unwrap()[0].id.clone();
    accounts.revoke_token(&member, &id).await.unwrap();
    make().await.unwrap();
}
