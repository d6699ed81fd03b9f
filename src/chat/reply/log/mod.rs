//! The ordered events of one reply, shared by any number of readers.
//!
//! Readers have no queues. Each keeps the number of its next event and reads past and new events from the same list
//! under the same lock, so it can neither miss an event nor see one twice, and a slow reader costs no memory.
//!
//! Event 0 is the start, events 1 to n are the chunks, event n+1 is the end. If the chunks so far turn out to be
//! reasoning, they are withdrawn: one more event voids them, and numbering continues from there.

use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use follower::Follower;
use follower::Waiting;

use crate::chat::model::{ReplyFailure, Status, Usage};

mod follower;

/// Approximate size in bytes of an event without its text while it waits for its reader.
const EVENT_BYTES: usize = 128;

/// Maximum bytes of reasoning that are kept. The rest is only counted.
const MOST_REASONING_BYTES: usize = 32 * 1024;
/// Interval of waking readers while only reasoning arrives.
const REASONING_PACE: Duration = Duration::from_secs(1);

/// How a reply ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub status: Status,
    /// `stop`, `length` or `stopped`; `None` for a failure.
    pub finish_reason: Option<String>,
    pub usage: Usage,
    pub failure: Option<ReplyFailure>,
}

impl End {
    /// Returns whether the reply is incomplete.
    pub fn is_cut(&self) -> bool {
        self.status != Status::Complete || self.finish_reason.as_deref() == Some("length")
    }
}

/// An event as readers receive it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogEvent<'a> {
    Start,
    Chunk(&'a str),
    /// Voids the chunks before it.
    Reset,
    End(&'a End),
}

#[derive(Debug, Default)]
struct State {
    text: String,
    /// The end of each chunk in `text`, in bytes.
    ends: Vec<u32>,
    /// How many events before the first chunk in `ends` are void, including the voiding one.
    withdrawn: u64,
    end: Option<End>,
    reasoning: Reasoning,
    waiting: Waiting,
}

/// The model's reasoning, separate from the answer text.
#[derive(Debug, Default)]
struct Reasoning {
    /// Its first [`MOST_REASONING_BYTES`].
    text: String,
    /// Its total length in bytes.
    bytes: u64,
    began: Option<Instant>,
    /// When reasoning started after the last chunk.
    since: Option<Instant>,
    /// When readers were last woken for it.
    told: Option<Instant>,
}

impl Reasoning {
    fn add(&mut self, text: &str) {
        let room = MOST_REASONING_BYTES.saturating_sub(self.text.len());
        self.text.push_str(&text[..text.floor_char_boundary(room.min(text.len()))]);
        self.bytes += text.len() as u64;
    }
}

/// The events of a reply.
#[derive(Debug)]
pub struct Log {
    began: Instant,
    state: Arc<Mutex<State>>,
}

impl Default for Log {
    fn default() -> Self {
        Self { began: Instant::now(), state: Arc::default() }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // Ignores poisoning: no change can panic half-way, so a panic leaves no partial change.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Log {
    /// Creates the log of an ended reply from its text, the lengths of its chunks in bytes, and the number of events
    /// withdrawn before them.
    pub fn ended(
        text: String,
        lengths: impl Iterator<Item = usize>,
        withdrawn: u64,
        end: End,
    ) -> Self {
        let mut ends = Vec::new();
        let mut at = 0;
        for length in lengths {
            at = (at + length).min(text.len());
            if text.is_char_boundary(at) {
                ends.push(at as u32);
            }
        }
        // Text beyond the stored lengths becomes one last chunk, so that all stored text is read.
        if ends.last().map_or(0, |at| *at as usize) < text.len() {
            ends.push(text.len() as u32);
        }
        Self {
            began: Instant::now(),
            state: Arc::new(Mutex::new(State {
                text,
                ends,
                withdrawn,
                end: Some(end),
                ..State::default()
            })),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Appends a chunk. Has no effect after the end.
    pub fn push(&self, chunk: &str) {
        let mut state = self.lock();
        state.append(chunk);
        state.waiting.wake();
    }

    /// Appends reasoning. It is not an event and has no number. Readers are woken at most once per
    /// [`REASONING_PACE`], to show the duration of reasoning.
    pub fn reason(&self, text: &str) {
        let now = Instant::now();
        let mut state = self.lock();
        let reasoning = &mut state.reasoning;
        reasoning.add(text);
        reasoning.began.get_or_insert(now);
        reasoning.since.get_or_insert(now);
        if reasoning.told.is_none_or(|told| now.duration_since(told) >= REASONING_PACE) {
            reasoning.told = Some(now);
            state.waiting.wake();
        }
    }

    /// Reclassifies all text so far as reasoning and voids its chunks.
    pub fn withdraw(&self) {
        let mut state = self.lock();
        let text = std::mem::take(&mut state.text);
        state.reasoning.add(&text);
        state.withdrawn += state.ends.len() as u64 + 1;
        state.ends.clear();
        state.waiting.wake();
    }

    /// Discards the reasoning, which was the answer text. The caller pushes that next.
    pub fn forget_reasoning(&self) {
        self.lock().reasoning = Reasoning::default();
    }

    /// Returns the kept reasoning and its total length in bytes.
    pub fn reasoning(&self) -> (String, u64) {
        let state = self.lock();
        (state.reasoning.text.clone(), state.reasoning.bytes)
    }

    /// Sets the stored reasoning of an ended reply.
    pub fn with_reasoning(self, text: &str) -> Self {
        self.lock().reasoning.add(text);
        self
    }

    /// Returns the seconds that the model has been reasoning. `None` before it does, and once answer text arrives or the
    /// reply has ended.
    pub fn reasoning_seconds(&self) -> Option<u64> {
        let state = self.lock();
        let is_reasoning = state.text.is_empty() && state.end.is_none();
        state.reasoning.began.filter(|_| is_reasoning).map(|began| began.elapsed().as_secs())
    }

    /// Returns the seconds since the model started to work on its next text: the first token, or reasoning in between.
    /// `None` while text arrives.
    pub fn wait(&self) -> Option<u64> {
        let state = self.lock();
        let since = if state.text.is_empty() { self.began } else { state.reasoning.since? };
        Some(since.elapsed().as_secs())
    }

    /// Ends the reply. A second end has no effect.
    pub fn end(&self, end: End) {
        let mut state = self.lock();
        state.end.get_or_insert(end);
        state.waiting.wake();
    }

    /// Waits for the end.
    pub async fn wait_for_end(&self) {
        let mut follower = Follower::new(self, 0);
        while !self.position().1 {
            follower.woken().await;
        }
    }

    /// Takes the events from number `next` on, up to about `most_bytes` but at least one if available. Returns the
    /// number of the following event.
    pub fn read(
        &self,
        next: u64,
        most_bytes: usize,
        mut take: impl FnMut(u64, LogEvent<'_>),
    ) -> u64 {
        let state = self.lock();
        let State { withdrawn, .. } = *state;
        let chunks = withdrawn + state.ends.len() as u64;
        let mut at = next;
        let mut bytes = 0;
        if at == 0 {
            take(0, LogEvent::Start);
            at = 1;
        }
        if at <= withdrawn {
            // A reader that has seen none of the void chunks does not need the voiding event.
            if next > 1 {
                take(withdrawn, LogEvent::Reset);
            }
            at = withdrawn + 1;
        }
        while at <= chunks && bytes < most_bytes {
            let index = (at - 1 - withdrawn) as usize;
            let from = if index == 0 { 0 } else { state.ends[index - 1] as usize };
            let chunk = &state.text[from..state.ends[index] as usize];
            bytes += EVENT_BYTES + chunk.len();
            take(at, LogEvent::Chunk(chunk));
            at += 1;
        }
        if at == chunks + 1
            && let Some(end) = &state.end
        {
            take(at, LogEvent::End(end));
            at += 1;
        }
        at
    }

    /// Returns a snapshot.
    pub fn snapshot(&self) -> Snapshot {
        let state = self.lock();
        Snapshot {
            text: state.text.clone(),
            events: state.events(),
            withdrawn: state.withdrawn,
            end: state.end.clone(),
        }
    }

    /// Returns the number of events and whether the end is among them.
    pub fn position(&self) -> (u64, bool) {
        let state = self.lock();
        (state.events(), state.end.is_some())
    }

    /// Returns the text and chunk lengths after the first `saved` events, which are not in the database yet. If the saved
    /// events were withdrawn, returns everything.
    pub fn since(&self, saved: u64) -> Unsaved {
        let state = self.lock();
        let chunks = usize::try_from(saved.saturating_sub(state.withdrawn)).unwrap_or(usize::MAX);
        let chunks = chunks.min(state.ends.len());
        let from = if chunks == 0 { 0 } else { state.ends[chunks - 1] as usize };
        let mut at = from as u32;
        let mut lengths = String::new();
        for end in &state.ends[chunks..] {
            // Writing to a string cannot fail.
            let _ = write!(lengths, "{},", end - at);
            at = *end;
        }
        Unsaved {
            text: state.text[from..].to_owned(),
            lengths,
            withdrawn: state.withdrawn,
            saved: state.withdrawn + state.ends.len() as u64,
        }
    }

    /// Returns the bytes of text and reasoning.
    pub fn bytes(&self) -> u64 {
        let state = self.lock();
        state.text.len() as u64 + state.reasoning.bytes
    }
}

/// Unsaved events for the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsaved {
    pub text: String,
    /// The lengths of the chunks in bytes, each followed by a comma.
    pub lengths: String,
    /// How many events were withdrawn before. If the database has a smaller number, this replaces its text.
    pub withdrawn: u64,
    /// How many events after the start are saved once this is.
    pub saved: u64,
}

/// A snapshot of a reply.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The text so far.
    pub text: String,
    /// Number of events.
    pub events: u64,
    /// Number of withdrawn events.
    pub withdrawn: u64,
    pub end: Option<End>,
}

impl State {
    fn append(&mut self, chunk: &str) {
        if self.end.is_none() && !chunk.is_empty() {
            self.reasoning.since = None;
            self.text.push_str(chunk);
            let end = self.text.len() as u32;
            self.ends.push(end);
        }
    }

    fn events(&self) -> u64 {
        1 + self.withdrawn + self.ends.len() as u64 + u64::from(self.end.is_some())
    }
}

#[cfg(test)]
mod tests;
