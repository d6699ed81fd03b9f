#![allow(clippy::unwrap_used)]

use std::num::NonZeroU32;

use super::*;
use crate::accounts::EntryRules;
use crate::accounts::model::{Scope, SignUpTyped};
use crate::accounts::tokens::TokenTerms;
use crate::platform::db::Db;
use crate::platform::limits::Rate;

const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7));
const PASSWORD: &str = "teal-otter-paints-fences";

fn rate(requests: u32) -> Rate {
    Rate { requests: NonZeroU32::new(requests).unwrap(), per: Duration::from_secs(3_600) }
}

async fn accounts(trials: u32) -> (tempfile::TempDir, Accounts) {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&dir.path().join("test.db")).await.unwrap();
    (dir, Accounts::new(db, rate(100)).with_trials(trials))
}

async fn sign_up(accounts: &Accounts) -> Result<Member, AppError> {
    let typed = SignUpTyped {
        name: "Ada".to_owned(),
        email: "ada@example.com".to_owned(),
        business_name: "Engines".to_owned(),
    };
    accounts.sign_up(&typed, PASSWORD.to_owned(), HOME, None).await
}

#[tokio::test]
async fn no_trial_is_opened_unless_the_operator_allows_it() {
    let (_dir, accounts) = accounts(0).await;
    assert_eq!(accounts.open_trial("Shop", HOME).await.unwrap_err().code, Code::Forbidden);
    assert!(!accounts.allows_trials());
}

#[tokio::test]
async fn the_first_real_account_is_an_operator_and_a_trial_never_is() {
    let (_dir, accounts) = accounts(2).await;
    let trial = accounts.open_trial("Shop", HOME).await.unwrap();
    let accounts = accounts.with_operators(std::slice::from_ref(&trial.email));
    let stored = accounts.member(&trial.tenant_id, &trial.account_id).await.unwrap().unwrap();
    assert_eq!(stored, trial);
    assert!(sign_up(&accounts).await.unwrap().operator);
    accounts.open_trial("Shop", HOME).await.unwrap();
}

#[tokio::test]
async fn nobody_signs_in_to_a_trial_and_it_gets_no_password_and_no_token() {
    let (_dir, accounts) = accounts(1).await;
    let trial = accounts.open_trial("Shop", HOME).await.unwrap();
    let email = &trial.email;
    for password in ["", PASSWORD] {
        let refused = accounts.sign_in(email, password.to_owned(), HOME).await;
        assert!(refused.is_err(), "{password:?}");
    }
    assert!(accounts.create_reset_link(email, Duration::from_secs(60)).await.is_err());
    let terms = TokenTerms { scope: Scope::Read, lifetime: None };
    assert!(accounts.create_token_for_email(email, None, terms).await.is_err());
    let refused = accounts.create_token(&trial, "", terms).await.unwrap_err();
    assert_eq!(refused.code, Code::Forbidden);
    let changed =
        accounts.change_password(&trial, String::new(), PASSWORD.to_owned(), HOME, None).await;
    assert_eq!(changed.unwrap_err().code, Code::Forbidden);
}

#[tokio::test]
async fn trials_have_a_cap_of_their_own_and_a_full_house_costs_no_sign_up() {
    let entry = EntryRules::new(SignUp::Open, rate(2));
    let (_dir, accounts) = accounts(1).await;
    let accounts = accounts.with_entry(entry);
    accounts.open_trial("Shop", HOME).await.unwrap();
    for _ in 0..3 {
        let refused = accounts.open_trial("Shop", HOME).await.unwrap_err();
        assert_eq!(refused.code, Code::RateLimitExceeded);
        assert!(refused.message.contains("24 hours"), "{}", refused.message);
        assert!((86_000..=86_400).contains(&refused.retry_after.unwrap()));
    }
    sign_up(&accounts).await.unwrap();
}

#[tokio::test]
async fn trials_and_accounts_share_the_limit_of_their_network() {
    let entry = EntryRules::new(SignUp::Open, rate(1));
    let (_dir, accounts) = accounts(9).await;
    let accounts = accounts.with_entry(entry);
    accounts.open_trial("Shop", HOME).await.unwrap();
    let refused = accounts.open_trial("Shop", HOME).await.unwrap_err();
    assert!(refused.message.contains("network"), "{}", refused.message);
    assert!(sign_up(&accounts).await.is_err());
    accounts.open_trial("Shop", "203.0.113.8".parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn only_trials_can_be_deleted() {
    let (_dir, accounts) = accounts(1).await;
    let owner = sign_up(&accounts).await.unwrap();
    accounts.delete_trial(&owner.tenant_id).await.unwrap();
    assert!(accounts.member(&owner.tenant_id, &owner.account_id).await.unwrap().is_some());
    let trial = accounts.open_trial("Shop", HOME).await.unwrap();
    assert!(accounts.ended_trials().await.unwrap().is_empty());
    accounts.delete_trial(&trial.tenant_id).await.unwrap();
    assert_eq!(accounts.member(&trial.tenant_id, &trial.account_id).await.unwrap(), None);
    accounts.open_trial("Shop", HOME).await.unwrap();
}
