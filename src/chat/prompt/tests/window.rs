//! How a prompt's window of the conversation moves.

use super::*;

/// Fits about twelve of these exchanges beside the rules.
const BUDGET: Budget = Budget::of(6_500);

fn talk(exchanges: usize) -> Vec<Exchange> {
    let answer = "The margin on bread is thin, and on cakes it is not. ".repeat(20);
    (0..exchanges).map(|n| exchange(&format!("question {n}"), &answer)).collect()
}

fn summary_before(exchanges: &[Exchange], at: usize) -> (usize, Memory) {
    let memory = Memory {
        id: format!("summary {at}"),
        kind: MemoryKind::Summary,
        upto: exchanges[at - 1].end.clone(),
        text: format!("They spoke of {at} things."),
    };
    (at, memory)
}

fn next(branch: &Branch) -> Built {
    build(&adviser("cfo"), &empty(), branch, ask("now"), BUDGET)
}

/// Returns the index of the first whole exchange.
fn start(branch: &Branch, built: &Built) -> usize {
    let upto = built.prompt.cut.upto.as_ref();
    branch.exchanges.iter().position(|it| Some(&it.end) == upto).map_or(0, |at| at + 1)
}

#[test]
fn each_prompt_begins_with_the_last_one_until_the_window_moves() {
    let (mut moved, mut kept) = (0, 0);
    let all = talk(60);
    let mut memories: Vec<(usize, Memory)> = Vec::new();
    let mut last: Option<(usize, Prompt)> = None;
    for count in 0..all.len() {
        let branch = Branch { memories: memories.clone(), ..branch(&all[..count]) };
        let built = next(&branch);
        let begins = start(&branch, &built);
        assert!(count < 5 || count - begins >= 5, "the last five stay whole: {begins} of {count}");
        assert_eq!(built.memory.is_some(), begins > 0);
        // Like the background task.
        if let Some(upto) = &built.summary_due {
            let at = all.iter().position(|it| it.end == *upto).unwrap() + 1;
            memories.push(summary_before(&all, at));
        }
        let history = built.prompt.messages[..=built.prompt.history].to_vec();
        if let Some((before, prompt)) = last {
            if before == begins {
                kept += 1;
                assert_eq!(prompt.messages[..=prompt.history], history[..=prompt.history]);
            } else {
                moved += 1;
                assert_eq!(
                    built.memory.as_ref().unwrap().kind,
                    MemoryKind::Summary,
                    "it was ready"
                );
            }
        }
        last = Some((begins, built.prompt));
    }
    assert!(moved >= 3 && kept >= 4 * moved, "{moved} moves, {kept} prompts on the same beginning");
}

#[test]
fn without_a_summary_an_extract_is_used_and_a_summary_is_due() {
    let all = talk(20);
    let built = next(&branch(&all));
    let extract = built.memory.clone().unwrap();
    assert_eq!(extract.kind, MemoryKind::Extract);
    assert!(extract.text.contains("Asked: question 3 Answered: The margin"), "{}", extract.text);
    assert_eq!(built.summary_due.as_ref(), Some(&extract.upto));
    let told = &built.prompt.messages[1].content;
    assert!(told.contains("shortened by the program") && told.ends_with(&extract.text), "{told}");
    assert_eq!(next(&branch(&all)).memory.unwrap().id, extract.id, "the same again");
    // The next question uses the stored extract again.
    let more = talk(21);
    let stored = (start(&branch(&all), &built), extract.clone());
    let branch = Branch { memories: vec![stored], ..branch(&more) };
    assert_eq!(next(&branch).memory.unwrap(), extract);
}

#[test]
fn the_memory_that_keeps_most_messages_whole_is_used() {
    let all = talk(12);
    let memories = vec![summary_before(&all, 2), summary_before(&all, 6), summary_before(&all, 9)];
    let branch = Branch { memories, ..branch(&all) };
    let tokens = |n| build(&adviser("cfo"), &empty(), &branch, ask("now"), Budget::of(n));
    for (budget, used) in [(5_400, Some(2)), (4_500, Some(6)), (1_000_000, None)] {
        let id = used.map(|at| format!("summary {at}"));
        assert_eq!(tokens(budget).memory.map(|it| it.id), id, "{budget}");
    }
    // The memory before the last three exchanges leaves fewer than five whole, although five fit.
    let only = Branch { memories: vec![summary_before(&all, 9)], ..branch.clone() };
    let built = build(&adviser("cfo"), &empty(), &only, ask("now"), Budget::of(4_500));
    assert!(12 - start(&only, &built) >= 5);
}

#[test]
fn messages_not_loaded_are_not_reported_as_whole() {
    let all = talk(3);
    let branch = Branch { before: Some("far back".into()), ..branch(&all) };
    let built = next(&branch);
    assert_eq!((built.memory, built.prompt.cut.upto), (None, Some("far back".into())));
    assert_eq!(built.summary_due.as_deref(), Some("far back"));
}

#[test]
fn a_window_holds_no_more_than_its_share_of_a_large_context() {
    let all = talk(400);
    let built = build(&adviser("cfo"), &empty(), &branch(&all), ask("now"), ROOMY);
    let size = size(&built.prompt);
    assert!((12_000..40_000).contains(&size), "{size}");
}

proptest! {
    #[test]
    fn any_prompt_fits_and_keeps_the_question_whole(
        lengths in proptest::collection::vec((0usize..40, 1usize..600), 0..14),
        places in proptest::collection::btree_set(1usize..14, 0..4),
        budget in 1_400usize..9_000,
        unread in proptest::bool::ANY,
    ) {
        let exchanges: Vec<_> = lengths
            .iter()
            .enumerate()
            .map(|(n, (q, a))| exchange(&format!("{n}{}", " why".repeat(*q)), &"so ".repeat(*a)))
            .collect();
        let memories =
            places.into_iter().filter(|at| *at <= exchanges.len()).map(|at| summary_before(&exchanges, at));
        let branch = Branch {
            memories: memories.collect(),
            before: unread.then(|| "unread".to_owned()),
            ..branch(&exchanges)
        };
        let built = build(&adviser("cfo"), &empty(), &branch, ask("now?"), Budget::of(budget));
        let prompt = &built.prompt;
        prop_assert!(size(prompt) <= budget, "{} of {}", size(prompt), budget);
        prop_assert_eq!(&prompt.messages.last().unwrap().content, "now?");
        let whole = exchanges.len() - start(&branch, &built);
        prop_assert_eq!(prompt.history / 2, whole + usize::from(built.memory.is_some()));
        if let Some(memory) = &built.memory {
            prop_assert_eq!(Some(&memory.upto), prompt.cut.upto.as_ref());
        }
    }
}
