//! Replies in the shapes of other servers: `#shape=think-closing`. Each reproduces an observed response, with
//! the question as its text where it has one.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::json;

/// A shape: its name, and the function that creates its reply.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    name: &'static str,
    play: fn(&Asked<'_>) -> Played,
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The parameters of a reply.
pub(super) struct Asked<'a> {
    pub text: &'a str,
    pub prompt_tokens: u64,
    pub max_tokens: u64,
}

/// A rendered reply.
struct Played {
    content_type: &'static str,
    is_gzip: bool,
    /// Packets, each with the delay before it.
    packets: Vec<(Duration, String)>,
}

impl From<String> for Played {
    fn from(body: String) -> Self {
        let packets = vec![(Duration::ZERO, body)];
        Self { content_type: "text/event-stream", is_gzip: false, packets }
    }
}

const DONE: &str = "data: [DONE]\n\n";
/// Tokens that the shape `reasoning-limit` uses for reasoning. With a lower `max_tokens` it writes no text.
const THOUGHTS: u64 = 3_000;

fn choice(fields: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,{fields}}}]}}\n\n")
}

fn delta(fields: &str) -> String {
    choice(&format!("\"delta\":{{{fields}}}"))
}

fn content(text: &str) -> String {
    delta(&format!("\"content\":{}", json!(text)))
}

fn reasoning(text: &str) -> String {
    delta(&format!("\"reasoning_content\":{}", json!(text)))
}

fn finish(reason: &str) -> String {
    choice(&format!("\"delta\":{{}},\"finish_reason\":\"{reason}\""))
}

fn document(json: &str) -> String {
    format!("data: {json}\n\n")
}

/// One chunk per word.
fn words(text: &str) -> String {
    text.split_inclusive(' ').map(content).collect()
}

fn ended(events: &str, reason: &str) -> Played {
    format!("{events}{}{DONE}", finish(reason)).into()
}

fn whole(events: &str) -> Played {
    ended(events, "stop")
}

/// The text, then a usage with this JSON as its completion tokens.
fn counted(asked: &Asked<'_>, completion: &str) -> Played {
    let usage = usage(asked, completion);
    let last = document(&format!("{{\"choices\":[],\"usage\":{usage}}}"));
    format!("{}{}{last}{DONE}", words(asked.text), finish("stop")).into()
}

fn usage(asked: &Asked<'_>, completion: &str) -> String {
    format!("{{\"prompt_tokens\":{},\"completion_tokens\":{completion}}}", asked.prompt_tokens)
}

/// The text, then an error.
fn broken(asked: &Asked<'_>, error: &str) -> Played {
    format!("{}{error}{DONE}", words(asked.text)).into()
}

/// Chunks of so many characters.
fn cut(text: &str, chars: usize) -> String {
    let all: Vec<char> = text.chars().collect();
    all.chunks(chars).map(|chunk| content(&String::from_iter(chunk))).collect()
}

/// One chunk per character, so that every mark is split.
fn torn(text: &str) -> Played {
    whole(&cut(text, 1))
}

fn completion(asked: &Asked<'_>) -> String {
    json!({
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": asked.text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": asked.prompt_tokens, "completion_tokens": 12},
    })
    .to_string()
}

/// Separates events by one newline instead of an empty line.
fn dense(events: &str) -> String {
    events.replace("\n\n", "\n")
}

macro_rules! shapes {
    ($($name:literal => $play:expr,)*) => {
        const SHAPES: &[Shape] = &[$(Shape { name: $name, play: $play },)*];
    };
}

shapes! {
    "usage-wrapped" => |it| counted(it, "18446744073709551581"),
    "usage-wrapped-32" => |it| counted(it, "4294967261"),
    "usage-negative" => |it| counted(it, "-35"),
    "usage-float" => |it| counted(it, "12.0"),
    "usage-text" => |it| counted(it, "\"12\""),
    "usage-null" => |it| counted(it, "null"),
    "usage-zero" => |it| counted(it, "0"),
    "usage-zero-after" => |it| {
        let zeros = "{\"choices\":[],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}}";
        let real = document(&format!("{{\"choices\":[],\"usage\":{}}}", usage(it, "12")));
        format!("{}{}{real}{}{DONE}", words(it.text), finish("stop"), document(zeros)).into()
    },
    "usage-choice" => |it| {
        let last = choice(&format!("\"delta\":{{}},\"finish_reason\":\"stop\",\"usage\":{}", usage(it, "12")));
        format!("{}{last}{DONE}", words(it.text)).into()
    },
    "usage-groq" => |it| {
        let last = document(&format!("{{\"choices\":[],\"x_groq\":{{\"usage\":{}}}}}", usage(it, "12")));
        format!("{}{}{last}{DONE}", words(it.text), finish("stop")).into()
    },
    "usage-cache-hits" => |it| counted(it, "12,\"prompt_cache_hit_tokens\":8"),
    "usage-beyond-limit" => |it| counted(it, &(2 * it.max_tokens).to_string()),
    "endless" => |_| content("and on and on ").repeat(100_000).into(),
    "long-chunks" => |it| whole(&content(it.text)),
    "wide-chunks" => |it| whole(&cut(it.text, 50)),
    "char-chunks" => |it| torn(it.text),
    "content-parts" => |it| whole(&delta(&format!(
        "\"content\":[{{\"type\":\"thinking\",\"thinking\":[{{\"type\":\"text\",\"text\":\"hm\"}}]}},{{\"type\":\"reference\",\"reference_ids\":[1]}},{{\"type\":\"text\",\"text\":{}}}]",
        json!(it.text)
    ))),
    "double-key" => |it| whole(&delta(&format!("\"content\":\"no\",\"content\":{}", json!(it.text)))),
    "torn-character" => |it| {
        let halves = delta(r#""content":"\ud83e""#) + &delta(r#""content":"\udd50 ""#);
        whole(&(halves + &words(it.text)))
    },
    "think" => |it| whole(&(content("<think>\nhm, so\n</think>\n\n") + &words(it.text))),
    "think-split" => |it| torn(&format!("<think>hm, so</think>{}", it.text)),
    "think-closing" => |it| {
        let answer = format!("{}{}{}{DONE}", content("</think> "), words(it.text), finish("stop"));
        let packets = vec![(Duration::ZERO, words("hm, so ")), (Duration::from_millis(300), answer)];
        Played { packets, ..String::new().into() }
    },
    "thinking" => |it| torn(&format!("<thinking>hm, so</thinking>{}", it.text)),
    "mm-think" => |it| torn(&format!("<mm:think>hm, so</mm:think>{}", it.text)),
    "harmony" => |it| torn(&format!(
        "<|channel|>analysis<|message|>hm, so<|end|><|start|>assistant<|channel|>final<|message|>{}",
        it.text
    )),
    "reasoning-details" => |it| whole(&(delta(
        r#""reasoning":"hm, so","reasoning_details":[{"type":"reasoning.text","text":"hm, so"}]"#,
    ) + &words(it.text))),
    "reasoning-only" => |_| whole(&reasoning("hm, so")),
    "reasoning-limit" => |it| {
        let thoughts = reasoning("hm, so ").repeat(16);
        if it.max_tokens > THOUGHTS {
            return whole(&(thoughts + &words(it.text)));
        }
        let usage = usage(it, &it.max_tokens.to_string());
        let last = choice(&format!("\"delta\":{{}},\"finish_reason\":\"length\",\"usage\":{usage}"));
        format!("{thoughts}{last}{DONE}").into()
    },
    "finish-content-filter" => |it| ended(&words(it.text), "content_filter"),
    "finish-error" => |it| ended(&words(it.text), "error"),
    "finish-tool-calls" => |_| ended(&delta(r#""tool_calls":[{"index":0,"function":{"name":"f"}}]"#), "tool_calls"),
    "finish-max-tokens" => |it| ended(&words(it.text), "max_tokens"),
    "finish-model-length" => |it| ended(&words(it.text), "model_length"),
    "finish-empty" => |it| ended(&words(it.text), ""),
    "finish-always" => |it| {
        let chunk = |word: &str| {
            choice(&format!("\"delta\":{{\"content\":{}}},\"finish_reason\":\"stop\"", json!(word)))
        };
        let paced = |word: &str| (Duration::from_millis(300), chunk(word));
        let mut packets: Vec<_> = it.text.split_inclusive(' ').map(paced).collect();
        packets.push((Duration::ZERO, DONE.to_owned()));
        Played { packets, ..String::new().into() }
    },
    "refusal" => |it| whole(&delta(&format!("\"content\":null,\"refusal\":{}", json!(it.text)))),
    "error-choice" => |it| broken(it, &choice(r#""delta":{},"error":{"message":"worker lost","code":500}"#)),
    "error-bare" => |it| broken(it, &document(r#"{"message":"worker lost","code":500}"#)),
    "error-base-resp" => |it| broken(it, &document(r#"{"base_resp":{"status_code":1013,"status_msg":"worker lost"}}"#)),
    "error-groq" => |it| broken(it, &document(r#"{"choices":[{"delta":{}}],"x_groq":{"error":"worker lost"}}"#)),
    "error-message" => |it| broken(it, &document(r#"{"error_message":"worker lost"}"#)),
    "done-only" => |_| DONE.to_owned().into(),
    "role-only" => |_| format!("{}{DONE}", delta(r#""role":"assistant""#)).into(),
    "empty-body" => |_| String::new().into(),
    "json-whole" => |it| Played { content_type: "application/json", ..completion(it).into() },
    "json-error" => |_| Played {
        content_type: "application/json",
        ..r#"{"error":{"message":"worker lost","code":500}}"#.to_owned().into()
    },
    "json-labelled" => |it| Played { content_type: "application/json", ..whole(&words(it.text)) },
    "gzip" => |it| Played { is_gzip: true, ..whole(&words(it.text)) },
    "one-newline" => |it| dense(&format!("{}{}{DONE}", words(it.text), finish("stop"))).into(),
    "data-apart" => |it| whole(&words(it.text).replace("data: ", "data:\n")),
    "comment-within" => |it| {
        whole(&(dense(&words(it.text)).replace("\ndata", "\n: keep-alive\ndata") + "\n"))
    },
    "no-last-newline" => |it| format!("{}{}", words(it.text), finish("stop").trim_end()).into(),
    "comments-first" => |it| {
        let comment = || (Duration::from_millis(400), ": keep-alive\n\n".to_owned());
        let mut packets: Vec<_> = (0..4).map(|_| comment()).collect();
        packets.push((Duration::ZERO, format!("{}{}{DONE}", words(it.text), finish("stop"))));
        Played { packets, ..String::new().into() }
    },
}

impl Shape {
    pub fn named(name: &str) -> Option<Self> {
        SHAPES.iter().find(|shape| shape.name == name).copied()
    }

    pub fn respond(self, asked: &Asked<'_>) -> Response {
        let Played { content_type, is_gzip, packets } = (self.play)(asked);
        if is_gzip {
            let body: String = packets.into_iter().map(|(_, text)| text).collect();
            let headers = [(CONTENT_TYPE, content_type), (CONTENT_ENCODING, "gzip")];
            return (headers, gzip(body.as_bytes())).into_response();
        }
        let packets = stream::iter(packets).then(|(wait, text)| async move {
            tokio::time::sleep(wait).await;
            Ok::<_, std::convert::Infallible>(Bytes::from(text))
        });
        ([(CONTENT_TYPE, content_type)], Body::from_stream(packets)).into_response()
    }
}

/// Wraps data as gzip (RFC 1952) in stored blocks, which is sufficient to test decoding.
fn gzip(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut blocks = data.chunks(usize::from(u16::MAX)).peekable();
    while let Some(block) = blocks.next() {
        out.push(u8::from(blocks.peek().is_none()));
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let checksum = data.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 * (sum & 1)))
    });
    out.extend((!checksum).to_le_bytes());
    out.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    out
}
