//! Tests of the tree of messages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use sqlx::{Connection, Row};
use tempfile::TempDir;

use super::messages::list_turns;
use super::*;
use crate::chat::prompt::{Asked, Branch, Budget, build};
use crate::facts::FactSet;
use crate::facts::model::{Fact, Knowledge};
use crate::personas::built_in;
use crate::personas::model::Persona;
use crate::platform::db::Db;
use crate::platform::money::Price;
use crate::platform::quotas::{Quotas, Stored};
use crate::platform::{clock, ids};
use crate::usage::Quote;

mod deletions;
mod random;
mod search;
mod titles;

/// A quote of zero: these replies cost nothing.
fn nothing_held() -> Quote {
    Quote::new(Price::new(0, 0, 0), 2, 0, 0)
}

/// A database with one member in one business.
struct World {
    db: Db,
    owner: Owner,
    _folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("test.db")).await.unwrap();
        let owner = Owner { tenant_id: "t".into(), account_id: "a".into() };
        run(&db, "INSERT INTO tenants (id, name, created_at) VALUES ('t', 'T', 0), ('u', 'U', 0)")
            .await;
        run(&db, "INSERT INTO accounts (id, email, name, password_hash, created_at) VALUES ('a', 'a@b.example', 'A', '', 0)").await;
        Self { db, owner, _folder: folder }
    }

    fn send(&self, talk: &Talk) -> NewSend {
        NewSend {
            owner: self.owner.clone(),
            conversation_id: talk.id.clone(),
            new_title: None,
            persona: built_in::find("ceo").unwrap(),
            persona_rule: PersonaRule::Same,
            parent_id: None,
            at_end: false,
            question_id: ids::new_id(),
            question: None,
            message_id: ids::new_id(),
            client_request_id: ids::new_id(),
            request_digest: String::new(),
            asked_model: "m".into(),
            prompt_version: "v".into(),
            now: clock::now(),
            day: "2026-11-23".into(),
        }
    }

    /// A prompt about a business with this name.
    fn record(&self, name: &str) -> PromptRecord {
        let facts =
            vec![Fact { id: "P.businessName".into(), text: name.into(), ..Fact::default() }];
        let set = FactSet::new(Knowledge { facts, ..Knowledge::default() }).unwrap();
        let asked = Asked { question: "Q", partial: "" };
        let prompt =
            build(&Persona::default(), &set, &Branch::default(), asked, Budget::new(32_768, 100));
        PromptRecord::new(&Persona::default(), Arc::new(set), &prompt, 0.7).unwrap()
    }

    /// Stores a send and completes its reply. Returns the reply's id.
    async fn take(&self, send: NewSend) -> String {
        let id = send.message_id.clone();
        let outcome =
            insert_send(&self.db, send, self.record("A"), nothing_held(), Quotas::default())
                .await
                .unwrap();
        assert!(matches!(outcome, SendOutcome::Stored { .. }), "{outcome:?}");
        run(&self.db, "UPDATE messages SET status = 'complete', content = 'A ' || id WHERE status = 'streaming'").await;
        id
    }

    async fn begin(&self) -> Talk {
        let id = ids::new_id();
        let title = "T".to_owned();
        insert_conversation(
            &self.db,
            self.owner.clone(),
            id.clone(),
            "ceo".into(),
            title,
            Quotas::default(),
        )
        .await
        .unwrap();
        Talk { id }
    }

    /// Asks at the end of the shown branch.
    async fn ask(&self, talk: &Talk) -> String {
        let parent_id = self.shown(talk).await.last().map(|m| m.id.clone());
        let question = Some("Q".to_owned());
        self.take(NewSend { parent_id, at_end: true, question, ..self.send(talk) }).await
    }

    async fn retry(&self, talk: &Talk, answer: &str) -> String {
        let MessageRow { parent_id, question_id, .. } = self.message(answer).await;
        let question_id = question_id.unwrap();
        self.take(NewSend { parent_id, question_id, ..self.send(talk) }).await
    }

    async fn edit(&self, talk: &Talk, question: &str) -> String {
        let parent_id = self.message(question).await.parent_id;
        let question = Some("Q, edited".to_owned());
        self.take(NewSend { parent_id, question, ..self.send(talk) }).await
    }

    /// Continues the last shown reply.
    async fn go_on(&self, talk: &Talk) -> String {
        let last = self.shown(talk).await.pop().unwrap();
        let question_id = last.question_id.unwrap();
        let send = self.send(talk);
        self.take(NewSend { parent_id: Some(last.id), at_end: true, question_id, ..send }).await
    }

    async fn select(&self, id: &str) {
        let selection = select_branch(&self.db, self.owner.clone(), id.to_owned()).await.unwrap();
        assert!(matches!(selection, Selection::Shown(_)), "{selection:?}");
    }

    /// Deletes a conversation for good.
    async fn remove(&self, talk: &Talk) {
        let now = clock::now();
        let owner = self.owner.clone();
        assert!(delete_conversation(&self.db, owner, talk.id.clone(), now).await.unwrap());
        assert_eq!(purge_deleted(&self.db, now).await.unwrap(), 1);
    }

    async fn shown(&self, talk: &Talk) -> Vec<MessageRow> {
        list_branch(&self.db, "t", &talk.id).await.unwrap()
    }

    async fn shown_ids(&self, talk: &Talk) -> Vec<String> {
        self.shown(talk).await.into_iter().map(|m| m.id).collect()
    }

    async fn all(&self, talk: &Talk) -> Vec<MessageRow> {
        list_messages(&self.db, "t", &talk.id).await.unwrap()
    }

    async fn message(&self, id: &str) -> MessageRow {
        find_message(&self.db, &self.owner, id).await.unwrap().unwrap()
    }

    async fn question_of(&self, answer: &str) -> String {
        self.message(answer).await.question_id.unwrap()
    }
}

struct Talk {
    id: String,
}

async fn run(db: &Db, sql: &'static str) {
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::query(sql).execute(tx).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_conversation_without_a_fork_is_one_branch_of_single_versions() {
    let world = World::new().await;
    let talk = world.begin().await;
    assert!(world.shown(&talk).await.is_empty());
    let first = world.ask(&talk).await;
    let second = world.ask(&talk).await;
    let shown = world.shown(&talk).await;
    let expected =
        [world.question_of(&first).await, first.clone(), world.question_of(&second).await, second];
    assert_eq!(
        shown.iter().map(|m| &m.id).collect::<Vec<_>>(),
        expected.iter().collect::<Vec<_>>()
    );
    assert_eq!(shown[2].parent_id.as_ref(), Some(&first));
    assert!(shown.iter().all(|m| m.versions() == [m.id.clone()]));
}

#[tokio::test]
async fn retries_of_retries_are_versions_of_one_reply_and_the_newest_is_shown() {
    let world = World::new().await;
    let talk = world.begin().await;
    let first = world.ask(&talk).await;
    let second = world.retry(&talk, &first).await;
    let third = world.retry(&talk, &second).await;
    let shown = world.shown(&talk).await;
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[1].id, third);
    assert_eq!(shown[1].versions(), [first, second, third]);
}

#[tokio::test]
async fn editing_the_first_question_starts_a_new_branch_and_keeps_the_old_one() {
    let world = World::new().await;
    let talk = world.begin().await;
    let first = world.ask(&talk).await;
    let old_end = world.ask(&talk).await;
    let question = world.question_of(&first).await;
    let edited = world.edit(&talk, &question).await;
    let shown = world.shown(&talk).await;
    assert_eq!(shown.len(), 2, "what followed the old question is not on this branch");
    assert_eq!((shown[0].parent_id.as_ref(), &shown[1].id), (None, &edited));
    assert_eq!(shown[0].versions(), [question.clone(), shown[0].id.clone()]);
    world.select(&question).await;
    assert_eq!(world.shown_ids(&talk).await.last(), Some(&old_end));
    assert_eq!(world.all(&talk).await.len(), 6);
}

#[tokio::test]
async fn choosing_a_version_shows_the_newest_branch_below_it() {
    let world = World::new().await;
    let talk = world.begin().await;
    let first = world.ask(&talk).await;
    let second = world.ask(&talk).await;
    let newer = world.retry(&talk, &second).await;
    let other = world.retry(&talk, &first).await;
    assert_eq!(world.shown_ids(&talk).await.last(), Some(&other));
    world.select(&first).await;
    assert_eq!(world.shown_ids(&talk).await.last(), Some(&newer));
    world.select(&second).await;
    assert_eq!(world.shown_ids(&talk).await.last(), Some(&second));
    let third = world.ask(&talk).await;
    assert_eq!(world.message(&world.question_of(&third).await).await.parent_id, Some(second));
}

#[tokio::test]
async fn a_continuation_follows_its_reply_and_is_not_a_version_of_it() {
    let world = World::new().await;
    let talk = world.begin().await;
    let cut = world.ask(&talk).await;
    let rest = world.go_on(&talk).await;
    let other_rest = world.retry(&talk, &rest).await;
    let shown = world.shown(&talk).await;
    assert_eq!(shown[1..].iter().map(|m| &m.id).collect::<Vec<_>>(), [&cut, &other_rest]);
    assert_eq!(shown[1].versions(), std::slice::from_ref(&cut));
    assert_eq!(shown[2].versions(), [rest, other_rest]);
    assert!(shown[2].continues() && !shown[1].continues() && !shown[0].continues());
    assert_eq!(shown[2].question_id, shown[1].question_id);
}

#[tokio::test]
async fn a_send_to_a_leaf_that_is_no_longer_shown_is_refused() {
    let world = World::new().await;
    let talk = world.begin().await;
    let first = world.ask(&talk).await;
    world.retry(&talk, &first).await;
    let question = Some("Q".to_owned());
    let send = NewSend { parent_id: Some(first), at_end: true, question, ..world.send(&talk) };
    assert!(matches!(
        insert_send(&world.db, send, world.record("A"), nothing_held(), Quotas::default())
            .await
            .unwrap(),
        SendOutcome::Moved
    ));
    assert_eq!(world.all(&talk).await.len(), 3, "and nothing of it is stored");
}

#[tokio::test]
async fn no_branch_is_chosen_while_a_reply_streams_or_by_another_member() {
    let world = World::new().await;
    let talk = world.begin().await;
    let first = world.ask(&talk).await;
    let stranger = Owner { tenant_id: "u".into(), ..world.owner.clone() };
    assert_eq!(select_branch(&world.db, stranger, first.clone()).await.unwrap(), Selection::Gone);
    let absent = select_branch(&world.db, world.owner.clone(), ids::new_id()).await.unwrap();
    assert_eq!(absent, Selection::Gone);
    run(&world.db, "UPDATE messages SET status = 'streaming' WHERE role = 'assistant'").await;
    let busy = select_branch(&world.db, world.owner.clone(), first).await.unwrap();
    assert_eq!(busy, Selection::Busy);
}

#[tokio::test]
async fn turns_belong_to_the_branch_up_to_a_number_of_questions() {
    let world = World::new().await;
    let talk = world.begin().await;
    for _ in 0..4 {
        world.ask(&talk).await;
    }
    let cut = world.shown_ids(&talk).await.pop().unwrap();
    let rest = world.go_on(&talk).await;
    let turns = list_turns(&world.db, "t", &talk.id, &rest, 2).await.unwrap();
    let roles: Vec<_> = turns.iter().map(|turn| turn.role.as_str()).collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant", "assistant"]);
    assert_eq!(turns[3].content, format!("A {cut}"));
    let other = world.retry(&talk, &cut).await;
    let turns = list_turns(&world.db, "t", &talk.id, &other, 1).await.unwrap();
    assert_eq!(turns.len(), 2);
    assert_eq!(turns[1].content, format!("A {other}"));
}

#[tokio::test]
async fn a_conversation_of_any_length_is_deleted_whole() {
    let world = World::new().await;
    let talk = world.begin().await;
    let other = world.begin().await;
    world.ask(&other).await;
    // Deeper than the database's limit for cascading a deletion from row to row.
    for _ in 0..4 {
        world.ask(&talk).await;
    }
    let id = talk.id.clone();
    world
        .db
        .write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 3000)
                     INSERT INTO messages (id, tenant_id, conversation_id, role, content, status, persona, created_at, parent_id)
                     SELECT 'z' || (10000 + n), 't', $1, 'user', '', 'complete', 'ceo', 0,
                            CASE n WHEN 1 THEN NULL ELSE 'z' || (9999 + n) END FROM n",
                )
                .bind(id)
                .execute(tx)
                .await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    world.remove(&talk).await;
    assert!(world.all(&talk).await.is_empty());
    assert_eq!(world.shown(&other).await.len(), 2, "and no other conversation's");
}

#[tokio::test]
async fn prompt_inputs_are_stored_once_and_deleted_with_their_last_conversation() {
    let world = World::new().await;
    let (one, other) = (world.begin().await, world.begin().await);
    let asked = world.ask(&one).await;
    world.ask(&other).await;
    let parts = async || {
        let row = sqlx::query("SELECT COUNT(*) FROM prompt_parts").fetch_one(world.db.read()).await;
        row.unwrap().get::<i64, _>(0)
    };
    assert_eq!(parts().await, 2, "an adviser and the facts, for both answers");
    let facts = find_facts(&world.db, "t", &asked).await.unwrap();
    assert_eq!(facts[0].text, "A");
    assert!(find_facts(&world.db, "u", &asked).await.unwrap().is_empty());
    let stored = find_prompt(&world.db, &asked).await.unwrap().unwrap();
    assert_eq!((stored.max_tokens, stored.version.as_deref()), (Some(0), Some("v")));
    for (talk, left) in [(one, 2), (other, 0)] {
        world.remove(&talk).await;
        assert_eq!(parts().await, left);
    }
    assert!(find_prompt(&world.db, &asked).await.unwrap().is_none());
}

#[tokio::test]
async fn versions_are_looked_up_by_index() {
    let world = World::new().await;
    let plan = sqlx::query(
        "EXPLAIN QUERY PLAN SELECT v.id FROM messages m JOIN messages v
           ON v.parent_id IS NOT DISTINCT FROM m.parent_id AND v.tenant_id = m.tenant_id
          AND v.conversation_id = m.conversation_id AND v.role = m.role WHERE m.id = $1",
    )
    .bind("x")
    .fetch_all(world.db.read())
    .await
    .unwrap();
    let plan: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
    assert!(plan.iter().any(|step| step.contains("messages_of_parent")), "{plan:?}");
}

#[tokio::test]
async fn the_migration_links_messages_from_before_branches() {
    sqlx::any::install_default_drivers();
    let mut db = sqlx::AnyConnection::connect("sqlite::memory:").await.unwrap();
    let before = "INSERT INTO tenants VALUES ('t', 'T', 0);
        INSERT INTO accounts VALUES ('a', 'a@b.example', 'A', '', 0);
        INSERT INTO conversations (id, tenant_id, account_id, persona, title, created_at, updated_at)
        VALUES ('c', 't', 'a', 'ceo', '', 0, 0), ('empty', 't', 'a', 'ceo', '', 0, 0);
        INSERT INTO messages (id, tenant_id, conversation_id, role, content, status, persona, created_at, question_id)
        VALUES ('1q', 't', 'c', 'user', '', 'complete', 'ceo', 0, NULL),
               ('2a', 't', 'c', 'assistant', '', 'failed', 'ceo', 0, '1q'),
               ('3a', 't', 'c', 'assistant', '', 'complete', 'ceo', 0, '1q'),
               ('4q', 't', 'c', 'user', '', 'complete', 'ceo', 0, NULL),
               ('5a', 't', 'c', 'assistant', '', 'complete', 'ceo', 0, '4q');";
    for sql in [
        include_str!("../../../../migrations/sqlite/0001_start.sql"),
        before,
        include_str!("../../../../migrations/sqlite/0003_branches.sql"),
    ] {
        sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
    }
    let parents: Vec<(String, Option<String>)> =
        sqlx::query_as("SELECT id, parent_id FROM messages ORDER BY id")
            .fetch_all(&mut db)
            .await
            .unwrap();
    let parents: Vec<_> = parents.iter().map(|(id, up)| (id.as_str(), up.as_deref())).collect();
    let expected = [
        ("1q", None),
        ("2a", Some("1q")),
        ("3a", Some("1q")),
        ("4q", Some("3a")),
        ("5a", Some("4q")),
    ];
    assert_eq!(parents, expected);
    let leaves: Vec<(String, Option<String>)> =
        sqlx::query_as("SELECT id, leaf_id FROM conversations ORDER BY id")
            .fetch_all(&mut db)
            .await
            .unwrap();
    assert_eq!(leaves, [("c".to_owned(), Some("5a".to_owned())), ("empty".to_owned(), None)]);
}

/// Returns the sums that `tenant_storage` must have, and those that it has.
async fn counted(db: &Db) -> [(i64, i64); 2] {
    let sums: (i64, i64) = sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM conversations WHERE tenant_id = 't' AND deleted_at IS NULL),
                (SELECT COALESCE(SUM(octet_length(content)), 0) FROM messages WHERE tenant_id = 't' AND status <> 'streaming')
                + (SELECT COALESCE(SUM(octet_length(content)), 0) FROM reasonings WHERE tenant_id = 't')
                + (SELECT COALESCE(SUM(octet_length(content)), 0) FROM prompt_parts WHERE tenant_id = 't')
                + (SELECT COALESCE(SUM(octet_length(content)), 0) FROM uploads WHERE tenant_id = 't')
                + (SELECT COALESCE(SUM(64 + octet_length(metrics)), 0) FROM analytics_snapshots WHERE tenant_id = 't')",
    )
    .fetch_one(db.read())
    .await
    .unwrap();
    let Stored { conversations, bytes } = Stored::find(db.read(), "t").await.unwrap();
    [sums, (conversations, bytes)]
}

#[tokio::test]
async fn a_tenants_stored_amounts_are_counted_on_every_change() {
    let world = World::new().await;
    let talks = [world.begin().await, world.begin().await];
    for talk in &talks {
        let answer = world.ask(talk).await;
        world.retry(talk, &answer).await;
        world.ask(talk).await;
    }
    for sql in [
        "INSERT INTO reasonings (message_id, tenant_id, content) SELECT id, 't', 'Hmm, über.' FROM messages WHERE role = 'assistant'",
        "UPDATE reasonings SET content = 'Hm.'",
        "INSERT INTO uploads VALUES ('t', 'a', 'u', 'f', x'010203', '{}', 1)",
        "INSERT INTO uploads VALUES ('t', 'a', 'v', 'f', x'0102', '{}', 1)
         ON CONFLICT (tenant_id, account_id) DO UPDATE SET id = excluded.id, content = excluded.content",
        "INSERT INTO analytics_snapshots (tenant_id, date, metrics, created_at)
         VALUES ('t', '2026-11-01', '{}', 1), ('t', '2026-11-02', '{\"tips\":5}', 1)",
        "UPDATE analytics_snapshots SET metrics = '{\"tips\":12.5}'",
        "DELETE FROM analytics_snapshots WHERE date = '2026-11-02'",
        "DELETE FROM analytics_snapshots",
    ] {
        run(&world.db, sql).await;
        let [sums, counted] = counted(&world.db).await;
        assert_eq!(counted, sums, "{sql}");
    }
    let [sums, all] = counted(&world.db).await;
    assert!(all.0 == 2 && all.1 > 20, "{all:?}");
    assert_eq!(all, sums);
    for (left, talk) in talks.iter().enumerate().rev() {
        world.remove(talk).await;
        let [sums, counted] = counted(&world.db).await;
        assert_eq!(counted, sums, "{left} left");
    }
    run(&world.db, "UPDATE uploads SET content = NULL").await;
    assert_eq!(counted(&world.db).await, [(0, 0); 2]);
}

#[tokio::test]
async fn the_migration_counts_what_each_tenant_stores() {
    use sqlx::Connection;
    sqlx::any::install_default_drivers();
    let mut db = sqlx::AnyConnection::connect("sqlite::memory:").await.unwrap();
    for sql in [
        include_str!("../../../../migrations/sqlite/0001_start.sql"),
        include_str!("../../../../migrations/sqlite/0004_analytics.sql"),
        include_str!("../../../../migrations/sqlite/0007_prompts.sql"),
        include_str!("../../../../migrations/sqlite/0009_personas.sql"),
        "CREATE TABLE reasonings (message_id TEXT PRIMARY KEY NOT NULL, tenant_id TEXT NOT NULL, content TEXT NOT NULL) STRICT;
         INSERT INTO tenants VALUES ('t', 'T', 0), ('u', 'U', 0);
         INSERT INTO accounts VALUES ('a', 'a@b.example', 'A', '', 0);
         INSERT INTO conversations (id, tenant_id, account_id, persona, title, created_at, updated_at)
         VALUES ('c', 't', 'a', 'ceo', 'T', 0, 0);
         INSERT INTO messages (id, tenant_id, conversation_id, role, content, status, persona, created_at)
         VALUES ('m', 't', 'c', 'user', 'é?', 'complete', 'ceo', 0), ('n', 't', 'c', 'assistant', 'grows', 'streaming', 'ceo', 0);
         INSERT INTO prompt_parts VALUES ('t', 'd', '{}', 0);",
        include_str!("../../../../migrations/sqlite/0018_storage.sql"),
        "UPDATE messages SET status = 'complete' WHERE id = 'n'",
    ] {
        sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
    }
    let t = Stored::find(&mut db, "t").await.unwrap();
    assert_eq!(t, Stored { conversations: 1, bytes: 3 + 5 + 2 });
    assert_eq!(Stored::find(&mut db, "u").await.unwrap(), Stored::default());
}
