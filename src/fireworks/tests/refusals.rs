//! Tests of responses with an error status.

use super::*;

#[tokio::test]
async fn each_status_becomes_its_kind() {
    let cases = [
        ("http-400", FailureKind::BadRequest, 1),
        ("prompt-too-long", FailureKind::PromptTooLong, 1),
        ("http-413", FailureKind::PromptTooLong, 1),
        ("http-401", FailureKind::KeyRefused, 1),
        ("http-403", FailureKind::KeyRefused, 1),
        ("http-402", FailureKind::Suspended, 1),
        ("http-412", FailureKind::Suspended, 1),
        ("http-422", FailureKind::BadRequest, 1),
        ("http-307", FailureKind::Redirected, 1),
        ("not-a-stream", FailureKind::Protocol, 1),
        ("http-404", FailureKind::ModelMissing, 1),
        ("http-408", FailureKind::Busy, 3),
        ("http-429", FailureKind::Busy, 3),
        ("http-500", FailureKind::Busy, 3),
        ("http-502", FailureKind::Busy, 3),
        ("http-504", FailureKind::Busy, 3),
        ("http-501", FailureKind::Busy, 1),
        ("string-error", FailureKind::Busy, 3),
        ("plain-text", FailureKind::Busy, 3),
        ("html-gateway", FailureKind::Busy, 3),
    ];
    for (fault, kind, requests) in cases {
        let (outcome, emulator, _) = reply_to(&format!("Hi #fault={fault}")).await;
        assert_eq!(outcome.kind(), Some(kind), "{fault}");
        assert_eq!(emulator.counts().requests, requests, "{fault}");
        assert_eq!(outcome.model, None, "{fault}");
    }
}

#[tokio::test]
async fn the_detail_tells_an_operator_what_the_upstream_said() {
    let detail = |outcome: Outcome| outcome.failure.unwrap().detail;
    let (suspended, _, client) = reply_to("#fault=http-412").await;
    assert!(detail(suspended).contains("monthly spending limit"));
    assert!(client.health().outage.unwrap().said.contains("monthly spending limit"));
    let (html, ..) = reply_to("#fault=html-gateway").await;
    assert_eq!(detail(html), "HTTP 502 (without a code): an HTML page: 502 Bad Gateway");
    let (list, ..) = reply_to("#fault=http-422").await;
    assert!(detail(list).contains("Extra inputs are not permitted"));
}

#[tokio::test]
async fn a_refused_key_is_an_outage_and_never_quoted() {
    let body = r#"{"error":"no such key: fw_test"}"#;
    let server = Server::start(move |_, _| error(401, body)).await;
    let client = client_for(server.base, |_| {});
    let outcome = collect(client.stream(ask("Hi"))).await;
    assert_eq!(outcome.kind(), Some(FailureKind::KeyRefused));
    let health = client.health();
    assert_eq!(health.notices().len(), 1);
    assert!(health.notices().concat().starts_with("The API key is refused."), "{health:?}");
    assert!(
        !format!("{health:?}").contains("fw_test") && !format!("{outcome:?}").contains("fw_test")
    );
}

#[tokio::test]
async fn a_refusal_leaves_no_open_reply() {
    let (_, emulator, _) = reply_to("#fault=http-500").await;
    assert_eq!(emulator.counts().open_replies, 0);
}
