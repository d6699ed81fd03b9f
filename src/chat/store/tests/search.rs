//! The search index follows what is stored, and shows each member only their own.

use super::*;
use crate::chat::search::Query;

impl World {
    /// Begins a conversation with a question and its reply. Returns the ids of both messages.
    async fn says(&self, title: &str, question: &str, answer: &str) -> (Talk, [String; 2]) {
        let talk = Talk { id: ids::new_id() };
        let send = NewSend {
            new_title: Some(title.into()),
            question: Some(question.into()),
            ..self.send(&talk)
        };
        let messages = [send.question_id.clone(), send.message_id.clone()];
        let outcome =
            insert_send(&self.db, send, self.record("A"), nothing_held(), Quotas::default()).await;
        assert!(matches!(outcome.unwrap(), SendOutcome::Stored { .. }));
        self.end(&messages[1], answer).await;
        (talk, messages)
    }

    async fn end(&self, id: &str, answer: &str) {
        let (id, answer) = (id.to_owned(), answer.to_owned());
        let end = self.db.write(|tx| {
            Box::pin(async move {
                sqlx::query("UPDATE messages SET status = 'complete', content = $2 WHERE id = $1")
                    .bind(id)
                    .bind(answer)
                    .execute(tx)
                    .await?;
                Ok(())
            })
        });
        end.await.unwrap();
    }

    async fn finds(&self, owner: &Owner, words: &str) -> Vec<Hit> {
        search(&self.db, owner, &Query::parse(words).unwrap()).await.unwrap()
    }

    async fn found(&self, words: &str) -> Vec<Option<String>> {
        self.finds(&self.owner, words).await.into_iter().map(|hit| hit.message_id).collect()
    }
}

#[tokio::test]
async fn titles_questions_and_ended_replies_are_found() {
    let world = World::new().await;
    let (talk, [question, answer]) =
        world.says("Café plans", "How do we raise prices?", "Raise them by 3 %.").await;
    assert_eq!(world.found("raise").await, [Some(answer), Some(question.clone())], "newest first");
    assert_eq!(world.found("RAISE pric").await, [Some(question)], "all words, or their beginnings");
    assert_eq!(world.found("cafe").await, [None]);
    assert!(world.found("raise cafe").await.is_empty(), "in one text");
    assert_eq!(world.finds(&world.owner, "cafe").await[0].conversation_id, talk.id);
}

#[tokio::test]
async fn a_reply_is_indexed_at_its_end_only() {
    let world = World::new().await;
    let (talk, _) = world.says("T", "First", "Done").await;
    let parent_id = world.shown(&talk).await.last().map(|m| m.id.clone());
    let question = Some("Second".to_owned());
    let send = NewSend { parent_id, at_end: true, question, ..world.send(&talk) };
    let running = send.message_id.clone();
    insert_send(&world.db, send, world.record("A"), nothing_held(), Quotas::default())
        .await
        .unwrap();
    run(&world.db, "UPDATE messages SET content = 'growing' WHERE status = 'streaming'").await;
    assert!(world.found("growing").await.is_empty());
    world.end(&running, "grown").await;
    assert!(world.found("growing").await.is_empty());
    assert_eq!(world.found("grown").await, [Some(running)]);
}

#[tokio::test]
async fn nobody_finds_what_belongs_to_others() {
    let world = World::new().await;
    world.says("Secret title", "secret question", "secret answer 秘密").await;
    for other in [
        Owner { tenant_id: "u".into(), ..world.owner.clone() },
        Owner { account_id: "b".into(), ..world.owner.clone() },
        // The same characters in sum.
        Owner { tenant_id: "ta".into(), account_id: String::new() },
    ] {
        for words in ["secret", "秘密", "secret 秘密", "ta", "scope ta"] {
            assert!(world.finds(&other, words).await.is_empty(), "{other:?} {words}");
        }
    }
    assert_eq!(world.found("secret").await.len(), 3);
}

#[tokio::test]
async fn renamed_deleted_and_restored_conversations_are_found_as_they_are() {
    let world = World::new().await;
    let (talk, _) = world.says("Before", "flour", "flour").await;
    let change =
        ConversationChange { title: Some("After".into()), ..ConversationChange::default() };
    let (owner, id) = (world.owner.clone(), talk.id.clone());
    update_conversation(&world.db, owner.clone(), id.clone(), change).await.unwrap();
    assert!(world.found("before").await.is_empty());
    assert_eq!(world.found("after").await, [None]);
    delete_conversation(&world.db, owner.clone(), id.clone(), 1_000).await.unwrap();
    assert!(world.found("flour").await.is_empty() && world.found("after").await.is_empty());
    restore_conversation(&world.db, owner, id, 0, Quotas::default()).await.unwrap();
    assert_eq!(world.found("flour").await.len(), 2);
    world.remove(&talk).await;
    let left: (i64, i64) = sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM search_entries),
                (SELECT COUNT(*) FROM search_index WHERE search_index MATCH '\"flour\"')",
    )
    .fetch_one(world.db.read())
    .await
    .unwrap();
    assert_eq!(left, (0, 0), "nothing of it stays in the index");
}

#[tokio::test]
async fn scripts_without_spaces_are_found_within_a_sentence() {
    let world = World::new().await;
    let (_, [question, answer]) =
        world.says("売上の計画", "今月の売上を上げる方法は？", "AI で売上を予測します。").await;
    assert_eq!(world.found("売上").await, [None, Some(answer.clone()), Some(question)]);
    assert_eq!(world.found("ai 予測").await, [Some(answer)]);
    assert!(world.found("売上 利益").await.is_empty());
}

#[tokio::test]
async fn no_text_is_syntax_of_the_index() {
    let world = World::new().await;
    world.says("T", "price or profit near the body title scope", "A").await;
    for hostile in [
        "\"",
        "price\" OR \"x",
        "body:price",
        "scope:ta",
        "-price",
        "NEAR(price profit, 2)",
        "price*",
        "^price",
        "{title body}: x",
        "price AND NOT profit",
        "(",
        "'); DROP TABLE messages; --",
        "%",
        "_",
        "\\",
        "a\0b",
        "½ ⅷ",
        "हिन्दी",
        "👩‍👩‍👧",
        "price\u{0}",
        "ı İ ß",
    ] {
        if let Some(query) = Query::parse(hostile) {
            search(&world.db, &world.owner, &query).await.unwrap();
        }
    }
    assert_eq!(world.found("price or profit").await.len(), 1);
}

#[tokio::test]
async fn a_found_message_of_a_hidden_branch_is_told_apart() {
    let world = World::new().await;
    let (talk, [_, first]) = world.says("T", "Q", "first").await;
    let second = world.retry(&talk, &first).await;
    let shown = async |id: &str| {
        let found = find_found(&world.db, &world.owner, &talk.id, id).await.unwrap();
        found.map(|message| message.is_shown())
    };
    assert_eq!((shown(&first).await, shown(&second).await), (Some(false), Some(true)));
    let stranger = Owner { tenant_id: "u".into(), ..world.owner.clone() };
    assert!(find_found(&world.db, &stranger, &talk.id, &first).await.unwrap().is_none());
}

#[tokio::test]
async fn the_migration_indexes_what_is_stored() {
    sqlx::any::install_default_drivers();
    let mut db = sqlx::AnyConnection::connect("sqlite::memory:").await.unwrap();
    for sql in [
        include_str!("../../../../migrations/sqlite/0001_start.sql"),
        include_str!("../../../../migrations/sqlite/0004_analytics.sql"),
        include_str!("../../../../migrations/sqlite/0007_prompts.sql"),
        include_str!("../../../../migrations/sqlite/0009_personas.sql"),
        "CREATE TABLE reasonings (message_id TEXT PRIMARY KEY NOT NULL, tenant_id TEXT NOT NULL, content TEXT NOT NULL) STRICT;",
        include_str!("../../../../migrations/sqlite/0018_storage.sql"),
        "CREATE VIEW reply_grounding AS SELECT 1;",
        "INSERT INTO tenants VALUES ('t-1', 'T', 0);
         INSERT INTO accounts VALUES ('a-1', 'a@b.example', 'A', '', 0);
         INSERT INTO conversations (id, tenant_id, account_id, persona, title, created_at, updated_at)
         VALUES ('c', 't-1', 'a-1', 'ceo', 'Old title', 0, 0);
         INSERT INTO messages (id, tenant_id, conversation_id, role, content, status, persona, created_at)
         VALUES ('m', 't-1', 'c', 'user', 'Old words', 'complete', 'ceo', 0), ('n', 't-1', 'c', 'assistant', 'grows', 'streaming', 'ceo', 0);",
        include_str!("../../../../migrations/sqlite/0026_conversation_list.sql"),
    ] {
        sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
    }
    let found: Vec<(Option<String>,)> = sqlx::query_as(
        "SELECT e.message_id FROM search_index s JOIN search_entries e ON e.id = s.rowid
         WHERE search_index MATCH 'scope : \"t1a1\" AND {title body} : (\"old\")' ORDER BY e.id",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert_eq!(found, [(None,), (Some("m".to_owned()),)]);
    let by: (String,) =
        sqlx::query_as("SELECT title_by FROM conversations").fetch_one(&mut db).await.unwrap();
    assert_eq!(by.0, "member", "no model replaces an existing title");
}
