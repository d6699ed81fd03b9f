//! What the emulator counts, for tests and load generators.

use std::sync::atomic::{AtomicU64, Ordering};

/// The counts at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests for a completion, refused ones included.
    pub requests: u64,
    /// Chunks with a piece of the answer that were handed to the socket.
    pub deltas: u64,
    /// Tokens emitted: one for each delta, reasoning included.
    pub tokens: u64,
    /// Bytes of event streams.
    pub bytes: u64,
    /// Connections that are open now, idle ones included.
    pub open_connections: u64,
    /// Replies that are being streamed now.
    pub open_replies: u64,
}

#[derive(Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub fn subtract(&self, n: u64) {
        self.0.fetch_sub(n, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Default)]
pub(super) struct Counters {
    pub requests: Counter,
    pub deltas: Counter,
    pub tokens: Counter,
    pub bytes: Counter,
    pub open_connections: Counter,
    pub open_replies: Counter,
}

impl Counters {
    pub fn counts(&self) -> Counts {
        Counts {
            requests: self.requests.get(),
            deltas: self.deltas.get(),
            tokens: self.tokens.get(),
            bytes: self.bytes.get(),
            open_connections: self.open_connections.get(),
            open_replies: self.open_replies.get(),
        }
    }
}
