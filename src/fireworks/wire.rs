//! The JSON of the wire: what is sent, and every shape that may come back.
//!
//! What comes back is read with as little trust as possible: each field may be missing, null or
//! unknown, the usage may sit in the finishing chunk or in one of its own, and an error may be an
//! object, a string or hang on an ordinary chunk.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client::Message;
use super::reader::Usage;

/// The body of `POST /chat/completions`.
#[derive(Serialize)]
pub(super) struct RequestBody<'a> {
    pub model: &'a str,
    pub messages: &'a [Message],
    pub stream: bool,
    pub stream_options: StreamOptions,
    /// Always sent: the default differs between the upstream's own documents.
    pub max_tokens: u32,
    pub temperature: f32,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub user: &'a str,
    #[serde(flatten)]
    pub fireworks: Option<FireworksFields<'a>>,
}

/// Without this no usage comes in a stream.
#[derive(Serialize)]
pub(super) struct StreamOptions {
    pub include_usage: bool,
}

/// Fields that only Fireworks knows; see [`super::Dialect`].
#[derive(Serialize)]
pub(super) struct FireworksFields<'a> {
    /// Leads the turns of one conversation to the cache that holds its beginning.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub prompt_cache_key: &'a str,
    /// `error`: the default silently lowers `max_tokens` instead.
    pub context_length_exceeded_behavior: &'static str,
}

/// One `data:` of the stream.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Chunk {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    /// Read by hand: its shape is the least stable one, and it must not cost a reply.
    #[serde(default)]
    usage: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Option<Delta>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    reasoning_content: Option<String>,
    /// What other servers call `reasoning_content`.
    #[serde(default)]
    reasoning: Option<String>,
}

/// What one chunk says, once its shape is out of the way.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Not empty where present.
    pub text: Option<String>,
    /// Reasoning, which is never part of the answer. Not empty where present.
    pub reasoning: Option<String>,
    pub finish_reason: Option<String>,
    pub usage: Option<Usage>,
    pub error: Option<UpstreamError>,
}

impl Chunk {
    /// Reads one chunk; the error is serde's text, which quotes no content.
    pub fn parse(data: &str) -> Result<Said, String> {
        serde_json::from_str::<Self>(data).map(Self::said).map_err(|error| error.to_string())
    }

    fn said(self) -> Said {
        let choice = self.choices.and_then(|choices| choices.into_iter().next());
        let Choice { delta, finish_reason } = choice.unwrap_or_default();
        let delta = delta.unwrap_or_default();
        let reasoning = delta.reasoning_content.or(delta.reasoning);
        Said {
            text: delta.content.filter(|text| !text.is_empty()),
            reasoning: reasoning.filter(|text| !text.is_empty()),
            finish_reason: finish_reason.filter(|reason| !reason.is_empty()),
            usage: self.usage.as_ref().and_then(read_usage),
            error: self.error.as_ref().and_then(UpstreamError::of_value),
        }
    }
}

fn read_usage(usage: &Value) -> Option<Usage> {
    let number = |value: Option<&Value>| value.and_then(Value::as_u64);
    let prompt = number(usage.get("prompt_tokens"));
    let completion = number(usage.get("completion_tokens"));
    let details = usage.get("prompt_tokens_details");
    let cached = number(details.and_then(|details| details.get("cached_tokens")));
    // An empty object says nothing; a usage with one of the two numbers says that one.
    (prompt.is_some() || completion.is_some()).then(|| Usage {
        prompt_tokens: prompt.unwrap_or(0),
        cached_tokens: cached.unwrap_or(0).min(prompt.unwrap_or(0)),
        completion_tokens: completion.unwrap_or(0),
    })
}

/// An error as the upstream put it, whatever the shape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UpstreamError {
    pub message: String,
    /// A name such as `RATE_LIMIT_EXCEEDED`, or a number as text.
    pub code: Option<String>,
}

impl UpstreamError {
    /// Reads the body of an answer with an error status.
    pub fn of_body(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let parsed = serde_json::from_str::<Value>(&text).ok();
        if let Some(error) = parsed.as_ref().and_then(Self::of_document) {
            return error;
        }
        let trimmed = text.trim_start();
        let message = if trimmed.starts_with('<') {
            format!("an HTML page: {}", html_title(trimmed))
        } else {
            text.into_owned()
        };
        Self { message, code: None }
    }

    /// `{"error": …}`, `{"detail": …}` or `{"message": …}`.
    fn of_document(document: &Value) -> Option<Self> {
        if let Some(error) = document.get("error").and_then(Self::of_value) {
            return Some(error);
        }
        if let Some(detail) = document.get("detail") {
            let message = detail.as_str().map_or_else(|| detail_list(detail), str::to_owned);
            return Some(Self { message, code: None });
        }
        document.get("message").and_then(|_| Self::of_value(document))
    }

    /// The value of an `error` key: an object or a string. Null, `false`, `""` and `{}` are none.
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

    /// For the log: where it was met, its code, its message.
    pub fn described(&self, place: &str) -> String {
        let code = self.code.as_deref().unwrap_or("without a code");
        format!("{place} ({code}): {}", self.message)
    }

    /// Whether the prompt did not fit. Known only by its wording, so several are recognised.
    pub fn is_about_context(&self) -> bool {
        self.says(&[
            "prompt is too long",
            "context length",
            "context window",
            "context_length_exceeded",
        ])
    }

    /// Whether the model is unknown, which not every server says by its status.
    pub fn is_about_model(&self) -> bool {
        self.says(&[
            "invalid model name",
            "not a valid model",
            "model_not_found",
            "model not found",
        ])
    }

    /// Whether the key is refused, which not every server says by its status: LiteLLM looks an unknown key
    /// up in a database that it may not have.
    pub fn is_about_key(&self) -> bool {
        self.says(&["invalid_api_key", "api key not valid", "invalid api key", "no connected db"])
    }

    fn says(&self, wordings: &[&str]) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        let said = format!("{code} {}", self.message).to_ascii_lowercase();
        wordings.iter().any(|words| said.contains(words))
    }
}

fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The messages of a validation error's list, each with the place it complains about.
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

fn html_title(page: &str) -> &str {
    let after = page.split_once("<title>").map(|(_, after)| after);
    after
        .and_then(|after| after.split_once("</title>"))
        .map_or("without a title", |(title, _)| title)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn said(data: &str) -> Said {
        Chunk::parse(data).unwrap()
    }

    #[test]
    fn a_chunk_may_lack_or_null_every_field() {
        for data in [
            "{}",
            r#"{"choices":null,"usage":null,"error":null}"#,
            r#"{"choices":[]}"#,
            r#"{"choices":[{}]}"#,
            r#"{"choices":[{"delta":null,"finish_reason":null}]}"#,
            r#"{"choices":[{"delta":{"role":"assistant","content":null}}]}"#,
            r#"{"choices":[{"delta":{"content":""}}],"unknown":{"deep":[1,2]}}"#,
        ] {
            assert_eq!(said(data), Said::default(), "{data}");
        }
    }

    #[test]
    fn text_reasoning_and_finish_may_share_a_chunk() {
        let chunk = said(
            r#"{"choices":[{"delta":{"content":"hé","reasoning_content":"hmm"},"finish_reason":"stop"}]}"#,
        );
        assert_eq!(chunk.text.as_deref(), Some("hé"));
        assert_eq!(chunk.reasoning.as_deref(), Some("hmm"));
        assert_eq!(chunk.finish_reason.as_deref(), Some("stop"));
    }

    #[test]
    fn usage_is_read_from_either_place_with_or_without_cached_tokens() {
        let extra = said(
            r#"{"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":40,"total_tokens":60,"prompt_tokens_details":{"cached_tokens":16}}}"#,
        );
        let usage = Usage { prompt_tokens: 20, cached_tokens: 16, completion_tokens: 40 };
        assert_eq!(extra.usage, Some(usage));
        let finish = said(
            r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":20,"completion_tokens":40,"prompt_tokens_details":null}}"#,
        );
        assert_eq!(finish.usage, Some(Usage { cached_tokens: 0, ..usage }));
        assert_eq!(said(r#"{"usage":{}}"#).usage, None);
        assert_eq!(said(r#"{"usage":"later"}"#).usage, None);
    }

    #[test]
    fn an_error_may_be_an_object_a_string_or_hang_on_a_chunk() {
        let object = said(r#"{"error":{"message":"down","code":503}}"#).error.unwrap();
        assert_eq!((object.message.as_str(), object.code.as_deref()), ("down", Some("503")));
        let string = said(r#"{"error":"down"}"#).error.unwrap();
        assert_eq!((string.message.as_str(), string.code), ("down", None));
        let hung = said(r#"{"id":"x","choices":[],"error":{"message":"down","code":null}}"#);
        assert_eq!(hung.error.unwrap().message, "down");
        assert_eq!(said(r#"{"choices":[],"error":""}"#).error, None);
    }

    #[test]
    fn malformed_json_is_an_error_that_quotes_no_content() {
        let error = Chunk::parse(r#"{"choices":[{"delta":{"content":"secret plan"#).unwrap_err();
        assert!(!error.contains("secret"));
        assert!(Chunk::parse("[DONE]").is_err());
    }

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
        assert_eq!(message("upstream connect error"), "upstream connect error");
        assert_eq!(
            message("<html><head><title>502 Bad Gateway</title>"),
            "an HTML page: 502 Bad Gateway"
        );
        assert_eq!(message(""), "");
    }
}
