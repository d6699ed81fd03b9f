#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

fn end() -> End {
    End {
        status: Status::Complete,
        finish_reason: Some("stop".into()),
        usage: Usage::default(),
        failure: None,
    }
}

/// An event with its own text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Start,
    Chunk(String),
    Reset,
    End(End),
}

/// Reads events from number `next` on. Returns the number of the following event.
fn read(log: &Log, next: u64, most_bytes: usize, seen: &mut Vec<(u64, Seen)>) -> u64 {
    log.read(next, most_bytes, |number, event| {
        let event = match event {
            LogEvent::Start => Seen::Start,
            LogEvent::Chunk(text) => Seen::Chunk(text.to_owned()),
            LogEvent::Reset => Seen::Reset,
            LogEvent::End(end) => Seen::End(end.clone()),
        };
        seen.push((number, event));
    })
}

proptest! {
    #[test]
    fn any_reader_sees_every_event_once_in_order(
        chunks in prop::collection::vec("[a-zé😀]{1,6}", 0..20),
        reads in prop::collection::vec((0usize..4, 1usize..20), 0..30),
    ) {
        let log = Log::default();
        let (mut seen, mut next) = (Vec::new(), 0);
        let mut waiting = chunks.iter();
        for (pushes, most) in reads {
            for chunk in waiting.by_ref().take(pushes) {
                log.push(chunk);
            }
            next = read(&log, next, most, &mut seen);
        }
        waiting.for_each(|chunk| log.push(chunk));
        log.end(end());
        while next < chunks.len() as u64 + 2 {
            next = read(&log, next, 8, &mut seen);
        }
        let numbers: Vec<u64> = seen.iter().map(|(n, _)| *n).collect();
        prop_assert_eq!(numbers, (0..chunks.len() as u64 + 2).collect::<Vec<_>>());
        let text: String = seen.iter().filter_map(|(_, e)| match e {
            Seen::Chunk(text) => Some(text.as_str()),
            _ => None,
        }).collect();
        prop_assert_eq!(text, chunks.concat());
    }

    #[test]
    fn a_stored_log_replays_identical_events(
        chunks in prop::collection::vec("[a-zé😀]{1,6}", 0..20),
        saves in prop::collection::vec(0usize..5, 0..10),
    ) {
        let live = Log::default();
        let (mut text, mut lengths, mut saved) = (String::new(), String::new(), 0);
        let mut waiting = chunks.iter();
        for pushes in saves.into_iter().chain([usize::MAX]) {
            for chunk in waiting.by_ref().take(pushes) {
                live.push(chunk);
            }
            let unsaved = live.since(saved);
            text += &unsaved.text;
            lengths += &unsaved.lengths;
            saved = unsaved.saved;
        }
        live.end(end());
        let stored = Log::ended(text, lengths.split_terminator(',').map(|l| l.parse().unwrap()), 0, end());
        let (mut a, mut b) = (Vec::new(), Vec::new());
        read(&live, 0, usize::MAX, &mut a);
        read(&stored, 0, usize::MAX, &mut b);
        prop_assert_eq!(a, b);
    }
}

#[test]
fn the_events_per_turn_are_bounded_by_memory() {
    let log = Log::default();
    for _ in 0..1_000 {
        log.push("a");
    }
    let mut events = Vec::new();
    let next = read(&log, 0, 16 * 1024, &mut events);
    assert_eq!(next, events.len() as u64);
    assert!(events.len() <= 130, "{}", events.len());
}

#[test]
fn no_event_follows_the_end() {
    let log = Log::default();
    log.push("a");
    log.end(end());
    log.push("b");
    assert_eq!(log.snapshot().text, "a");
}

/// One atomic step of the writer. Readers may run between any two steps.
#[derive(Clone, Copy)]
enum Step {
    Append(&'static str),
    Close,
    Wake,
}

const STEPS: [Step; 6] =
    [Step::Append("a"), Step::Wake, Step::Append("bé"), Step::Wake, Step::Close, Step::Wake];

/// Enumerates the choices of all runs: each run replays a prefix of the last one and changes its
/// last choice, until all combinations were tried.
#[derive(Default)]
struct Choices {
    /// The chosen option and the number of options.
    made: Vec<(usize, usize)>,
    at: usize,
}

impl Choices {
    fn pick(&mut self, of: usize) -> usize {
        if self.at == self.made.len() {
            self.made.push((0, of));
        }
        self.at += 1;
        self.made[self.at - 1].0
    }

    /// Starts the next run. Returns false after the last one.
    fn advance(&mut self) -> bool {
        self.at = 0;
        while let Some((chosen, of)) = self.made.pop() {
            if chosen + 1 < of {
                self.made.push((chosen + 1, of));
                return true;
            }
        }
        false
    }
}

/// A writer that advances as the choices say.
struct Writer<'a> {
    log: &'a Log,
    steps: std::slice::Iter<'static, Step>,
    choices: &'a mut Choices,
}

impl Writer<'_> {
    fn step(&mut self) {
        match self.steps.next() {
            Some(Step::Append(text)) => self.log.lock().append(text),
            Some(Step::Close) => self.log.lock().end = Some(end()),
            Some(Step::Wake) => self.log.lock().waiting.wake(),
            None => {}
        }
    }

    fn some_steps(&mut self) {
        for _ in 0..self.choices.pick(self.steps.len() + 1) {
            self.step();
        }
    }
}

/// Follows a log while it is written, under one interleaving of steps. Returns the snapshot's text,
/// if requested, and the events after it.
fn follow(choices: &mut Choices, from_snapshot: bool) -> (String, Vec<(u64, Seen)>) {
    let log = Log::default();
    let mut writer = Writer { log: &log, steps: STEPS.iter(), choices };
    writer.some_steps();
    let (text, first) = if from_snapshot {
        let Snapshot { text, events, .. } = log.snapshot();
        (text, events)
    } else {
        (String::new(), 0)
    };
    writer.some_steps();
    let mut follower = Follower::new(&log, first);
    let mut seen = Vec::new();
    while !follower.has_ended() {
        writer.some_steps();
        if !follower.is_woken() {
            assert!(writer.steps.len() > 0, "asleep for ever after {seen:?}");
            writer.step();
            continue;
        }
        seen.extend(follower.turn(|next| {
            writer.some_steps();
            let mut events = Vec::new();
            let next = read(&log, next, 1, &mut events);
            writer.some_steps();
            (events, next)
        }));
    }
    (text, seen)
}

#[test]
fn snapshot_and_later_events_are_complete_under_every_interleaving() {
    for from_snapshot in [false, true] {
        let mut choices = Choices::default();
        let mut runs = 0u32;
        loop {
            let (mut text, seen) = follow(&mut choices, from_snapshot);
            let first = seen.first().map_or(0, |(number, _)| *number);
            for (due, (number, event)) in (first..).zip(&seen) {
                assert_eq!(*number, due, "{seen:?}");
                if let Seen::Chunk(chunk) = event {
                    text.push_str(chunk);
                }
            }
            assert_eq!(text, "abé", "{seen:?}");
            runs += 1;
            if !choices.advance() {
                break;
            }
        }
        assert!(runs > 1_000, "only {runs} orders");
    }
}

#[test]
fn reasoning_emits_no_event_and_is_kept_up_to_a_bound() {
    let log = Log::default();
    assert_eq!(log.reasoning_seconds(), None);
    log.reason("Hm. ");
    assert_eq!(log.reasoning_seconds(), Some(0));
    for _ in 0..MOST_REASONING_BYTES {
        log.reason("é");
    }
    assert_eq!(log.position(), (1, false), "nothing but the start");
    assert_eq!(log.lock().reasoning.text.len(), MOST_REASONING_BYTES);
    log.push("So:");
    assert_eq!(log.reasoning_seconds(), None, "the answer has begun");
}

#[test]
fn withdrawn_chunks_are_voided_for_early_readers_and_hidden_from_later_ones() {
    let log = Log::default();
    log.push("hm ");
    log.push("hm");
    let mut seen = Vec::new();
    let next = read(&log, 0, usize::MAX, &mut seen);
    let saved = log.since(0).saved;
    log.withdraw();
    log.push("Hi");
    log.end(end());
    assert_eq!(log.reasoning(), ("hm hm".to_owned(), 5));
    let chunk = |text: &str| Seen::Chunk(text.to_owned());
    let events = |from: u64| {
        let mut events = Vec::new();
        read(&log, from, usize::MAX, &mut events);
        events
    };
    assert_eq!(events(next), [(3, Seen::Reset), (4, chunk("Hi")), (5, Seen::End(end()))]);
    assert_eq!(events(2)[0], (3, Seen::Reset), "who saw one of them");
    assert_eq!(events(0)[1], (4, chunk("Hi")), "who saw none");
    assert_eq!(log.position(), (6, true));
    let unsaved = log.since(saved);
    assert_eq!(
        (unsaved.text.as_str(), unsaved.withdrawn, unsaved.saved),
        ("Hi", 3, 4),
        "all there is"
    );
    let stored = Log::ended("Hi".into(), [2].into_iter(), 3, end());
    let mut again = Vec::new();
    read(&stored, next, usize::MAX, &mut again);
    assert_eq!(again, events(next), "and after it was stored");
}

#[test]
fn a_reader_that_continues_beyond_the_end_receives_the_end() {
    // Before a crash, readers had seen more chunks than were stored.
    let stored = Log::ended("Hi there".into(), [2, 6].into_iter(), 0, end());
    for next in [3, 4, 5, 1_000, u64::MAX] {
        let mut follower = Follower::new(&stored, next);
        let events = follower.turn(|next| {
            let mut events = Vec::new();
            let next = read(&stored, next, usize::MAX, &mut events);
            (events, next)
        });
        assert_eq!(events, [(3, Seen::End(end()))], "from event {next}");
        assert!(follower.has_ended());
    }
}

#[test]
fn a_dropped_reader_leaves_nothing_behind() {
    use std::task::{Context, Waker};
    let log = Log::default();
    let mut followers: Vec<_> = (0..3).map(|_| Follower::new(&log, 0)).collect();
    for follower in &mut followers {
        follower.turn(|_| ((), 1));
        let context = Context::from_waker(Waker::noop());
        assert!(follower.poll_woken(&context).is_pending());
    }
    assert_eq!(log.lock().waiting.len(), 3);
    followers.pop();
    assert_eq!(log.lock().waiting.len(), 2);
    log.push("a");
    assert!(followers.iter().all(Follower::is_woken));
    drop(followers);
    assert_eq!(log.lock().waiting.len(), 0);
}
