//! Who chooses a title.

use super::*;

async fn title(world: &World, talk: &Talk) -> String {
    find_conversation(&world.db, &world.owner, &talk.id).await.unwrap().unwrap().title
}

/// Begins a conversation with a question.
async fn asked(world: &World) -> Talk {
    let talk = Talk { id: ids::new_id() };
    let (new_title, question) = (Some("Raise prices?".to_owned()), Some("Q".to_owned()));
    world.take(NewSend { new_title, question, ..world.send(&talk) }).await;
    talk
}

async fn by_model(world: &World, owner: &Owner, talk: &Talk, title: &str) -> bool {
    set_model_title(&world.db, owner.clone(), talk.id.clone(), title.into()).await.unwrap()
}

async fn rename(world: &World, talk: &Talk, title: &str) {
    let change = ConversationChange { title: Some(title.into()), ..ConversationChange::default() };
    let (owner, id) = (world.owner.clone(), talk.id.clone());
    assert!(update_conversation(&world.db, owner, id, change).await.unwrap());
}

#[tokio::test]
async fn the_model_replaces_a_title_made_from_the_question_once() {
    let world = World::new().await;
    let talk = asked(&world).await;
    let stranger = Owner { tenant_id: "u".into(), ..world.owner.clone() };
    assert!(!by_model(&world, &stranger, &talk, "Theirs").await);
    assert!(by_model(&world, &world.owner, &talk, "Price increase").await);
    assert!(!by_model(&world, &world.owner, &talk, "Another").await);
    assert_eq!(title(&world, &talk).await, "Price increase");
}

#[tokio::test]
async fn a_title_that_the_member_has_set_is_never_overwritten() {
    let world = World::new().await;
    let (renamed, named) = (asked(&world).await, world.begin().await);
    rename(&world, &renamed, "Mine").await;
    assert!(!by_model(&world, &world.owner, &renamed, "The model's").await);
    assert_eq!(title(&world, &renamed).await, "Mine");
    // The same words are a choice as well.
    let kept = asked(&world).await;
    rename(&world, &kept, "Raise prices?").await;
    assert!(!by_model(&world, &world.owner, &kept, "The model's").await);
    assert!(!by_model(&world, &world.owner, &named, "The model's").await, "named by a program");
    let change = ConversationChange { pinned: Some(true), ..ConversationChange::default() };
    let pinned = asked(&world).await;
    let (owner, id) = (world.owner.clone(), pinned.id.clone());
    update_conversation(&world.db, owner, id, change).await.unwrap();
    assert!(
        by_model(&world, &world.owner, &pinned, "The model's").await,
        "pinning chooses no title"
    );
}

#[tokio::test]
async fn a_member_pins_a_bounded_number_of_conversations() {
    let world = World::new().await;
    let talk = asked(&world).await;
    let pin = async |id: &str| {
        let change = ConversationChange { pinned: Some(true), ..ConversationChange::default() };
        update_conversation(&world.db, world.owner.clone(), id.to_owned(), change).await
    };
    let first = asked(&world).await;
    assert!(pin(&first.id).await.unwrap());
    let copies = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
        INSERT INTO conversations (id, tenant_id, account_id, persona, title, pinned, created_at, updated_at)
        SELECT 'pinned-' || i, tenant_id, account_id, persona, title, 1, created_at, updated_at
        FROM conversations, n WHERE pinned = 1";
    let insert = world.db.write(move |tx| {
        Box::pin(async move { Ok(sqlx::query(copies).execute(tx).await.map(drop)?) })
    });
    insert.await.unwrap();
    let error = pin(&talk.id).await.unwrap_err().to_string();
    assert!(error.contains("Unpin one"), "{error}");
    assert!(pin(&first.id).await.unwrap(), "already pinned");
}
