//! Readers' cursors, and how a log wakes them.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use super::{Log, State, lock};

/// The readers that wait for a log to grow.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Incremented whenever there may be something new.
    version: u64,
    /// The number of the next follower.
    next: u64,
    followers: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    follower: u64,
    waker: Waker,
    /// Whether it waits. A reader that is busy with earlier events is not woken.
    waits: bool,
}

impl Waiting {
    pub fn wake(&mut self) {
        self.version += 1;
        for entry in &mut self.followers {
            if std::mem::take(&mut entry.waits) {
                entry.waker.wake_by_ref();
            }
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.followers.len()
    }

    fn remove(&mut self, follower: u64) -> Option<Entry> {
        let at = self.followers.iter().position(|entry| entry.follower == follower)?;
        Some(self.followers.swap_remove(at))
    }

    fn add(&mut self, follower: u64, waker: &Waker) {
        match self.followers.iter_mut().find(|entry| entry.follower == follower) {
            Some(entry) => {
                entry.waits = true;
                entry.waker.clone_from(waker);
            }
            None => self.followers.push(Entry { follower, waker: waker.clone(), waits: true }),
        }
    }
}

/// A reader's cursor in a log. Woken whenever there may be new events.
#[derive(Debug)]
pub struct Follower {
    state: Arc<Mutex<State>>,
    id: u64,
    /// The version that was current before the last turn; `None` if there may be more events to read at once.
    seen: Option<u64>,
    /// The number of the next event.
    next: u64,
    ended: bool,
}

impl Follower {
    /// Creates a cursor at event `next`.
    ///
    /// A crash can lose the last chunks of a reply that readers have seen. A reader that continues beyond the end
    /// therefore receives the end.
    pub fn new(log: &Log, next: u64) -> Self {
        let mut state = log.lock();
        state.waiting.next += 1;
        let id = state.waiting.next;
        let next = if state.end.is_some() { next.min(state.events() - 1) } else { next };
        Self { state: log.state.clone(), id, seen: None, next, ended: false }
    }

    /// Waits for new events.
    pub fn poll_woken(&mut self, context: &Context<'_>) -> Poll<()> {
        let mut state = lock(&self.state);
        let version = Some(state.waiting.version);
        if self.seen != version {
            self.seen = version;
            return Poll::Ready(());
        }
        state.waiting.add(self.id, context.waker());
        Poll::Pending
    }

    /// Waits for new events. Cancel-safe.
    pub async fn woken(&mut self) {
        poll_fn(|context| self.poll_woken(context)).await;
    }

    /// Calls `take` with the number of the next event. `take` returns what it has read, and the number to continue
    /// with.
    pub fn turn<T>(&mut self, take: impl FnOnce(u64) -> (T, u64)) -> T {
        // Before reading, so that events which arrive meanwhile wake again.
        let version = lock(&self.state).waiting.version;
        let (taken, next) = take(self.next);
        let (count, ended) = {
            let state = lock(&self.state);
            (state.events(), state.end.is_some())
        };
        self.ended = ended && next >= count;
        self.next = next;
        // One turn may take less than all events.
        self.seen = (next >= count).then_some(version);
        taken
    }

    /// Returns whether all events including the end were read.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Returns whether [`poll_woken`](Self::poll_woken) is ready.
    #[cfg(test)]
    pub fn is_woken(&self) -> bool {
        self.seen != Some(lock(&self.state).waiting.version)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // Dropped after the lock is released: a waker may own the task of another reader, which would lock again.
        let _entry = lock(&self.state).waiting.remove(self.id);
    }
}
