#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

type Outcome = (Vec<(Name, String)>, bool);

/// Returns every event of the packets, and whether the size limit ended parsing.
fn parse_packets<'a>(packets: impl Iterator<Item = &'a [u8]>, cap: usize) -> Outcome {
    let mut parser = Parser::new(cap);
    let mut events = Vec::new();
    for packet in packets {
        parser.feed(Bytes::copy_from_slice(packet));
        loop {
            match parser.next_block() {
                Ok(Some(block)) => events.push((block.name, block.data.into_owned())),
                Ok(None) => break,
                Err(TooLong) => return (events, true),
            }
        }
    }
    while let Some(block) = parser.last_block() {
        events.push((block.name, block.data.into_owned()));
    }
    (events, false)
}

fn data_of(bytes: &[u8]) -> Vec<String> {
    let (events, too_long) = parse_packets(std::iter::once(bytes), 1 << 20);
    assert!(!too_long);
    events.into_iter().map(|(_, data)| data).collect()
}

#[test]
fn the_standards_examples_parse_as_specified() {
    assert_eq!(data_of(b"data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"]);
    let blocks = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n";
    assert_eq!(data_of(blocks), ["first event", "second event", " third event"]);
    assert_eq!(data_of(b"data\n\ndata\ndata\n\ndata:"), ["", "\n"]);
    assert_eq!(data_of(b"data:test\n\ndata: test\n\n"), ["test", "test"]);
}

#[test]
fn every_line_ending_ends_a_line() {
    for text in
        ["data: a\n\ndata: b\n\n", "data: a\r\n\r\ndata: b\r\n\r\n", "data: a\r\rdata: b\r\r"]
    {
        assert_eq!(data_of(text.as_bytes()), ["a", "b"], "{text:?}");
    }
}

#[test]
fn a_cr_at_a_packets_end_takes_its_lf_from_the_next() {
    let packets: [&[u8]; 4] = [b"data: a\r", b"\ndata: b\r", b"\n\r", b"\ndata: c\r\n\r\n"];
    let (events, _) = parse_packets(packets.into_iter(), 1 << 20);
    let data: Vec<_> = events.into_iter().map(|(_, data)| data).collect();
    assert_eq!(data, ["a\nb", "c"]);
}

#[test]
fn one_leading_byte_order_mark_is_dropped_and_no_second() {
    assert_eq!(data_of(b"\xEF\xBB\xBFdata: a\n\n"), ["a"]);
    assert_eq!(data_of(b"\xEF\xBB\xBF\xEF\xBB\xBFdata: a\n\ndata: b\n\n"), ["b"]);
    assert_eq!(data_of(b"\xEF\xBBdata: a\n\ndata: b\n\n"), ["b"]);
}

#[test]
fn an_invalid_byte_is_replaced_and_parsing_continues() {
    assert_eq!(data_of(b"data: a\xFFb\n\ndata: c\n\n"), ["a\u{FFFD}b", "c"]);
}

#[test]
fn an_unterminated_block_is_dropped() {
    assert_eq!(data_of(b"data: a\n\ndata: b\n"), ["a"]);
}

#[test]
fn complete_objects_need_no_blank_line_between_them() {
    for text in [
        "data: {\"a\":1}\ndata: {\"b\":2}\ndata: [DONE]\n",
        "data:\n{\"a\":1}\n\ndata:\n{\"b\":2}\n\ndata: [DONE]\n\n",
        "{\"a\":1}\n{\"b\":2}\ndata: [DONE]",
        "data: {\"a\":1}\n: note\ndata: {\"b\":2}\nid: 7\n\ndata: [DONE]\n\n",
    ] {
        let (events, _) = parse_packets(std::iter::once(text.as_bytes()), 1 << 20);
        let data: Vec<_> = events.iter().map(|(_, data)| data.trim()).collect();
        assert_eq!(data, ["{\"a\":1}", "{\"b\":2}", "[DONE]"], "{text:?}");
    }
    assert_eq!(data_of(b"data: {\ndata: \"a\":1}\n\n"), ["{\n\"a\":1}"], "over two lines");
}

#[test]
fn the_end_of_the_body_completes_only_whole_objects() {
    assert_eq!(data_of(b"data: {\"a\":1}"), ["{\"a\":1}"]);
    assert_eq!(data_of(b"data: {\"a\":1}\n"), ["{\"a\":1}"]);
    assert_eq!(data_of(b"data: {\"a\":"), [""; 0]);
    assert_eq!(data_of(b"data: [DON"), [""; 0]);
}

#[test]
fn names_are_kept_for_their_own_block_only() {
    let text =
        b"event: ping\n\ndata: a\n\nevent: ping\ndata: b\n\nevent: error\ndata: c\n\ndata: d\n\n";
    let (events, _) = parse_packets(std::iter::once(&text[..]), 1 << 20);
    let names: Vec<_> = events.iter().map(|(name, data)| (*name, data.as_str())).collect();
    assert_eq!(
        names,
        [(Name::Message, "a"), (Name::Other, "b"), (Name::Error, "c"), (Name::Message, "d")]
    );
}

#[test]
fn an_event_over_the_cap_ends_the_stream_after_those_before_it() {
    let text = format!("data: ok\n\ndata: {}\n\n", "x".repeat(200));
    let (events, too_long) = parse_packets(std::iter::once(text.as_bytes()), 100);
    assert_eq!((events.len(), too_long), (1, true));
}

#[test]
fn the_cap_counts_all_lines_of_an_event() {
    let text = "data: xxxxxxxx\n".repeat(50);
    assert!(parse_packets(std::iter::once(text.as_bytes()), 100).1);
}

#[test]
fn splitting_the_input_does_not_change_the_events() {
    let text =
        "\u{FEFF}event: ping\r\ndata: a\r\n\r\ndata: 🥐\rdata\r\r: é\ndata:b\n\n\ndata: torn";
    let bytes = text.as_bytes();
    let whole = parse_packets(std::iter::once(bytes), 1 << 20);
    assert_eq!(whole.0.len(), 3);
    for first in 0..=bytes.len() {
        for second in first..=bytes.len() {
            let (head, rest) = bytes.split_at(first);
            let (middle, tail) = rest.split_at(second - first);
            assert_eq!(parse_packets([head, middle, tail].into_iter(), 1 << 20), whole);
        }
    }
}

/// Generates bytes that stress the parser: grammar fragments, split characters, noise.
fn hostile_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(&b"data: "[..]),
        Just(&b"data:"[..]),
        Just(&b"data"[..]),
        Just(&b"event: ping"[..]),
        Just(&b"\n"[..]),
        Just(&b"\r"[..]),
        Just(&b"\r\n"[..]),
        Just(&b"\n\n"[..]),
        Just(&b": note"[..]),
        Just(BOM),
        Just("🥐é".as_bytes()),
        Just(&b"\xF0\x9F"[..]),
        Just(&b"{\"a\":1}"[..]),
    ];
    let noise = proptest::collection::vec(any::<u8>(), 0..6);
    let part = prop_oneof![4 => piece.prop_map(<[u8]>::to_vec), 1 => noise];
    proptest::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn the_same_bytes_parse_the_same_under_every_split(
        bytes in hostile_bytes(),
        sizes in proptest::collection::vec(0usize..9, 1..20),
        cap in prop_oneof![Just(1usize << 20), 4usize..60],
    ) {
        let whole = parse_packets(std::iter::once(&bytes[..]), cap);
        let single = parse_packets(bytes.chunks(1), cap);
        prop_assert_eq!(&whole, &single);

        let mut rest = &bytes[..];
        let mut packets = Vec::new();
        for size in sizes {
            let (packet, after) = rest.split_at(size.min(rest.len()));
            packets.push(packet);
            rest = after;
        }
        packets.push(rest);
        prop_assert_eq!(&whole, &parse_packets(packets.into_iter(), cap));
    }
}
