//! Upstreams that deviate from the protocol: what members see, and what is charged.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::IntoResponse;
use futures_util::{StreamExt, stream};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Connection;

use crate::support::{EventReader, Started, TestApp, Transcript, User, eventually};
use crate::upstream::Server;

/// One dollar per million tokens, so one token costs one micro-dollar.
const PLAIN: (&str, &str) = ("MODEL_PRICES", "qwen2p5-72b-instruct=1/1/1,gpt-oss-120b=1/1/1");
const WORDS: &str = "Five words make an answer";

async fn app() -> TestApp {
    TestApp::start_with(&[PLAIN, ("FIREWORKS_FALLBACK_MODEL", " ")]).await
}

async fn asked(user: &User<'_>, shape: &str) -> Transcript {
    user.ask(&format!("{WORDS} #shape={shape}")).await
}

async fn stored(user: &User<'_>, answer: &Transcript) -> Value {
    let conversation = answer.started().conversation;
    let path = format!("/c-suite/conversations/{conversation}/messages");
    user.get_json(&path).await["data"][1].clone()
}

#[tokio::test]
async fn implausible_token_counts_are_not_charged() {
    let app = app().await;
    let user = app.with_member().await;
    let tokens = csuite::platform::tokens::count(WORDS);
    for (shape, completion, estimated) in [
        ("usage-wrapped", tokens, true),
        ("usage-wrapped-32", tokens, true),
        ("usage-negative", tokens, true),
        ("usage-zero", tokens, true),
        ("usage-null", tokens, true),
        ("long-chunks", tokens, true),
        ("wide-chunks", tokens, true),
        ("char-chunks", tokens, true),
        ("usage-float", 12, false),
        ("usage-text", 12, false),
        ("usage-choice", 12, false),
        ("usage-groq", 12, false),
        ("usage-zero-after", 12, false),
        ("usage-cache-hits", 12, false),
    ] {
        let answer = asked(&user, shape).await;
        assert_eq!(
            (answer.last().name.as_str(), answer.text().as_str()),
            ("done", WORDS),
            "{shape}"
        );
        let usage = &answer.last().data["usage"];
        assert_eq!(usage["completionTokens"], completion, "{shape}");
        assert_eq!(usage["estimated"], estimated, "{shape}");
        assert_eq!(
            usage["cachedTokens"],
            if shape == "usage-cache-hits" { 8 } else { 0 },
            "{shape}"
        );
        let prompt = usage["promptTokens"].as_u64().unwrap();
        assert!((100..5_000).contains(&prompt), "{shape}: {prompt}");
        assert_eq!(usage["costMicros"], prompt + u64::from(completion), "{shape}");
    }
    let report = user.get_json("/c-suite/usage?group=day").await;
    assert!(report["totals"]["costMicros"].as_u64().unwrap() < 100_000, "{report}");
    assert_eq!(report["totals"]["replies"], 14);
}

#[tokio::test]
async fn a_reply_that_never_ends_is_cut_off() {
    let app = app().await;
    let user = app.with_member().await;
    let answer = asked(&user, "endless").await;
    assert_eq!(answer.last().name, "done");
    assert_eq!(answer.last().data["finishReason"], "length");
    let bytes = answer.text().len();
    assert!((60_000..140_000).contains(&bytes), "{bytes}");
    let usage = &answer.last().data["usage"];
    assert!(usage["completionTokens"].as_u64().unwrap() <= 4_096, "{usage}");
}

#[tokio::test]
async fn every_loose_response_shape_is_parsed_as_its_reply() {
    let app = app().await;
    let user = app.with_member().await;
    for shape in [
        "content-parts",
        "double-key",
        "json-whole",
        "json-labelled",
        "gzip",
        "one-newline",
        "data-apart",
        "comment-within",
        "no-last-newline",
        "finish-always",
        "finish-empty",
        "comments-first",
        "think",
        "think-split",
        "thinking",
        "mm-think",
        "harmony",
        "reasoning-details",
    ] {
        let answer = asked(&user, shape).await;
        assert_eq!(answer.last().name, "done", "{shape}: {:?}", answer.last().data);
        assert_eq!(answer.text(), WORDS, "{shape}");
        assert_eq!(stored(&user, &answer).await["content"], WORDS, "{shape}");
    }
    let torn = asked(&user, "torn-character").await;
    assert_eq!(torn.text(), format!("🥐 {WORDS}"));
    for shape in ["finish-max-tokens", "finish-model-length"] {
        let answer = asked(&user, shape).await;
        assert_eq!(answer.last().data["finishReason"], "length", "{shape}");
    }
}

#[tokio::test]
async fn an_empty_reply_fails_and_says_what_to_do() {
    let app = app().await;
    let user = app.with_member().await;
    for (shape, text, said) in [
        ("done-only", "", "empty answer"),
        ("role-only", "", "empty answer"),
        ("empty-body", "", "before the answer began"),
        ("reasoning-only", "", "thought about this but wrote no answer"),
        ("finish-tool-calls", "", "tried to use a tool"),
        ("json-error", "", "busy"),
        ("finish-content-filter", WORDS, "content filter"),
        ("refusal", WORDS, "declined"),
        ("finish-error", WORDS, "busy"),
        ("error-choice", WORDS, "busy"),
        ("error-bare", WORDS, "busy"),
        ("error-base-resp", WORDS, "busy"),
        ("error-groq", WORDS, "busy"),
        ("error-message", WORDS, "busy"),
    ] {
        let answer = asked(&user, shape).await;
        assert_eq!(answer.last().name, "error", "{shape}");
        assert_eq!(answer.text(), text, "{shape}: what came is kept");
        let failure = &answer.last().data;
        let message = failure["message"].as_str().unwrap();
        assert!(message.contains(said), "{shape}: {message}");
        assert!(!message.contains("worker lost"), "{shape}: {message}");
        assert!(!text.is_empty() || !message.contains("kept"), "{shape}: {message}");
        assert_eq!(failure["partial"], !text.is_empty(), "{shape}");
        assert_eq!(failure["retryable"], true, "{shape}");
        assert_eq!(stored(&user, &answer).await["status"], "failed", "{shape}");
    }
}

#[tokio::test]
async fn a_limit_used_up_by_reasoning_is_reported_charged_and_raised_on_retry() {
    let app = app().await;
    let user = app.with_member().await;
    let failed = asked(&user, "reasoning-limit").await;
    let failure = &failed.last().data;
    let message = failure["message"].as_str().unwrap();
    assert!(message.contains("its whole limit for thinking"), "{message}");
    assert!(message.contains("Retry asks with a larger limit"), "{message}");
    let answer = stored(&user, &failed).await;
    assert_eq!((&answer["status"], &answer["finishReason"]), (&json!("failed"), &json!("length")));
    assert_eq!(answer["usage"]["completionTokens"], 2_048, "it was billed");
    let page = user.page(&format!("/chat/{}", failed.started().conversation)).await;
    assert!(page.contains("its whole limit for thinking") && page.contains(">Retry<"), "{page}");
    assert!(!page.contains(">Continue<"));
    let path = format!("/c-suite/messages/{}/continue", failed.started().message);
    let refused = user.api(Method::POST, &path).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let path = format!("/c-suite/messages/{}/retry", failed.started().message);
    let again = Transcript::read(user.api(Method::POST, &path).send().await.unwrap()).await;
    assert_eq!((again.last().name.as_str(), again.text().as_str()), ("done", WORDS));
}

#[tokio::test]
async fn a_larger_limit_stays_within_the_budget() {
    let app = app().await;
    let user = app.with_member().await;
    let failed = asked(&user, "reasoning-limit").await;
    let spent = user.get_json("/c-suite/usage?group=day").await["totals"]["costMicros"].clone();
    // Leaves room for a prompt and about 1,000 tokens, less than the first limit.
    let prompt = stored(&user, &failed).await["usage"]["promptTokens"].as_u64().unwrap();
    let room = spent.as_u64().unwrap() + prompt * 4 + 2_000;
    let budget = format!("{:.6}", room as f64 / 1_000_000.0);
    user.form("set_budgets", "/admin/usage", &[("monthly", &budget)]).await;
    let path = format!("/c-suite/messages/{}/retry", failed.started().message);
    let again = Transcript::read(user.api(Method::POST, &path).send().await.unwrap()).await;
    let last = again.last();
    assert_eq!(last.name, "stopped", "{:?}", last.data);
    assert_eq!(last.data["error"]["code"], "BUDGET_EXCEEDED");
    let spent = user.get_json("/c-suite/usage?group=day").await["totals"]["costMicros"].clone();
    assert!(spent.as_u64().unwrap() <= room, "{spent} of {room}");
}

#[tokio::test]
async fn reasoning_without_an_opening_mark_is_withdrawn_once_and_then_buffered() {
    let app = app().await;
    let user = app.with_member().await;
    let first = asked(&user, "think-closing").await;
    let names: Vec<&str> = first.0.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names.iter().filter(|name| **name == "reset").count(), 1, "{names:?}");
    assert_eq!(stored(&user, &first).await["content"], WORDS);
    let replayed =
        user.api(Method::GET, &format!("/c-suite/messages/{}/events", first.started().message));
    let replayed = Transcript::read(replayed.send().await.unwrap()).await;
    assert_eq!(replayed.text(), WORDS, "who comes later hears nothing of it");
    let second = asked(&user, "think-closing").await;
    assert_eq!(second.text(), WORDS);
    assert!(second.0.iter().all(|event| event.name != "reset"));
}

/// Starts an upstream that omits the opening tag of reasoning.
async fn closing_tag_only() -> Server {
    let chunk = |text: &str| {
        let chunk = json!({ "choices": [{ "delta": { "content": text } }] });
        format!("data: {chunk}\n\n")
    };
    let parts = [chunk("hm, so"), chunk("</think> "), format!("{}data: [DONE]\n\n", chunk("Yes."))];
    // Sent slowly, so that readers receive text that is withdrawn later.
    Server::start(move |_, _| {
        let body = stream::iter(parts.clone()).then(|part| async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok::<_, Infallible>(part)
        });
        ([("content-type", "text/event-stream")], Body::from_stream(body)).into_response()
    })
    .await
}

#[tokio::test]
async fn reasoning_habits_survive_a_restart_and_are_guessed_from_model_names() {
    let upstream = closing_tag_only().await;
    for (model, resets) in [("new-model", 1), ("Qwen3-30B-Thinking-2507", 0)] {
        let settings = [("FIREWORKS_BASE_URL", upstream.base.as_str()), ("FIREWORKS_MODEL", model)];
        let app = TestApp::start_with(&settings).await;
        let user = app.with_member().await;
        let first = user.ask("Well?").await;
        let reset = first.0.iter().filter(|event| event.name == "reset").count();
        assert_eq!(
            (reset, stored(&user, &first).await["content"].as_str()),
            (resets, Some("Yes."))
        );
        eventually("the habit is stored", || async {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(app.database());
            let mut database = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
            let count: (i64,) = sqlx::query_as(
                "SELECT COUNT(*) FROM upstream_adjustments WHERE field = 'reasoning'",
            )
            .fetch_one(&mut database)
            .await
            .unwrap();
            count.0 == resets as i64
        })
        .await;
        let (email, cookie, token) = (user.email.clone(), user.cookie.clone(), user.token.clone());
        let folder = app.stop().await;
        let app = TestApp::start_in(folder, &settings).await;
        let user = User { app: &app, email, cookie, token };
        let second = user.ask("And after a restart?").await;
        assert_eq!(second.text(), "Yes.");
        assert!(second.0.iter().all(|event| event.name != "reset"), "{model}");
    }
}

#[tokio::test]
async fn reasoning_is_never_sent_back_and_shown_only_where_the_adviser_shows_it() {
    let app = app().await;
    let user = app.with_member().await;
    let hidden = asked(&user, "think").await;
    let conversation = hidden.started().conversation;
    let path = format!("/chat/{conversation}");
    let page = user.page(&path).await;
    assert!(page.contains(WORDS) && !page.contains("hm, so"), "off by default");
    let next = json!({ "message": "#fault=turns And now?", "conversationId": conversation });
    let next = Transcript::read(user.ask_with(next).send().await.unwrap()).await;
    assert!(next.text().contains(WORDS) && !next.text().contains("hm, so"), "{}", next.text());
    show_reasoning(&user).await;
    let page = user.page(&path).await;
    let shown = page.split("<details class=\"reasoning\">").nth(1).expect("a disclosure");
    let shown = shown.split("</details>").next().unwrap();
    assert!(shown.contains("<summary>Reasoning</summary>") && shown.contains("hm, so"), "{shown}");
    let messages = user.get_json(&format!("/c-suite/conversations/{conversation}/messages")).await;
    assert!(!messages.to_string().contains("hm, so"), "no part of the content");
}

#[tokio::test]
async fn reasoning_is_shown_where_the_adviser_that_wrote_the_answer_shows_it() {
    let app = app().await;
    let user = app.with_member().await;
    show_reasoning(&user).await;
    let shown = asked(&user, "think").await.started();
    let path = format!("/chat/{}", shown.conversation);
    let next = json!({
        "message": "And you? #tokens=2 #shape=think",
        "conversationId": shown.conversation,
        "switch": true
    });
    let handed = user.api(Method::POST, "/c-suite/cfo/chat").json(&next).send().await.unwrap();
    let hidden = Transcript::read(handed).await.started();
    let page = user.page(&path).await;
    let (before, after) = page.split_once(&format!("id=\"message-{}\"", hidden.message)).unwrap();
    assert!(before.contains("<details class=\"reasoning\">"), "the CEO shows reasoning");
    assert!(!after.contains("<details class=\"reasoning\">"), "the CFO does not");
}

async fn show_reasoning(user: &User<'_>) {
    assert!(user.page("/advisers/ceo").await.contains("name=\"show_reasoning\""));
    let fields = [
        ("slug", "ceo"),
        ("version", "0"),
        ("short", "CEO"),
        ("title", "Chief Executive Officer"),
        ("emblem", "star"),
        ("colour", "plum"),
        ("instructions", "Be brief."),
        ("show_reasoning", "on"),
    ];
    let response = user.form("save_adviser", "/advisers/ceo", &fields).await;
    assert_eq!(response.headers()["location"], "/advisers/ceo?saved=1");
    let page = user.page("/advisers/ceo").await;
    let checkbox = page.split("name=\"show_reasoning\"").nth(1).unwrap();
    assert!(checkbox.split('>').next().unwrap().contains("checked"), "{checkbox}");
}

#[tokio::test]
async fn readers_are_notified_that_the_model_is_reasoning() {
    let app = app().await;
    let user = app.with_member().await;
    let response = user.ask_with(json!({ "message": "Slowly #think=1500 #tokens=2" })).send().await;
    let events = response.unwrap().text().await.unwrap();
    for seconds in ["0", "1"] {
        let event = format!("event: reasoning\ndata: {{\"seconds\":{seconds}}}\n\n");
        assert_eq!(events.matches(&event).count(), 1, "{events}");
    }
}

#[tokio::test]
async fn a_reply_that_is_stopped_while_its_model_reasons_is_charged_for_the_reasoning() {
    let app = app().await;
    let user = app.with_member().await;
    let message = json!({ "message": "Slowly #think=60000 #tokens=2" });
    let mut events = EventReader::new(user.ask_with(message).send().await.unwrap());
    let started = Started::from(&events.next().await.unwrap().data);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let path = format!("/c-suite/messages/{}/stop", started.message);
    user.api(Method::POST, &path).send().await.unwrap();
    let stopped = events.next().await.unwrap();
    assert_eq!(stopped.name, "stopped");
    let usage = &stopped.data["usage"];
    assert!(usage["completionTokens"].as_u64().unwrap() >= 2, "{usage}");
    assert_eq!(usage["estimated"], true);
}
