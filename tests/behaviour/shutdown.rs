//! Shutdown and restart: nothing acknowledged is lost, and readers are told to reconnect.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::support::{EventReader, TestApp, Transcript};

#[tokio::test]
async fn a_shutdown_tells_readers_of_a_running_reply_to_reconnect() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let started = user.ask_and_leave("Long one #tokens=5000 #speed=50").await;
    let events = format!("/c-suite/messages/{}/events", started.message);
    let response = user.api(Method::GET, &events).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let reading = tokio::spawn(response.text());
    let token = user.token.clone();
    let folder = app.stop().await;
    let read = reading.await.unwrap().unwrap();
    assert!(read.ends_with("retry: 1000\n: reconnect\n\n"), "{}", &read[read.len() - 40..]);

    let app = TestApp::start_in(folder, &[]).await;
    let response = app.request(Method::GET, &events).bearer_auth(&token).send().await.unwrap();
    let again = Transcript::read(response).await;
    assert_eq!(again.last().name, "error");
    assert_eq!(again.last().data["code"], "SHUTTING_DOWN");
    assert_eq!(again.last().data["partial"], true);
}

#[tokio::test]
async fn an_idle_server_ends_at_once() {
    let app = TestApp::start_with(&[("SHUTDOWN_SECONDS", "60")]).await;
    let user = app.with_member().await;
    assert_eq!(user.ask("Hello").await.last().name, "done");
    // The grace period of 60 s is for running replies only, and none is running.
    tokio::time::timeout(Duration::from_secs(30), app.stop()).await.expect("it ends");
}

#[tokio::test]
async fn a_reply_that_ends_while_the_database_is_locked_is_stored_on_unlock() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let body = json!({ "message": "Count #tokens=20 #speed=40" });
    let mut reader = EventReader::new(user.ask_with(body).send().await.unwrap());
    let start = reader.next().await.expect("a start");
    let options = SqliteConnectOptions::new().filename(app.database());
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    let mut text = String::new();
    while !text.contains("w19") {
        let event = reader.next().await.expect("chunks come while nothing can be written");
        assert_eq!(event.name, "chunk");
        text.push_str(event.data["content"].as_str().unwrap());
    }
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    let end = reader.next().await.expect("an end");
    assert_eq!(end.name, "done", "told once it is stored");
    let conversation = start.data["conversationId"].as_str().unwrap();
    let stored: Value =
        user.get_json(&format!("/c-suite/conversations/{conversation}/messages")).await;
    assert_eq!(stored["data"][1]["status"], "complete");
    assert_eq!(stored["data"][1]["content"], text);
}
