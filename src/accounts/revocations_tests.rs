#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;

use tokio::time::timeout;

use super::*;
use crate::accounts::model::{Scope, SignUpTyped};
use crate::accounts::service::Credential;
use crate::accounts::tokens::{TokenTerms, token_hash};
use crate::platform::limits::Rate;

async fn accounts(file: &std::path::Path) -> Accounts {
    let db = Db::open_sqlite(file).await.unwrap();
    let rate = Rate { requests: NonZeroU32::new(3).unwrap(), per: Duration::from_secs(3_600) };
    Accounts::new(db, rate)
}

/// Signs up a member and returns it with a token that lives so long.
async fn caller(accounts: &Accounts, lifetime: Option<Duration>) -> Caller {
    let typed = SignUpTyped {
        name: "Grace Hopper".into(),
        email: "grace@example.com".into(),
        business_name: "Harbour Bakery".into(),
    };
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let password = "tulip-anchor-9-violin".to_owned();
    let member = accounts.sign_up(&typed, password, here, None).await.unwrap();
    let terms = TokenTerms { scope: Scope::Full, lifetime };
    let token = accounts.create_token(&member, "", terms).await.unwrap();
    Caller { member, credential: Credential::Token { hash: token_hash(&token) } }
}

#[tokio::test]
async fn a_stream_ends_within_a_second_of_a_revocation_by_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.db");
    let (here, other) = (accounts(&file).await, accounts(&file).await);
    let caller = caller(&here, None).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(tokio::spawn(revoked(here.clone(), caller.clone())));
    }
    // Not by the time of the first look, nor by the revocation of another token.
    let second = other.create_token(&caller.member, "second", TokenTerms::default()).await.unwrap();
    let tokens = other.tokens(&caller.member).await.unwrap();
    let id = |name: &str| tokens.iter().find(|it| it.name == name).unwrap().id.clone();
    other.revoke_token(&caller.member, &id("second")).await.unwrap();
    sleep(FIRST_LOOK + Duration::from_millis(500)).await;
    assert!(streams.iter().all(|stream| !stream.is_finished()), "{second}");
    other.revoke_token(&caller.member, &id("API token")).await.unwrap();
    for stream in streams {
        timeout(Duration::from_secs(1), stream).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_stream_ends_when_its_token_expires() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(&folder.path().join("test.db")).await;
    let caller = caller(&accounts, Some(Duration::from_secs(2))).await;
    let stream = tokio::spawn(revoked(accounts.clone(), caller));
    sleep(Duration::from_millis(1_500)).await;
    assert!(!stream.is_finished());
    timeout(Duration::from_secs(1), stream).await.unwrap().unwrap();
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
