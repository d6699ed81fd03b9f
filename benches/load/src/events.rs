//! Reads server-sent events with their time of arrival.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::BytesMut;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::Outcome;

/// A server-sent event.
pub struct Event {
    pub id: Option<u64>,
    /// `message` if the event has no name.
    pub name: String,
    pub data: String,
}

/// Reads events. Expects lines that end with a bare line feed, as server and emulator send them.
pub struct Events {
    body: Incoming,
    buffer: BytesMut,
    /// When the bytes of the last event arrived.
    pub arrived: Instant,
    /// The same on the clock of the stamps, in microseconds since 1970.
    pub arrived_at: u64,
    /// Whether the server ended the stream with the hint to reconnect.
    pub hinted: bool,
}

/// The last bytes from a server that shuts down.
const HINT: &[u8] = b"retry: 1000\n: reconnect\n\n";

impl Events {
    pub fn new(body: Incoming) -> Self {
        Self {
            body,
            buffer: BytesMut::new(),
            arrived: Instant::now(),
            arrived_at: 0,
            hinted: false,
        }
    }

    /// Returns the next event; `None` at the end of the body.
    pub async fn next(&mut self) -> Outcome<Option<Event>> {
        loop {
            if let Some(at) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block = self.buffer.split_to(at + 2);
                self.hinted = block == HINT;
                match parse(std::str::from_utf8(&block)?) {
                    Some(event) => return Ok(Some(event)),
                    None => continue,
                }
            }
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            let frame = frame?;
            self.arrived = Instant::now();
            self.arrived_at = now_micros();
            if let Some(data) = frame.data_ref() {
                self.buffer.extend_from_slice(data);
            }
        }
    }
}

fn parse(block: &str) -> Option<Event> {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim_start()))
    };
    Some(Event {
        id: field("id").and_then(|id| id.parse().ok()),
        name: field("event").unwrap_or("message").to_owned(),
        data: field("data")?.to_owned(),
    })
}

fn now_micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
