//! JSON bodies whose faults are told in the API's own shape.

use std::error::Error;

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::{Json, http::StatusCode};
use serde::de::DeserializeOwned;

use crate::error::{AppError, Code};

/// As `axum::Json`, but a body that does not fit is refused with an [`AppError`]:
/// [`Code::InvalidJson`], [`Code::ValidationError`] that names the field, [`Code::PayloadTooLarge`].
#[derive(Clone, Copy, Debug)]
pub struct ValidJson<T>(pub T);

impl<T, S> FromRequest<S> for ValidJson<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        match <Json<T> as FromRequest<S>>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(refusal(&rejection)),
        }
    }
}

/// A request without a body, which has no content type either, is `None`.
impl<T, S> OptionalFromRequest<S> for ValidJson<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, AppError> {
        match <Json<T> as OptionalFromRequest<S>>::from_request(request, state).await {
            Ok(json) => Ok(json.map(|Json(body)| Self(body))),
            Err(rejection) => Err(refusal(&rejection)),
        }
    }
}

fn refusal(rejection: &JsonRejection) -> AppError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return AppError::new(Code::PayloadTooLarge, "The request body is too large. Send less.");
    }
    match rejection {
        JsonRejection::MissingJsonContentType(_) => AppError::new(
            Code::InvalidJson,
            "Send the body as JSON, with the header `Content-Type: application/json`.",
        ),
        JsonRejection::JsonSyntaxError(error) => syntax_refusal(error),
        JsonRejection::JsonDataError(error) => data_refusal(error),
        _ => AppError::new(Code::InvalidJson, "The request body could not be read to its end."),
    }
}

fn syntax_refusal(error: &dyn Error) -> AppError {
    let told = told(error);
    // The parser ends its text with ` at line 2 column 7`.
    let place = told.rsplit_once(" at line ").and_then(|(_, place)| place.split_once(" column "));
    let place = place.map(|(line, column)| format!(" at line {line}, column {column}"));
    let place = place.unwrap_or_default();
    AppError::new(Code::InvalidJson, format!("The request body is not valid JSON{place}."))
}

fn data_refusal(error: &dyn Error) -> AppError {
    let told = told(error);
    let (path, fault) = split(&told);
    let (field, reason) = explain(path, fault);
    let message = format!("{field}: {reason}");
    AppError { message, ..AppError::invalid_field(&field, reason) }
}

/// What the parser said, without what axum says before it.
fn told(error: &dyn Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

/// Where in the body the fault is (`goals[2]`; empty for the body itself), and the fault.
///
/// The parser's text is `path: fault at line 2 column 7`; a path of ours holds no space, and every
/// fault's first words do.
fn split(told: &str) -> (&str, &str) {
    let told = told.rsplit_once(" at line ").map_or(told, |(told, _)| told);
    match told.split_once(": ") {
        Some((path, fault)) if !path.contains(' ') => (path.trim_end_matches(['.', '?']), fault),
        _ => ("", told),
    }
}

/// The field and the reason, in our own words: the parser's name the types it was to fill.
fn explain(path: &str, fault: &str) -> (String, String) {
    if let Some(name) = quoted_after(fault, "unknown field ") {
        return (name.to_owned(), "There is no field of this name.".to_owned());
    }
    if let Some(name) = quoted_after(fault, "missing field ") {
        let field = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        return (field, "This field is required.".to_owned());
    }
    if let Some(name) = quoted_after(fault, "duplicate field ") {
        return (name.to_owned(), "This field stands in the body twice.".to_owned());
    }
    let reason = match fault.rsplit_once(", expected ") {
        Some((_, expected)) => format!("This must be {}.", kind(expected)),
        None => "This value is not accepted.".to_owned(),
    };
    (if path.is_empty() { "body" } else { path }.to_owned(), reason)
}

fn quoted_after<'a>(fault: &'a str, start: &str) -> Option<&'a str> {
    fault.strip_prefix(start)?.strip_prefix('`')?.split('`').next()
}

/// What the parser expected, as a reader of JSON would call it.
fn kind(expected: &str) -> &str {
    match expected {
        "a string" => "text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "u8" | "u16" | "u32" | "u64" => "a whole number that is not negative",
        "f32" | "f64" => "a number",
        // A list of the accepted words, as the contract has them.
        words if words.starts_with('`') || words.starts_with("one of `") => words,
        shape if shape.starts_with("struct ") || shape == "a map" => "an object",
        _ => "of another kind",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::body::Body;
    use axum::extract::DefaultBodyLimit;
    use axum::routing::put;
    use http::header::CONTENT_TYPE;
    use serde::Deserialize;
    use tower::ServiceExt;

    use super::*;

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[allow(dead_code)]
    struct Order {
        message: String,
        #[serde(default)]
        goals: Vec<String>,
        #[serde(default)]
        kind: Option<Kind>,
        #[serde(default)]
        count: u32,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Plain,
        Fancy,
    }

    async fn send(body: &'static str, content_type: Option<&str>) -> (u16, serde_json::Value) {
        let app = axum::Router::new()
            .route("/", put(|ValidJson(_): ValidJson<Order>| async { "{}" }))
            .layer(DefaultBodyLimit::max(200));
        let mut request = http::Request::put("/");
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let response = app.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn refused(body: &'static str) -> serde_json::Value {
        let (status, body) = send(body, Some("application/json")).await;
        assert_eq!(status, 400, "{body}");
        body
    }

    #[tokio::test]
    async fn a_fitting_body_passes() {
        let (status, _) = send(r#"{"message":"hi"}"#, Some("application/json")).await;
        assert_eq!(status, 200);
    }

    #[tokio::test]
    async fn broken_json_is_told_with_its_place() {
        let body = refused("{\"message\":\n").await;
        assert_eq!(body["code"], "INVALID_JSON");
        assert!(body["message"].as_str().unwrap().contains("line 2"), "{body}");
        assert_eq!(refused("{\"message\":\"a\"} x").await["code"], "INVALID_JSON");
        assert_eq!(refused("").await["code"], "INVALID_JSON");
    }

    #[tokio::test]
    async fn a_body_that_is_not_called_json_is_not_read() {
        let (status, body) = send(r#"{"message":"hi"}"#, Some("text/plain")).await;
        assert_eq!((status, &body["code"]), (400, &"INVALID_JSON".into()));
        assert!(body["message"].as_str().unwrap().contains("Content-Type"));
        assert_eq!(send("{}", None).await.0, 400);
    }

    #[tokio::test]
    async fn the_faulty_field_is_named_and_no_type_of_ours() {
        let cases = [
            (r#"{"message":"a","mesage":"b"}"#, "mesage", "There is no field of this name."),
            (r#"{}"#, "message", "This field is required."),
            (r#"{"message":7}"#, "message", "This must be text."),
            (r#"{"message":"a","goals":["b",{}]}"#, "goals[1]", "This must be text."),
            (r#"{"message":"a","goals":"b"}"#, "goals", "This must be a list."),
            (r#"{"message":"a","message":"b"}"#, "message", "This field stands in the body twice."),
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
}
