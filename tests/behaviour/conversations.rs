//! Conversations: create, list, change, delete, and hand over to another adviser.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApp, Transcript};

#[tokio::test]
async fn the_first_message_begins_a_conversation_with_its_title() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let started = user.ask("How do I raise prices without losing regulars?").await.started();
    let one = user.get_json(&format!("/c-suite/conversations/{}", started.conversation)).await;
    assert_eq!(one["title"], "How do I raise prices without losing regulars?");
    assert_eq!(one["personaType"], "ceo");
}

#[tokio::test]
async fn the_list_is_newest_first_and_pages_without_gaps() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for number in 0..5 {
        user.ask(&format!("Question {number} #tokens=2")).await;
    }
    let (mut titles, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = user.get_json(&format!("/c-suite/conversations?limit=2{cursor}")).await;
        for one in page["data"].as_array().unwrap() {
            titles.push(one["title"].as_str().unwrap()[..10].to_owned());
        }
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected: Vec<String> = (0..5).rev().map(|n| format!("Question {n}")).collect();
    assert_eq!(titles, expected);
    let cfo = user.get_json("/c-suite/cfo/conversations").await;
    assert!(cfo["data"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_conversation_can_be_created_renamed_and_deleted() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let body = json!({ "personaType": "cfo", "title": "Budget" });
    let made = user.api(Method::POST, "/c-suite/conversations").json(&body).send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let id = made.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("/c-suite/conversations/{id}");
    let change = json!({ "title": "  Budget   2027 ", "pinned": true });
    let changed = user.api(Method::PATCH, &path).json(&change).send().await.unwrap();
    let changed: Value = changed.json().await.unwrap();
    assert_eq!((&changed["title"], &changed["pinned"]), (&json!("Budget 2027"), &json!(true)));
    let empty = user.api(Method::PATCH, &path).json(&json!({ "title": " " })).send().await.unwrap();
    assert_eq!(empty.status(), StatusCode::BAD_REQUEST);
    let gone = user.api(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    let after = user.api(Method::GET, &path).send().await.unwrap();
    assert_eq!(after.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn deleting_a_conversation_ends_its_running_reply() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let running = user.ask_and_leave("Never mind #tokens=5000 #speed=50").await;
    let path = format!("/c-suite/conversations/{}", running.conversation);
    let gone = user.api(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    crate::support::eventually("the answer's end", || async {
        let path = format!("/c-suite/messages/{}/events", running.message);
        user.api(Method::GET, &path).send().await.unwrap().status() == StatusCode::NOT_FOUND
    })
    .await;
}

#[tokio::test]
async fn a_conversation_keeps_its_adviser_unless_it_is_handed_over() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let id = user.ask("What should we do first?").await.started().conversation;
    let path = format!("/c-suite/conversations/{id}");
    let ask = |adviser: &'static str, more: Value| {
        let mut body = json!({ "message": "And what does it cost?", "conversationId": id });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        user.api(Method::POST, &format!("/c-suite/{adviser}/chat")).json(&body).send()
    };
    for more in [json!({}), json!({ "switch": false })] {
        let refused = ask("cfo", more).await.unwrap();
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["code"], "PERSONA_MISMATCH");
        assert_eq!(body["details"]["personaType"], "ceo");
        assert!(body["message"].as_str().unwrap().contains("is with the CEO, not the CFO"));
    }
    let body_wins = ask("cfo", json!({ "personaType": "ceo" })).await.unwrap();
    assert_eq!(body_wins.status(), StatusCode::OK);
    Transcript::read(body_wins).await;

    let request_id =
        json!({ "switch": true, "clientRequestId": "0197c0de-0000-7000-8000-000000000001" });
    let handed_over = Transcript::read(ask("cfo", request_id.clone()).await.unwrap()).await;
    assert_eq!(handed_over.0[0].data["personaType"], "cfo");
    assert_eq!(user.get_json(&path).await["personaType"], "cfo");
    let repeated = Transcript::read(ask("cfo", request_id).await.unwrap()).await;
    assert_eq!(repeated.started().message, handed_over.started().message);

    let back = ask("ceo", json!({})).await.unwrap();
    assert_eq!(back.json::<Value>().await.unwrap()["code"], "PERSONA_MISMATCH");
    let stored = user.get_json(&format!("{path}/messages")).await;
    let advisers: Vec<&str> = stored["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["personaType"].as_str().unwrap())
        .collect();
    assert_eq!(advisers, ["ceo", "ceo", "ceo", "ceo", "cfo", "cfo"], "earlier ones keep theirs");

    let first = stored["data"][1]["id"].as_str().unwrap();
    let retry = user.api(Method::POST, &format!("/c-suite/messages/{first}/retry"));
    let retried = Transcript::read(retry.send().await.unwrap()).await;
    assert_eq!(retried.0[0].data["personaType"], "ceo", "whose answer it was");
    assert_eq!(user.get_json(&path).await["personaType"], "cfo");
}
