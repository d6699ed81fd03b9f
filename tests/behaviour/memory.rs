//! How much of a conversation the prompt contains, and how the page and the API report it.

use csuite::chat::service::replay;
use csuite::platform::db::Db;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::support::{TestApp, Transcript, User, eventually};

/// A small context that a dozen short replies fill.
const SMALL: [(&str, &str); 2] =
    [("FIREWORKS_CONTEXT_TOKENS", "4096"), ("FIREWORKS_MAX_TOKENS", "500")];

async fn number(app: &TestApp, sql: &'static str) -> i64 {
    let options = SqliteConnectOptions::new().filename(app.database());
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut database).await.unwrap()
}

async fn ask(user: &User<'_>, conversation: Option<&str>, message: &str) -> Transcript {
    let body = json!({ "message": message, "conversationId": conversation });
    let response = user.ask_with(body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{message}");
    Transcript::read(response).await
}

async fn messages(user: &User<'_>, conversation: &str) -> Vec<Value> {
    let path = format!("/c-suite/conversations/{conversation}/messages");
    user.get_json(&path).await["data"].as_array().unwrap().clone()
}

async fn last_memory(user: &User<'_>, conversation: &str) -> Value {
    messages(user, conversation).await.last().unwrap()["memory"].clone()
}

/// Asks until the prompt of the last reply contains the earlier messages as `earlier` says
/// (`summary` or `extract`).
async fn ask_until(user: &User<'_>, conversation: &str, earlier: &str, more: &str) {
    for n in 1..40 {
        ask(user, Some(conversation), &format!("Question {n} #tokens=40 {more}")).await;
        // Summaries are written concurrently with replies, so wait for their settlements too.
        eventually("every settlement", || async {
            number(user.app, "SELECT COALESCE(SUM(running), 0) FROM spending").await == 0
        })
        .await;
        if last_memory(user, conversation).await["earlier"] == earlier {
            return;
        }
    }
    panic!("no answer was told {earlier:?} of earlier messages");
}

#[tokio::test]
async fn a_conversation_is_sent_whole_while_it_fits() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = ask(&user, None, "Question 0 #tokens=5").await.started();
    for n in 1..9 {
        ask(&user, Some(&first.conversation), &format!("Question {n} #tokens=5")).await;
    }
    let told = ask(&user, Some(&first.conversation), "Last #fault=turns").await.text();
    for n in 0..9 {
        assert!(told.contains(&format!("Question {n} ")), "{n} in {told}");
    }
    assert_eq!(
        last_memory(&user, &first.conversation).await,
        json!({ "earlier": "whole", "upTo": null })
    );
    assert!(!user.page(&format!("/chat/{}", first.conversation)).await.contains("memory-line"));
}

#[tokio::test]
async fn a_long_conversation_is_sent_as_summary_and_last_exchanges() {
    let app = TestApp::start_with(&SMALL).await;
    let user = app.with_member().await;
    let first = ask(&user, None, "Question 0 #tokens=40").await.started();
    let conversation = first.conversation.as_str();
    ask_until(&user, conversation, "summary", "").await;

    let all = messages(&user, conversation).await;
    let upto = all.last().unwrap()["memory"]["upTo"].clone();
    let at = all.iter().position(|message| message["id"] == upto).unwrap();
    assert_eq!(
        (all[at]["role"].as_str(), all[at + 1]["role"].as_str()),
        (Some("assistant"), Some("user"))
    );
    let whole = all[at + 1..].iter().filter(|it| it["role"] == "user").count() - 1;
    assert!(whole >= 5, "{whole} exchanges are whole");

    // The page marks the summary above the first message that the prompt contains in full.
    let page = user.page(&format!("/chat/{conversation}")).await;
    let line = page.find("Earlier messages are summarised for the adviser.").expect("the line");
    let place =
        |id: &Value| page.find(&format!("id=\"message-{}\"", id.as_str().unwrap())).unwrap();
    assert!(place(&all[at]["id"]) < line && line < place(&all[at + 1]["id"]));
    assert_eq!(page.matches("class=\"memory-line\"").count(), 1);

    // The prompt contains the summary.
    let told = ask(&user, Some(conversation), "Last #fault=turns").await.text();
    let turns: Vec<Value> = serde_json::from_str(&told).unwrap();
    let summary = turns[0]["content"].as_str().unwrap();
    assert!(summary.contains("Simulated summary") && summary.contains("Question 0"), "{summary}");
    assert_eq!(turns[1]["content"], "Noted.");

    // A summary is charged but does not count as a reply.
    let summaries = number(
        &app,
        "SELECT COUNT(*) FROM ledger_entries WHERE kind = 'settle' AND purpose = 'summary'",
    )
    .await;
    assert!(summaries > 0);
    // The summary after the last reply may still be written.
    eventually("every settlement", || async {
        number(&app, "SELECT SUM(held_micros) FROM ledger_entries").await == 0
    })
    .await;
    let usage = user.get_json("/c-suite/usage").await;
    let answers = messages(&user, conversation).await.len() as i64 / 2;
    assert_eq!(usage["totals"]["replies"], answers);
    let in_ledger = number(&app, "SELECT SUM(cost_micros) FROM ledger_entries").await;
    assert_eq!(usage["totals"]["costMicros"], in_ledger);
    assert!(in_ledger > number(&app, "SELECT SUM(cost_micros) FROM messages").await);
    assert_eq!(number(&app, "SELECT SUM(held_micros) FROM ledger_entries").await, 0);
    let day = usage["data"][0]["key"].as_str().unwrap();
    assert!(user.page(&format!("/admin/usage?row={day}")).await.contains("CEO, summary"));

    // Every prompt can be rebuilt.
    let db = Db::open_sqlite(&app.database()).await.unwrap();
    for message in messages(&user, conversation).await.iter().filter(|it| it["role"] == "assistant")
    {
        replay(&db, message["id"].as_str().unwrap()).await.unwrap();
    }

    // A branch that starts before the summarised messages does not use the summary.
    let question = all[0]["id"].as_str().unwrap();
    let edit = user.api(Method::POST, &format!("/c-suite/messages/{question}/edit"));
    let edited =
        edit.json(&json!({ "message": "In other words #fault=turns" })).send().await.unwrap();
    let told = Transcript::read(edited).await.text();
    assert!(!told.contains("Simulated summary"), "{told}");
    assert_eq!(last_memory(&user, conversation).await["earlier"], "whole");

    // Deleting the conversation deletes the summary, but its cost stays in the ledger.
    let path = format!("/c-suite/conversations/{conversation}");
    user.api(Method::DELETE, &path).send().await.unwrap();
    app.purge_deleted().await;
    assert_eq!(number(&app, "SELECT COUNT(*) FROM summaries").await, 0);
    assert!(number(&app, "SELECT SUM(cost_micros) FROM ledger_entries").await >= in_ledger);
}

#[tokio::test]
async fn without_a_summary_questions_are_answered_from_an_extract() {
    let app = TestApp::start_with(&SMALL).await;
    let user = app.with_member().await;
    let first = ask(&user, None, "Question 0 #tokens=40 #summary=fails").await.started();
    let conversation = first.conversation.as_str();
    ask_until(&user, conversation, "extract", "#summary=fails").await;
    assert_eq!(number(&app, "SELECT COUNT(*) FROM summaries WHERE kind = 'summary'").await, 0);
    let page = user.page(&format!("/chat/{conversation}")).await;
    assert!(page.contains("Of earlier messages the adviser sees only a short extract."));
    let told = ask(&user, Some(conversation), "Last #fault=turns").await.text();
    assert!(
        told.contains("- Asked: Question ") && told.contains("shortened by the program"),
        "{told}"
    );
    let db = Db::open_sqlite(&app.database()).await.unwrap();
    for message in messages(&user, conversation).await.iter().filter(|it| it["role"] == "assistant")
    {
        assert_eq!(message["status"], "complete");
        replay(&db, message["id"].as_str().unwrap()).await.unwrap();
    }
}
