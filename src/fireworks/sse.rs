//! An incremental parser of event streams, following the WHATWG HTML standard §9.2.5 and §9.2.6.
//!
//! Existing crates do not fit: `eventsource-stream` 0.2 panics on a byte order mark and has no size limit.
//! `sse-stream` 0.3 follows the line rules, but ends the stream at the first invalid UTF-8 byte, where the
//! standard requires a replacement character, and does not limit the size of an event.
//!
//! Lines are split on bytes before decoding, so a packet boundary inside a character or a line ending is
//! harmless.

use std::borrow::Cow;

use bytes::{Buf, Bytes};
use memchr::memchr2;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The parser: takes packets, returns events.
pub(super) struct Parser {
    /// The unread part of the current packet.
    packet: Bytes,
    /// The start of a line whose end has not arrived.
    line: Vec<u8>,
    pending: Pending,
    /// The last line ended in CR. A following LF belongs to that line ending, even in the next packet.
    after_cr: bool,
    /// Number of bytes of a byte order mark read so far; `None` after the start of the stream.
    bom_seen: Option<usize>,
    /// The pending block was returned and must be cleared by the next call.
    handed_out: bool,
    max_event_bytes: usize,
}

/// The block being read.
struct Pending {
    /// The data lines, each followed by a line feed.
    data: Vec<u8>,
    /// Number of non-empty data lines.
    lines: usize,
    name: Name,
}

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block<'a> {
    pub name: Name,
    /// The data, with invalid UTF-8 replaced; borrowed if valid.
    pub data: Cow<'a, str>,
}

/// The name of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// No name, or `message`: the only kind that the protocol defines.
    Message,
    /// `error`: the name that some servers give to errors.
    Error,
    /// Any other name, such as `ping`. Ignored.
    Other,
}

/// An event or a line exceeds the size limit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

enum Line {
    /// The packet ended before the line did.
    Incomplete,
    Empty,
    Field,
}

impl Parser {
    /// `max_event_bytes` limits the data of an event plus the line being read.
    pub fn new(max_event_bytes: usize) -> Self {
        Self {
            packet: Bytes::new(),
            line: Vec::new(),
            pending: Pending { data: Vec::new(), lines: 0, name: Name::Message },
            after_cr: false,
            bom_seen: Some(0),
            handed_out: false,
            max_event_bytes,
        }
    }

    /// Adds the next packet. All events of the previous packet must have been taken.
    pub fn feed(&mut self, packet: Bytes) {
        debug_assert!(self.packet.is_empty(), "the packet before was not read to its end");
        self.packet = packet;
        self.skip_bom();
    }

    /// Returns the next complete event, or `None` if another packet is needed.
    ///
    /// Two deviations from the standard: a block whose single data line is a complete JSON object ends at the
    /// next data line, because some servers omit the empty line. `[DONE]` needs no empty line either.
    pub fn next_block(&mut self) -> Result<Option<Block<'_>>, TooLong> {
        if std::mem::take(&mut self.handed_out) {
            self.pending.clear();
        }
        loop {
            match self.take_line()? {
                Line::Incomplete => return Ok(None),
                Line::Field => {}
                Line::Empty if self.pending.data.is_empty() => self.pending.clear(),
                Line::Empty => break,
            }
        }
        self.handed_out = true;
        Ok(Some(self.pending.block()))
    }

    /// Returns a block that the body's end left without its empty line, if its data is complete. Call it
    /// until it returns `None`. The standard discards such a block, but some servers end this way.
    pub fn last_block(&mut self) -> Option<Block<'_>> {
        if std::mem::take(&mut self.handed_out) {
            self.pending.clear();
        }
        if !self.ends_pending(&[]) {
            let line = std::mem::take(&mut self.line);
            self.pending.field(&line);
        }
        self.handed_out = self.pending.is_done() || self.pending.is_whole();
        self.handed_out.then(|| self.pending.block())
    }

    /// Returns whether the line that ends with `part` is data while the pending block is already complete.
    fn ends_pending(&self, part: &[u8]) -> bool {
        let line = || self.line.iter().chain(part);
        let is_data = || line().take(5).eq(b"data:") || line().next() == Some(&b'{');
        self.pending.lines == 1 && is_data() && self.pending.is_whole()
    }

    /// Skips a byte order mark at the start of the stream. It may be split over packets.
    fn skip_bom(&mut self) {
        while let Some(seen) = self.bom_seen {
            let Some(byte) = self.packet.first() else {
                return;
            };
            if BOM.get(seen) == Some(byte) {
                self.packet.advance(1);
                self.bom_seen = (seen + 1 < BOM.len()).then_some(seen + 1);
            } else {
                // Not a byte order mark: the bytes read so far are text.
                self.line.extend_from_slice(BOM.get(..seen).unwrap_or_default());
                self.bom_seen = None;
            }
        }
    }

    fn take_line(&mut self) -> Result<Line, TooLong> {
        if self.after_cr && !self.packet.is_empty() {
            self.after_cr = false;
            if self.packet.first() == Some(&b'\n') {
                self.packet.advance(1);
            }
        }
        let end = memchr2(b'\n', b'\r', &self.packet);
        let (part, ending) = self.packet.split_at(end.unwrap_or(self.packet.len()));
        if self.pending.data.len() + self.line.len() + part.len() > self.max_event_bytes {
            return Err(TooLong);
        }
        let Some(ending) = ending.first() else {
            self.line.extend_from_slice(part);
            // Replaced rather than emptied, so that the connection's read buffer can be reused.
            self.packet = Bytes::new();
            return Ok(Line::Incomplete);
        };
        if self.ends_pending(part) {
            // The line is read again as the first line of the next block.
            self.line.extend_from_slice(part);
            self.packet.advance(part.len());
            return Ok(Line::Empty);
        }
        self.after_cr = *ending == b'\r';
        let is_empty = if self.line.is_empty() {
            self.pending.field(part);
            part.is_empty()
        } else {
            self.line.extend_from_slice(part);
            self.pending.field(&self.line);
            self.line.clear();
            false
        };
        self.packet.advance(part.len() + 1);
        Ok(if is_empty || self.pending.is_done() { Line::Empty } else { Line::Field })
    }
}

impl Pending {
    /// Adds one line. Comments, `id`, `retry` and unknown fields are ignored.
    fn field(&mut self, line: &[u8]) {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, rest) = line.split_at(colon);
        let value = rest.strip_prefix(b":").unwrap_or(rest);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => self.add(value),
            b"event" => self.name = Name::of(value),
            // Not in the standard: JSON on the line after an empty `data:`, or without `data:`.
            _ if line.starts_with(b"{") => self.add(line),
            _ => {}
        }
    }

    fn add(&mut self, value: &[u8]) {
        self.data.extend_from_slice(value);
        self.data.push(b'\n');
        self.lines += usize::from(!value.is_empty());
    }

    fn is_done(&self) -> bool {
        // Length first, because this runs for every line.
        self.data.len() <= 16 && self.data.trim_ascii() == b"[DONE]"
    }

    /// Returns whether the data is a single line with a JSON object.
    fn is_whole(&self) -> bool {
        let data = self.data.trim_ascii();
        self.lines == 1
            && data.starts_with(b"{")
            && data.ends_with(b"}")
            && serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok()
    }

    fn block(&self) -> Block<'_> {
        let text = self.data.strip_suffix(b"\n").unwrap_or(&self.data);
        // Validating UTF-8 is much faster than the lossy conversion.
        let data =
            str::from_utf8(text).map_or_else(|_| String::from_utf8_lossy(text), Cow::Borrowed);
        Block { name: self.name, data }
    }

    fn clear(&mut self) {
        self.data.clear();
        self.lines = 0;
        self.name = Name::Message;
    }
}

impl Name {
    fn of(value: &[u8]) -> Self {
        match value {
            b"" | b"message" => Self::Message,
            b"error" => Self::Error,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
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
        let text = b"event: ping\n\ndata: a\n\nevent: ping\ndata: b\n\nevent: error\ndata: c\n\ndata: d\n\n";
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
}
