//! Parses the upstream's errors in all their shapes. [`chunk`](super::chunk) parses the other responses;
//! [`request`](super::request) writes the requests.

use serde_json::Value;

use super::html;

/// An error of the upstream, independent of its shape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UpstreamError {
    pub message: String,
    /// A name such as `RATE_LIMIT_EXCEEDED`, or a number as text.
    pub code: Option<String>,
}

impl UpstreamError {
    /// Parses the body of a response with an error status.
    pub fn of_body(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let parsed = serde_json::from_str::<Value>(&text).ok();
        if let Some(error) = parsed.as_ref().and_then(Self::of_document) {
            return error;
        }
        let trimmed = text.trim_start();
        let message =
            if trimmed.starts_with('<') { html::described(trimmed) } else { text.into_owned() };
        Self { message, code: None }
    }

    /// Parses `{"error": …}`, `{"detail": …}` or `{"message": …}`, or the first such document of a list.
    pub fn of_document(document: &Value) -> Option<Self> {
        if let Some(list) = document.as_array() {
            return list.first().and_then(Self::of_document);
        }
        if let Some(error) = document.get("error").and_then(Self::of_value) {
            return Some(error);
        }
        if let Some(detail) = document.get("detail") {
            let message = detail.as_str().map_or_else(|| detail_list(detail), str::to_owned);
            return Some(Self { message, code: None });
        }
        document.get("message").and_then(|_| Self::of_value(document))
    }

    /// Parses the value of an `error` key: an object or a string. Null, `false`, `""` and `{}` are no error.
    pub fn of_value(error: &Value) -> Option<Self> {
        match error {
            Value::Null | Value::Bool(false) => None,
            Value::String(message) if message.is_empty() => None,
            Value::String(message) => Some(Self { message: message.clone(), code: None }),
            Value::Object(fields) if fields.is_empty() => None,
            Value::Object(fields) => {
                let message = fields.get("message").and_then(Value::as_str);
                let code = fields.get("code").or_else(|| fields.get("type"));
                Some(Self {
                    message: message.map_or_else(|| error.to_string(), str::to_owned),
                    code: code.and_then(plain_text),
                })
            }
            other => Some(Self { message: other.to_string(), code: None }),
        }
    }

    /// Describes the error for the log: its place, code and message.
    pub fn described(&self, place: &str) -> String {
        let code = self.code.as_deref().unwrap_or("without a code");
        format!("{place} ({code}): {}", self.message)
    }
}

fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Joins the messages of a validation error's list, each with the location it refers to.
fn detail_list(detail: &Value) -> String {
    let one = |item: &Value| {
        let message = item.get("msg").and_then(Value::as_str).unwrap_or("not valid");
        let place = item.get("loc").map(Value::to_string).unwrap_or_default();
        format!("{place} {message}")
    };
    match detail.as_array() {
        Some(items) => items.iter().map(one).collect::<Vec<_>>().join("; "),
        None => detail.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn error_bodies_of_every_shape_give_their_message() {
        let message = |body: &str| UpstreamError::of_body(body.as_bytes()).message;
        assert_eq!(message(r#"{"error":{"message":"no","code":"X"},"request_id":"1"}"#), "no");
        assert_eq!(message(r#"{"error":"no"}"#), "no");
        assert_eq!(message(r#"{"detail":"no"}"#), "no");
        assert_eq!(
            message(r#"{"detail":[{"loc":["body","top_k"],"msg":"not permitted"}]}"#),
            r#"["body","top_k"] not permitted"#
        );
        assert_eq!(message(r#"{"object":"error","message":"no","code":404}"#), "no");
        assert_eq!(message(r#"[{"error":{"message":"no","code":400}}]"#), "no");
        assert_eq!(message("upstream connect error"), "upstream connect error");
        assert_eq!(
            message("<html><head><title>502 Bad Gateway</title>"),
            "an HTML page: 502 Bad Gateway"
        );
        assert_eq!(message(""), "");
    }
}
