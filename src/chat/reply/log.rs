//! One answer's events in order, read by any number of readers.
//!
//! There is no queue a reader: each keeps the number of the next event it wants, and what was said
//! before and what is said from now on come out of the same list under the same lock. So no reader can
//! miss an event or see one twice, and a slow reader holds nothing but its number.
//!
//! Event 0 is the start, events 1 to n are the chunks, event n+1 is the end. Where the chunks so far turn out to be
//! reasoning, they are withdrawn: their numbers are not given again, one more says that they are void, and the
//! chunks of the answer are counted on from there.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::chat::model::{ReplyFailure, Status, Usage};

/// What an event takes beside its text while it waits for its reader, about.
const EVENT_BYTES: usize = 128;

/// The most bytes of reasoning that are kept; the rest is only counted.
const MOST_REASONING_BYTES: usize = 32 * 1024;
/// How often readers are woken while only reasoning arrives.
const REASONING_PACE: Duration = Duration::from_secs(1);

/// How an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub status: Status,
    /// `stop`, `length`, `stopped`; none for a failure.
    pub finish_reason: Option<String>,
    pub usage: Usage,
    pub failure: Option<ReplyFailure>,
}

impl End {
    /// Whether the answer ends before its end.
    pub fn is_cut(&self) -> bool {
        self.status != Status::Complete || self.finish_reason.as_deref() == Some("length")
    }
}

/// What a reader gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogEvent {
    Start,
    Chunk(String),
    /// The chunks before it are void.
    Reset,
    End(End),
}

#[derive(Debug, Default)]
struct State {
    text: String,
    /// Where each chunk ends in `text`, in bytes.
    ends: Vec<u32>,
    /// How many events before the first chunk in `ends` are void, the one that says so included.
    withdrawn: u64,
    end: Option<End>,
    reasoning: Reasoning,
}

/// The model's reasoning, kept apart from the answer.
#[derive(Debug, Default)]
struct Reasoning {
    /// The beginning of it, at most [`MOST_REASONING_BYTES`].
    text: String,
    /// Of all of it.
    bytes: u64,
    began: Option<Instant>,
    /// When the reasoning since the last chunk began.
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

/// An answer's events.
#[derive(Debug)]
pub struct Log {
    began: Instant,
    state: Mutex<State>,
    /// Wakes readers; the value means nothing.
    grown: watch::Sender<()>,
}

impl Default for Log {
    fn default() -> Self {
        Self { began: Instant::now(), state: Mutex::default(), grown: watch::Sender::new(()) }
    }
}

impl Log {
    /// The log of an answer that has ended, from its text, the lengths of its chunks in bytes, and how many
    /// events were withdrawn before them.
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
        // Text that no length accounts for is one last chunk: nothing stored goes unread.
        if ends.last().map_or(0, |at| *at as usize) < text.len() {
            ends.push(text.len() as u32);
        }
        Self {
            state: Mutex::new(State { text, ends, withdrawn, end: Some(end), ..State::default() }),
            ..Self::default()
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while holding the lock can't leave half a change: each change is one push.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a chunk. Nothing may follow the end.
    pub fn push(&self, chunk: &str) {
        self.append(chunk);
        self.wake();
    }

    /// Adds reasoning. It is no event and has no number: readers are only woken now and then, to see for how
    /// long the model has been reasoning.
    pub fn reason(&self, text: &str) {
        let now = Instant::now();
        let mut state = self.lock();
        let reasoning = &mut state.reasoning;
        reasoning.add(text);
        reasoning.began.get_or_insert(now);
        reasoning.since.get_or_insert(now);
        if reasoning.told.is_none_or(|told| now.duration_since(told) >= REASONING_PACE) {
            reasoning.told = Some(now);
            drop(state);
            self.wake();
        }
    }

    /// All text so far was reasoning: it is kept as such, and its chunks are void.
    pub fn withdraw(&self) {
        let mut state = self.lock();
        let text = std::mem::take(&mut state.text);
        state.reasoning.add(&text);
        state.withdrawn += state.ends.len() as u64 + 1;
        state.ends.clear();
        drop(state);
        self.wake();
    }

    /// What came as reasoning was the answer, which is pushed next.
    pub fn forget_reasoning(&self) {
        self.lock().reasoning = Reasoning::default();
    }

    /// The reasoning that was kept, and how many bytes there were of it.
    pub fn reasoning(&self) -> (String, u64) {
        let state = self.lock();
        (state.reasoning.text.clone(), state.reasoning.bytes)
    }

    /// The reasoning of an answer that has ended, as it was stored.
    pub fn with_reasoning(self, text: &str) -> Self {
        self.lock().reasoning.add(text);
        self
    }

    /// For how many seconds the model has been reasoning; none before it does, and none once the answer has
    /// begun or ended.
    pub fn reasoning_seconds(&self) -> Option<u64> {
        let state = self.lock();
        let is_reasoning = state.text.is_empty() && state.end.is_none();
        state.reasoning.began.filter(|_| is_reasoning).map(|began| began.elapsed().as_secs())
    }

    /// Returns for how many seconds the model has been at work on the next text: on its first token, or
    /// reasoning in between. `None` while text arrives.
    pub fn wait(&self) -> Option<u64> {
        let state = self.lock();
        let since = if state.text.is_empty() { self.began } else { state.reasoning.since? };
        Some(since.elapsed().as_secs())
    }

    /// Ends the answer; a second end changes nothing.
    pub fn end(&self, end: End) {
        self.close(end);
        self.wake();
    }

    fn append(&self, chunk: &str) {
        let mut state = self.lock();
        if state.end.is_none() && !chunk.is_empty() {
            state.reasoning.since = None;
            state.text.push_str(chunk);
            let end = state.text.len() as u32;
            state.ends.push(end);
        }
    }

    fn close(&self, end: End) {
        self.lock().end.get_or_insert(end);
    }

    fn wake(&self) {
        self.grown.send_replace(());
    }

    /// Returns once the end has come.
    pub async fn wait_for_end(&self) {
        let mut grown = self.grown.subscribe();
        // The sender lives as long as the log: waiting cannot fail.
        let _ = grown.wait_for(|()| self.position().1).await;
    }

    /// Appends the events from number `next` on to `events`, up to about `most_bytes` of memory, and
    /// returns the number of the one after. At least one, where there is one.
    pub fn read(&self, next: u64, most_bytes: usize, events: &mut Vec<(u64, LogEvent)>) -> u64 {
        let state = self.lock();
        let State { withdrawn, .. } = *state;
        let chunks = withdrawn + state.ends.len() as u64;
        let mut at = next;
        let mut bytes = 0;
        if at == 0 {
            events.push((0, LogEvent::Start));
            at = 1;
        }
        if at <= withdrawn {
            // Who has seen none of the void chunks need not hear of them.
            if next > 1 {
                events.push((withdrawn, LogEvent::Reset));
            }
            at = withdrawn + 1;
        }
        while at <= chunks && bytes < most_bytes {
            let index = (at - 1 - withdrawn) as usize;
            let from = if index == 0 { 0 } else { state.ends[index - 1] as usize };
            let chunk = &state.text[from..state.ends[index] as usize];
            bytes += EVENT_BYTES + chunk.len();
            events.push((at, LogEvent::Chunk(chunk.to_owned())));
            at += 1;
        }
        if at == chunks + 1
            && let Some(end) = &state.end
        {
            events.push((at, LogEvent::End(end.clone())));
            at += 1;
        }
        at
    }

    /// One moment's picture.
    pub fn snapshot(&self) -> Snapshot {
        let state = self.lock();
        Snapshot {
            text: state.text.clone(),
            events: state.events(),
            withdrawn: state.withdrawn,
            end: state.end.clone(),
        }
    }

    /// How many events there are, and whether the end is among them.
    pub fn position(&self) -> (u64, bool) {
        let state = self.lock();
        (state.events(), state.end.is_some())
    }

    /// Text and chunk lengths that came after the first `saved` events behind the start: what the database has
    /// not got yet. Where the saved ones were withdrawn, all there is.
    pub fn since(&self, saved: u64) -> Unsaved {
        let state = self.lock();
        let chunks = usize::try_from(saved.saturating_sub(state.withdrawn)).unwrap_or(usize::MAX);
        let chunks = chunks.min(state.ends.len());
        let from = if chunks == 0 { 0 } else { state.ends[chunks - 1] as usize };
        let mut at = from as u32;
        let mut lengths = String::new();
        for end in &state.ends[chunks..] {
            lengths.push_str(&(end - at).to_string());
            lengths.push(',');
            at = *end;
        }
        Unsaved {
            text: state.text[from..].to_owned(),
            lengths,
            withdrawn: state.withdrawn,
            saved: state.withdrawn + state.ends.len() as u64,
        }
    }

    /// How many chunks and bytes there are.
    pub fn size(&self) -> (usize, usize) {
        let state = self.lock();
        (state.ends.len(), state.text.len())
    }
}

/// A reader's place in a log. It is woken whenever there may be something behind it.
#[derive(Debug)]
pub struct Follower {
    grown: watch::Receiver<()>,
    /// The number of the next event wanted.
    next: u64,
    ended: bool,
}

impl Follower {
    /// Follows from event number `next` on.
    pub fn new(log: &Log, next: u64) -> Self {
        let mut grown = log.grown.subscribe();
        grown.mark_changed();
        Self { grown, next, ended: false }
    }

    /// Returns when it is time for a turn; false when the log is gone. Cancel-safe.
    pub async fn woken(&mut self) -> bool {
        self.grown.changed().await.is_ok()
    }

    /// Takes what `take` makes of the events from a number on; it returns that and the number to go on
    /// with.
    pub fn turn<T>(&mut self, log: &Log, take: impl FnOnce(u64) -> (Vec<T>, u64)) -> Vec<T> {
        // Before anything is read: what comes while it is read wakes again.
        let _ = self.grown.borrow_and_update();
        let (taken, next) = take(self.next);
        if !taken.is_empty() {
            // There may be more than one turn takes.
            self.grown.mark_changed();
        }
        let (count, ended) = log.position();
        self.ended = ended && next >= count;
        self.next = next;
        taken
    }

    /// Whether all has been taken, the end included.
    pub fn has_ended(&self) -> bool {
        self.ended
    }
}

/// A piece of the log on its way to the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsaved {
    pub text: String,
    /// Lengths of the chunks in bytes, each followed by a comma.
    pub lengths: String,
    /// How many events were withdrawn before: where the database knows of fewer, this piece replaces what it has.
    pub withdrawn: u64,
    /// How many events behind the start are saved once this piece is.
    pub saved: u64,
}

/// An answer at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The text so far.
    pub text: String,
    /// How many events there are.
    pub events: u64,
    /// How many of them were withdrawn.
    pub withdrawn: u64,
    pub end: Option<End>,
}

impl State {
    fn events(&self) -> u64 {
        1 + self.withdrawn + self.ends.len() as u64 + u64::from(self.end.is_some())
    }
}

#[cfg(test)]
mod tests;
