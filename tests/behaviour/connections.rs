//! Connections and bodies that could deny service to others.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{TestApp, eventually};

async fn connect(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.url.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Sends a request and reads until the server closes the connection.
async fn exchange(app: &TestApp, request: &[u8]) -> String {
    let mut stream = connect(app).await;
    // The server may close the connection before it has read everything.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut answer)).await;
    let _ = read.expect("the server closes");
    String::from_utf8_lossy(&answer).into_owned()
}

fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}\r\n\r\n{body}")
        .into_bytes()
}

#[tokio::test]
async fn a_body_that_never_arrives_times_out() {
    let app = TestApp::start().await;
    let form = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 100";
    let answer = exchange(&app, &post("/api/sign_in", form, "email=")).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("REQUEST_TIMEOUT"), "{answer}");
}

#[tokio::test]
async fn oversized_and_malformed_chunked_bodies_get_different_errors() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let large = format!("80001\r\n{}\r\n0\r\n\r\n", "x".repeat(0x8_0001));
    for kind in ["application/json", "application/x-www-form-urlencoded"] {
        let path = if kind.ends_with("json") { "/c-suite/ceo/chat" } else { "/api/sign_in" };
        let head = format!(
            "authorization: Bearer {}\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked",
            user.token
        );
        let answer = exchange(&app, &post(path, &head, &large)).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{path}: {answer:.300}");
        assert!(answer.contains("PAYLOAD_TOO_LARGE"), "{path}: {answer:.300}");
        let answer = exchange(&app, &post(path, &head, "zz\r\nnot a chunk\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{path}: {answer:.300}");
        assert!(answer.contains("VALIDATION_ERROR"), "{path}: {answer:.300}");
    }
}

#[tokio::test]
async fn a_connection_over_the_limit_gets_503() {
    let app = TestApp::start_with(&[("MAX_CONNECTIONS", "3")]).await;
    let held = [connect(&app).await, connect(&app).await, connect(&app).await];
    let answer = exchange(&app, b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("retry-after: 5"), "{answer}");
    drop(held);
    eventually("a place is free again", || async {
        app.request(Method::GET, "/healthz")
            .send()
            .await
            .is_ok_and(|it| it.status() == StatusCode::OK)
    })
    .await;
}

#[tokio::test]
async fn malformed_session_cookies_are_ignored() {
    let app = TestApp::start().await;
    for cookie in ["csuite_session=x", "csuite_session=", "a=b; csuite_session=../../etc"] {
        let request = app.request(Method::GET, "/c-suite/profile").header("cookie", cookie);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.json::<Value>().await.unwrap()["code"], "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn over_tls_only_a_host_cookie_is_a_session() {
    let folder = {
        let app = TestApp::start().await;
        let user = app.with_member().await;
        std::fs::write(app.folder.path().join("cookie"), &user.cookie).unwrap();
        app.stop().await
    };
    let older = std::fs::read_to_string(folder.path().join("cookie")).unwrap();
    let app = TestApp::start_in(folder, &[("PUBLIC_URL", "https://advisers.example")]).await;
    let page = app.request(Method::GET, "/chat").header("cookie", &older).send().await.unwrap();
    let other = app.request(Method::GET, "/c-suite/profile").header("cookie", &older);
    let other = other.send().await.unwrap();
    assert_eq!(other.status(), StatusCode::UNAUTHORIZED, "a neighbouring host can set this name");
    assert!(page.headers()["strict-transport-security"].to_str().unwrap().contains("max-age="));
    assert_eq!(page.headers()["cross-origin-opener-policy"], "same-origin");
    let member = app.with_member().await;
    assert!(member.cookie.starts_with("__Host-csuite_session="), "{}", member.cookie);
    let tossed = format!("{}; %5F_Host-{older}", member.cookie);
    let own = app.request(Method::GET, "/c-suite/profile").header("cookie", tossed);
    let own: Value = own.send().await.unwrap().json().await.unwrap();
    assert_eq!(own, member.get_json("/c-suite/profile").await);
}
