//! Parses one `data:` of a reply, or a whole completion sent instead of a stream.
//!
//! Each field may be missing, null, repeated, unknown or of an unexpected type. The usage may be in any of
//! four places, an error in any of eight.

use serde_json::Value;

use super::event::{FinishReason, Usage};
use super::lenient::{Content, Count, Finish, First, IsError, lenient_object};
use super::surrogates;
use super::wire::UpstreamError;

/// The contents of one chunk, independent of its shape.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Text of the reply or of a refusal.
    pub text: String,
    pub reasoning: String,
    pub finish: Option<FinishReason>,
    pub usage: Option<Usage>,
    pub error: Option<UpstreamError>,
    /// The text is a refusal.
    pub refused: bool,
    /// Text and reasoning contain placeholders of lone surrogates; see [`surrogates`].
    pub torn: bool,
}

lenient_object!(
    Chunk {
        choices: First<Choice> = "choices",
        usage: RawUsage = "usage",
        error: Option<Value> = "error",
        groq: Groq = "x_groq",
        minimax: BaseResp = "base_resp",
        error_message: Option<Value> = "error_message",
        // Fields of an error that is a document of its own.
        object: IsError = "object",
        kind: IsError = "type",
        message: Option<Value> = "message",
        code: Option<Value> = "code",
        detail: Option<Value> = "detail",
    }
);

lenient_object!(
    Choice {
        delta: Delta = "delta",
        // In a whole completion.
        message: Delta = "message",
        finish: Finish = "finish_reason",
        usage: RawUsage = "usage",
        error: Option<Value> = "error",
    }
);

lenient_object!(Delta {
    content: Content = "content",
    refusal: Content = "refusal",
    // The same text under several names. The first non-empty one is used.
    reasoning_content: Content = "reasoning_content",
    reasoning: Content = "reasoning" | "thinking",
    reasoning_details: Content = "reasoning_details",
});

lenient_object!(
    Groq {
        usage: RawUsage = "usage",
        error: Option<Value> = "error",
    }
);

lenient_object!(
    /// MiniMax's status object.
    BaseResp {
        code: Count = "status_code",
        message: Content = "status_msg",
    }
);

lenient_object!(RawUsage {
    prompt: Count = "prompt_tokens" | "input_tokens",
    completion: Count = "completion_tokens" | "output_tokens",
    details: RawDetails = "prompt_tokens_details" | "input_tokens_details",
    cached: Count = "prompt_cache_hit_tokens" | "cached_tokens",
});

lenient_object!(RawDetails { cached: Count = "cached_tokens" });

/// Parses one chunk. The error is serde's message, which quotes no content.
pub(super) fn parse(data: &str) -> Result<Said, String> {
    match parse_chunk(data) {
        Ok(chunk) => Ok(chunk.said()),
        // serde rejects a lone surrogate escape, but its other half may be in the next chunk.
        Err(error) => match surrogates::hide(data).map(|mended| parse_chunk(&mended)) {
            Some(Ok(chunk)) => Ok(Said { torn: true, ..chunk.said() }),
            _ => Err(error.to_string()),
        },
    }
}

fn parse_chunk(data: &str) -> serde_json::Result<Chunk> {
    if data.starts_with('[') {
        // Some servers wrap an error document in a list.
        return serde_json::from_str::<First<Chunk>>(data).map(|list| list.0.unwrap_or_default());
    }
    serde_json::from_str(data)
}

impl Chunk {
    fn said(mut self) -> Said {
        let has_choice = self.choices.0.is_some();
        let mut choice = self.choices.0.take().unwrap_or_default();
        let error = self.error(&mut choice, has_choice);
        let Choice { delta, message, finish, usage, .. } = choice;
        let (mut text, mut reasoning, mut refused) = delta.read();
        if text.is_empty() && reasoning.is_empty() {
            (text, reasoning, refused) = message.read();
        }
        let usage = self.usage.read().or_else(|| usage.read()).or_else(|| self.groq.usage.read());
        Said { text, reasoning, finish: finish.0, usage, error, refused, torn: false }
    }

    /// Returns the first error found in the possible places.
    fn error(&mut self, choice: &mut Choice, has_choice: bool) -> Option<UpstreamError> {
        let named = [&self.error, &choice.error, &self.groq.error, &self.error_message];
        let named = named.into_iter().flatten().find_map(UpstreamError::of_value);
        named.or_else(|| self.minimax.error()).or_else(|| {
            if has_choice && !self.object.0 && !self.kind.0 {
                return None;
            }
            let document = [
                ("message", self.message.take()),
                ("code", self.code.take()),
                ("detail", self.detail.take()),
            ];
            let fields = document.into_iter().filter_map(|(key, value)| Some((key.into(), value?)));
            UpstreamError::of_document(&Value::Object(fields.collect()))
        })
    }
}

impl Delta {
    /// Returns the text, the reasoning, and whether the text is a refusal.
    fn read(self) -> (String, String, bool) {
        let Self { content, refusal, .. } = self;
        let refusal = refusal.joined();
        let refused = content.text.is_empty() && !refusal.is_empty();
        let text = if refused { refusal } else { content.text };
        let apart = [self.reasoning_content, self.reasoning, self.reasoning_details];
        let apart = apart.into_iter().map(Content::joined).find(|text| !text.is_empty());
        (text, apart.unwrap_or(content.reasoning), refused)
    }
}

impl BaseResp {
    fn error(&mut self) -> Option<UpstreamError> {
        let code = self.code.0.filter(|code| *code != 0)?;
        let message = std::mem::take(&mut self.message).joined();
        Some(UpstreamError { message, code: Some(code.to_string()) })
    }
}

impl RawUsage {
    /// Returns `None` if both counts are missing. Missing counts become 0; impossible ones are passed on for
    /// the code that charges them to detect.
    fn read(&self) -> Option<Usage> {
        let (prompt, completion) = (self.prompt.0, self.completion.0);
        let cached = self.details.cached.0.filter(|cached| *cached > 0).or(self.cached.0);
        (prompt.is_some() || completion.is_some()).then(|| Usage {
            prompt_tokens: prompt.unwrap_or(0),
            cached_tokens: cached.unwrap_or(0).min(prompt.unwrap_or(0)),
            completion_tokens: completion.unwrap_or(0),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn said(data: &str) -> Said {
        parse(data).unwrap()
    }

    #[test]
    fn a_chunk_may_lack_or_null_or_garble_every_field() {
        for data in [
            "{}",
            "null",
            "17",
            r#"{"choices":null,"usage":null,"error":null}"#,
            r#"{"choices":[]}"#,
            r#"{"choices":[{}]}"#,
            r#"{"choices":[null]}"#,
            r#"{"choices":{"0":1}}"#,
            r#"{"choices":[{"delta":null,"finish_reason":null}]}"#,
            r#"{"choices":[{"delta":"text","finish_reason":""}]}"#,
            r#"{"choices":[{"delta":{"role":"assistant","content":null}}]}"#,
            r#"{"choices":[{"delta":{"content":7},"finish_reason":{"type":"stop"}}]}"#,
            r#"{"choices":[{"delta":{"content":""}}],"unknown":{"deep":[1,2]}}"#,
            r#"{"choices":[],"error":""}"#,
            r#"{"choices":[{}],"message":"processing","code":0}"#,
            r#"{"base_resp":{"status_code":0,"status_msg":"success"},"choices":[{}]}"#,
            r#"{"usage":{}}"#,
            r#"{"usage":"later"}"#,
        ] {
            assert_eq!(said(data), Said::default(), "{data}");
        }
    }

    #[test]
    fn text_reasoning_and_finish_may_share_a_chunk() {
        let chunk = said(
            r#"{"choices":[{"delta":{"content":"hé","reasoning_content":"hmm"},"finish_reason":"stop"}]}"#,
        );
        assert_eq!((chunk.text.as_str(), chunk.reasoning.as_str()), ("hé", "hmm"));
        assert_eq!(chunk.finish, Some(FinishReason::Stop));
    }

    #[test]
    fn reasoning_is_found_under_each_of_its_names_and_read_once() {
        for fields in [
            r#""reasoning_content":"hm""#,
            r#""reasoning":"hm""#,
            r#""thinking":"hm""#,
            r#""reasoning_content":"hm","reasoning":"hm""#,
            r#""reasoning_details":[{"type":"reasoning.text","text":"hm"}]"#,
            r#""reasoning":"hm","reasoning_details":[{"type":"reasoning.summary","summary":"hm"}]"#,
            r#""content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]"#,
            r#""content":[{"type":"reasoning","text":"hm"}]"#,
            r#""reasoning_content":"no","reasoning_content":"hm""#,
        ] {
            let chunk = said(&format!(r#"{{"choices":[{{"delta":{{{fields}}}}}]}}"#));
            assert_eq!((chunk.text.as_str(), chunk.reasoning.as_str()), ("", "hm"), "{fields}");
        }
    }

    #[test]
    fn the_last_of_duplicate_keys_wins() {
        let chunk = said(
            r#"{"choices":[],"choices":[{"delta":{"content":"a","content":"b"},"finish_reason":null,"finish_reason":"stop"}],"id":1,"id":2}"#,
        );
        assert_eq!((chunk.text.as_str(), chunk.finish), ("b", Some(FinishReason::Stop)));
    }

    #[test]
    fn usage_is_read_from_every_place_with_or_without_cached_tokens() {
        let usage = Usage { prompt_tokens: 20, cached_tokens: 16, completion_tokens: 40 };
        let two = r#""prompt_tokens":20,"completion_tokens":40"#;
        let details = format!(r#"{{{two},"prompt_tokens_details":{{"cached_tokens":16}}}}"#);
        for data in [
            format!(r#"{{"choices":[],"usage":{details}}}"#),
            format!(r#"{{"choices":[{{"delta":{{}},"usage":{details}}}],"usage":null}}"#),
            format!(r#"{{"choices":[{{"delta":{{}}}}],"x_groq":{{"id":"r","usage":{details}}}}}"#),
            format!(
                r#"{{"usage":{{{two},"prompt_cache_hit_tokens":16,"prompt_cache_miss_tokens":4}}}}"#
            ),
            format!(r#"{{"usage":{{{two},"cached_tokens":16}}}}"#),
        ] {
            assert_eq!(said(&data).usage, Some(usage), "{data}");
        }
        let without = said(&format!(r#"{{"usage":{{{two},"prompt_tokens_details":null}}}}"#));
        assert_eq!(without.usage, Some(Usage { cached_tokens: 0, ..usage }));
    }

    #[test]
    fn an_error_is_found_wherever_it_stands() {
        for (data, message, code) in [
            (r#"{"error":{"message":"down","code":503}}"#, "down", Some("503")),
            (r#"{"error":"down"}"#, "down", None),
            (r#"{"id":"x","choices":[],"error":{"message":"down","code":null}}"#, "down", None),
            (r#"{"choices":[{"delta":{},"error":{"message":"down"}}]}"#, "down", None),
            (r#"{"message":"down","code":"overloaded"}"#, "down", Some("overloaded")),
            (r#"{"object":"error","message":"down","code":40303}"#, "down", Some("40303")),
            (r#"{"detail":"down"}"#, "down", None),
            (
                r#"{"base_resp":{"status_code":1002,"status_msg":"down"},"choices":null}"#,
                "down",
                Some("1002"),
            ),
            (r#"{"x_groq":{"error":"down"},"choices":[{"delta":{}}]}"#, "down", None),
            (r#"{"choices":[],"error_message":"down"}"#, "down", None),
            (r#"[{"error":{"message":"down","code":400}}]"#, "down", Some("400")),
        ] {
            let error = said(data).error.unwrap();
            assert_eq!((error.message.as_str(), error.code.as_deref()), (message, code), "{data}");
        }
    }

    #[test]
    fn a_refusal_is_text_and_flagged_as_refusal() {
        let chunk = said(
            r#"{"choices":[{"delta":{"content":null,"refusal":"I can't."},"finish_reason":"stop"}]}"#,
        );
        assert_eq!((chunk.text.as_str(), chunk.refused), ("I can't.", true));
    }

    #[test]
    fn a_whole_completion_is_read_as_one_chunk() {
        let chunk = said(
            r#"{"object":"chat.completion","choices":[{"message":{"role":"assistant","content":"Hi","reasoning_content":"hm"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
        );
        assert_eq!((chunk.text.as_str(), chunk.reasoning.as_str()), ("Hi", "hm"));
        assert_eq!(chunk.finish, Some(FinishReason::Stop));
        assert_eq!(chunk.usage.map(|usage| usage.completion_tokens), Some(2));
    }

    #[test]
    fn malformed_json_is_an_error_that_quotes_no_content() {
        let error = parse(r#"{"choices":[{"delta":{"content":"secret plan"#).unwrap_err();
        assert!(!error.contains("secret"));
        assert!(parse("[DONE]").is_err());
    }
}
