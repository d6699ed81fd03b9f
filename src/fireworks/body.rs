//! Whether a body is an event stream, told by its first bytes: the content type is not to be relied on.

use bytes::Bytes;

use super::sse::TooLong;

/// How much larger a whole completion may be than one event.
const DOCUMENT_EVENTS: usize = 4;

/// What is known of a body.
pub(super) struct Framing {
    kind: Kind,
    most_bytes: usize,
}

enum Kind {
    /// So far white space, which is kept.
    Unknown(Vec<u8>),
    Events,
    /// A JSON document or a page: kept up to its end.
    Document(Vec<u8>),
}

/// What to do with a packet.
pub(super) enum Sniffed {
    /// It belongs to an event stream.
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

    /// The document, where the body was one.
    pub fn take_document(&mut self) -> Option<Vec<u8>> {
        match &mut self.kind {
            Kind::Document(document) => Some(std::mem::take(document)),
            Kind::Unknown(_) | Kind::Events => None,
        }
    }

    /// Whether a document that is no whole JSON is several objects, one a line: then they are events.
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

/// No white space, and no part of a byte order mark.
fn says_something(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !matches!(byte, 0xEF | 0xBB | 0xBF)
}
