//! Deleting, restoring and purging conversations.

use super::*;
use crate::platform::clock::Micros;

const MINUTE: Micros = 60_000_000;

async fn delete(world: &World, owner: &Owner, talk: &Talk, at: Micros) -> bool {
    delete_conversation(&world.db, owner.clone(), talk.id.clone(), at).await.unwrap()
}

async fn restore(world: &World, owner: &Owner, talk: &Talk, since: Micros) -> bool {
    let quotas = Quotas::default();
    restore_conversation(&world.db, owner.clone(), talk.id.clone(), since, quotas).await.unwrap()
}

fn others(world: &World) -> [Owner; 2] {
    [
        Owner { tenant_id: "u".into(), ..world.owner.clone() },
        Owner { account_id: "b".into(), ..world.owner.clone() },
    ]
}

#[tokio::test]
async fn a_deleted_conversation_is_found_by_nothing_and_comes_back_whole() {
    let world = World::new().await;
    let talk = world.begin().await;
    let answer = world.ask(&talk).await;
    let now = clock::now();
    assert!(delete(&world, &world.owner, &talk, now).await);
    let (db, owner) = (&world.db, &world.owner);
    assert!(find_conversation(db, owner, &talk.id).await.unwrap().is_none());
    let all = ListFilter { limit: 10, ..ListFilter::default() };
    assert!(list_conversations(db, owner, &all).await.unwrap().is_empty());
    assert!(find_message(db, owner, &answer).await.unwrap().is_none());
    let selected = select_branch(db, owner.clone(), answer.clone()).await.unwrap();
    assert_eq!(selected, Selection::Gone);
    assert!(find_prompt(db, &answer).await.unwrap().is_none());
    let change = ConversationChange { pinned: Some(true), ..ConversationChange::default() };
    assert!(!update_conversation(db, owner.clone(), talk.id.clone(), change).await.unwrap());
    let send = NewSend { question: Some("Q".into()), ..world.send(&talk) };
    let sent = insert_send(db, send, world.record("A"), nothing_held(), Quotas::default()).await;
    assert!(matches!(sent.unwrap(), SendOutcome::ConversationGone));
    assert!(!delete(&world, &world.owner, &talk, now).await, "once is enough");

    assert!(restore(&world, &world.owner, &talk, now - MINUTE).await);
    assert_eq!(world.shown_ids(&talk).await.len(), 2);
    assert_eq!(world.message(&answer).await.id, answer);
}

#[tokio::test]
async fn only_its_member_deletes_lists_and_restores_a_conversation() {
    let world = World::new().await;
    let talk = world.begin().await;
    let now = clock::now();
    for other in others(&world) {
        assert!(!delete(&world, &other, &talk, now).await);
    }
    assert!(delete(&world, &world.owner, &talk, now).await);
    for other in others(&world) {
        assert!(list_deleted(&world.db, &other, 0).await.unwrap().is_empty());
        assert!(!restore(&world, &other, &talk, 0).await);
    }
    assert_eq!(list_deleted(&world.db, &world.owner, 0).await.unwrap()[0].id, talk.id);
}

#[tokio::test]
async fn a_deletion_can_be_undone_for_a_limited_time_only() {
    let world = World::new().await;
    let (early, late) = (world.begin().await, world.begin().await);
    world.ask(&early).await;
    let now = clock::now();
    assert!(delete(&world, &world.owner, &early, now - 10 * MINUTE).await);
    assert!(delete(&world, &world.owner, &late, now).await);
    let since = now - 5 * MINUTE;
    assert!(!restore(&world, &world.owner, &early, since).await);
    assert_eq!(list_deleted(&world.db, &world.owner, since).await.unwrap().len(), 1);
    assert_eq!(purge_deleted(&world.db, since).await.unwrap(), 1);
    assert!(world.all(&early).await.is_empty(), "its messages are gone");
    assert!(restore(&world, &world.owner, &late, since).await);
    assert_eq!(purge_deleted(&world.db, now + MINUTE).await.unwrap(), 0, "what lives stays");
}

#[tokio::test]
async fn a_deletion_makes_room_in_the_quota_that_a_restore_needs_again() {
    let world = World::new().await;
    let quotas = Quotas { conversations: 1, ..Quotas::default() };
    let talk = world.begin().await;
    let begin = || {
        let (owner, id) = (world.owner.clone(), ids::new_id());
        insert_conversation(&world.db, owner, id, "ceo".into(), "T".into(), quotas)
    };
    assert!(begin().await.is_err(), "it is full");
    assert!(delete(&world, &world.owner, &talk, clock::now()).await);
    begin().await.unwrap();
    let owner = world.owner.clone();
    assert!(restore_conversation(&world.db, owner, talk.id.clone(), 0, quotas).await.is_err());
    assert!(find_conversation(&world.db, &world.owner, &talk.id).await.unwrap().is_none());
    let [sums, counted] = counted(&world.db).await;
    assert_eq!(counted, sums);
}
