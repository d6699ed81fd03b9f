//! Renders the bytes of a stream. Everything except the text is formatted once per reply, so each chunk is
//! cheap.

use std::fmt::Write;

use bytes::{BufMut, BytesMut};
use serde_json::json;

/// Renders the chunks of one reply.
pub(super) struct Renderer {
    newline: &'static str,
    /// `data: {"id":…,"object":…,"created":…,"model":…,`
    head: String,
    content_prefix: String,
    reasoning_prefix: String,
    delta_suffix: String,
}

/// The token counts of a usage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TokenCounts {
    pub prompt: u64,
    pub cached: u64,
    pub completion: u64,
}

impl Renderer {
    /// `created`: seconds since 1970.
    pub fn new(id: &str, model: &str, created: u64, newline: &'static str) -> Self {
        let (id, model) = (json!(id), json!(model));
        let head = format!(
            "data: {{\"id\":{id},\"object\":\"chat.completion.chunk\",\"created\":{created},\"model\":{model},"
        );
        let delta = |field| format!("{head}\"choices\":[{{\"index\":0,\"delta\":{{\"{field}\":\"");
        Self {
            content_prefix: delta("content"),
            reasoning_prefix: delta("reasoning_content"),
            delta_suffix: format!(
                "\"}},\"finish_reason\":null}}],\"usage\":null}}{newline}{newline}"
            ),
            newline,
            head,
        }
    }

    pub fn role(&self, out: &mut BytesMut) {
        self.chunk(
            out,
            r#""choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}],"usage":null}"#,
        );
    }

    pub fn content(&self, out: &mut BytesMut, text: &str) {
        self.delta(out, &self.content_prefix, text);
    }

    pub fn reasoning(&self, out: &mut BytesMut, text: &str) {
        self.delta(out, &self.reasoning_prefix, text);
    }

    /// Writes the chunk with the finish reason, and with the usage if one is given.
    pub fn finish(&self, out: &mut BytesMut, reason: &str, usage: Option<TokenCounts>) {
        let usage = usage.map_or_else(|| "null".to_owned(), usage_json);
        self.chunk(
            out,
            &format!(
                r#""choices":[{{"index":0,"delta":{{}},"finish_reason":"{reason}"}}],"usage":{usage}}}"#
            ),
        );
    }

    /// Writes the usage as a separate chunk.
    pub fn usage(&self, out: &mut BytesMut, counts: TokenCounts) {
        self.chunk(out, &format!(r#""choices":[],"usage":{}}}"#, usage_json(counts)));
    }

    pub fn done(&self, out: &mut BytesMut) {
        self.line(out, "data: [DONE]");
        self.line(out, "");
    }

    /// Writes an error as a document of its own.
    pub fn error(&self, out: &mut BytesMut) {
        self.line(
            out,
            r#"data: {"error":{"message":"The model worker went away","code":"INTERNAL_SERVER_ERROR","type":"error"}}"#,
        );
        self.line(out, "");
    }

    /// Writes an error on a chunk with empty `choices`.
    pub fn error_on_chunk(&self, out: &mut BytesMut) {
        self.chunk(
            out,
            r#""choices":[],"error":{"message":"The model worker went away","code":500},"usage":null}"#,
        );
    }

    /// Writes a chunk whose JSON is cut off.
    pub fn malformed(&self, out: &mut BytesMut) {
        self.chunk(out, r#""choices":[{"index":0,"delta":{"content":"brok"#);
    }

    /// Writes lines and events that a reader must ignore.
    pub fn comments(&self, out: &mut BytesMut) {
        for line in [
            ": keep-alive",
            "",
            "event: ping",
            "",
            "event: ping",
            "data: not JSON",
            "",
            "retry: 1000",
            "id: 7",
            "",
        ] {
            self.line(out, line);
        }
    }

    fn chunk(&self, out: &mut BytesMut, rest: &str) {
        out.put_slice(self.head.as_bytes());
        self.line(out, rest);
        self.line(out, "");
    }

    fn line(&self, out: &mut BytesMut, text: &str) {
        out.put_slice(text.as_bytes());
        out.put_slice(self.newline.as_bytes());
    }

    fn delta(&self, out: &mut BytesMut, prefix: &str, text: &str) {
        out.put_slice(prefix.as_bytes());
        escape(out, text);
        out.put_slice(self.delta_suffix.as_bytes());
    }
}

fn usage_json(counts: TokenCounts) -> String {
    let TokenCounts { prompt, cached, completion } = counts;
    format!(
        r#"{{"prompt_tokens":{prompt},"completion_tokens":{completion},"total_tokens":{},"prompt_tokens_details":{{"cached_tokens":{cached}}}}}"#,
        prompt + completion
    )
}

/// Writes text as the inside of a JSON string. Runs without special characters are copied at once.
fn escape(out: &mut BytesMut, text: &str) {
    let needs_escape = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    let mut rest = text;
    while let Some(at) = rest.bytes().position(needs_escape) {
        // The byte at `at` is ASCII, so both splits are at character boundaries.
        let (plain, after) = rest.split_at(at);
        out.put_slice(plain.as_bytes());
        let (special, after) = after.split_at(1);
        match special {
            "\"" => out.put_slice(b"\\\""),
            "\\" => out.put_slice(b"\\\\"),
            "\n" => out.put_slice(b"\\n"),
            other => {
                for byte in other.bytes() {
                    // Writing to a growing buffer cannot fail.
                    let _ = write!(out, "\\u{byte:04x}");
                }
            }
        }
        rest = after;
    }
    out.put_slice(rest.as_bytes());
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text_of(bytes: &[u8]) -> String {
        let line = std::str::from_utf8(bytes).unwrap().trim_end();
        let json: serde_json::Value =
            serde_json::from_str(line.strip_prefix("data: ").unwrap()).unwrap();
        json["choices"][0]["delta"]["content"].as_str().unwrap().to_owned()
    }

    proptest! {
        #[test]
        fn any_text_survives_encoding(text in "\\PC*|[\u{0}-\u{7f}]*") {
            let renderer = Renderer::new("id", "mo\"del", 1, "\r\n");
            let mut out = BytesMut::new();
            renderer.content(&mut out, &text);
            prop_assert_eq!(text_of(&out), text);
        }
    }

    #[test]
    fn every_other_chunk_is_valid_json() {
        let renderer = Renderer::new("id", "model", 1, "\n");
        let counts = TokenCounts { prompt: 3, cached: 1, completion: 2 };
        let mut out = BytesMut::new();
        renderer.role(&mut out);
        renderer.finish(&mut out, "stop", Some(counts));
        renderer.finish(&mut out, "length", None);
        renderer.usage(&mut out, counts);
        renderer.error(&mut out);
        renderer.error_on_chunk(&mut out);
        let text = std::str::from_utf8(&out).unwrap();
        let lines: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
        assert_eq!(lines.len(), 6);
        for line in lines {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }
}
