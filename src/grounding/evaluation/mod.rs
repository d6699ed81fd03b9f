#![allow(clippy::unwrap_used, clippy::panic)]

//! Measures the checker on sentences of known truth, in five languages.
//!
//! Most are generated from the metrics by a grammar, the rest is written by hand. They were collected before the checker
//! was written. A hash of its text puts each into the tuning or the test half: rules may be derived from the first only.
//! `independent.txt` was written afterwards, by somebody who had not seen the checker. `make eval` prints the tables.

mod businesses;
mod grammar;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::tests::{check, passages_of};
use super::{Known, Note, Reader, Says, State};
use businesses::Business;
use grammar::{Generator, Language};

/// A sentence and the number in question.
#[derive(Clone, Debug)]
pub struct Case {
    language: &'static str,
    kind: Kind,
    number: String,
    text: String,
}

/// What is true of the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Right,
    /// The cited fact is about another metric.
    Metric,
    Window,
    Date,
    Direction,
    /// The number is a fact's, but said of something that no fact is about.
    Unrelated,
    /// The fact is cited behind another sentence.
    Misplaced,
    Unit,
    Value,
    /// The right result of shown arithmetic.
    Sum,
    BadSum,
    /// It states nothing.
    None,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            "right" => Self::Right,
            "metric" => Self::Metric,
            "window" => Self::Window,
            "date" => Self::Date,
            "direction" => Self::Direction,
            "unrelated" => Self::Unrelated,
            "misplaced" => Self::Misplaced,
            "unit" => Self::Unit,
            "value" => Self::Value,
            "sum" => Self::Sum,
            "badsum" => Self::BadSum,
            "none" => Self::None,
            name => panic!("no such kind: {name}"),
        }
    }

    /// Whether the statement is false.
    fn is_wrong(self) -> bool {
        !matches!(self, Self::Right | Self::Sum | Self::None)
    }
}

/// Half of the sentences: rules are derived from the first and tested on the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Tuning,
    Test,
}

impl Case {
    /// The half, by the FNV-1a hash of the text.
    fn half(&self) -> Half {
        let hash = self.text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        if (hash >> 32).is_multiple_of(2) { Half::Tuning } else { Half::Test }
    }
}

/// The sentences of each business. EVAL_SEED gives other sentences of the grammar.
fn suite() -> Vec<(Arc<Business>, Vec<Case>)> {
    let seeds: u64 = std::env::var("EVAL_SEED").map_or(0, |seed| seed.parse().unwrap());
    let mut suite: Vec<(Arc<Business>, Vec<Case>)> = Vec::new();
    for (at, business) in businesses::all().into_iter().enumerate() {
        let mut cases = Vec::new();
        for (place, language) in Language::all().iter().enumerate() {
            let seed = 1 + 10 * at as u64 + place as u64 + 1_000 * seeds;
            cases.extend(Generator::new(language, &business, seed).run());
        }
        suite.push((Arc::new(business), cases));
    }
    suite.push((Arc::new(businesses::bakery()), written()));
    suite
}

fn written() -> Vec<Case> {
    let lines = include_str!("sentences.txt").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut parts = line.splitn(3, " | ");
            let mut part = || parts.next().unwrap_or_else(|| panic!("{line}")).to_owned();
            let (kind, number, text) = (part(), part(), part());
            assert!(text.contains(&number) || kind == "value" || kind == "right", "{line}");
            Case { language: "", kind: Kind::of(&kind), number, text: text.replace("\\n", "\n") }
        })
        .collect()
}

/// The businesses by their numbers in `independent.txt`.
fn numbered() -> Vec<Business> {
    [vec![businesses::bakery()], businesses::all().split_off(1)].concat()
}

/// Reads lines of `business number | kind | number | sentence`.
fn cases_of(lines: &str) -> Vec<(usize, Case)> {
    let lines = lines.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let parts: Vec<&str> = line.splitn(4, " | ").collect();
            let [at, kind, number, text] = parts[..] else { panic!("{line}") };
            let (number, text) = (number.to_owned(), text.replace("\\n", "\n"));
            (at.parse().unwrap(), Case { language: "", kind: Kind::of(kind), number, text })
        })
        .collect()
}

/// Returns the state of the number in question, `None` if it is taken for no claim.
fn verdict(business: &Business, case: &Case) -> Option<State> {
    let known = Known::new(Arc::new(business.facts.clone()), "");
    let mut reader = Reader::new(Arc::new(known));
    let passages = passages_of(&case.text);
    let notes = check(&mut reader, &passages);
    let number =
        case.number.trim_start_matches(|c: char| c.is_alphabetic() && c.is_lowercase()).trim();
    let number = if number.is_empty() { &case.number } else { number };
    let core = |text: &str| text.trim_start_matches(['+', '−', '€']).to_owned();
    let mut state = None;
    for (passage, notes) in passages.iter().zip(&notes) {
        let Some(at) = passage.text.rfind(&core(number)) else { continue };
        let found = |note: &&Note| note.range.start <= at && at < note.range.end;
        let says = notes.iter().filter(found).find_map(|note| match &note.says {
            Says::Number(verdict) => Some(verdict.state),
            Says::Cites(_) => None,
        });
        state = says.or(state);
    }
    state
}

/// Counts of states by kind.
#[derive(Default)]
struct Table {
    rows: BTreeMap<Kind, BTreeMap<Option<State>, usize>>,
}

impl Table {
    fn count(&self, kind: Kind, fits: impl Fn(Option<State>) -> bool) -> usize {
        self.rows
            .get(&kind)
            .into_iter()
            .flatten()
            .filter(|(state, _)| fits(**state))
            .map(|(_, n)| n)
            .sum()
    }

    fn share(&self, kind: Kind, fits: impl Fn(Option<State>) -> bool) -> f64 {
        self.count(kind, fits) as f64 / self.count(kind, |_| true).max(1) as f64
    }

    #[allow(clippy::print_stdout)] // the figures are wanted, not only that they are good enough
    fn print(&self, title: &str) {
        println!(
            "\n{title}\n{:<11}{:>7}{:>7}{:>7}{:>7}{:>7}{:>7}{:>8}",
            "kind", "conf.", "found", "confl.", "worked", "none", "unread", "total"
        );
        for kind in self.rows.keys() {
            let of = |state: State| self.count(*kind, |it| it == Some(state));
            println!(
                "{:<11}{:>7}{:>7}{:>7}{:>7}{:>7}{:>7}{:>8}",
                format!("{kind:?}"),
                of(State::Confirmed),
                of(State::Found),
                of(State::Conflict),
                of(State::WorkedOut),
                of(State::NotFromData),
                self.count(*kind, |it| it.is_none()),
                self.count(*kind, |_| true),
            );
        }
    }
}

fn is_held(state: Option<State>) -> bool {
    matches!(state, Some(State::Confirmed | State::WorkedOut))
}

fn run(half: Half) -> (Table, Vec<String>) {
    let suite = suite();
    judge(suite.iter().flat_map(|(business, cases)| {
        cases.iter().filter(move |case| case.half() == half).map(move |case| (&**business, case))
    }))
}

/// Judges sentences. Returns the counts, and those that did not get the best state.
fn judge<'a>(cases: impl Iterator<Item = (&'a Business, &'a Case)>) -> (Table, Vec<String>) {
    let (mut table, mut faults) = (Table::default(), Vec::new());
    for (business, case) in cases {
        let state = verdict(business, case);
        *table.rows.entry(case.kind).or_default().entry(state).or_default() += 1;
        let is_fault = match case.kind {
            Kind::Right => state != Some(State::Confirmed),
            Kind::Sum => state != Some(State::WorkedOut),
            Kind::None => state.is_some(),
            _ => is_held(state),
        };
        if is_fault {
            faults.push(format!(
                "{:?} {:?}: {:?} in {}: {}",
                case.kind, state, case.number, case.language, case.text
            ));
        }
    }
    (table, faults)
}

/// A reply that cites everything must not find a fact for any number.
#[test]
fn random_claims_are_not_confirmed_by_chance() {
    let business = businesses::bakery();
    let cites: String = business
        .facts
        .iter()
        .filter(|fact| fact.id.starts_with("K."))
        .take(40)
        .map(|fact| format!("[{}]", fact.id))
        .collect();
    let (mut seed, mut confirmed, mut claims) = (7_u64, 0, 0);
    let mut random = |most: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % most
    };
    for name in [
        "Revenue",
        "Sessions",
        "Users",
        "Conversions",
        "The conversion rate",
        "Bread waste",
        "Tickets",
    ] {
        for window in ["over the last 7 days", "over the last 30 days", "in the last month"] {
            for _ in 0..40 {
                let statement = match random(3) {
                    0 => format!("was {}.{} %", random(40), random(10)),
                    1 => format!("rose by {}.{} %", random(40), random(10)),
                    _ => format!("came to {}", random(60_000)),
                };
                let text = format!("{name} {statement} {window} {cites}.");
                let mut reader =
                    Reader::new(Arc::new(Known::new(Arc::new(business.facts.clone()), "")));
                check(&mut reader, &passages_of(&text));
                confirmed += reader.grounding().count(State::Confirmed);
                claims += 1;
            }
        }
    }
    assert!(f64::from(confirmed) <= 0.01 * f64::from(claims), "{confirmed} of {claims}");
}

#[test]
#[allow(clippy::print_stdout)]
fn sentences_of_known_truth_get_their_states() {
    let (businesses, cases) = (numbered(), cases_of(include_str!("independent.txt")));
    let independent = judge(cases.iter().map(|(at, case)| (&businesses[*at], case)));
    for (title, (table, faults), least) in [
        ("Tuning half", run(Half::Tuning), 200),
        ("Test half", run(Half::Test), 200),
        ("Independent", independent, 150),
    ] {
        table.print(title);
        if title == "Tuning half" || std::env::var_os("EVAL_FAULTS").is_some() {
            println!("{}", faults.join("\n"));
        }
        let wrong: Vec<Kind> = table.rows.keys().copied().filter(|kind| kind.is_wrong()).collect();
        let total: usize = wrong.iter().map(|kind| table.count(*kind, |_| true)).sum();
        let held: usize = wrong.iter().map(|kind| table.count(*kind, is_held)).sum();
        println!("wrong ones held: {held} of {total}");
        assert!(total >= least, "{total}");
        assert!(
            held as f64 <= 0.03 * total as f64,
            "{title}: {held} of {total} wrong ones are confirmed"
        );
        for kind in wrong {
            let share = table.share(kind, is_held);
            assert!(share <= 0.08, "{title}: {kind:?} confirmed: {share}");
        }
        assert_eq!(table.count(Kind::BadSum, is_held), 0, "{title}");
        let right = table.share(Kind::Right, |state| state == Some(State::Confirmed));
        assert!(right >= 0.80, "{title}: right ones confirmed: {right}");
        let alarm = table.share(Kind::Right, |state| {
            matches!(state, Some(State::Conflict | State::NotFromData))
        });
        assert!(alarm <= 0.01, "{title}: right ones marked: {alarm}");
        let sums = table.share(Kind::Sum, |state| state == Some(State::WorkedOut));
        assert!(sums >= 0.90, "{title}: right arithmetic worked out: {sums}");
        let values = table.share(Kind::Value, |state| {
            matches!(state, Some(State::Conflict | State::NotFromData))
        });
        assert!(values >= 0.95, "{title}: wrong values marked: {values}");
    }
}

/// Prints the states of the numbers in a file's sentences, about the bakery or one of the other two businesses: a line is
/// `business number (0 to 2) | kind | number | sentence`.
#[test]
#[ignore = "reads a file; run by make eval SENTENCES=…"]
#[allow(clippy::print_stdout)]
fn sentences_of_a_file_are_tabulated() {
    let path = std::env::var("EVAL_SENTENCES").unwrap();
    let businesses = numbered();
    if path == "facts" {
        for (at, business) in businesses.iter().enumerate() {
            for fact in &business.facts {
                println!("{at} | {} | {} | {}", fact.id, fact.label, fact.text);
            }
        }
        return;
    }
    let mut table = Table::default();
    let lines = std::fs::read_to_string(&path).unwrap();
    for (at, case) in cases_of(&lines) {
        let state = verdict(&businesses[at], &case);
        *table.rows.entry(case.kind).or_default().entry(state).or_default() += 1;
        let state = state.map_or("none".to_owned(), |state| format!("{state:?}"));
        println!("{state:<12} | {at} | {:?} | {} | {}", case.kind, case.number, case.text);
    }
    table.print(&path);
}
