//! Random sequences of a member's actions.

use proptest::prelude::*;

use super::*;
use crate::chat::model::Author;

/// An action on a conversation. The number selects one of its messages.
#[derive(Clone, Copy, Debug)]
enum Act {
    Ask,
    GoOn,
    Retry(usize),
    Edit(usize),
    Select(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        2 => Just(Act::Ask),
        1 => Just(Act::GoOn),
        2 => (0usize..50).prop_map(Act::Retry),
        2 => (0usize..50).prop_map(Act::Edit),
        2 => (0usize..50).prop_map(Act::Select),
    ];
    prop::collection::vec(act, 1..14)
}

/// Returns the message by `author` that `number` selects.
fn chosen(messages: &[MessageRow], author: Author, number: usize) -> Option<String> {
    let by: Vec<_> = messages.iter().filter(|m| m.author() == author).collect();
    by.get(number % by.len().max(1)).map(|m| m.id.clone())
}

async fn act(world: &World, talk: &Talk, act: Act) {
    let all = world.all(talk).await;
    match act {
        Act::GoOn if !all.is_empty() => drop(world.go_on(talk).await),
        Act::Ask | Act::GoOn => drop(world.ask(talk).await),
        Act::Retry(number) => {
            if let Some(answer) = chosen(&all, Author::Assistant, number) {
                world.retry(talk, &answer).await;
            }
        }
        Act::Edit(number) => {
            if let Some(question) = chosen(&all, Author::User, number) {
                world.edit(talk, &question).await;
            }
        }
        Act::Select(number) => {
            if let Some(message) = all.get(number % all.len().max(1)) {
                world.select(&message.id).await;
                assert!(world.shown_ids(talk).await.contains(&message.id));
            }
        }
    }
}

/// Asserts that the shown branch starts at a root, goes from parent to child and ends at a leaf.
async fn is_a_chain(world: &World, talk: &Talk) {
    let (shown, all) = (world.shown(talk).await, world.all(talk).await);
    assert_eq!(shown.is_empty(), all.is_empty());
    let mut above = None;
    for message in &shown {
        assert_eq!(message.parent_id, above, "each follows the one above it");
        assert!(message.versions().contains(&message.id));
        above = Some(message.id.clone());
    }
    assert!(
        all.iter().all(|m| m.parent_id.is_none() || m.parent_id != above),
        "none follows the end"
    );
}

/// Navigates to a message only by switching versions of shown messages, as the arrows do.
async fn goes_to(world: &World, talk: &Talk, target: &MessageRow) {
    let mut path = vec![target.id.clone()];
    let mut parent = target.parent_id.clone();
    while let Some(id) = parent {
        parent = world.message(&id).await.parent_id;
        path.push(id);
    }
    for (depth, id) in path.into_iter().rev().enumerate() {
        let shown = world.shown(talk).await;
        let here = shown.get(depth).expect("a message at this depth");
        assert!(here.versions().contains(&id), "{id} is no version of {}", here.id);
        if here.id != id {
            world.select(&id).await;
        }
    }
    assert!(world.shown_ids(talk).await.contains(&target.id));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_shown_branch_is_a_chain_and_every_message_is_reachable(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let talk = world.begin().await;
            for one in acts {
                act(&world, &talk, one).await;
                is_a_chain(&world, &talk).await;
            }
            for message in world.all(&talk).await {
                goes_to(&world, &talk, &message).await;
            }
        });
    }
}
