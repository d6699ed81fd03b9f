//! Tests of all error classes, as returned by servers and the gateways in front of them.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::*;

const FIREWALL: &str = "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body>Sorry, you have been blocked</body></html>";
const SIGN_IN: &str = "<html><head><title>Sign in to the portal</title></head></html>";

#[tokio::test]
async fn each_response_is_classified_and_retried_accordingly() {
    const JSON: &str = "application/json";
    const HTML: &str = "text/html; charset=utf-8";
    let cases = [
        // (status, type, body, class, requests, what the operator sees)
        (
            429,
            JSON,
            r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            FailureKind::Suspended,
            1,
            "exceeded your current quota",
        ),
        (
            402,
            JSON,
            r#"{"error":{"message":"Insufficient Balance","code":"invalid_request_error"}}"#,
            FailureKind::Suspended,
            1,
            "Insufficient Balance",
        ),
        (
            400,
            JSON,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}"#,
            FailureKind::Suspended,
            1,
            "credit balance",
        ),
        (403, HTML, FIREWALL, FailureKind::Blocked, 1, "Attention Required! | Cloudflare"),
        (403, "text/plain", "RBAC: access denied", FailureKind::Blocked, 1, "RBAC"),
        (
            401,
            HTML,
            "<html><head><title>401 Authorization Required</title></head></html>",
            FailureKind::Blocked,
            1,
            "401 Authorization Required",
        ),
        (407, "text/plain", "proxy", FailureKind::Blocked, 1, "HTTP 407"),
        (
            403,
            JSON,
            r#"{"error":{"message":"Your key lacks a permission","code":"forbidden"}}"#,
            FailureKind::KeyRefused,
            1,
            "lacks a permission",
        ),
        (200, HTML, SIGN_IN, FailureKind::NotAnApi, 1, "Sign in to the portal"),
        (
            404,
            HTML,
            "<html><title>404 Not Found</title>",
            FailureKind::NotAnApi,
            1,
            "404 Not Found",
        ),
        (404, "text/plain", "404 page not found", FailureKind::NotAnApi, 1, "page not found"),
        (404, JSON, r#"{"detail":"Not Found"}"#, FailureKind::NotAnApi, 1, "Not Found"),
        (405, JSON, r#"{"detail":"Method Not Allowed"}"#, FailureKind::NotAnApi, 1, "Method"),
        (
            404,
            JSON,
            r#"{"error":{"message":"The model `x` does not exist or you do not have access to it.","code":"model_not_found"}}"#,
            FailureKind::ModelMissing,
            1,
            "does not exist",
        ),
        (
            400,
            HTML,
            "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
            FailureKind::TlsFailed,
            1,
            "HTTPS port",
        ),
        (
            400,
            "text/plain",
            "Client sent an HTTP request to an HTTPS server.",
            FailureKind::TlsFailed,
            1,
            "HTTPS server",
        ),
    ];
    for (status, content_type, body, kind, requests, told) in cases {
        let server = Server::start(move |_, _| typed(status, content_type, body)).await;
        let client = client_for(server.base.clone(), |_| {});
        let outcome = collect(client.stream(ask("Hi"))).await;
        assert_eq!(outcome.kind(), Some(kind), "{status} {body}");
        assert_eq!(server.seen().len(), requests, "{status} {body}");
        let outage = client.health().outage.expect("the operator is told at once");
        assert!(outage.said.contains(told), "{}", outage.said);
        assert!(!outage.advice.cause.is_empty() && !outage.advice.what_to_do.is_empty());
    }
}

#[tokio::test]
async fn an_account_without_credit_does_not_try_the_fallback() {
    let server = Server::start(|_, _| {
        error(429, r#"{"error":{"message":"quota","code":"insufficient_quota"}}"#)
    })
    .await;
    let client = client_for(server.base.clone(), |s| s.fallback_model = Some(SECOND.into()));
    collect(client.stream(ask("Hi"))).await;
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn overload_is_retried_after_the_named_wait() {
    for status in [529, 520, 522] {
        let server = Server::start(
            move |_, number| if number < 2 { typed(status, "text/plain", "") } else { ok() },
        )
        .await;
        let outcome = collect(client_for(server.base.clone(), |_| {}).stream(ask("Hi"))).await;
        assert_eq!((outcome.failure, server.seen().len()), (None, 3), "{status}");
    }
    let server = Server::start(|_, number| {
        let mut refused = error(429, r#"{"error":{"message":"slow down"}}"#);
        let wait = http::HeaderValue::from_static("300");
        refused.headers_mut().insert("retry-after-ms", wait);
        refused.headers_mut().insert("retry-after", http::HeaderValue::from_static("9"));
        if number == 0 { refused } else { ok() }
    })
    .await;
    let start = Instant::now();
    let outcome = collect(client_for(server.base.clone(), |_| {}).stream(ask("Hi"))).await;
    assert_eq!(outcome.failure, None);
    assert!(start.elapsed() >= Duration::from_millis(295), "{:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(8), "not the seconds");
}

#[tokio::test]
async fn a_loading_model_is_awaited_longer() {
    for body in [
        r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
        r#"{"error":"Model x is currently loading","estimated_time":0.01}"#,
        r#"{"error":{"message":"The deployment is scaling up","code":"DEPLOYMENT_SCALING_UP"}}"#,
    ] {
        let rule =
            move |_: &serde_json::Value, number| if number < 8 { error(503, body) } else { ok() };
        let server = Server::start(rule).await;
        let outcome = collect(client_for(server.base.clone(), |_| {}).stream(ask("Hi"))).await;
        assert_eq!((outcome.failure, server.seen().len()), (None, 9), "{body}");
    }
    let server = Server::start(|_, _| error(503, r#"{"error":"Loading model"}"#)).await;
    let impatient = client_for(server.base.clone(), |s| {
        s.retry.loading_patience = Duration::from_millis(60);
    });
    let outcome = collect(impatient.stream(ask("Hi"))).await;
    assert_eq!(outcome.kind(), Some(FailureKind::Loading));
    assert!(impatient.health().outage.is_none(), "it passes by itself");
}

#[tokio::test]
async fn a_loading_model_is_not_awaited_if_a_fallback_answers() {
    let server = Server::start(|body, _| match body["model"].as_str() {
        Some(SECOND) => ok(),
        _ => error(503, r#"{"error":"Loading model"}"#),
    })
    .await;
    let client = client_for(server.base.clone(), |s| s.fallback_model = Some(SECOND.into()));
    let outcome = collect(client.stream(ask("Hi"))).await;
    assert_eq!(outcome.model.as_deref(), Some(SECOND));
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_with_key_and_question() {
    for (status, location) in [
        (307, "/other/v1/chat/completions"),
        (308, "/v1/chat/completions/"),
        (301, "completions?x=1"),
    ] {
        let rule = move |_: &serde_json::Value, number| match number {
            0 => redirect(status, location),
            _ => ok(),
        };
        let server = Server::start(rule).await;
        let outcome = collect(client_for(server.base.clone(), |_| {}).stream(ask("Hi"))).await;
        assert_eq!(outcome.failure, None, "{status}");
        let seen = server.seen();
        assert_eq!(seen.len(), 2);
        assert_eq!(seen[0].body, seen[1].body);
        assert_eq!(seen[1].headers["authorization"], "Bearer fw_test");
    }
    let circle = Server::start(|_, _| redirect(307, "/v1/chat/completions")).await;
    let outcome = collect(client_for(circle.base.clone(), |_| {}).stream(ask("Hi"))).await;
    assert_eq!(outcome.kind(), Some(FailureKind::Redirected));
    assert_eq!(circle.seen().len(), 4, "a circle is left");
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_named_and_never_followed() {
    let elsewhere = Server::start(|_, _| ok()).await;
    for status in [301, 302, 307, 308] {
        let target = format!("{}/chat/completions?token=secret", elsewhere.base);
        let server = Server::start(move |_, _| redirect(status, &target)).await;
        let client = client_for(server.base.clone(), |_| {});
        let outcome = collect(client.stream(ask("Hi"))).await;
        assert_eq!(outcome.kind(), Some(FailureKind::Redirected), "{status}");
        let outage = client.health().outage.unwrap();
        assert!(
            outage.said.ends_with(&format!("redirects to {}", elsewhere.base)),
            "{}",
            outage.said
        );
    }
    assert!(elsewhere.seen().is_empty(), "neither key nor question left the origin");
}

#[tokio::test]
async fn connection_failures_name_their_cause() {
    let nobody = nobody().await;
    let plain = Server::start(|_, _| ok()).await;
    let plain = plain.base.to_string().replace("http://", "https://");
    for (address, kind) in [
        (nobody.as_str(), FailureKind::ConnectionRefused),
        ("http://no-such-host.invalid/v1", FailureKind::UnknownHost),
        (plain.as_str(), FailureKind::TlsFailed),
    ] {
        let client = client_for(Url::parse(address).unwrap(), |_| {});
        let outcome = collect(client.stream(ask("Hi"))).await;
        assert_eq!(outcome.kind(), Some(kind), "{address}: {:?}", outcome.failure);
        let notice = client.health().notices().concat();
        assert!(notice.contains("FIREWORKS_BASE_URL"), "{notice}");
    }
}

fn redirect(status: u16, location: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("location", location.to_owned())]).into_response()
}
