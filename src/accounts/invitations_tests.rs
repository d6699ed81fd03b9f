#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;
use std::num::NonZeroU32;

use super::*;
use crate::accounts::model::{Member, SignUpTyped};
use crate::platform::db::Db;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const DAY: Duration = Duration::from_secs(86_400);

fn rate(requests: u32) -> Rate {
    Rate { requests: NonZeroU32::new(requests).unwrap(), per: DAY }
}

async fn accounts(sign_up: SignUp, sign_ups: u32) -> (tempfile::TempDir, Accounts) {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&dir.path().join("test.db")).await.unwrap();
    let entry = EntryRules::new(sign_up, rate(sign_ups));
    (dir, Accounts::new(db, rate(1_000)).with_entry(entry))
}

async fn sign_up(
    accounts: &Accounts,
    email: &str,
    invitation: Option<&str>,
) -> Result<Member, AppError> {
    let typed = SignUpTyped {
        name: "Grace Hopper".into(),
        email: email.into(),
        business_name: "Harbour Bakery".into(),
    };
    accounts.sign_up(&typed, "tulip-anchor-9-violin".into(), HERE, invitation).await
}

#[tokio::test]
async fn an_invitation_makes_one_account_for_its_address() {
    let (_dir, accounts) = accounts(SignUp::Invite, 100).await;
    assert_eq!(accounts.gate(None).await.unwrap(), SignUpGate::InvitationNeeded);
    assert_eq!(sign_up(&accounts, "a@x.example", None).await.unwrap_err().code, Code::Forbidden);
    let secret = accounts.invite(" Ada@X.example ", DAY).await.unwrap().secret;
    assert!(
        matches!(accounts.gate(Some(&secret)).await.unwrap(), SignUpGate::Invited { email, .. } if email == "ada@x.example")
    );
    let member = sign_up(&accounts, "somebody@else.example", Some(&secret)).await.unwrap();
    assert_eq!(member.email, "ada@x.example", "whatever was typed");
    assert_eq!(accounts.gate(Some(&secret)).await.unwrap(), SignUpGate::DeadInvitation);
    assert!(accounts.invite("ada@x.example", DAY).await.is_err(), "who has an account needs none");
}

#[tokio::test]
async fn concurrent_uses_of_an_invitation_create_one_account() {
    let (_dir, accounts) = accounts(SignUp::Invite, 100).await;
    let secret = accounts.invite("ada@x.example", DAY).await.unwrap().secret;
    let (one, two) =
        tokio::join!(sign_up(&accounts, "", Some(&secret)), sign_up(&accounts, "", Some(&secret)));
    assert_ne!(one.is_ok(), two.is_ok());
    let tenants: (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM tenants").fetch_one(accounts.db.read()).await.unwrap();
    assert_eq!(tenants.0, 1);
}

#[tokio::test]
async fn expired_replaced_and_forged_invitations_are_refused_without_revealing_an_address() {
    let (_dir, accounts) = accounts(SignUp::Invite, 100).await;
    let known = accounts.invite("known@x.example", DAY).await.unwrap().secret;
    sign_up(&accounts, "", Some(&known)).await.unwrap();
    let expired = accounts.invite("ada@x.example", Duration::ZERO).await.unwrap().secret;
    let replaced = accounts.invite("ada@x.example", DAY).await.unwrap().secret;
    let live = accounts.invite("ada@x.example", DAY).await.unwrap().secret;
    for dead in [expired.as_str(), &replaced, "", "garbage"] {
        let told: Vec<AppError> = [
            sign_up(&accounts, "known@x.example", Some(dead)).await,
            sign_up(&accounts, "nobody@x.example", Some(dead)).await,
        ]
        .map(Result::unwrap_err)
        .into();
        assert_eq!(told[0].code, Code::NotFound, "{dead}");
        assert_eq!(told[0], told[1]);
    }
    sign_up(&accounts, "", Some(&live)).await.unwrap();
}

#[tokio::test]
async fn a_closed_installation_accepts_no_sign_ups_or_invitations() {
    let (_dir, accounts) = accounts(SignUp::Closed, 100).await;
    assert!(accounts.invite("ada@x.example", DAY).await.is_err());
    let refused = sign_up(&accounts, "ada@x.example", None).await.unwrap_err();
    assert_eq!(refused.code, Code::Forbidden);
    assert_eq!(accounts.gate(Some("x")).await.unwrap(), SignUpGate::Closed);
}

#[test]
fn sign_ups_are_bounded_by_address_and_in_all() {
    let rules = EntryRules::new(SignUp::Open, rate(2));
    let address = |n: u8| IpAddr::from([203, 0, 113, n]);
    for n in 0..20 {
        rules.take(address(n)).unwrap();
        rules.take(address(n)).unwrap();
        let own = rules.take(address(n)).unwrap_err();
        assert!(own.message.contains("your network"), "{}", own.message);
    }
    let all = rules.take(address(99)).unwrap_err();
    assert!(all.message.contains("at this moment") && all.retry_after.is_some(), "{}", all.message);
}
