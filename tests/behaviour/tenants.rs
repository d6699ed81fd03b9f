//! Tenant isolation: nobody sees another business's data or learns that it exists.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::TestApp;

const ABSENT: &str = "0197c0de-dead-7000-8000-000000000000";

#[tokio::test]
async fn a_foreign_id_is_indistinguishable_from_an_absent_one() {
    let app = TestApp::start().await;
    let (owner, stranger) = (app.with_member().await, app.with_member().await);
    let mine = owner.ask("Ours alone").await.started();
    let routes = [
        (Method::GET, format!("/c-suite/conversations/{}", mine.conversation)),
        (Method::GET, format!("/c-suite/conversations/{}/messages", mine.conversation)),
        (Method::GET, format!("/c-suite/ceo/conversations/{}", mine.conversation)),
        (Method::DELETE, format!("/c-suite/conversations/{}", mine.conversation)),
        (Method::POST, format!("/c-suite/conversations/{}/restore", mine.conversation)),
        (Method::GET, format!("/c-suite/messages/{}/events", mine.message)),
        (Method::POST, format!("/c-suite/messages/{}/stop", mine.message)),
    ];
    for (method, path) in routes {
        let absent = path.replace(&mine.conversation, ABSENT).replace(&mine.message, ABSENT);
        let mut answers = Vec::new();
        for path in [&path, &absent] {
            let response = stranger.api(method.clone(), path).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{method} {path}");
            let mut body: Value = response.json().await.unwrap();
            body["requestId"].take();
            answers.push(body);
        }
        assert_eq!(answers[0], answers[1], "{method} {path}");
    }
    let body = json!({ "title": "Mine now" });
    let path = format!("/c-suite/conversations/{}", mine.conversation);
    let response = stranger.api(Method::PATCH, &path).json(&body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let body = json!({ "message": "Let me in", "conversationId": mine.conversation });
    let response = stranger.ask_with(body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(response.json::<Value>().await.unwrap()["code"], "CONVERSATION_NOT_FOUND");
    assert!(
        stranger.get_json("/c-suite/conversations").await["data"].as_array().unwrap().is_empty()
    );
    let page = stranger.browse(Method::GET, &format!("/chat/{}", mine.conversation)).send().await;
    let page = page.unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(!page.text().await.unwrap().contains("Ours alone"));
    assert_eq!(owner.get_json(&path).await["title"], "Ours alone", "and nothing was changed");
}

#[tokio::test]
async fn a_script_learns_by_the_status_that_a_form_failed() {
    let app = TestApp::start().await;
    let (owner, stranger) = (app.with_member().await, app.with_member().await);
    let mine = owner.ask("Ours alone").await.started();
    for (form, field, id) in [
        ("keep_draft", "conversation_id", &mine.conversation),
        ("keep_edit", "message_id", &mine.message),
    ] {
        let request = app.request(Method::POST, &format!("/api/{form}"));
        let request = request.header("cookie", &stranger.cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        let request = request.header("accept", "application/json");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = request.body(format!("{field}={id}")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{form}");
    }
    let request = app.request(Method::POST, "/api/sign_in").header("accept", "application/json");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let response = request.body(b"email=\xff\xfe".to_vec()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST, "no text");
}

#[tokio::test]
async fn a_running_reply_is_hidden_from_strangers() {
    let app = TestApp::start().await;
    let (owner, stranger) = (app.with_member().await, app.with_member().await);
    let running = owner.ask_and_leave("Quietly #tokens=300 #speed=50").await;
    let path = format!("/c-suite/messages/{}/events", running.message);
    let response = stranger.api(Method::GET, &path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let path = format!("/c-suite/messages/{}/stop", running.message);
    let response = stranger.api(Method::POST, &path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_gets_in_without_a_session_or_a_token() {
    let app = TestApp::start().await;
    for (method, path) in [
        (Method::GET, "/c-suite/conversations"),
        (Method::GET, "/c-suite/profile"),
        (Method::POST, "/c-suite/ceo/chat"),
    ] {
        for token in [None, Some("cs_wrong")] {
            let mut request = app.request(method.clone(), path).json(&json!({ "message": "Hi" }));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
            let body: Value = response.json().await.unwrap();
            assert_eq!(body["code"], "UNAUTHENTICATED");
            assert!(!body["requestId"].as_str().unwrap().is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_pages_never_mix_tenants() {
    let app = TestApp::start().await;
    let users = [app.with_member().await, app.with_member().await, app.with_member().await];
    let asks = (0..120).map(|number| {
        let (user, path) = (&users[number % 3], ["/chat", "/account", "/profile"][number / 3 % 3]);
        async move { (number % 3, path, user.page(path).await) }
    });
    for (asker, path, page) in futures_util::future::join_all(asks).await {
        for (other, user) in users.iter().enumerate() {
            let business =
                user.email.split(['@', '.']).nth(1).unwrap().replace("business", "Business ");
            let named = page.contains(&format!("{business}<"));
            assert_eq!(named, other == asker, "{path} asked for by {asker} names {business}");
        }
    }
}
