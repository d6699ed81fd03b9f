//! Counters for tests and load generators.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Maximum number of conversations whose emitted tokens are kept until they are read.
const REMEMBERED: usize = 100_000;

/// A snapshot of the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests for a completion, including refused ones.
    pub requests: u64,
    /// Text chunks that were handed to the socket.
    pub deltas: u64,
    /// Tokens emitted: one per delta, including reasoning.
    pub tokens: u64,
    /// Bytes of event streams.
    pub bytes: u64,
    /// Open connections, including idle ones.
    pub open_connections: u64,
    /// Replies being streamed.
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
    emitted: Mutex<HashMap<String, u64>>,
}

impl Counters {
    /// Records how many tokens a reply had when it ended, whether complete or not.
    pub fn reply_ended(&self, conversation: &str, tokens: u64) {
        let mut emitted = self.emitted();
        if emitted.len() < REMEMBERED {
            *emitted.entry(conversation.to_owned()).or_default() += tokens;
        }
    }

    /// Takes the tokens per conversation emitted by replies that ended since the last call.
    pub fn take_emitted(&self) -> HashMap<String, u64> {
        std::mem::take(&mut *self.emitted())
    }

    fn emitted(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.emitted.lock().unwrap_or_else(PoisonError::into_inner)
    }

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
