//! Detects by the first bytes whether a body is an event stream, because content types are unreliable.

use bytes::Bytes;

use super::sse::TooLong;

/// Size limit of a whole completion, as a multiple of the size limit of an event.
const DOCUMENT_EVENTS: usize = 4;

/// The detected kind of a body.
pub(super) struct Framing {
    kind: Kind,
    most_bytes: usize,
}

enum Kind {
    /// Only white space so far, which is kept.
    Unknown(Vec<u8>),
    Events,
    /// A JSON document or a page, kept until its end.
    Document(Vec<u8>),
}

/// What to do with a packet.
pub(super) enum Sniffed {
    /// Part of an event stream.
    Events(Bytes),
    Kept,
}

impl Framing {
    pub fn new(max_event_bytes: usize) -> Self {
        let most_bytes = max_event_bytes.saturating_mul(DOCUMENT_EVENTS);
        Self { kind: Kind::Unknown(Vec::new()), most_bytes }
    }

    pub fn sniff(&mut self, packet: Bytes) -> Result<Sniffed, TooLong> {
        match &mut self.kind {
            Kind::Events => return Ok(Sniffed::Events(packet)),
            Kind::Unknown(head) => match packet.iter().find(|byte| says_something(**byte)) {
                Some(b'{' | b'[' | b'<') => {
                    head.extend_from_slice(&packet);
                    self.kind = Kind::Document(std::mem::take(head));
                }
                Some(_) => {
                    let head = std::mem::take(head);
                    self.kind = Kind::Events;
                    let whole =
                        if head.is_empty() { packet } else { [&head, &packet[..]].concat().into() };
                    return Ok(Sniffed::Events(whole));
                }
                None => head.extend_from_slice(&packet),
            },
            Kind::Document(document) => document.extend_from_slice(&packet),
        }
        match &self.kind {
            Kind::Unknown(kept) | Kind::Document(kept) if kept.len() > self.most_bytes => {
                Err(TooLong)
            }
            _ => Ok(Sniffed::Kept),
        }
    }

    /// Takes the document, if the body was one.
    pub fn take_document(&mut self) -> Option<Vec<u8>> {
        match &mut self.kind {
            Kind::Document(document) => Some(std::mem::take(document)),
            Kind::Unknown(_) | Kind::Events => None,
        }
    }

    /// Returns whether a document that is not valid JSON holds one object per line. Such a body is read as
    /// events.
    pub fn becomes_events(&mut self, document: &[u8]) -> bool {
        let mut lines = document.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let is_object = |line: Option<&[u8]>| line.is_some_and(|line| line.starts_with(b"{"));
        let several = is_object(lines.next()) && is_object(lines.next());
        if several {
            self.kind = Kind::Events;
        }
        several
    }
}

/// Returns whether the byte is neither white space nor part of a byte order mark.
fn says_something(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !matches!(byte, 0xEF | 0xBB | 0xBF)
}
