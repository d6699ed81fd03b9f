//! Asking a question, and reading, resuming and stopping its reply.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{EventReader, TestApp, Transcript, eventually};

#[tokio::test]
async fn a_reply_streams_in_order_and_is_stored_byte_for_byte() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let answer = user.ask("What should I focus on this quarter? #tokens=40").await;
    let ids: Vec<u64> = answer.0.iter().map(|event| event.id).collect();
    assert_eq!(ids, (0..answer.0.len() as u64).collect::<Vec<_>>(), "no gap, no double");
    assert_eq!(answer.last().name, "done");
    assert_eq!(answer.last().data["finishReason"], "stop");
    assert!(answer.last().data["usage"]["completionTokens"].as_u64().unwrap() > 0);
    let conversation = answer.started().conversation;
    let stored = user.get_json(&format!("/c-suite/conversations/{conversation}/messages")).await;
    assert_eq!(stored["data"][0]["role"], "user");
    assert_eq!(stored["data"][1]["content"], answer.text());
    assert_eq!(stored["data"][1]["status"], "complete");
    assert_eq!(stored["data"][1]["usage"], answer.last().data["usage"]);
}

#[tokio::test]
async fn a_replayed_stream_is_byte_identical() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = user.ask("How are margins? #tokens=30").await;
    let path = format!("/c-suite/messages/{}/events", first.started().message);
    let again = Transcript::read(user.api(Method::GET, &path).send().await.unwrap()).await;
    assert_eq!(again, first);
    let response = user.api(Method::GET, &path).header("last-event-id", "7").send().await.unwrap();
    let rest = Transcript::read(response).await;
    assert_eq!(rest.0, first.0[8..]);
    let response = user.api(Method::GET, &format!("{path}?after=7")).send().await.unwrap();
    assert_eq!(Transcript::read(response).await, rest);
}

#[tokio::test]
async fn all_readers_of_a_running_reply_get_all_of_it() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let started = user.ask_and_leave("Go on #tokens=60 #speed=100").await;
    let path = format!("/c-suite/messages/{}/events", started.message);
    let mut readers = Vec::new();
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(60)).await;
        let response = user.api(Method::GET, &path).send().await.unwrap();
        readers.push(tokio::spawn(Transcript::read(response)));
    }
    let mut transcripts = Vec::new();
    for reader in readers {
        transcripts.push(reader.await.unwrap());
    }
    assert!(transcripts.iter().all(|transcript| *transcript == transcripts[0]));
    assert_eq!(transcripts[0].last().name, "done");
    assert_eq!(transcripts[0].0.len(), 62);
}

#[tokio::test]
async fn a_closed_connection_does_not_end_the_reply() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let started = user.ask_and_leave("Tell me more #tokens=40 #speed=200").await;
    let path = format!("/c-suite/conversations/{}/messages", started.conversation);
    eventually("the end of the answer", || async {
        user.get_json(&path).await["data"][1]["status"] == "complete"
    })
    .await;
    let stored = user.get_json(&path).await;
    assert_eq!(stored["data"][1]["usage"]["completionTokens"], 40);
}

#[tokio::test]
async fn stop_ends_a_reply_within_a_second_and_keeps_its_text() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let body = json!({ "message": "Take your time #tokens=2000 #speed=50" });
    let response = user.ask_with(body).send().await.unwrap();
    let mut reader = EventReader::new(response);
    let start = reader.next().await.unwrap();
    let mut text = String::new();
    for _ in 0..5 {
        text += reader.next().await.unwrap().data["content"].as_str().unwrap();
    }
    let id = start.data["messageId"].as_str().unwrap();
    let asked = Instant::now();
    let stop =
        user.api(Method::POST, &format!("/c-suite/messages/{id}/stop")).send().await.unwrap();
    assert_eq!(stop.status(), StatusCode::ACCEPTED);
    let mut last = None;
    while let Some(event) = reader.next().await {
        text += event.data["content"].as_str().unwrap_or("");
        last = Some(event);
    }
    assert!(asked.elapsed() < Duration::from_secs(1));
    let last = last.unwrap();
    assert_eq!((last.name.as_str(), &last.data["finishReason"]), ("stopped", &json!("stopped")));
    assert_eq!(last.data["usage"]["estimated"], true);
    let conversation = start.data["conversationId"].as_str().unwrap();
    let stored = user.get_json(&format!("/c-suite/conversations/{conversation}/messages")).await;
    assert_eq!(stored["data"][1]["status"], "stopped");
    assert_eq!(stored["data"][1]["content"], text);
}

#[tokio::test]
async fn concurrent_sends_with_one_id_are_one_question() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let id = "0197c0de-0000-7000-8000-000000000001";
    let body = json!({ "message": "Once only #tokens=20 #speed=100", "clientRequestId": id });
    let sends = (0..8).map(|_| async {
        Transcript::read(user.ask_with(body.clone()).send().await.unwrap()).await
    });
    let all = futures_util::future::join_all(sends).await;
    assert!(all.iter().all(|transcript| *transcript == all[0]));
    let list = user.get_json("/c-suite/conversations").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    let later = Transcript::read(user.ask_with(body).send().await.unwrap()).await;
    assert_eq!(later, all[0], "also when the answer has ended");
}

#[tokio::test]
async fn a_request_id_with_another_message_is_refused() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let id = "0197c0de-0000-7000-8000-000000000002";
    let first = user.ask_with(json!({ "message": "One", "clientRequestId": id })).send().await;
    Transcript::read(first.unwrap()).await;
    let other = user.ask_with(json!({ "message": "Two", "clientRequestId": id })).send().await;
    let other = other.unwrap();
    assert_eq!(other.status(), StatusCode::CONFLICT);
    assert_eq!(other.json::<Value>().await.unwrap()["code"], "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn a_conversation_takes_one_question_at_a_time() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let started = user.ask_and_leave("First #tokens=200 #speed=50").await;
    let second = json!({ "message": "Second", "conversationId": started.conversation });
    let response = user.ask_with(second).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CONFLICT);
    assert_eq!(response.json::<Value>().await.unwrap()["code"], "REPLY_IN_PROGRESS");
}

#[tokio::test]
async fn each_adviser_answers_from_the_business_profile() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let profile = json!({ "businessName": "Hearth Bakery", "industry": "Sourdough bakery", "goals": ["Open a second shop"] });
    let saved = user.api(Method::PUT, "/c-suite/profile").json(&profile).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    let mut answers = HashSet::new();
    for persona in ["ceo", "cfo", "cmo", "cto"] {
        let path = format!("/c-suite/{persona}/chat");
        let body = json!({ "message": "What matters most now?" });
        let response = user.api(Method::POST, &path).json(&body).send().await.unwrap();
        let transcript = Transcript::read(response).await;
        assert_eq!(transcript.0[0].data["personaType"], persona);
        let text = transcript.text();
        assert!(text.contains("Sourdough bakery"), "{persona} knows the industry: {text}");
        assert!(text.contains("What matters most now?"), "{persona} knows the question");
        answers.insert(text);
    }
    assert_eq!(answers.len(), 4, "each has a voice of its own");
}

#[tokio::test]
async fn older_clients_name_the_adviser_in_the_body() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let body = json!({ "message": "Hello", "personaType": "cfo" });
    let response = user.ask_with(body).send().await.unwrap();
    assert_eq!(Transcript::read(response).await.0[0].data["personaType"], "cfo");
}

#[tokio::test]
async fn a_restart_leaves_no_reply_streaming() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let started = user.ask_and_leave("Long one #tokens=5000 #speed=50").await;
    let token = user.token.clone();
    let folder = app.stop().await;
    let app = TestApp::start_in(folder, &[]).await;
    let path = format!("/c-suite/conversations/{}/messages", started.conversation);
    let response = app.request(Method::GET, &path).bearer_auth(&token).send().await.unwrap();
    let stored: Value = response.json().await.unwrap();
    assert_eq!(stored["data"][1]["status"], "interrupted");
    assert!(!stored["data"][1]["content"].as_str().unwrap().is_empty(), "the text so far is kept");
    assert_eq!(stored["data"][1]["grounding"]["cited"], 0, "and what it rests on is known");
}
