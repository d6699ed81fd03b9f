#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::accounts::model::Role;
use crate::business::model::{Field, RefusedProfile};

struct Fixture {
    business: Business,
    /// Deletes the directory on drop.
    _dir: tempfile::TempDir,
}

/// Sets up two members of one tenant and one of another.
async fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&dir.path().join("test.db")).await.unwrap();
    execute(
        &db,
        "INSERT INTO tenants VALUES ('t1', 'Aroma Bakery', 1), ('t2', 'Brick & Sons', 1);
         INSERT INTO accounts VALUES ('ana', 'ana@a.example', 'Ana', 'x', 1), ('ben', 'ben@a.example', 'Ben', 'x', 1),
                                     ('cem', 'cem@b.example', 'Cem', 'x', 1);
         INSERT INTO memberships VALUES ('t1', 'ana', 'owner', 1), ('t1', 'ben', 'member', 1), ('t2', 'cem', 'owner', 1);",
    )
    .await;
    let business = Business::new(db.clone());
    Fixture { business, _dir: dir }
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

fn member(account: &str, name: &str, tenant: &str) -> Member {
    Member {
        account_id: account.into(),
        tenant_id: tenant.into(),
        role: Role::Member,
        name: name.into(),
        email: format!("{account}@example.com"),
        tenant_name: String::new(),
        operator: false,
        trial_ends_at: None,
    }
}

fn ana() -> Member {
    member("ana", "Ana", "t1")
}

fn ben() -> Member {
    member("ben", "Ben", "t1")
}

fn cem() -> Member {
    member("cem", "Cem", "t2")
}

fn bakery() -> Profile {
    Profile { business_name: "Aroma".into(), industry: "Bakery".into(), ..Profile::default() }
}

#[tokio::test]
async fn before_the_first_save_the_profile_knows_the_business_name_alone() {
    let Fixture { business, _dir } = fixture().await;
    let saved = business.profile("t1").await.unwrap();
    assert_eq!(saved.version, 0);
    assert_eq!(saved.profile.business_name, "Aroma Bakery");
    assert_eq!(saved.profile.filled(), 1);
    assert_eq!((saved.updated_at, saved.updated_by), (None, None));
}

#[tokio::test]
async fn a_saved_profile_returns_its_author_and_time() {
    let Fixture { business, _dir } = fixture().await;
    let first = business.save_profile(&ana(), bakery(), 0).await.unwrap();
    assert_eq!(first.version, 1);
    assert_eq!(first.updated_by.as_deref(), Some("Ana"));
    assert!(first.updated_human.as_deref().unwrap().ends_with("UTC"));
    assert_eq!(business.profile("t1").await.unwrap(), first);

    let zone = "INSERT INTO analytics_settings (tenant_id, currency, time_zone, updated_at)
                VALUES ('t1', '', 'Europe/Berlin', 1);";
    execute(&business.db, zone).await;
    let there = business.profile("t1").await.unwrap().updated_human.unwrap();
    assert!(there.ends_with("CET") || there.ends_with("CEST"), "in the business's zone: {there}");
}

#[tokio::test]
async fn the_second_of_two_concurrent_saves_is_a_conflict() {
    let Fixture { business, _dir } = fixture().await;
    let mine = |industry: &str| Profile { industry: industry.into(), ..bakery() };
    let (ana_is, ben_is) = (ana(), ben());
    let (one, two) = tokio::join!(
        business.save_profile(&ana_is, mine("Bread"), 0),
        business.save_profile(&ben_is, mine("Coffee"), 0),
    );
    let (winner, refused) = match (one, two) {
        (Ok(saved), Err(error)) | (Err(error), Ok(saved)) => (saved, error),
        other => panic!("one of the two is refused: {other:?}"),
    };
    assert_eq!(refused.code, Code::EditConflict);
    assert!(refused.message.contains(winner.updated_by.as_deref().unwrap()), "{refused}");
    assert!(refused.message.contains(winner.updated_human.as_deref().unwrap()), "{refused}");
    assert_eq!(refused.details.keys().collect::<Vec<_>>(), ["industry"]);
    assert_eq!(business.profile("t1").await.unwrap(), winner);

    // After the conflict, the second member may overwrite the version they were shown.
    let anyway = business.save_profile(&ben(), mine("Coffee"), winner.version).await.unwrap();
    assert_eq!(anyway.version, 2);
    assert_eq!(anyway.profile.industry, "Coffee");
}

#[tokio::test]
async fn an_identical_save_is_no_conflict_and_no_new_version() {
    let Fixture { business, _dir } = fixture().await;
    let first = business.save_profile(&ana(), bakery(), 0).await.unwrap();
    assert_eq!(business.save_profile(&ben(), bakery(), 0).await.unwrap(), first);
}

#[tokio::test]
async fn a_version_nobody_saved_is_a_conflict() {
    let Fixture { business, _dir } = fixture().await;
    for version in [-1, 1, i64::MAX] {
        let refused = business.save_profile(&ana(), bakery(), version).await.unwrap_err();
        assert_eq!(refused.code, Code::EditConflict);
    }
    assert_eq!(business.profile("t1").await.unwrap().version, 0);
}

#[tokio::test]
async fn hostile_text_comes_back_byte_for_byte() {
    let Fixture { business, _dir } = fixture().await;
    let hostile = "</textarea><script>alert('\"x\"')</script> & {{x}} $1 '; DROP TABLE profiles;-- \\u0000 🥐 שלום \u{202e}\u{feff}x";
    let profile = Profile {
        business_name: hostile[..59].into(),
        industry: hostile[..59].into(),
        goals: vec![hostile.into(), "[\"a\"]".into()],
        sells: format!("{hostile}\n\t{hostile}"),
        customers: hostile.into(),
        competitors: hostile.into(),
        challenges: hostile.into(),
        tone: hostile.into(),
        ..Profile::default()
    };
    business.save_profile(&ana(), profile.clone(), 0).await.unwrap();
    assert_eq!(business.profile("t1").await.unwrap().profile, profile);
}

#[tokio::test]
async fn a_refused_profile_leaves_the_stored_one_alone() {
    let Fixture { business, _dir } = fixture().await;
    let first = business.save_profile(&ana(), bakery(), 0).await.unwrap();
    let bad = Profile { tone: "\0".into(), ..bakery() };
    let error = business.save_profile(&ana(), bad, 1).await.unwrap_err();
    assert!(error.field("tone").is_some());
    assert_eq!(business.profile("t1").await.unwrap(), first);
}

#[tokio::test]
async fn another_tenants_profile_is_never_returned() {
    let Fixture { business, _dir } = fixture().await;
    business.save_profile(&ana(), bakery(), 0).await.unwrap();
    let theirs = business.profile("t2").await.unwrap();
    assert_eq!(theirs.profile.business_name, "Brick & Sons");

    business
        .save_profile(&cem(), Profile { business_name: "B".into(), ..bakery() }, 0)
        .await
        .unwrap();
    assert_eq!(business.profile("t1").await.unwrap().profile, bakery());
    assert_eq!(business.profile("t3").await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn a_patch_changes_only_what_it_names() {
    let Fixture { business, _dir } = fixture().await;
    business.save_profile(&ana(), bakery(), 0).await.unwrap();
    let patch: ProfilePatch =
        serde_json::from_str(r#"{"goals":["Grow"],"industry":"","version":1}"#).unwrap();
    let saved = business.update_profile(&ben(), patch.clone()).await.unwrap();
    assert_eq!(
        saved.profile,
        Profile { industry: String::new(), goals: vec!["Grow".into()], ..bakery() }
    );
    assert_eq!((saved.version, saved.updated_by.as_deref()), (2, Some("Ben")));

    // A patch without a version applies to the newest one; an outdated version is a conflict.
    let tone: ProfilePatch = serde_json::from_str(r#"{"tone":"Plain"}"#).unwrap();
    assert_eq!(business.update_profile(&ana(), tone).await.unwrap().version, 3);
    let late: ProfilePatch = serde_json::from_str(r#"{"tone":"Loud","version":2}"#).unwrap();
    let refused = business.update_profile(&ben(), late).await.unwrap_err();
    assert_eq!(refused.code, Code::EditConflict);
}

#[test]
fn the_profile_survives_serialisation() {
    let saved = SavedProfile { profile: bakery(), version: 4, ..SavedProfile::default() };
    let sent = serde_json::to_value(&saved).unwrap();
    assert_eq!(sent["businessName"], "Aroma");
    assert_eq!(sent["version"], 4);
    assert_eq!(serde_json::from_value::<SavedProfile>(sent).unwrap(), saved);
    let refused = RefusedProfile {
        typed: bakery(),
        version: 4,
        error: conflict(&Profile::default(), &saved),
    };
    let sent = serde_json::to_string(&refused).unwrap();
    assert_eq!(serde_json::from_str::<RefusedProfile>(&sent).unwrap(), refused);
    assert!(refused.error.field(Field::Industry.name()).is_some());
}
