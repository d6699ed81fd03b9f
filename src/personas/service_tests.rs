#![allow(clippy::unwrap_used)]

use sqlx::query;

use super::*;
use crate::accounts::model::{Member, Role};
use crate::personas::changes::MOST_OWN;
use crate::platform::db::DbError;

/// Opens a database with a tenant and an admin.
async fn world() -> (Personas, Db, Member, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&folder.path().join("test.db")).await.unwrap();
    for sql in [
        "INSERT INTO tenants (id, name, created_at) VALUES ('t', 'T', 0), ('u', 'U', 0)",
        "INSERT INTO accounts (id, email, name, password_hash, created_at) VALUES ('a', 'a@b.example', 'Ana', '', 0)",
    ] {
        write(&db, sql).await.unwrap();
    }
    let member = Member {
        account_id: "a".into(),
        tenant_id: "t".into(),
        role: Role::Admin,
        name: "Ana".into(),
        email: "a@b.example".into(),
        tenant_name: "T".into(),
        operator: false,
        trial_ends_at: None,
    };
    (Personas::new(db.clone()), db, member, folder)
}

async fn write(db: &Db, sql: &'static str) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            query(sql).execute(tx).await?;
            Ok(())
        })
    })
    .await
}

fn typed(short: &str) -> Typed {
    Typed {
        short: short.into(),
        title: "Counsel".into(),
        instructions: "Name the law.".into(),
        ..Typed::blank()
    }
}

#[tokio::test]
async fn stored_versions_are_immutable() {
    let (personas, db, member, _folder) = world().await;
    let first = personas.add(&member, &typed("Legal")).await.unwrap();
    assert_eq!((first.slug.as_str(), first.version), ("legal", 1));
    let second = personas.save(&member, "legal", 1, &typed("Law")).await.unwrap();
    assert_eq!((second.slug.as_str(), second.version), ("legal", 2));
    assert_eq!(personas.version("t", "legal", 1).await.unwrap(), first);
    for sql in ["UPDATE persona_versions SET definition = '{}'", "DELETE FROM persona_versions"] {
        assert!(write(&db, sql).await.is_err(), "{sql}");
    }
    let rows = personas.versions("t", "legal").await.unwrap();
    assert_eq!(rows.iter().map(|row| row.version).collect::<Vec<_>>(), [2, 1]);
}

#[tokio::test]
async fn old_versions_are_pruned_unless_replies_refer_to_them() {
    let (personas, db, member, _folder) = world().await;
    let personas = personas.with_versions(2);
    personas.add(&member, &typed("Legal 1")).await.unwrap();
    for sql in [
        "INSERT INTO conversations (id, tenant_id, account_id, persona, title, created_at, updated_at)
         VALUES ('c', 't', 'a', 'legal-1', 'T', 1, 1)",
        "INSERT INTO messages (id, tenant_id, conversation_id, role, content, status, persona, persona_version, created_at)
         VALUES ('m', 't', 'c', 'assistant', 'A', 'complete', 'legal-1', 2, 1)",
    ] {
        write(&db, sql).await.unwrap();
    }
    for version in 1..6 {
        let next = typed(&format!("Legal {}", version + 1));
        personas.save(&member, "legal-1", version, &next).await.unwrap();
    }
    let rows = personas.versions("t", "legal-1").await.unwrap();
    assert_eq!(rows.iter().map(|row| row.version).collect::<Vec<_>>(), [6, 5, 2]);
    let gone = personas.version("t", "legal-1", 3).await.unwrap_err();
    assert_eq!(gone.code, Code::NotFound);
    for kept in [2, 6] {
        let sql: &'static str = if kept == 2 {
            "DELETE FROM persona_versions WHERE version = 2"
        } else {
            "DELETE FROM persona_versions WHERE version = 6"
        };
        assert!(write(&db, sql).await.is_err(), "version {kept} is referred to");
    }
}

#[tokio::test]
async fn an_unchanged_save_creates_no_version() {
    let (personas, _db, member, _folder) = world().await;
    personas.add(&member, &typed("Legal")).await.unwrap();
    let again = personas.save(&member, "legal", 7, &typed("Legal")).await.unwrap();
    assert_eq!(again.version, 1);
    let cfo = built_in::find("cfo").unwrap();
    let same = personas.save(&member, "cfo", 0, &Typed::from(&cfo)).await.unwrap();
    assert_eq!(same, cfo);
    assert!(personas.find("t", "cfo").await.unwrap().saved.is_none());
}

#[tokio::test]
async fn concurrent_saves_conflict() {
    let (personas, _db, member, _folder) = world().await;
    let all = futures_util::future::join_all((0..8).map(|number| {
        let (personas, member) = (personas.clone(), member.clone());
        async move { personas.save(&member, "cto", 0, &typed(&format!("Tech {number}"))).await }
    }))
    .await;
    assert_eq!(all.iter().filter(|saved| saved.is_ok()).count(), 1);
    let conflicts = all.iter().filter_map(|saved| saved.as_ref().err());
    assert!(conflicts.clone().all(|error| error.code == Code::EditConflict));
    assert_eq!(conflicts.count(), 7);
    let legal = typed("Legal");
    let added = (0..8).map(|_| personas.add(&member, &legal));
    let added = futures_util::future::join_all(added).await;
    assert_eq!(added.iter().filter(|added| added.is_ok()).count(), 1, "one name, one adviser");
}

#[tokio::test]
async fn the_number_of_custom_advisers_is_limited() {
    let (personas, _db, member, _folder) = world().await;
    for number in 0..MOST_OWN {
        personas.add(&member, &typed(&format!("Own {number}"))).await.unwrap();
    }
    let error = personas.add(&member, &typed("One more")).await.unwrap_err();
    assert!(error.field("short").is_some(), "{error:?}");
    let list = personas.list("t").await.unwrap();
    let slugs: Vec<&str> = list.iter().map(|it| it.persona.slug.as_str()).collect();
    assert_eq!(&slugs[..6], ["ceo", "cfo", "cmo", "cto", "own-0", "own-1"]);
    assert_eq!(personas.list("u").await.unwrap().len(), 4, "another business has none of them");
}

#[tokio::test]
async fn only_owners_and_admins_change_advisers() {
    let (personas, _db, admin, _folder) = world().await;
    let member = Member { role: Role::Member, ..admin };
    let refusals = [
        personas.add(&member, &typed("Legal")).await.err(),
        personas.save(&member, "ceo", 0, &typed("Boss")).await.err(),
        personas.restore(&member, "ceo", 0, 0).await.err(),
        personas.set_archived(&member, "ceo", true).await.err(),
    ];
    assert!(refusals.iter().all(|it| it.as_ref().is_some_and(|e| e.code == Code::Forbidden)));
}
