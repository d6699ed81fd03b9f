//! Error responses in each of the observed shapes.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use serde_json::json;

use super::directives::Refusal;

const JSON: &str = "application/json";

impl Refusal {
    pub fn respond(self) -> Response {
        match self {
            Self::Http(422) => body(422, JSON, &detail_list()),
            Self::Http(status) => {
                let (code, message) = words(status);
                error(status, code, message)
            }
            Self::PromptTooLong => error(
                400,
                "BAD_REQUEST",
                "The prompt is too long: 798932, model maximum context length: 262143",
            ),
            Self::StringError => body(500, JSON, r#"{"error":"Internal server error"}"#),
            Self::PlainText => body(503, "text/plain", "upstream connect error or disconnect"),
            Self::HtmlGateway => body(502, "text/html", HTML),
            Self::RetryAfter => {
                let (code, message) = words(429);
                let mut response = error(429, code, message);
                let headers = response.headers_mut();
                headers.insert(RETRY_AFTER, http::HeaderValue::from_static("1"));
                headers.insert(
                    "x-ratelimit-remaining-tokens-prompt",
                    http::HeaderValue::from_static("0"),
                );
                response
            }
            Self::ModelMissing => Self::Http(404).respond(),
            Self::NotAStream => body(200, JSON, r#"{"id":"x","choices":[]}"#),
        }
    }
}

/// Responds with `{"error":{…},"request_id":…}`.
pub(super) fn error(status: u16, code: &str, message: &str) -> Response {
    let document = json!({
        "error": {"message": message, "param": null, "code": code, "type": "error"},
        "request_id": "emulated",
    });
    body(status, JSON, &document.to_string())
}

fn body(status: u16, content_type: &'static str, text: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CONTENT_TYPE, content_type)], text.to_owned()).into_response()
}

fn words(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => ("BAD_REQUEST", "Invalid request"),
        401 => ("UNAUTHORIZED", "The API key you provided is invalid."),
        402 => ("PAYMENT_REQUIRED", "The account is out of credit."),
        403 => ("FORBIDDEN", "The API key lacks a permission."),
        404 => ("NOT_FOUND", "Model not found, inaccessible, and/or not deployed"),
        408 => ("REQUEST_TIMEOUT", "Request timed out"),
        412 => (
            "PRECONDITION_FAILED",
            "Account emulated is suspended, possibly due to reaching the monthly spending limit",
        ),
        413 => ("PAYLOAD_TOO_LARGE", "The request is too large"),
        429 => ("RATE_LIMIT_EXCEEDED", "Request rate limit exceeded"),
        503 => ("DEPLOYMENT_SCALING_UP", "The deployment is scaling up, please retry"),
        504 => ("GATEWAY_TIMEOUT", "The upstream did not answer in time"),
        _ => ("INTERNAL_SERVER_ERROR", "Something went wrong"),
    }
}

fn detail_list() -> String {
    let item = json!({
        "type": "extra_forbidden",
        "loc": ["body", "surprise"],
        "msg": "Extra inputs are not permitted",
    });
    json!({ "detail": [item] }).to_string()
}

const HTML: &str = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n<center><h1>502 Bad Gateway</h1></center>\n</body>\n</html>\n";
