//! Advice is based on the business's own numbers: at least sixty questions about six fictional
//! businesses.
//!
//! Every fact in every prompt is compared with [`truth`]. In every reply, the page must mark the
//! planted wrong numbers and no others; precision and recall must be at least 98 %.

mod business;
mod canned;
mod live;
mod truth;
mod upstream;

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use time::Date;
use time::macros::format_description;

use crate::support::{TestApp, Transcript, User};
use business::{Business, OwnMetric, Row};
use canned::Canned;
use truth::Truth;
use upstream::Upstream;

const PERSONAS: [&str; 4] = ["ceo", "cfo", "cmo", "cto"];

#[derive(Debug, Default)]
struct Score {
    questions: usize,
    facts: usize,
    right: usize,
    planted: usize,
    found: usize,
    /// Marked numbers that are correct.
    wronged: Vec<String>,
    missed: Vec<String>,
    /// Counts of numbers by state.
    states: BTreeMap<String, u64>,
}

#[tokio::test]
#[allow(clippy::print_stdout)] // the figures are wanted, not only that they are good enough
async fn facts_are_true_and_planted_numbers_are_marked() {
    let upstream = Upstream::start().await;
    let settings = [
        ("FIREWORKS_BASE_URL", upstream.url()),
        ("FIREWORKS_API_KEY", "key"),
        ("RATE_LIMIT_STRICT", "1000/1m"),
    ];
    let app = TestApp::start_with(&settings).await;
    let mut score = Score::default();
    for business in business::all() {
        let user = app.with_member().await;
        let today = today(&business);
        let rows = business.rows(today);
        furnish(&user, &business, &business.csv(&rows)).await;
        let (rows, of_today): (Vec<Row>, Vec<Row>) =
            rows.into_iter().partition(|row| row.date < today);
        let facts = truth::facts(&business, &rows, of_today.first(), today);
        for (at, canned) in canned::answers(&business, &facts).iter().enumerate() {
            upstream.will_say(&canned.text);
            let persona = PERSONAS[at % PERSONAS.len()];
            let answer = ask(&user, persona, &canned.question).await;
            assert_eq!(answer.text(), canned.text, "the stream stays the model's own text");
            let known = Known { business: &business, rows: &rows, facts: &facts };
            score.facts += check_prompt(&known, &upstream.newest_prompt());
            check_answer(&user, &business, canned, &answer, &mut score).await;
        }
    }
    let precision = score.found as f64 / (score.found + score.wronged.len()) as f64;
    let recall = score.found as f64 / score.planted as f64;
    println!(
        "{} questions, {} facts in their prompts, all true; {} right numbers and {} planted ones: recall {:.1} %, precision {:.1} %",
        score.questions,
        score.facts,
        score.right,
        score.planted,
        100.0 * recall,
        100.0 * precision
    );
    println!("states: {:?}", score.states);
    println!("missed: {:#?}\nmarked though right: {:#?}", score.missed, score.wronged);
    assert!(
        score.questions >= 60 && score.facts > 1_000 && score.planted > 60 && score.right > 120
    );
    assert!(recall >= 0.98 && precision >= 0.98, "recall {recall}, precision {precision}");
}

/// Returns today's date in the business's time zone.
fn today(business: &Business) -> Date {
    let now = jiff::Timestamp::now().in_tz(&business.time_zone).unwrap().date();
    let month = u8::try_from(now.month()).unwrap().try_into().unwrap();
    Date::from_calendar_date(i32::from(now.year()), month, u8::try_from(now.day()).unwrap())
        .unwrap()
}

async fn furnish(user: &User<'_>, business: &Business, csv: &str) {
    let page = "/analytics/metrics";
    let settings = [("currency", business.currency.as_str()), ("time_zone", &business.time_zone)];
    let saved = user.form("save_analytics_settings", page, &settings).await;
    assert_eq!(saved.headers()[header::LOCATION], "/analytics/metrics?saved=1");
    for OwnMetric { name, unit, better, .. } in &business.metrics {
        let fields =
            [("name", name.as_str()), ("unit", unit), ("better", better), ("aggregation", "mean")];
        let saved = user.form("save_metric", page, &fields).await;
        assert_eq!(saved.headers()[header::LOCATION], "/analytics/metrics?saved=1", "{name}");
    }
    let saved =
        user.api(Method::PUT, "/c-suite/profile").json(&business.profile).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK, "{}", saved.text().await.unwrap());
    let imported = user
        .api(Method::POST, "/c-suite/analytics/import")
        .header(header::CONTENT_TYPE, "text/csv")
        .body(csv.to_owned())
        .send()
        .await
        .unwrap();
    assert_eq!(imported.status(), StatusCode::OK, "{}", imported.text().await.unwrap());
}

async fn ask(user: &User<'_>, persona: &str, question: &str) -> Transcript {
    let path = format!("/c-suite/{persona}/chat");
    let response =
        user.api(Method::POST, &path).json(&json!({ "message": question })).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    Transcript::read(response).await
}

/// A business, its rows, and its true facts.
struct Known<'a> {
    business: &'a Business,
    rows: &'a [Row],
    facts: &'a BTreeMap<String, Truth>,
}

/// Compares every fact in a prompt with the truth. Returns the number of facts.
fn check_prompt(known: &Known<'_>, prompt: &str) -> usize {
    let Known { business, facts, .. } = *known;
    let lines: Vec<&str> = prompt.lines().collect();
    let mut told = BTreeMap::new();
    for (at, line) in lines.iter().enumerate() {
        if let Some((id, rest)) = line.strip_prefix("- [").and_then(|line| line.split_once("] ")) {
            let quoted = lines[at + 1..].iter().map_while(|line| line.strip_prefix("  > "));
            let quoted = quoted.collect::<Vec<_>>().join("\n");
            assert!(told.insert(id.to_owned(), (rest, quoted)).is_none(), "{id} stands twice");
        }
    }
    for (id, (line, quoted)) in &told {
        match facts.get(id) {
            Some(truth) => check_number(business, id, line, truth),
            None if id.starts_with("I.") => check_insight(known, id, line),
            None => check_text(business, id, quoted),
        }
    }
    for id in facts.keys() {
        assert!(told.contains_key(id), "{}: {id} is not in the prompt:\n{prompt}", business.name);
    }
    told.len()
}

fn check_number(business: &Business, id: &str, line: &str, truth: &Truth) {
    let what = format!("{}: {id}: {line:?} against {truth:?}", business.name);
    let (label, rest) = line.split_once(": ").expect(&what);
    let (value, note) = rest.split_once(" (").unwrap_or((rest, ""));
    let shown = Shown::read(value).expect(&what);
    assert!(shown.is(truth.value), "{what}");
    assert!(shown.half < 0.5 || truth.value.fract().abs() < 1e-9, "too coarse: {what}");
    assert!(truth.unit.is_empty() || value.ends_with(&truth.unit), "{what}");
    let date = truth.to.format(format_description!("[day padding:none] [month repr:short] [year]"));
    assert!(label.contains(&date.unwrap()), "{what}");
    let length = (truth.to - truth.from).whole_days() + 1;
    let window = [format!("{length} days to"), "one day".to_owned(), "today so far".to_owned()];
    assert!(window.iter().any(|window| label.contains(window)), "{what}");
    assert_eq!(note.contains(&format!("from {} days ago", truth.age)), truth.age > 1, "{what}");
    if truth.known < length {
        assert!(
            note.contains(&format!("{} ", truth.known)) && note.contains("known days"),
            "{what}"
        );
    }
}

/// A number as displayed.
struct Shown {
    value: f64,
    /// Half a unit of its last digit.
    half: f64,
}

impl Shown {
    fn read(text: &str) -> Option<Self> {
        let digits: String =
            text.chars().filter(|c| c.is_ascii_digit() || ".−-".contains(*c)).collect();
        let digits = digits.replace('−', "-");
        let decimals = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len()) as i32;
        Some(Self { value: digits.parse().ok()?, half: 0.5 * 10f64.powi(-decimals) })
    }

    fn is(&self, value: f64) -> bool {
        (self.value - value).abs() <= self.half + 1e-9 * value.abs()
    }
}

/// Checks an insight's number if it is a metric's mean over a span, its value on a day, or a change
/// of either. The modules' own tests check the usual values of weekdays.
fn check_insight(known: &Known<'_>, id: &str, line: &str) {
    let Some((label, value)) = line.split_once(": ") else { return };
    let Some((label, _)) = label.split_once(" (from ") else { return };
    let what = format!("{}: {id}: {line:?}", known.business.name);
    let (value, _) = value.split_once(" (").unwrap_or((value, ""));
    let Some(shown) = Shown::read(value) else { panic!("{what}") };
    let (name, about) = label.split_once(", ").expect(&what);
    let of = |from: Date, to: Date| truth::mean_of(known.business, known.rows, name, from, to);
    if let Some((from, to)) = about.rsplit(", ").next().and_then(span) {
        let is_value = about.starts_with("mean") || !about.contains(", ");
        if let Some(mean) = of(from, to).filter(|_| is_value) {
            assert!(shown.is(mean), "{what}: it is {mean}");
        }
    } else if about.starts_with("change against") {
        let changes = truth::changes_of(known.business, known.rows, name);
        assert!(changes.iter().any(|change| shown.is(*change)), "{what}: they are {changes:?}");
    }
}

/// Parses `27 Oct to 25 Nov 2026` or `25 Nov 2026`.
fn span(text: &str) -> Option<(Date, Date)> {
    let format = format_description!("[day padding:none] [month repr:short] [year]");
    let (from, to) = text.split_once(" to ").unwrap_or((text, text));
    let to = Date::parse(to, format).ok()?;
    let from = Date::parse(from, format)
        .or_else(|_| Date::parse(&format!("{from} {}", to.year()), format))
        .ok()?;
    Some((from, to))
}

fn check_text(business: &Business, id: &str, quoted: &str) {
    let field =
        id.strip_prefix("P.").unwrap_or_else(|| panic!("{id} is no fact of {}", business.name));
    let expected = match field.strip_prefix("goals.") {
        Some(number) => business.profile["goals"][number.parse::<usize>().unwrap() - 1].as_str(),
        // Sign-up set the name.
        None if field == "businessName" => Some(quoted),
        None => business.profile[field].as_str(),
    };
    assert_eq!(Some(quoted), expected, "{}: {id}", business.name);
}

/// Compares the numbers that the page marks and the API counts with the planted ones.
async fn check_answer(
    user: &User<'_>,
    business: &Business,
    canned: &Canned,
    answer: &Transcript,
    score: &mut Score,
) {
    let conversation = answer.started().conversation;
    let page = user.page(&format!("/chat/{conversation}")).await;
    let body = page.split("class=\"message message-answer\"").nth(1).expect("an answer");
    let body = body.split("<details class=\"sources\"").next().unwrap();
    let marks: Vec<String> = body
        .split("<mark class=\"")
        .skip(1)
        .filter(|rest| rest.starts_with("unmatched") || rest.starts_with("number-conflict"))
        .map(|rest| {
            rest.split('>').nth(1).unwrap().split('<').next().unwrap().replace("&nbsp;", "\u{a0}")
        })
        .collect();
    let mut left = marks.iter();
    let place = format!("{}: {}", business.name, canned.question);
    let mut rest: Vec<&str> = Vec::new();
    let mut planted = canned.wrong.iter().peekable();
    for mark in left.by_ref() {
        match planted.peek() {
            Some(wrong) if mark.contains(wrong.as_str()) => {
                score.found += 1;
                planted.next();
            }
            // The page may have missed the planted numbers before this one.
            _ => match planted.clone().position(|wrong| mark.contains(wrong.as_str())) {
                Some(skipped) => {
                    for wrong in planted.by_ref().take(skipped) {
                        score.missed.push(format!("{place}: {wrong}"));
                    }
                    planted.next();
                    score.found += 1;
                }
                None => rest.push(mark),
            },
        }
    }
    score.missed.extend(planted.map(|wrong| format!("{place}: {wrong}")));
    score.wronged.extend(rest.into_iter().map(|mark| format!("{place}: {mark}")));
    score.questions += 1;
    score.planted += canned.wrong.len();
    score.right += canned.right;

    let messages = user.get_json(&format!("/c-suite/conversations/{conversation}/messages")).await;
    let told: &Value = &messages["data"][1];
    assert_eq!(told["content"], canned.text, "{place}");
    let count = |state: &str| told["grounding"]["states"][state].as_u64().unwrap();
    assert_eq!(count("conflict") + count("notFromData"), marks.len() as u64, "{place}");
    let numbers = told["grounding"]["numbers"].as_array().unwrap();
    let all: u64 = told["grounding"]["states"]
        .as_object()
        .unwrap()
        .values()
        .map(|n| n.as_u64().unwrap())
        .sum();
    assert_eq!(numbers.len() as u64, all, "{place}");
    let content: Vec<char> = canned.text.chars().collect();
    for number in numbers.iter().filter(|number| !number["position"].is_null()) {
        let at = |end: &str| number["position"][end].as_u64().unwrap() as usize;
        let there: String = content[at("start")..at("end")].iter().collect();
        assert_eq!(number["text"], there, "{place}");
    }
    for (state, count) in told["grounding"]["states"].as_object().unwrap() {
        *score.states.entry(state.clone()).or_default() += count.as_u64().unwrap();
    }
    assert_eq!(told["grounding"]["cited"], told["citations"].as_array().unwrap().len(), "{place}");
    assert_eq!(told["citations"], answer.last().data["citations"], "{place}");
    assert_eq!(told["grounding"], answer.last().data["grounding"], "{place}");
    for citation in told["citations"].as_array().unwrap() {
        let (id, source) = (citation["id"].as_str().unwrap(), citation["source"].as_str().unwrap());
        assert!(canned.text.contains(&format!("[{id}]")), "{place}: {id}");
        let source = source.replace('&', "&amp;");
        assert!(body.contains(&format!("<a href=\"{source}\" aria-label=\"")), "{place}: {source}");
    }
}
