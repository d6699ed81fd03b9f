//! Invalid input is refused with a clear error; unusual but valid input is stored unchanged.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{TestApp, Transcript};

#[tokio::test]
async fn messages_that_cant_be_sent_say_why_at_their_field() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for message in ["", "  \n\t ", "nul\0byte", "bell\u{7}", "escape\u{1b}[31m", &"x".repeat(5_001)]
    {
        let response = user.ask_with(json!({ "message": message })).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{message:?}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["code"], "VALIDATION_ERROR");
        assert!(body["details"]["message"].is_string(), "{body}");
    }
    assert!(user.get_json("/c-suite/conversations").await["data"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn whatever_people_write_arrives_unchanged() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let long_word = "w".repeat(4_000);
    for message in [
        "👩‍👩‍👧‍👦🏳️‍🌈🤷🏽‍♀️",
        "مرحبا، كيف حال المبيعات؟",
        long_word.as_str(),
        "</textarea><script>alert(1)</script>",
        &"é".repeat(5_000),
    ] {
        let conversation = user.ask(message).await.started().conversation;
        let stored =
            user.get_json(&format!("/c-suite/conversations/{conversation}/messages")).await;
        assert_eq!(stored["data"][0]["content"], message);
        let page = user.page(&format!("/chat/{conversation}")).await;
        let at = page.find("<script>alert(1)").map(|at| &page[at.saturating_sub(200)..at + 40]);
        assert_eq!(at, None, "nothing a member writes becomes markup");
    }
}

#[tokio::test]
async fn invalid_bodies_are_refused_by_kind() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let send = |body: &str| {
        user.api(Method::POST, "/c-suite/ceo/chat")
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_owned())
            .send()
    };
    for (body, code) in [
        ("{", "INVALID_JSON"),
        ("", "INVALID_JSON"),
        ("{\"message\":5}", "VALIDATION_ERROR"),
        ("{\"massage\":\"typo\"}", "VALIDATION_ERROR"),
        ("{\"message\":\"hi\",\"admin\":true}", "VALIDATION_ERROR"),
        ("{\"message\":\"hi\",\"conversationId\":\"not-a-uuid\"}", "CONVERSATION_NOT_FOUND"),
        ("{\"message\":\"hi\",\"clientRequestId\":\"not-a-uuid\"}", "VALIDATION_ERROR"),
    ] {
        let response = send(body).await.unwrap();
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["code"], code, "{body} → {answer}");
    }
    let unknown: Value =
        send("{\"message\":\"hi\",\"admin\":true}").await.unwrap().json().await.unwrap();
    assert!(unknown["details"]["admin"].is_string(), "the unknown field is named: {unknown}");
}

#[tokio::test]
async fn an_invalid_query_is_refused_at_its_parameter() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for (query, name) in [
        ("limit=many", "limit"),
        ("limit=0", "limit"),
        ("archived=perhaps", "archived"),
        ("cursor=here", "cursor"),
    ] {
        let path = format!("/c-suite/conversations?{query}");
        let response = user.api(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
        let body: Value = response.json().await.expect("JSON, as every error");
        assert_eq!(body["code"], "VALIDATION_ERROR");
        assert!(body["details"][name].is_string(), "{query}: {body}");
    }
}

#[tokio::test]
async fn an_unknown_adviser_is_not_found() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let path = "/c-suite/janitor/chat";
    let response =
        user.api(Method::POST, path).json(&json!({ "message": "Hi" })).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(response.json::<Value>().await.unwrap()["code"], "PERSONA_NOT_FOUND");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let body = json!({ "message": "x".repeat(600 * 1024) });
    let response = user.ask_with(body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(response.json::<Value>().await.unwrap()["code"], "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn another_sites_form_changes_nothing() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for site in ["cross-site", "same-site"] {
        let response = app
            .request(Method::POST, "/api/sign_out")
            .header(header::COOKIE, &user.cookie)
            .header("sec-fetch-site", site)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
    }
    user.page("/chat").await;
}

#[tokio::test]
async fn an_unknown_path_answers_in_the_callers_format() {
    let app = TestApp::start().await;
    let api = app.get("/c-suite/nothing/here/at-all").await;
    assert_eq!(api.status(), StatusCode::NOT_FOUND);
    assert_eq!(api.json::<Value>().await.unwrap()["code"], "NOT_FOUND");
    let page = app.get("/no/such/page").await;
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(page.text().await.unwrap().contains("<html"));
}

#[tokio::test]
async fn a_path_that_is_not_utf8_is_not_found() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for path in [
        "/c-suite/%FF",
        "/c-suite/messages/%FF/events",
        "/c-suite/conversations/%C3%28",
        "/c-suite/conversations/%C3%28/messages",
        "/c-suite/%FF/conversations",
        "/c-suite/analytics/%80",
        "/v1/%FF",
    ] {
        let response = user.api(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        let body: Value = response.json().await.expect("JSON, as every error");
        assert_eq!(body["code"], "NOT_FOUND", "{path}: {body}");
        assert!(body["requestId"].is_string(), "{path}: {body}");
    }
    let body = json!({ "message": "Hi" });
    let post = user.api(Method::POST, "/c-suite/%FF/chat").json(&body).send().await.unwrap();
    assert_eq!(post.status(), StatusCode::NOT_FOUND);
    assert_eq!(post.json::<Value>().await.unwrap()["code"], "NOT_FOUND");
    for path in ["/%FF", "/chat/%FF", "/pkg/%C3%28.js", "/api/%FF"] {
        let response = user.browse(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        let page = response.text().await.unwrap();
        assert!(page.contains("Page not found"), "{path}: {page:.300}");
    }
    assert_eq!(app.get("/chat/%FF").await.status(), StatusCode::NOT_FOUND, "signed out as well");
}

#[tokio::test]
async fn a_hostile_reply_stays_text() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let hostile = "</textarea><script>alert(1)</script> [x](javascript:alert(2)) ![y](http://evil.example/y.png) <img src=x onerror=alert(3)> #echo";
    let transcript: Transcript = user.ask(hostile).await;
    let page = user.page(&format!("/chat/{}", transcript.started().conversation)).await;
    for markup in ["<script>alert", "javascript:alert(2)\"", "<img", "<textarea></textarea><script"]
    {
        assert!(!page.contains(markup), "{markup} in the page");
    }
}

#[tokio::test]
async fn a_server_function_without_its_fields_is_refused_as_bad_input() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for function in ["confirm_import", "restore_adviser", "archive_metric", "rename_conversation"] {
        let response = user
            .app
            .request(Method::POST, &format!("/api/{function}"))
            .header(header::COOKIE, &user.cookie)
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("nothing=1")
            .send()
            .await
            .unwrap();
        let status = response.status();
        let body = response.text().await.unwrap();
        assert!(body.contains("VALIDATION_ERROR"), "{function}: {body}");
        assert_eq!(status, StatusCode::BAD_REQUEST, "{function}: {body}");
    }
    let response = user.form("confirm_import", "/analytics/import", &[]).await;
    assert_eq!(response.status(), StatusCode::FOUND, "a browser's own form goes back to its page");
}

/// Every route that takes a JSON body. The ids in the paths do not exist.
const BODIES: [(Method, &str); 9] = [
    (Method::POST, "/c-suite/ceo/chat"),
    (Method::POST, "/c-suite/messages/0197c0de-dead-7000-8000-000000000000/retry"),
    (Method::POST, "/c-suite/messages/0197c0de-dead-7000-8000-000000000000/continue"),
    (Method::POST, "/c-suite/messages/0197c0de-dead-7000-8000-000000000000/edit"),
    (Method::POST, "/c-suite/conversations"),
    (Method::PATCH, "/c-suite/conversations/0197c0de-dead-7000-8000-000000000000"),
    (Method::PUT, "/c-suite/profile"),
    (Method::POST, "/c-suite/analytics"),
    (Method::POST, "/c-suite/insights"),
];

#[tokio::test]
async fn every_body_is_refused_with_all_its_unknown_fields_at_once() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for (method, path) in BODIES {
        let body = json!({ "zeta": 1, "alpha": { "deep": [] }, "mi": null });
        let refused = user.api(method.clone(), path).json(&body).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{method} {path}");
        let answer: Value = refused.json().await.unwrap();
        assert_eq!(answer["code"], "VALIDATION_ERROR", "{method} {path}");
        for field in ["zeta", "alpha", "mi"] {
            assert!(answer["details"][field].is_string(), "{method} {path}: {answer}");
        }
    }
}

#[tokio::test]
async fn an_empty_json_body_counts_as_no_body() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let answer = user.ask("Tell me more #tokens=5").await.started().message;
    let retry = user
        .api(Method::POST, &format!("/c-suite/messages/{answer}/retry"))
        .header(header::CONTENT_TYPE, "application/json")
        .send()
        .await
        .unwrap();
    assert_eq!(retry.status(), StatusCode::OK);
    let again = Transcript::read(retry).await.started().message;
    let go_on = user
        .api(Method::POST, &format!("/c-suite/messages/{again}/continue"))
        .header(header::CONTENT_TYPE, "application/json")
        .send()
        .await
        .unwrap();
    let told: Value = go_on.json().await.unwrap();
    assert!(
        told["details"]["id"].as_str().unwrap().contains("complete"),
        "read as far as the answer: {told}"
    );
}
