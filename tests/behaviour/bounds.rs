//! Bounds on what one request or one business can make the server hold, send or store.

use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::analytics::{HEAD, OFTEN, days, import, imported, upload};
use crate::support::{PASSWORD, TestApp, User, encode, eventually};

const MOST_BODY_BYTES: usize = 64 * 1024;
/// In MB: more than the disk of any test machine.
const NEVER_FREE: (&str, &str) = ("MIN_FREE_DISK", "1000000000");

#[tokio::test]
async fn an_error_does_not_grow_with_its_request() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let metrics: Map<String, Value> = (0..15_000).map(|n| (format!("m{n}"), n.into())).collect();
    let goals = vec!["\u{1}"; 20_000];
    let requests = [
        (Method::POST, "/c-suite/analytics", json!({ "date": "2026-11-01", "metrics": metrics })),
        (Method::PUT, "/c-suite/profile", json!({ "businessName": "A", "goals": goals })),
        (Method::PUT, "/c-suite/profile", Value::Object(metrics)),
    ];
    for (method, path, body) in requests {
        let response = user.api(method, path).json(&body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path}");
        let text = response.text().await.unwrap();
        assert!(text.len() <= MOST_BODY_BYTES, "{path} answers {} bytes", text.len());
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(body["code"], "VALIDATION_ERROR");
        assert_eq!(body["details"].as_object().unwrap().len(), 50, "{path}");
    }
}

#[tokio::test]
async fn an_upload_over_the_import_limit_is_refused_before_its_body() {
    let app = TestApp::start_with(&[("RATE_LIMIT_STRICT", "1/1h")]).await;
    let user = app.with_member().await;
    let first = crate::analytics::import(&user, format!("{HEAD}\n2026-11-01,1,1,1,1\n")).await;
    assert_eq!(first.status(), StatusCode::OK);
    let addr = app.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let head = format!(
        "POST /c-suite/analytics/import HTTP/1.1\r\nhost: {addr}\r\nauthorization: Bearer {}\r\ncontent-type: text/csv\r\ncontent-length: 1000000\r\n\r\n",
        user.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4_096];
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer)).await;
    let answer = String::from_utf8_lossy(&answer[..read.unwrap().unwrap()]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
}

#[tokio::test]
async fn stalled_uploads_count_and_further_ones_must_wait() {
    let app = TestApp::start_with(&[OFTEN, ("MAX_UPLOADS_PER_BUSINESS", "1")]).await;
    let (user, other) = (app.with_member().await, app.with_member().await);
    let addr = app.url.trim_start_matches("http://");
    let head = format!(
        "POST /c-suite/analytics/import HTTP/1.1\r\nhost: {addr}\r\nauthorization: Bearer {}\r\ncontent-type: text/csv\r\ncontent-length: 2000000\r\n\r\n",
        user.token
    );
    let stall = async || {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&vec![b'x'; 1_000_000]).await.unwrap();
        stream
    };
    let send = async |user: &User<'_>| {
        let file = format!("{HEAD}\n2026-11-01,1,1,1,1\n{}", "\n".repeat(200_000));
        let request = user.api(Method::POST, "/c-suite/analytics/import");
        request.header(header::CONTENT_TYPE, "text/csv").body(file).send().await.unwrap()
    };
    // An upload that arrives while `send` occupies the tenant's share is refused and cannot stall.
    // Start another one in that case.
    let mut stalled = vec![stall().await];
    while send(&user).await.status() != StatusCode::SERVICE_UNAVAILABLE {
        assert!(stalled.len() < 100, "stalled files take no room");
        stalled.push(stall().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let refused = send(&user).await;
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "OVERLOADED");
    assert_eq!(send(&other).await.status(), StatusCode::OK, "another business goes on");
    drop(stalled);
    eventually("the share to be free", async || send(&user).await.status() == StatusCode::OK).await;
    assert_eq!(days(&user).await.len(), 1);
}

#[tokio::test]
async fn a_nearly_full_disk_refuses_files_and_accounts_but_not_questions() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let (cookie, token, email) = (user.cookie.clone(), user.token.clone(), user.email.clone());
    let app = TestApp::start_in(app.stop().await, &[NEVER_FREE]).await;
    let user = User { app: &app, cookie, token, email };
    let page = upload(&user, "late.csv", format!("{HEAD}\n2026-11-01,1,1,1,1\n")).await;
    assert!(page.contains("short of disk space and takes no new files"), "{page}");
    let request = user.api(Method::POST, "/c-suite/analytics/import");
    let refused = request.header(header::CONTENT_TYPE, "text/csv").body("x").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "STORAGE_LOW");
    let fields = [
        ("name", "Ben"),
        ("email", "ben@example.com"),
        ("business_name", "Late"),
        ("password", PASSWORD),
    ];
    let request = app
        .request(Method::POST, "/api/sign_up")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(encode(&fields));
    let refused = request.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.text().await.unwrap().contains("takes no new accounts"));
    assert!(!user.ask("Hello?").await.text().is_empty(), "conversations go on");
}

#[tokio::test]
async fn a_business_is_warned_before_its_conversation_limit_and_then_refused() {
    let app = TestApp::start_with(&[("QUOTA_CONVERSATIONS", "5")]).await;
    let (user, other) = (app.with_member().await, app.with_member().await);
    let begin = async |user: &User<'_>| {
        let request = user.api(Method::POST, "/c-suite/conversations");
        request.json(&json!({ "personaType": "ceo" })).send().await.unwrap()
    };
    for _ in 0..3 {
        assert_eq!(begin(&user).await.status(), StatusCode::CREATED);
    }
    assert!(!user.page("/dashboard").await.contains("% of its conversations"));
    let first = user.ask("One?").await.started();
    let warned = user.page("/dashboard").await;
    assert!(warned.contains("uses 80 % of its conversations"), "{warned}");
    // Concurrent requests cannot exceed the quota.
    let together = futures_util::future::join_all((0..8).map(|_| begin(&user))).await;
    let made = together.iter().filter(|it| it.status() == StatusCode::CREATED).count();
    assert_eq!(made, 1);
    let refused = user.ask_with(json!({ "message": "One more?" })).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["code"], "QUOTA_EXCEEDED");
    assert!(body["message"].as_str().unwrap().contains("Delete some"), "{body}");
    assert_eq!(begin(&other).await.status(), StatusCode::CREATED, "another business's count");
    let path = format!("/c-suite/conversations/{}", first.conversation);
    assert_eq!(
        user.api(Method::DELETE, &path).send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert!(!user.ask("One more?").await.text().is_empty(), "there is room again");
}

#[tokio::test]
async fn messages_per_conversation_and_bytes_per_business_are_bounded() {
    let app = TestApp::start_with(&[("QUOTA_MESSAGES", "2"), ("QUOTA_STORAGE", "1"), OFTEN]).await;
    let user = app.with_member().await;
    let started = user.ask("One?").await.started();
    let more = json!({ "message": "Two?", "conversationId": started.conversation });
    let refused = user.ask_with(more).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let message = refused.json::<Value>().await.unwrap()["message"].to_string();
    assert!(message.contains("Begin a new conversation"), "{message}");
    assert!(!user.ask("Two?").await.text().is_empty(), "a new one goes on");
    let file = format!("{HEAD}\n2026-11-01,1,1,1,1\n{}", "\n".repeat(1_100_000));
    let page = upload(&user, "large.csv", file).await;
    assert!(page.contains("may store 1 MB"), "{page}");
}

#[tokio::test]
async fn numbers_count_as_stored_bytes() {
    let app = TestApp::start_with(&[("QUOTA_STORAGE", "1"), OFTEN]).await;
    let user = app.with_member().await;
    let day = |n: u32| format!("\n{}-{:02}-{:02},1", 1950 + n / 336, n % 336 / 28 + 1, n % 28 + 1);
    let file =
        |days: std::ops::Range<u32>| format!("date,sessions{}", days.map(day).collect::<String>());
    assert_eq!(imported(&user, &file(0..15_000)).await, (15_000, 0, 0));
    let refused = import(&user, file(15_000..25_000)).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let message = refused.json::<Value>().await.unwrap()["message"].to_string();
    assert!(message.contains("may store 1 MB"), "{message}");
}

#[tokio::test]
async fn a_conversation_says_that_it_is_nearly_full() {
    let app = TestApp::start_with(&[("QUOTA_MESSAGES", "5"), OFTEN]).await;
    let user = app.with_member().await;
    let conversation = user.ask("One?").await.started().conversation;
    let page = user.page(&format!("/chat/{conversation}")).await;
    assert!(!page.contains("of at most 5 messages"), "{page}");
    let more = json!({ "message": "Two?", "conversationId": conversation });
    assert_eq!(user.ask_with(more).send().await.unwrap().status(), StatusCode::OK);
    let page = user.page(&format!("/chat/{conversation}")).await;
    assert!(page.contains("This conversation has 4 of at most 5 messages"), "{page}");
}

#[tokio::test]
async fn operators_see_what_fills_the_disk_on_their_page_and_on_the_command_line() {
    let app = TestApp::start().await;
    let (operator, other) = (app.with_member().await, app.with_member().await);
    operator.ask("Hello?").await;
    let page = operator.page("/operator").await;
    for told in ["Free disk space", "Database file", "Write-ahead log", "messages"] {
        assert!(page.contains(told), "{told} in {page}");
    }
    let hidden = other.browse(Method::GET, "/operator").send().await.unwrap();
    assert!(!hidden.text().await.unwrap().contains("Write-ahead log"));
    let output = app.command(&["check"], &[]).await;
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && told.contains("free disk space"), "{told}");
    assert!(told.contains("messages") && told.contains("sessions"), "{told}");
    let low = app.command(&["check"], &[NEVER_FREE]).await;
    assert_eq!(low.status.code(), Some(1));
    assert!(String::from_utf8(low.stderr).unwrap().contains("below MIN_FREE_DISK"));
}
