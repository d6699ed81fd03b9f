//! Asks a model the questions of the suite, and tabulates the states of its numbers by adviser, and the planted faults that
//! it found.
//!
//! `make eval MODEL=…` runs it: against the provider if FIREWORKS_API_KEY is set, otherwise against the emulator.

use std::collections::BTreeMap;
use std::fmt::Write;

use reqwest::{Method, StatusCode, header};
use serde_json::Value;
use time::{Date, Duration};

use super::business::{self, Business, Row};
use super::{PERSONAS, ask, canned, furnish, today, truth};
use crate::support::{TestApp, Transcript, User};

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
struct Tally {
    answers: u64,
    states: BTreeMap<String, u64>,
    faults_found: u64,
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
    let mut rows: BTreeMap<(&str, &str), Tally> = BTreeMap::new();
    for business in business::all() {
        let user = app.with_member().await;
        let (answerable, unanswerable) = questions(&business, &user).await;
        for (kind, questions) in [("answerable", answerable), ("unanswerable", unanswerable)] {
            for (at, question) in questions.iter().enumerate() {
                let persona = PERSONAS[at % PERSONAS.len()];
                let reply = ask(&user, persona, question).await;
                rows.entry((kind, persona)).or_default().add(&reply);
            }
        }
        ask_about_faults(&business, &user, &mut rows).await;
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

impl Tally {
    fn add(&mut self, reply: &Transcript) {
        self.answers += 1;
        for state in STATES {
            let count = reply.last().data["grounding"]["states"][state].as_u64().unwrap_or(0);
            *self.states.entry(state.to_owned()).or_default() += count;
        }
    }
}

/// Plants each fault into the numbers of the last month, and asks the question that should find it.
async fn ask_about_faults<'a>(
    business: &Business,
    user: &User<'_>,
    rows: &mut BTreeMap<(&'a str, &'a str), Tally>,
) {
    let today = today(business);
    let right: Vec<Row> = business.rows(today).into_iter().filter(|row| row.date < today).collect();
    let faults = include_str!("../../../src/insights/modules/planted.txt");
    let faults = faults.lines().filter(|line| !line.starts_with('#')).map(Fault::parse);
    for (at, fault) in faults.enumerate() {
        let before = insights(user).await;
        import(user, fault.plant(business, &right)).await;
        // Insights follow within seconds; a fault that no module reports changes nothing.
        for _ in 0..50 {
            if insights(user).await != before {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let persona = PERSONAS[at % PERSONAS.len()];
        let reply = ask(user, persona, fault.question).await;
        let tally = rows.entry(("planted", persona)).or_default();
        tally.add(&reply);
        let newest = right.last().expect("a day").date;
        tally.faults_found += u64::from(fault.is_named(newest, &reply));
        import(user, business.csv(&right)).await;
    }
}

async fn insights(user: &User<'_>) -> Value {
    user.get_json("/c-suite/insights").await["data"].take()
}

async fn import(user: &User<'_>, csv: String) {
    let import = user.api(Method::POST, "/c-suite/analytics/import");
    let response = import.header(header::CONTENT_TYPE, "text/csv").body(csv).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

/// A line of `planted.txt`.
struct Fault<'a> {
    metric: &'a str,
    back: i64,
    length: i64,
    /// `None` if the values are removed.
    factor: Option<f64>,
    question: &'a str,
}

impl<'a> Fault<'a> {
    fn parse(line: &'a str) -> Self {
        let parts: Vec<&str> = line.split(" | ").collect();
        let [metric, back, length, factor, question] = parts[..] else { panic!("{line}") };
        let (back, length) = (back.parse().unwrap(), length.parse().unwrap());
        Self { metric, back, length, factor: factor.parse().ok(), question }
    }

    fn days(&self, newest: Date) -> (Date, Date) {
        let last = newest - Duration::days(self.back);
        (last - Duration::days(self.length - 1), last)
    }

    /// Returns the file with the fault.
    fn plant(&self, business: &Business, rows: &[Row]) -> String {
        let (first, last) = self.days(rows.last().expect("a day").date);
        let is_faulty = |row: &Row| row.date >= first && row.date <= last;
        let planted: Vec<Row> = rows
            .iter()
            .map(|row| {
                let mut values = row.values.clone();
                if let Some(value) = values.get_mut(self.metric).filter(|_| is_faulty(row)) {
                    *value = (*value * self.factor.unwrap_or(f64::NAN)).round();
                }
                Row { date: row.date, values }
            })
            .collect();
        business.csv(&planted).replace("NaN", "")
    }

    /// Returns whether a reply cites a fact of the metric or an insight, and names one of the days. A fault of a week or
    /// longer needs no day.
    fn is_named(&self, newest: Date, reply: &Transcript) -> bool {
        let citations = reply.last().data["citations"].as_array().cloned().unwrap_or_default();
        let cites = citations.iter().any(|it| {
            let id = it["id"].as_str().unwrap_or_default();
            let label = it["label"].as_str().unwrap_or_default().to_lowercase();
            id.starts_with(&format!("K.{}", self.metric))
                || id.starts_with("I.") && label.contains(self.metric)
        });
        let (first, last) = self.days(newest);
        let text = reply.text();
        let days = std::iter::successors(Some(first), |day| day.next_day());
        let names_day = days.take_while(|day| *day <= last).any(|day| is_in(&text, day));
        cites && (names_day || self.length >= 7)
    }
}

/// Returns whether a text contains a date in one of the forms that models write.
fn is_in(text: &str, day: Date) -> bool {
    let (number, month) = (day.day(), day.month().to_string());
    let short = &month[..3];
    [
        format!("{number} {short}"),
        format!("{short} {number}"),
        format!("{month} {number}"),
        format!("{number}. {short}"),
        day.to_string(),
    ]
    .iter()
    .any(|form| text.contains(form))
}

/// Formats tab-separated values, with a header.
fn table(model: &str, is_emulator: bool, rows: &BTreeMap<(&str, &str), Tally>) -> String {
    let model = if is_emulator { "emulator" } else { model };
    let revision = std::env::var("EVAL_REVISION").unwrap_or_default();
    let mut table = format!(
        "revision\tmodel\tquestions\tadviser\tanswers\t{}\tfaultsFound\n",
        STATES.join("\t")
    );
    for ((kind, persona), row) in rows {
        let _ = write!(table, "{revision}\t{model}\t{kind}\t{persona}\t{}", row.answers);
        for state in STATES {
            let _ = write!(table, "\t{}", row.states.get(state).copied().unwrap_or(0));
        }
        let _ = writeln!(table, "\t{}", row.faults_found);
    }
    table
}
