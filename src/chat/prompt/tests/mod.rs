#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use time::Date;

use super::*;
use crate::analytics::model::{Metric, Settings, measures};
use crate::analytics::series::Point;
use crate::analytics::service::History;
use crate::business::model::Profile;
use crate::facts::build::build as facts_of;
use crate::facts::text::ends_line;
use crate::insights::model::Insight;
use crate::personas::built_in;

mod injection;
mod window;

const ROOMY: Budget = Budget::of(1_000_000);

fn newest() -> i32 {
    Date::from_calendar_date(2026, time::Month::October, 31).unwrap().to_julian_day()
}

/// Returns a history of `days` days for each of the four built-in metrics and one own metric.
fn history(days: i32, metric: &Metric) -> History {
    let settings = Settings { currency: "EUR".into(), ..Settings::default() };
    let points = |at: usize| -> Vec<Point> {
        let of = |ago: i32| f64::from((at as i32 + 1) * 100 + ago % 7 * 3 - ago / 10);
        (0..days).rev().map(|ago| (newest() - ago, of(ago))).collect()
    };
    let all = measures(std::slice::from_ref(metric), &settings);
    History {
        today: Date::from_julian_day(newest() + 1).unwrap(),
        series: all.into_iter().enumerate().map(|(at, it)| (it, points(at))).collect(),
        periods: Vec::new(),
        formulas: Vec::new(),
        stop: Default::default(),
    }
}

fn waste() -> Metric {
    Metric {
        slug: "loaves-wasted".into(),
        name: "Loaves wasted".into(),
        unit: "loaves".into(),
        ..Metric::default()
    }
}

fn empty() -> FactSet {
    FactSet::new(facts_of(&Profile::default(), &history(0, &waste()), &[])).unwrap()
}

fn partial() -> FactSet {
    let profile = Profile {
        industry: "Bakery".into(),
        stage: "Growing".into(),
        sells: "Sourdough bread\nCakes to order".into(),
        goals: vec!["Open on Sundays".into()],
        ..Profile::default()
    };
    FactSet::new(facts_of(&profile, &history(9, &waste()), &[])).unwrap()
}

fn full() -> FactSet {
    let profile = Profile {
        business_name: "Rise & Shine".into(),
        industry: "Bakery".into(),
        size: "6–20".into(),
        stage: "Growing".into(),
        revenue_range: "500 thousand to 2 million".into(),
        goals: vec!["A second shop by spring".into(), "Less waste".into()],
        sells: "Sourdough bread.\n\nCakes to order.".into(),
        customers: "Families within a mile".into(),
        competitors: "The supermarket's own bakery".into(),
        challenges: "Flour is dear; mornings are short of hands".into(),
        tone: "Warm, never cute".into(),
    };
    let insight = Insight {
        module_slug: "growth-pulse".into(),
        summary: "Saturdays bring a third of the week's orders.".into(),
        highlights: vec!["Cakes sell out before ten".into()],
        severity: Some("info".into()),
        created_at: "2026-10-30T08:00:00Z".into(),
        ..Insight::default()
    };
    FactSet::new(facts_of(&profile, &history(400, &waste()), &[insight])).unwrap()
}

fn adviser(slug: &str) -> Persona {
    built_in::find(slug).unwrap()
}

fn exchange(question: &str, answer: &str) -> Exchange {
    let end = format!("end of {question}");
    Exchange { question: question.into(), answer: answer.into(), end }
}

fn branch(exchanges: &[Exchange]) -> Branch {
    Branch { exchanges: exchanges.to_vec(), ..Branch::default() }
}

fn ask(question: &str) -> Asked<'_> {
    Asked { question, partial: "" }
}

fn prompt(slug: &str, facts: &FactSet, history: &[Exchange], question: &str) -> Vec<Message> {
    build(&adviser(slug), facts, &branch(history), ask(question), ROOMY).prompt.messages
}

fn as_text(messages: &[Message]) -> String {
    let turns =
        messages.iter().map(|m| format!("=== {:?} ===\n{}\n", m.role, m.content.trim_end()));
    turns.collect()
}

#[test]
fn every_adviser_gets_the_known_facts() {
    for persona in built_in::all() {
        for (name, facts) in [("empty", empty()), ("partial", partial()), ("full", full())] {
            let history = match name {
                "full" => vec![exchange("And Sundays?", "Not yet: first the second shop.")],
                _ => vec![],
            };
            let question = "What should I focus on this quarter?";
            let prompt = prompt(&persona.slug, &facts, &history, question);
            insta::assert_snapshot!(format!("{}_{name}", persona.slug), as_text(&prompt));
        }
    }
}

#[test]
fn the_question_is_the_last_message_and_not_repeated() {
    let question = "What about Sundays, 7c1f?";
    let prompt = prompt("cfo", &full(), &[exchange("Before", "So")], question);
    assert_eq!(prompt.last().unwrap(), &message(Role::User, question));
    assert_eq!(as_text(&prompt).matches("7c1f").count(), 1);
}

#[test]
fn a_repeated_question_keeps_its_earlier_turn() {
    let prompt = prompt("cfo", &full(), &[exchange("Why?", "So")], "Why?");
    let asked: Vec<_> = prompt.iter().filter(|m| m.content == "Why?").collect();
    assert_eq!(asked.len(), 2);
    assert_eq!(prompt.len(), 4);
}

#[test]
fn a_conversation_is_sent_whole_oldest_first() {
    let history: Vec<_> = (0..9).map(|n| exchange(&format!("q{n}"), &format!("a{n}"))).collect();
    let prompt = prompt("cto", &partial(), &history, "now");
    let turns: Vec<_> = prompt[1..].iter().map(|m| m.content.clone()).collect();
    let said = (0..9).flat_map(|n| [format!("q{n}"), format!("a{n}")]);
    assert_eq!(turns, said.chain(["now".into()]).collect::<Vec<_>>());
    assert!(prompt[1..].chunks(2).all(|turn| turn[0].role == Role::User));
}

#[test]
fn a_continuation_prompt_ends_with_the_reply_so_far() {
    let history = [exchange("q", "a")];
    let plain = prompt("cto", &partial(), &history, "now");
    let asked = Asked { question: "now", partial: "First, the" };
    let Prompt { messages, history, .. } =
        build(&adviser("cto"), &partial(), &branch(&history), asked, ROOMY).prompt;
    assert_eq!((&messages[..4], history), (&plain[..], 2));
    assert_eq!(messages[4..], [message(Role::Assistant, "First, the"), message(Role::User, GO_ON)]);
}

#[test]
fn a_very_long_reply_is_continued_from_its_end() {
    let long = "é".repeat(MOST_PARTIAL_BYTES);
    let asked = Asked { question: "now", partial: &long };
    let prompt = build(&adviser("cto"), &empty(), &Branch::default(), asked, ROOMY).prompt;
    assert_eq!(prompt.messages[2].content.len(), MOST_PARTIAL_BYTES);
}

#[test]
fn missing_information_is_named_with_the_page_where_it_is_entered() {
    let system = &prompt("ceo", &partial(), &[], "?")[0].content;
    let missing = "\nNot known: Business name (enter it at /profile#businessName); People in the business (enter it at \
                   /profile#size); Revenue a year (enter it at /profile#revenueRange); ";
    assert!(system.contains(missing), "{system}");
    let system = &prompt("ceo", &empty(), &[], "?")[0].content;
    assert!(
        system.contains("Any number of the business's days (enter it at /analytics/import).\n")
    );
    assert!(!system.contains("- ["));
}

/// Counts the tokens of a prompt, message by message.
fn size(prompt: &Prompt) -> usize {
    prompt.messages.iter().map(|m| crate::platform::tokens::count(&m.content) as usize + 16).sum()
}

#[test]
fn the_oldest_exchanges_and_least_relevant_facts_are_left_out() {
    let facts = full();
    let persona = adviser("cfo");
    let long = "The margin on bread is thin, and on cakes it is not. ".repeat(40);
    let history: Vec<_> = (0..9).map(|n| exchange(&format!("q{n}"), &long)).collect();
    let built = |tokens| {
        build(&persona, &facts, &branch(&history), ask("How was October?"), Budget::of(tokens))
    };
    let whole = built(1_000_000);
    assert_eq!((whole.prompt.history, whole.prompt.cut), (18, Cut::default()));
    let mut seen = Vec::new();
    for tokens in (1_000..size(&built(1_000_000).prompt) + 200).rev().step_by(150) {
        let Built { prompt, memory, .. } = built(tokens);
        let Cut { upto, facts_left_out } = &prompt.cut;
        assert_eq!(prompt.messages.last().unwrap().content, "How was October?");
        let all_out = facts_left_out.len() == facts.facts().len();
        assert!(size(&prompt) <= tokens || all_out, "{} of {tokens}", size(&prompt));
        let order = facts.ordered(&persona.facts_first);
        let last: Vec<_> = order[order.len() - facts_left_out.len()..]
            .iter()
            .map(|place| facts.facts()[*place].id.clone())
            .collect();
        assert_eq!(*facts_left_out, last, "the least important first");
        for id in facts_left_out {
            assert!(!prompt.messages[0].content.contains(&format!("- [{id}] ")));
        }
        assert_eq!(memory.as_ref().map(|it| &it.upto), memory.as_ref().and(upto.as_ref()));
        let whole = prompt.history / 2 - usize::from(memory.is_some());
        assert_eq!(upto.is_some(), whole < 9);
        seen.push((whole, facts_left_out.len(), memory.is_some()));
    }
    assert!(seen.iter().any(|(whole, _, extract)| *whole == 5 && *extract), "{seen:?}");
    assert!(seen.iter().any(|(whole, facts, _)| *whole == 0 && *facts > 0), "{seen:?}");
}

#[test]
fn stored_decisions_rebuild_the_same_prompt() {
    let facts = full();
    let history: Vec<_> =
        (0..9).map(|n| exchange(&format!("q{n}"), &"word ".repeat(300))).collect();
    for tokens in [1_000, 2_500, 3_500, 100_000] {
        let Built { prompt: first, memory, .. } =
            build(&adviser("cmo"), &facts, &branch(&history), ask("now"), Budget::of(tokens));
        let cut: Cut = serde_json::from_str(&serde_json::to_string(&first.cut).unwrap()).unwrap();
        let stored = FactSet::from_json(facts.json().to_string()).unwrap();
        let behind = history.iter().position(|it| Some(&it.end) == cut.upto.as_ref());
        let exchanges = &history[behind.map_or(0, |at| at + 1)..];
        let window = Window { memory: memory.as_ref(), exchanges };
        let again = render(&adviser("cmo"), &stored, window, ask("now"), cut);
        assert_eq!(again, first);
        assert_eq!(again.digest(), first.digest());
    }
}

#[test]
fn a_digest_distinguishes_prompts() {
    let facts = partial();
    let digest = |question: &str| {
        build(&adviser("ceo"), &facts, &Branch::default(), ask(question), ROOMY).prompt.digest()
    };
    assert_ne!(digest("a"), digest("b"));
    let moved = |first: &str, second: &str| {
        digest_of(&[message(Role::User, first), message(Role::User, second)])
    };
    assert_ne!(moved("ab", "c"), moved("a", "bc"));
}

#[test]
fn the_prompt_leaves_room_for_the_reply() {
    assert_eq!(Budget::new(32_768, 2_048).tokens(), 32_768 - 2_048 - 1_638);
    assert_eq!(Budget::new(32_768, 131_072).tokens(), 32_768 - 16_384 - 1_638);
    assert_eq!(Budget::new(4_096, 100).tokens(), 4_096 - 100 - 256);
}

proptest! {
    #[test]
    fn prompts_are_deterministic(text in "(?s).{0,80}", question in "(?s).{1,80}") {
        let profile = Profile { sells: text.clone(), ..Profile::default() };
        let facts = || FactSet::new(facts_of(&profile, &history(3, &waste()), &[])).unwrap();
        let history = [exchange(&text, &question)];
        let once = prompt("cmo", &facts(), &history, &question);
        prop_assert_eq!(&once, &prompt("cmo", &facts(), &history, &question));
        prop_assert_eq!(&once.last().unwrap().content, &question);
    }
}
