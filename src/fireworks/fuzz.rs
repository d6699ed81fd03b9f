//! Fuzz targets: what an upstream may send.

use std::collections::VecDeque;

use bytes::Bytes;

use super::reasoning::Splitter;
use super::sse::{Name, Parser, TooLong};
use super::{Event, FinishReason, chunk};
use crate::fuzzing::{fuzz_target, mutated, mutated_text};

const STREAMS: [&str; 6] = [
    "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: [DONE]\n\n",
    "\u{feff}event: error\r\ndata: {\"error\":{\"message\":\"no\"}}\r\n\r\n",
    ": keep-alive\n\nid: 7\nretry: 10\ndata: a\ndata: b\n\n",
    "data:{\"a\":1}\ndata:{\"b\":\"🥐\"}\n",
    "event: ping\ndata\n\ndata\r\rdata: x\r",
    "data: [DONE]",
];

const CHUNKS: [&str; 12] = [
    r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}"#,
    r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":4294967261,"prompt_tokens_details":{"cached_tokens":3}}}"#,
    r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"thinking","thinking":[{"type":"text","text":"b"}]}]}}]}"#,
    r#"{"choices":[{"delta":{"reasoning_content":"hm","content":null}}],"usage":{"completion_tokens":-1.5e3,"prompt_tokens":"7"}}"#,
    r#"{"error":{"message":"no such model","type":"invalid_request_error","code":404}}"#,
    r#"{"error":"overloaded"}"#,
    r#"{"choices":[{"error":{"message":"x"},"delta":{"refusal":"I can't"},"finish_reason":"content_filter"}]}"#,
    r#"{"choices":[{"message":{"content":"whole"},"finish_reason":"length"}],"choices":[]}"#,
    r#"{"choices":[{"delta":{"content":"\ud83e"}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#,
    r#"{"object":"error","message":"m","detail":[{"loc":["body","max_tokens"],"msg":"bad"}]}"#,
    "[1,2,{}]",
];

const TEXTS: [&str; 7] = [
    "<think>first</think>then",
    "no mark </think> then",
    "<|channel|>analysis<|message|>hm<|end|><|channel|>final<|message|>yes",
    "`<think>` in code",
    "```\n<think>\n```\n",
    "<mm:think>x</mm:think>",
    "plain é🥐 <",
];

/// The events of a body that comes in packets.
fn events<'a>(packets: impl Iterator<Item = &'a [u8]>) -> Result<Vec<(Name, String)>, TooLong> {
    let mut parser = Parser::new(2_048);
    let mut events = Vec::new();
    for packet in packets {
        parser.feed(Bytes::copy_from_slice(packet));
        while let Some(block) = parser.next_block()? {
            events.push((block.name, block.data.into_owned()));
        }
    }
    while let Some(block) = parser.last_block() {
        events.push((block.name, block.data.into_owned()));
    }
    Ok(events)
}

#[test]
fn fuzz_event_parser() {
    fuzz_target!(3_000, |bytes: &[u8]| {
        let body = mutated(&STREAMS, bytes);
        let whole = events(std::iter::once(&body[..]));
        assert_eq!(whole, events(body.chunks(1)), "byte by byte");
        let size = bytes.first().map_or(1, |byte| usize::from(*byte) % 17 + 1);
        assert_eq!(whole, events(body.chunks(size)), "{size} bytes at a time");
    });
}

#[test]
fn fuzz_upstream_wire() {
    fuzz_target!(3_000, |bytes: &[u8]| {
        let data = mutated_text(&CHUNKS, bytes);
        if let Ok(said) = chunk::parse(&data) {
            // A text never grows: every character of it was sent.
            assert!(said.text.len() + said.reasoning.len() <= 3 * data.len(), "{data}");
        }
    });
}

#[test]
fn fuzz_reasoning_marks() {
    let read = |chunks: &mut dyn Iterator<Item = &str>, untold| {
        let (mut splitter, mut out) = (Splitter::new(untold), VecDeque::new());
        chunks.for_each(|chunk| splitter.push(chunk.to_owned(), &mut out));
        splitter.finish(Some(FinishReason::Stop), &mut out);
        let (mut answer, mut reasoning) = (String::new(), String::new());
        for event in out {
            match event {
                Event::Delta(text) => answer.push_str(&text),
                Event::Reasoning(text) => reasoning.push_str(&text),
                Event::AnswerWasReasoning => reasoning.push_str(&std::mem::take(&mut answer)),
                Event::ReasoningWasAnswer(text) => {
                    reasoning.clear();
                    answer.push_str(&text);
                }
                Event::Started { .. } | Event::Finished { .. } => unreachable!(),
            }
        }
        (answer, reasoning)
    };
    fuzz_target!(3_000, |bytes: &[u8]| {
        let text = mutated_text(&TEXTS, bytes);
        let untold = bytes.len().is_multiple_of(2);
        let whole = read(&mut std::iter::once(text.as_str()), untold);
        let characters = text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]);
        assert_eq!(whole, read(&mut characters.into_iter(), untold), "{text:?}");
    });
}
