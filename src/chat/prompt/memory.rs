//! Selects the exchanges that a prompt contains whole, and what replaces the earlier ones.
//!
//! The window starts at a fixed message and grows with the conversation, so that each prompt starts with the previous
//! one. When it no longer fits, it starts later: after a stored summary if there is one, otherwise after an extract.
//! Summaries are requested before they are needed.

use super::branch::{Branch, Exchange, Memory, MemoryKind};
use super::budget::A_MESSAGE;
use super::extract;
use crate::platform::tokens;

/// How many of the last exchanges stay whole if they fit.
pub const WHOLE_EXCHANGES: usize = 5;
/// Maximum tokens for the conversation so far, independent of the model's context, because each question pays for them
/// again.
pub(super) const MOST_HISTORY_TOKENS: usize = 32_000;
/// Tokens around a memory: its heading and the noted reply.
const MEMORY_FRAME: usize = 48 + 2 * A_MESSAGE;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The index of the first whole exchange.
    pub start: usize,
    /// Replaces the earlier ones.
    pub memory: Option<Memory>,
    /// The message up to which a summary should be requested.
    pub summary_due: Option<String>,
}

/// Returns whether a branch surely fits into `tokens` tokens without a summary being due. Uses its
/// bytes, because a token has at least one.
pub(super) fn is_small(branch: &Branch, tokens: usize) -> bool {
    let bytes = |it: &Exchange| it.question.len() + it.answer.len() + 2 * A_MESSAGE;
    let bytes: usize = branch.exchanges.iter().map(bytes).sum();
    branch.is_whole() && bytes <= nearly(tokens.min(MOST_HISTORY_TOKENS))
}

/// Returns the size from which on a summary is requested.
const fn nearly(room: usize) -> usize {
    room / 4 * 3
}

/// Plans the window. `room`: the tokens for the conversation so far.
pub(super) fn plan(branch: &Branch, room: usize) -> Plan {
    if is_small(branch, room) {
        return Plan { start: 0, memory: None, summary_due: None };
    }
    let room = room.min(MOST_HISTORY_TOKENS);
    let from = tokens_from(&branch.exchanges);
    let (start, memory) = window(branch, &from, room);
    let summary_due = due(branch, &from, room, start, memory.as_ref());
    Plan { start, memory, summary_due }
}

/// Returns the tokens of all exchanges from each index on. The last entry, after all exchanges, is
/// 0.
fn tokens_from(exchanges: &[Exchange]) -> Vec<usize> {
    let mut from = vec![0; exchanges.len() + 1];
    for (at, exchange) in exchanges.iter().enumerate().rev() {
        let count = |text: &str| tokens::count_once(text) as usize;
        let size = count(&exchange.question) + count(&exchange.answer) + 2 * A_MESSAGE;
        from[at] = from[at + 1] + size;
    }
    from
}

fn window(branch: &Branch, from: &[usize], room: usize) -> (usize, Option<Memory>) {
    // The longest window that fits: from the conversation's beginning, or after the earliest
    // memory.
    let stored = stored_starts(branch).find(|(at, memory)| from[*at] + frame(*memory) <= room);
    let start = split(from, room);
    match stored {
        Some((at, memory)) if at == 0 || at <= start || is_enough(branch, at) => {
            (at, memory.cloned())
        }
        _ => (start, extracted(branch, from, room, start)),
    }
}

fn is_enough(branch: &Branch, at: usize) -> bool {
    branch.exchanges.len() - at >= WHOLE_EXCHANGES
}

/// Returns the starts of windows that need no new memory.
fn stored_starts(branch: &Branch) -> impl Iterator<Item = (usize, Option<&Memory>)> {
    let beginning = branch.is_whole().then_some((0, None));
    let memories = branch.memories.iter().map(|(at, memory)| (*at, Some(memory)));
    beginning.into_iter().chain(memories)
}

fn frame(memory: Option<&Memory>) -> usize {
    memory.map_or(0, |memory| tokens::count_once(&memory.text) as usize + MEMORY_FRAME)
}

/// Returns where a new window starts. It takes about half of the room, so that it can grow before
/// it moves again, but contains the last five exchanges if they fit.
fn split(from: &[usize], room: usize) -> usize {
    let room = room - for_extract(room);
    let last = from.len() - 1;
    let first_within = |room: usize| from.iter().position(|size| *size <= room).unwrap_or(last);
    let five = last.saturating_sub(WHOLE_EXCHANGES).max(first_within(room));
    first_within(room / 2).min(five)
}

/// Returns the tokens of the room that an extract may take, including its frame.
fn for_extract(room: usize) -> usize {
    (room / 4).min(1_000)
}

/// Returns an extract of the exchanges before `start` and of the memory before them. `None` if not
/// even an extract fits.
fn extracted(branch: &Branch, from: &[usize], room: usize, start: usize) -> Option<Memory> {
    let earlier = branch.memories.iter().rfind(|(at, _)| *at <= start);
    let (at, before) = earlier.map_or((0, None), |(at, memory)| (*at, Some(memory)));
    let exchanges = branch.exchanges.get(at..start).unwrap_or_default();
    let last = exchanges.last()?;
    let most = for_extract(room).min(room - from[start].min(room)).checked_sub(MEMORY_FRAME)?;
    let text = extract::text(before.map(|it| it.text.as_str()), exchanges, most)?;
    Some(Memory::extract(&last.end, text))
}

/// Returns the message up to which a summary should be requested: if one is missing, or if the
/// window will soon be too large.
fn due(
    branch: &Branch,
    from: &[usize],
    room: usize,
    start: usize,
    memory: Option<&Memory>,
) -> Option<String> {
    let upto = |start: usize| branch.upto(start).map(str::to_owned);
    match memory {
        Some(memory) if memory.kind == MemoryKind::Summary => {}
        // Exchanges were omitted, and only an extract or nothing replaces them.
        _ if upto(start).is_some() => return upto(start),
        _ => {}
    }
    let is_summary =
        |(at, memory): &(usize, Memory)| *at > start && memory.kind == MemoryKind::Summary;
    if from[start] + frame(memory) <= nearly(room) || branch.memories.iter().any(is_summary) {
        return None;
    }
    let next = split(from, room);
    if next > start { upto(next) } else { None }
}
