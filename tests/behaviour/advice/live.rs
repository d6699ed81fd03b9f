//! Asks a model the questions of the suite, and tabulates the states of its numbers by adviser.
//!
//! `make eval MODEL=…` runs it: against the provider if FIREWORKS_API_KEY is set, otherwise against the emulator.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use super::business::{self, Business};
use super::{PERSONAS, ask, canned, furnish, today, truth};
use crate::support::{TestApp, User};

const STATES: [&str; 8] = [
    "confirmed",
    "found",
    "workedOut",
    "conflict",
    "fromQuestion",
    "fromEarlier",
    "inProfile",
    "notFromData",
];

/// Counts of one adviser's replies.
#[derive(Default)]
struct Row {
    answers: u64,
    states: BTreeMap<String, u64>,
}

#[tokio::test]
#[ignore = "asks a model; run by make eval MODEL=…"]
#[allow(clippy::print_stdout)]
async fn the_numbers_of_a_model_are_tabulated() {
    let model = std::env::var("EVAL_MODEL").unwrap_or_default();
    let key = std::env::var("FIREWORKS_API_KEY").unwrap_or_default();
    let mut settings = vec![("RATE_LIMIT_STRICT", "1000/1m"), ("RATE_LIMIT_CHAT", "1000/1m")];
    if !key.is_empty() {
        settings.extend([("FIREWORKS_API_KEY", key.as_str()), ("FIREWORKS_MODEL", model.as_str())]);
    }
    let app = TestApp::start_with(&settings).await;
    let mut rows: BTreeMap<(&str, &str), Row> = BTreeMap::new();
    for business in business::all() {
        let user = app.with_member().await;
        let (answerable, unanswerable) = questions(&business, &user).await;
        for (kind, questions) in [("answerable", answerable), ("unanswerable", unanswerable)] {
            for (at, question) in questions.iter().enumerate() {
                let persona = PERSONAS[at % PERSONAS.len()];
                let reply = ask(&user, persona, question).await;
                count(rows.entry((kind, persona)).or_default(), &reply.last().data["grounding"]);
            }
        }
    }
    let table = table(&model, key.is_empty(), &rows);
    println!("{table}");
    if let Some(path) = std::env::var_os("EVAL_TABLE") {
        std::fs::write(path, table).unwrap();
    }
}

/// Imports a business's days and returns its questions.
async fn questions(business: &Business, user: &User<'_>) -> (Vec<String>, Vec<String>) {
    let today = today(business);
    let rows = business.rows(today);
    furnish(user, business, &business.csv(&rows)).await;
    let (rows, of_today): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.date < today);
    let facts = truth::facts(business, &rows, of_today.first(), today);
    let answerable = canned::answers(business, &facts).into_iter().map(|it| it.question).collect();
    let unanswerable = include_str!("unanswerable.txt").lines().map(str::to_owned).collect();
    (answerable, unanswerable)
}

fn count(row: &mut Row, grounding: &Value) {
    row.answers += 1;
    for state in STATES {
        let count = grounding["states"][state].as_u64().unwrap_or(0);
        *row.states.entry(state.to_owned()).or_default() += count;
    }
}

/// Formats tab-separated values, with a header.
fn table(model: &str, is_emulator: bool, rows: &BTreeMap<(&str, &str), Row>) -> String {
    let model = if is_emulator { "emulator" } else { model };
    let mut table = format!("model\tquestions\tadviser\tanswers\t{}\n", STATES.join("\t"));
    for ((kind, persona), row) in rows {
        let _ = write!(table, "{model}\t{kind}\t{persona}\t{}", row.answers);
        for state in STATES {
            let _ = write!(table, "\t{}", row.states.get(state).copied().unwrap_or(0));
        }
        table.push('\n');
    }
    table
}
