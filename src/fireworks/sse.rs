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
#[path = "sse_tests.rs"]
mod tests;
