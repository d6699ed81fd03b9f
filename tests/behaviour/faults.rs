//! Upstream failures: the member gets a clear message, the question and the partial reply are kept,
//! and Retry works.

use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{TestApp, Transcript, User};

const QUICK: [(&str, &str); 2] =
    [("FIREWORKS_FIRST_EVENT_TIMEOUT", "1"), ("FIREWORKS_BETWEEN_EVENTS_TIMEOUT", "1")];

async fn stored(user: &User<'_>, transcript: &Transcript) -> Value {
    let conversation = transcript.started().conversation;
    user.get_json(&format!("/c-suite/conversations/{conversation}/messages?all=true")).await["data"]
        .clone()
}

#[tokio::test]
async fn refusals_reach_the_member_as_a_clear_message_and_nothing_internal() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for (fault, retryable) in
        [("http-400", false), ("http-401", true), ("http-412", true), ("http-422", false)]
    {
        let question = format!("What now? #fault={fault}");
        let answer = user.ask(&question).await;
        let last = answer.last();
        assert_eq!(last.name, "error", "{fault}");
        assert_eq!(last.data["code"], "UPSTREAM_UNAVAILABLE");
        assert_eq!(last.data["partial"], false);
        assert_eq!(last.data["retryable"], retryable, "{fault}");
        let message = last.data["message"].as_str().unwrap();
        assert!(message.len() > 15, "{message}");
        for internal in ["http", "127.0.0.1", "UNAUTHORIZED", "{", "suspended"] {
            assert!(!message.contains(internal), "{fault}: {message}");
        }
        let stored = stored(&user, &answer).await;
        assert_eq!(stored[0]["content"], question, "the question is kept");
        assert_eq!(stored[1]["status"], "failed");
        assert_eq!(
            stored[1]["usage"]["costMicros"], 0,
            "failed before the first token costs nothing"
        );
    }
}

#[tokio::test]
async fn a_failure_during_a_reply_keeps_its_text() {
    let app = TestApp::start_with(&QUICK).await;
    let user = app.with_member().await;
    for fault in ["error-mid", "cut", "reset", "stall-mid", "malformed", "long-event"] {
        let answer = user.ask(&format!("Tell me #fault={fault}")).await;
        assert_eq!(answer.last().name, "error", "{fault}");
        assert_eq!(answer.last().data["partial"], true, "{fault}");
        assert!(!answer.text().is_empty(), "{fault}");
        let stored = stored(&user, &answer).await;
        assert_eq!(stored[1]["status"], "failed");
        assert_eq!(
            stored[1]["content"],
            answer.text(),
            "{fault}: what was shown is what is stored"
        );
        assert_eq!(stored[1]["usage"]["estimated"], true);
    }
}

#[tokio::test]
async fn a_silent_upstream_times_out() {
    let app = TestApp::start_with(&QUICK).await;
    let user = app.with_member().await;
    let answer = user.ask("Hello? #fault=stall-first").await;
    assert_eq!(answer.last().name, "error");
    assert_eq!(answer.last().data["retryable"], true);
}

#[tokio::test]
async fn transient_failures_before_the_first_token_are_retried_invisibly() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let answer = user.ask("Steady #tokens=5 #fault=http-503*1").await;
    assert_eq!(answer.last().name, "done");
    assert_eq!(answer.text().split_whitespace().count(), 5, "and nothing is doubled");
}

#[tokio::test]
async fn a_missing_model_moves_to_the_fallback() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let answer = user.ask("Who answers? #tokens=5 #fault=model-missing").await;
    assert_eq!(answer.last().name, "done");
    let stored = stored(&user, &answer).await;
    assert!(stored[1]["model"].as_str().unwrap().ends_with("gpt-oss-120b"));
}

#[tokio::test]
async fn the_outage_notice_goes_with_the_next_reply() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    user.ask("Hello #fault=http-401").await;
    assert!(user.page("/account").await.contains("upstream-notices"));
    assert_eq!(app.get("/readyz").await.status(), StatusCode::OK, "all but answers still works");
    user.ask("And now? #tokens=2").await;
    assert!(!user.page("/account").await.contains("upstream-notices"));
}

#[tokio::test]
async fn every_wire_format_gives_the_same_reply() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let plain = user.ask("Shapes #tokens=12").await.text();
    for shape in
        ["crlf", "cr", "bom", "comments", "split", "usage-finish", "usage-extra", "usage-none"]
    {
        let answer = user.ask(&format!("Shapes #tokens=12 #fault={shape}")).await;
        assert_eq!(answer.last().name, "done", "{shape}");
        if shape != "split" {
            assert_eq!(answer.text(), plain, "{shape}");
        }
        let estimated = answer.last().data["usage"]["estimated"] == true;
        assert_eq!(estimated, shape == "usage-none", "{shape}");
    }
}

#[tokio::test]
async fn retry_asks_the_same_question_and_keeps_the_first_reply() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let failed = user.ask("Once more, please #tokens=5 #fault=cut*1").await;
    assert_eq!(failed.last().name, "error");
    let fields = [
        ("message_id", failed.started().message),
        ("client_request_id", "0197c0de-0000-7000-8000-0000000000aa".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let page = format!("/chat/{}", failed.started().conversation);
    let response = user.form("retry_reply", &page, &fields).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.headers()[header::LOCATION], page);
    crate::support::eventually("the second answer", || async {
        stored(&user, &failed).await[2]["status"] == "complete"
    })
    .await;
    let all = stored(&user, &failed).await;
    assert_eq!(all.as_array().unwrap().len(), 3, "one question, two answers");
    assert_eq!(all[1]["content"], failed.text());
}

#[tokio::test]
async fn an_unreachable_upstream_says_so_and_loses_nothing() {
    let app = TestApp::start_with(&[
        ("FIREWORKS_BASE_URL", "http://127.0.0.1:9/v1"),
        ("FIREWORKS_CONNECT_TIMEOUT", "1"),
        ("FIREWORKS_FALLBACK_MODEL", " "),
    ])
    .await;
    let user = app.with_member().await;
    let answer = tokio::time::timeout(Duration::from_secs(20), user.ask("Anyone there?")).await;
    let answer = answer.expect("an end in good time");
    assert_eq!(answer.last().name, "error");
    assert_eq!(answer.last().data["retryable"], true);
    assert_eq!(stored(&user, &answer).await[0]["content"], "Anyone there?");
}

#[tokio::test]
async fn a_signed_out_reader_is_disconnected_during_a_reply() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let running = user.ask_and_leave("A long story #tokens=500 #speed=50").await;
    let path = format!("/c-suite/messages/{}/events", running.message);
    let mut stream = user.browse(Method::GET, &path).send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    assert!(stream.chunk().await.unwrap().is_some());
    user.form("sign_out", "/chat", &[]).await;
    let ended = async { while let Ok(Some(_)) = stream.chunk().await {} };
    tokio::time::timeout(Duration::from_secs(3), ended).await.expect("the stream ends by itself");
    let again = user.browse(Method::GET, &path).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_role_changed_by_another_process_ends_streams_and_not_the_reply() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let running = user.ask_and_leave("A long story #tokens=5000 #speed=50").await;
    let path = format!("/c-suite/messages/{}/events", running.message);
    let mut stream = user.api(Method::GET, &path).send().await.unwrap();
    let mut feed = user.browse(Method::GET, "/chat/feed").send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some() && feed.chunk().await.unwrap().is_some());
    user.become_member().await;
    let ended = async {
        while let Ok(Some(_)) = stream.chunk().await {}
        while let Ok(Some(_)) = feed.chunk().await {}
    };
    tokio::time::timeout(Duration::from_secs(3), ended).await.expect("both end by themselves");
    let mut again = user.api(Method::GET, &path).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::OK, "the token is valid, with its new role");
    assert!(again.chunk().await.unwrap().is_some());
}

#[tokio::test]
async fn a_commit_that_fails_is_a_503_and_charges_nothing() {
    use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
    let app = TestApp::start().await;
    let user = app.with_member().await;
    // Stores the parts of the prompt, so that the next send takes one trip.
    user.ask("Hello #tokens=5").await;
    let usage = user.get_json("/c-suite/usage").await;
    let options = SqliteConnectOptions::new().filename(app.database());
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    // The statements of a send succeed, and only its commit fails.
    let broken = "CREATE TABLE never (id INTEGER PRIMARY KEY);
        CREATE TABLE broken (id INTEGER REFERENCES never (id) DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER break_commits AFTER INSERT ON messages BEGIN INSERT INTO broken VALUES (1); END";
    sqlx::raw_sql(broken).execute(&mut other).await.unwrap();
    for _ in 0..3 {
        let body = json!({ "message": "Lost #tokens=500 #speed=50" });
        let refused = user.ask_with(body).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.json::<Value>().await.unwrap()["code"], "DATABASE_UNAVAILABLE");
    }
    assert_eq!(user.get_json("/c-suite/usage").await, usage);
    sqlx::raw_sql("DROP TRIGGER break_commits").execute(&mut other).await.unwrap();
    assert_eq!(user.ask("Hello again #tokens=5").await.last().name, "done", "and it goes on");
    let list = user.get_json("/c-suite/conversations").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 2, "nothing of the lost ones is stored");
}

#[tokio::test]
async fn a_locked_database_is_a_503_and_never_a_lost_message() {
    use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let options = SqliteConnectOptions::new().filename(app.database());
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    let response = user.ask_with(json!({ "message": "Hello" })).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.json::<Value>().await.unwrap()["code"], "DATABASE_UNAVAILABLE");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    let list = user.get_json("/c-suite/conversations").await;
    assert!(list["data"].as_array().unwrap().is_empty(), "nothing half-stored");
    assert_eq!(user.ask("Hello again").await.last().name, "done", "and it goes on");
}
