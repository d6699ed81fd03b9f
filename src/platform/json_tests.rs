#![allow(clippy::unwrap_used)]

use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::routing::put;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use tower::ServiceExt;

use super::*;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct Order {
    message: String,
    #[serde(default)]
    goals: Vec<String>,
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    count: u32,
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Part {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Plain,
    Fancy,
}

async fn send(body: &str, content_type: Option<&str>) -> (u16, serde_json::Value) {
    call("PUT", body, content_type).await
}

async fn call(method: &str, body: &str, content_type: Option<&str>) -> (u16, serde_json::Value) {
    let app = axum::Router::new()
        .route(
            "/",
            put(|ValidJson(_): ValidJson<Order>| async { "{}" })
                .post(|body: Option<ValidJson<Order>>| async move { body.map_or("0", |_| "1") }),
        )
        .layer(DefaultBodyLimit::max(200));
    let mut request = http::Request::builder().method(method).uri("/");
    if let Some(content_type) = content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    let response = app.oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

async fn refused(body: &str) -> serde_json::Value {
    let (status, body) = send(body, Some("application/json")).await;
    assert_eq!(status, 400, "{body}");
    body
}

#[tokio::test]
async fn a_matching_body_is_accepted() {
    let (status, _) = send(r#"{"message":"hi"}"#, Some("application/json")).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn invalid_json_is_reported_with_line_and_column() {
    let body = refused("{\"message\":\n").await;
    assert_eq!(body["code"], "INVALID_JSON");
    assert!(body["message"].as_str().unwrap().contains("line 2"), "{body}");
    assert_eq!(refused("{\"message\":\"a\"} x").await["code"], "INVALID_JSON");
    assert_eq!(refused("").await["code"], "INVALID_JSON");
}

#[tokio::test]
async fn a_body_without_json_content_type_is_refused() {
    let (status, body) = send(r#"{"message":"hi"}"#, Some("text/plain")).await;
    assert_eq!((status, &body["code"]), (400, &"INVALID_JSON".into()));
    assert!(body["message"].as_str().unwrap().contains("Content-Type"));
    assert_eq!(send("{}", None).await.0, 400);
}

#[tokio::test]
async fn the_invalid_field_is_named_without_internal_types() {
    let cases = [
        (r#"{"message":"a","mesage":"b"}"#, "mesage", "There is no field with this name."),
        (r#"{}"#, "message", "This field is required."),
        (r#"{"message":7}"#, "message", "This must be text."),
        (r#"{"message":"a","goals":["b",{}]}"#, "goals[1]", "This must be text."),
        (r#"{"message":"a","goals":"b"}"#, "goals", "This must be a list."),
        (r#"{"message":"a","message":"b"}"#, "message", "This field appears twice."),
        (r#"{"message":"a","kind":"odd"}"#, "kind", "This must be `plain` or `fancy`."),
        (
            r#"{"message":"a","count":-1}"#,
            "count",
            "This must be a whole number that is not negative.",
        ),
        (r#""hi""#, "body", "This must be an object."),
    ];
    for (sent, field, reason) in cases {
        let body = refused(sent).await;
        assert_eq!(body["code"], "VALIDATION_ERROR", "{sent}");
        assert_eq!(body["details"][field], reason, "{sent} → {body}");
        assert!(!body.to_string().contains("Order"), "{body}");
    }
}

#[tokio::test]
async fn all_invalid_fields_are_named_at_once() {
    let cases: [(&str, &[&str]); 6] = [
        (r#"{"message":"a","b":1,"a":{"deep":[]},"c":null}"#, &["a", "b", "c"]),
        (r#"{"massage":"a"}"#, &["massage", "message"]),
        (
            r#"{"x":1,"message":7,"count":"many","goals":[1],"y":2}"#,
            &["count", "goals[0]", "message", "x", "y"],
        ),
        (
            r#"{"message":"a","parts":[{"name":"n","size":1},{"name":2}],"z":0}"#,
            &["parts[0].size", "parts[1].name", "z"],
        ),
        (r#"{"message":"a","message":"b","odd":1}"#, &["message", "odd"]),
        (r#"{"message":"a","a.b":1,"c[0]":2}"#, &["a.b", "c[0]"]),
    ];
    for (sent, fields) in cases {
        let body = refused(sent).await;
        let named: Vec<&str> =
            body["details"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(named, fields, "{sent} → {body}");
        let message = body["message"].as_str().unwrap();
        assert!(fields.iter().all(|field| message.contains(field)), "{message}");
    }
}

#[test]
fn the_error_response_is_bounded_for_any_number_of_errors() {
    let fields: Vec<String> =
        (0..40_000).map(|n| format!("\"{n:05}{}\":1", "x".repeat(300))).collect();
    let error = parse::<Order>(format!("{{{}}}", fields.join(",")).as_bytes()).err().unwrap();
    assert_eq!(error.details.len(), MOST_FAULTS);
    assert!(error.field("message").is_some(), "with the field that is missing");
    assert!(serde_json::to_string(&error).unwrap().len() < 16_000);
}

#[tokio::test]
async fn an_empty_body_counts_as_no_body_for_any_content_type() {
    for content_type in [None, Some("application/json"), Some("text/plain")] {
        for body in ["", " \r\n"] {
            let (status, seen) = call("POST", body, content_type).await;
            assert_eq!((status, seen), (200, 0.into()), "{content_type:?} {body:?}");
        }
    }
    let whole = r#"{"message":"hi"}"#;
    for content_type in [None, Some("application/json; charset=utf-8")] {
        assert_eq!(call("POST", whole, content_type).await, (200, 1.into()));
    }
    assert_eq!(call("POST", whole, Some("text/plain")).await.0, 400);
    assert_eq!(call("POST", "{", None).await.1["code"], "INVALID_JSON");
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    const LONG: &str = concat!(
        r#"{"message":""#,
        "0123456789012345678901234567890123456789012345678901234567890123456789",
        "0123456789012345678901234567890123456789012345678901234567890123456789",
        "0123456789012345678901234567890123456789012345678901234567890123456789\"}"
    );
    let (status, body) = send(LONG, Some("application/json")).await;
    assert_eq!((status, &body["code"]), (413, &"PAYLOAD_TOO_LARGE".into()));
}
