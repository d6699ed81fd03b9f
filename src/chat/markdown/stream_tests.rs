//! Tests of the blocks of running replies.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::BlockStream;
use super::tests::{ANSWER, apply, render_blocks};
use crate::chat::model::PageEvent;

fn size(events: &[PageEvent]) -> usize {
    let html = events.iter().map(|event| match event {
        PageEvent::Block { html, .. }
        | PageEvent::Splice { html, .. }
        | PageEvent::Append { html, .. } => html.len(),
        PageEvent::Wait { .. } | PageEvent::Reset {} | PageEvent::End { .. } => 0,
    });
    html.sum()
}

/// Streams the text in chunks of `step` bytes (or to the next character). Returns the final blocks
/// and the bytes sent.
fn stream(text: &str, step: usize) -> (Vec<String>, usize) {
    drive(BlockStream::default(), text, step)
}

fn spliced(text: &str, step: usize) -> usize {
    drive(BlockStream::default().with_splices(true), text, step).1
}

fn drive(mut stream: BlockStream, text: &str, step: usize) -> (Vec<String>, usize) {
    let (mut blocks, mut bytes, mut end) = (vec![], 0, 0);
    while end < text.len() {
        end = (end + step..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
        let events = stream.push(&text[..end], false);
        bytes += size(&events);
        apply(&mut blocks, events);
    }
    let events = stream.push(text, true);
    bytes += size(&events);
    apply(&mut blocks, events);
    (blocks, bytes)
}

#[test]
fn whole_and_streamed_replies_render_the_same() {
    let whole = render_blocks(ANSWER);
    for step in [1, 3, 7, 50, 10_000] {
        assert_eq!(stream(ANSWER, step).0, whole, "in steps of {step}");
    }
}

#[test]
fn finished_blocks_are_sent_once() {
    let mut stream = BlockStream::default();
    stream.push("one\n\ntwo", false);
    let events = stream.push("one\n\ntwo and more", false);
    assert!(matches!(events.as_slice(), [PageEvent::Block { index: 1, .. }]));
    let events = stream.push("one\n\ntwo and more", true);
    assert!(events.is_empty(), "nothing changed: {events:?}");
}

#[test]
fn an_open_code_block_is_extended_line_by_line() {
    let mut stream = BlockStream::default();
    let first = stream.push("```sql\nselect", false);
    assert!(matches!(first.as_slice(), [PageEvent::Block { index: 0, .. }]));
    let second = stream.push("```sql\nselect 1 < 2\nfro", false);
    assert_eq!(second, [PageEvent::Append { index: 0, html: "select 1 &lt; 2\n".into() }]);
    let third = stream.push("```sql\nselect 1 < 2\nfrom a\n```", true);
    assert_eq!(third, [PageEvent::Append { index: 0, html: "from a\n".into() }]);
}

#[test]
fn a_splice_contains_only_what_has_changed() {
    let mut stream = BlockStream::default().with_splices(true);
    stream.push("So 🥐 **raise", false);
    let events = stream.push("So 🥐 **raise** the 🧈 price", false);
    let start = "<p dir=\"auto\">So 🥐 <strong>raise</strong>".encode_utf16().count() as u32;
    let html = " the 🧈 price".into();
    assert_eq!(events, [PageEvent::Splice { index: 0, keep: [start, 4], html }]);
}

#[test]
fn spliced_bytes_are_few() {
    let prose = "A paragraph of *quite* ordinary length, as answers have them. ".repeat(6) + "\n\n";
    let rows: String = (0..10).map(|n| format!("| line {n} | {} |\n", n * 7_919)).collect();
    let text = format!("{prose}| a | b |\n|---|--:|\n{rows}\n").repeat(20);
    let (whole, spliced) = (stream(&text, 30).1, spliced(&text, 30));
    assert!(spliced * 3 < whole, "{spliced} bytes of {whole}");
}

#[test]
fn unclosed_bold_text_is_already_bold() {
    let mut stream = BlockStream::default();
    let events = stream.push("So **raise pri", false);
    let html = "<p dir=\"auto\">So <strong>raise pri</strong></p>".into();
    assert_eq!(events, [PageEvent::Block { index: 0, html }]);
}

#[test]
fn streamed_bytes_are_linear_in_the_reply() {
    let list: String = (0..800).map(|n| format!("- item {n} with *some* words\n")).collect();
    let rows: String = (0..400).map(|n| format!("| {n} | {} |\n", n * 7)).collect();
    let table = format!("| a | b |\n|---|--:|\n{rows}");
    let code = format!("```\n{}```\n", "let a = b < c;\n".repeat(800));
    let prose = "A paragraph of quite ordinary length, as answers have them. ".repeat(6) + "\n\n";
    for (name, text, most) in [
        ("list", list, 20),
        ("table", table, 20),
        ("code", code, 2),
        ("prose", prose.repeat(40), 20),
    ] {
        let (blocks, bytes) = stream(&text, 4);
        let whole: usize = blocks.iter().map(String::len).sum();
        assert!(bytes <= most * whole, "{name}: {bytes} bytes for {whole}");
    }
}
