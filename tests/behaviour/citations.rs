//! A reply cites the facts of its prompt, even if the business's data changes while it streams.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::routing::post;
use axum::{Json, Router};
use futures_util::stream;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{EventReader, SseEvent, TestApp, Transcript, User};

/// An upstream that sends the first half of its text, and the second half when `go_on` is notified.
/// Keeps the last request in `asked`.
#[derive(Clone)]
struct Upstream {
    halves: [&'static str; 2],
    go_on: Arc<Notify>,
    asked: Arc<Mutex<Value>>,
}

impl Upstream {
    async fn start(halves: [&'static str; 2]) -> (Self, String) {
        let upstream = Self { halves, go_on: Arc::default(), asked: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let router =
            Router::new().route("/v1/chat/completions", post(answer)).with_state(upstream.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (upstream, url)
    }

    /// Returns the text of all messages in the last request.
    fn told(&self) -> String {
        let asked = self.asked.lock().unwrap();
        let messages = asked["messages"].as_array().unwrap().iter();
        messages.map(|message| message["content"].as_str().unwrap()).collect()
    }
}

async fn answer(
    State(upstream): State<Upstream>,
    Json(body): Json<Value>,
) -> Sse<impl stream::Stream<Item = Result<Event, Infallible>>> {
    *upstream.asked.lock().unwrap() = body;
    let content = |text| json!({"choices": [{"index": 0, "delta": {"content": text}}]}).to_string();
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
                     "usage": {"prompt_tokens": 9, "completion_tokens": 9}});
    let [first, second] = upstream.halves.map(content);
    let said = [first, second, end.to_string(), "[DONE]".to_owned()];
    let go_on = upstream.go_on;
    Sse::new(stream::unfold((0, said, go_on), |(at, said, go_on)| async move {
        if at == 1 {
            go_on.notified().await;
        }
        let event = Event::default().data(said.get(at)?);
        Some((Ok(event), (at + 1, said, go_on)))
    }))
}

/// Builds a file with `a_day` leads on each day of October 2026.
fn leads(a_day: u32) -> String {
    let days = (1..=31).map(|day| format!("2026-10-{day:02},,,,,{a_day}\n"));
    format!("date,sessions,users,conversions,revenue,leads\n{}", days.collect::<String>())
}

async fn change_metric(user: &User<'_>, function: &str, fields: &[(&str, &str)]) {
    let changed = user.form(function, "/analytics/metrics", fields).await;
    assert_eq!(changed.status(), StatusCode::FOUND, "{function}");
}

/// Returns the first reply of a conversation from the API.
async fn stored(user: &User<'_>, conversation: &str) -> Value {
    let messages = user.get_json(&format!("/c-suite/conversations/{conversation}/messages")).await;
    messages["data"][1].clone()
}

async fn last(reader: &mut EventReader) -> SseEvent {
    let mut last = None;
    while let Some(event) = reader.next().await {
        last = Some(event);
    }
    last.expect("an end")
}

#[tokio::test]
async fn a_metric_changed_while_a_reply_runs_is_cited_as_it_was_sent() {
    let halves = ["You had 12 leads a day [K.leads.30d]", ", which is steady; 99 would be a feat."];
    let (upstream, url) = Upstream::start(halves).await;
    let often = ("RATE_LIMIT_STRICT", "1000/1m");
    let app = TestApp::start_with(&[("FIREWORKS_BASE_URL", &url), often]).await;
    let user = app.with_member().await;
    change_metric(
        &user,
        "save_metric",
        &[("name", "Leads"), ("better", "higher"), ("aggregation", "mean")],
    )
    .await;
    user.import(leads(12)).await;

    let body = json!({ "message": "How are our leads?" });
    let asked = user.api(Method::POST, "/c-suite/cmo/chat").json(&body).send().await.unwrap();
    let mut reader = EventReader::new(asked);
    let start = reader.next().await.unwrap();
    let conversation = start.data["conversationId"].as_str().unwrap().to_owned();
    assert_eq!(reader.next().await.unwrap().name, "chunk");

    let renamed = [("slug", "leads"), ("name", "Enquiries"), ("better", "higher")];
    change_metric(&user, "save_metric", &renamed).await;
    user.import(leads(50)).await;
    change_metric(&user, "archive_metric", &[("slug", "leads"), ("archived", "true")]).await;
    upstream.go_on.notify_one();

    let end = last(&mut reader).await;
    assert_eq!(end.name, "done");
    let answer = stored(&user, &conversation).await;
    for told in [&end.data, &answer] {
        assert_eq!(told["citations"][0]["id"], "K.leads.30d", "{told}");
        let cited = told["citations"][0].to_string();
        assert!(cited.contains("Leads") && cited.contains("12"), "{cited}");
        assert_eq!(told["grounding"]["matched"], 1, "{told}");
        assert_eq!(told["grounding"]["unmatched"], 1, "{told}");
    }
    let page = user.page(&format!("/chat/{conversation}")).await;
    assert!(page.contains("Leads") && page.contains("99<span class=\"number-note\">"));

    // The next prompt lacks the fact, because the metric is archived.
    upstream.go_on.notify_one();
    let again = user.api(Method::POST, "/c-suite/cmo/chat").json(&body).send().await.unwrap();
    let again = Transcript::read(again).await;
    assert!(!upstream.told().contains("K.leads"));
    assert_eq!(again.last().data["citations"], json!([]));
    assert_eq!(again.last().data["grounding"]["unmatched"], 2, "{}", again.last().data);
    let page = user.page(&format!("/chat/{}", again.started().conversation)).await;
    assert!(page.contains("unknown source") && page.contains("12<span class=\"number-note\">"));
}

#[tokio::test]
async fn an_emptied_profile_is_no_longer_sent() {
    let (upstream, url) = Upstream::start(["You bake ", "[P.industry]."]).await;
    let app = TestApp::start_with(&[("FIREWORKS_BASE_URL", &url)]).await;
    let user = app.with_member().await;
    user.tell(json!({ "industry": "Sourdough bakery", "goals": ["A second shop"] })).await;
    upstream.go_on.notify_one();
    let full = user.ask("What do we do?").await;
    assert!(upstream.told().contains("Sourdough bakery"));
    assert_eq!(full.last().data["citations"][0]["id"], "P.industry");

    user.tell(json!({ "industry": "", "goals": [] })).await;
    upstream.go_on.notify_one();
    let empty = user.ask("What do we do?").await;
    let told = upstream.told();
    assert!(!told.contains("Sourdough") && !told.contains("second shop"), "{told}");
    assert_eq!(empty.last().data["citations"], json!([]));
    // The earlier reply still shows the facts that it cites.
    let before = stored(&user, &full.started().conversation).await;
    assert!(before["citations"][0].to_string().contains("Sourdough bakery"), "{before}");
}

#[tokio::test]
async fn a_contradiction_is_marked_and_its_correction_asked_for_without_a_script() {
    let halves = ["You had 12 visits a day over the last 30 days ", "[K.leads.30d]."];
    let (upstream, url) = Upstream::start(halves).await;
    let often = ("RATE_LIMIT_STRICT", "1000/1m");
    let app = TestApp::start_with(&[("FIREWORKS_BASE_URL", &url), often]).await;
    let user = app.with_member().await;
    change_metric(
        &user,
        "save_metric",
        &[("name", "Leads"), ("better", "higher"), ("aggregation", "mean")],
    )
    .await;
    user.import(leads(12)).await;

    upstream.go_on.notify_one();
    let answer = user.ask("How are our leads?").await;
    let grounding = &answer.last().data["grounding"];
    assert_eq!(grounding["states"]["conflict"], 1, "{grounding}");
    let number = &grounding["numbers"][0];
    assert_eq!(number["fact"], "K.leads.30d");
    assert_eq!(number["reason"], "metric");
    assert_eq!(number["position"], json!({ "start": 8, "end": 10 }));
    let conversation = answer.started().conversation.clone();
    let stored = stored(&user, &conversation).await;
    assert_eq!(stored["grounding"], *grounding, "as it was sent");

    let page = user.page(&format!("/chat/{conversation}")).await;
    assert!(page.contains("class=\"number-conflict\"") && page.contains("Ask to correct"));
    upstream.go_on.notify_one();
    let id = stored["id"].as_str().unwrap();
    let fields =
        [("message_id", id), ("client_request_id", "5e1d5b1c-7a3e-4c54-9f8e-0f6b8f0e2a11")];
    let asked = user.form("correct_reply", &format!("/chat/{conversation}"), &fields).await;
    assert_eq!(asked.status(), StatusCode::FOUND);
    let told = user.get_json(&format!("/c-suite/conversations/{conversation}/messages")).await;
    let messages = told["data"].as_array().unwrap();
    assert_eq!(messages.len(), 4, "both versions stay: {told}");
    let question = messages[2]["content"].as_str().unwrap();
    assert!(question.contains("“12” is said of another metric than its source"), "{question}");
    assert!(question.contains("Leads") && question.contains("12 visits a day"), "{question}");
}
