//! Ends a reply that the budget limits, if the upstream ignores the requested limit.

use super::ending::Received;
use super::log::Log;

/// How many of our tokens one of the upstream's may take. Vocabularies differ most in Indic scripts, about
/// threefold. An upstream that keeps to the limit is therefore never cut off.
const TOKENS_A_TOKEN: u64 = 4;

/// The room that a budget leaves for a reply.
pub(super) struct Room {
    /// In tokens of our count.
    most_tokens: u64,
    /// Bytes with which the reply can be full at the earliest, because a token has at least one.
    full_from: u64,
}

impl Room {
    /// `max_tokens`: the limit that was sent to the upstream.
    pub fn of(max_tokens: u32) -> Self {
        let most_tokens = u64::from(max_tokens) * TOKENS_A_TOKEN;
        Self { most_tokens, full_from: most_tokens }
    }

    /// Returns whether text and reasoning have used up the room. Counts only when they can have.
    pub fn is_used_up(&mut self, log: &Log) -> bool {
        let bytes = log.bytes();
        if bytes < self.full_from {
            return false;
        }
        let left = self.most_tokens.saturating_sub(Received::of(log).tokens());
        self.full_from = bytes + left;
        left == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::platform::tokens;

    /// Appends the text in chunks of so many characters until the room is used up. Returns what was appended.
    fn fill(max_tokens: u32, text: &str, chunk: usize) -> String {
        let (log, mut room) = (Log::default(), Room::of(max_tokens));
        let chars: Vec<char> = text.chars().collect();
        for chunk in chars.chunks(chunk) {
            if room.is_used_up(&log) {
                break;
            }
            log.push(&String::from_iter(chunk));
        }
        log.snapshot().text
    }

    proptest! {
        #[test]
        fn the_size_of_chunks_does_not_matter(chunk in 1usize..60, max_tokens in 1u32..40) {
            let text = "The oven paid for itself in March. ".repeat(60);
            let filled = u64::from(tokens::count(&fill(max_tokens, &text, chunk)));
            let most = u64::from(max_tokens) * TOKENS_A_TOKEN;
            prop_assert!((most..=most + chunk as u64).contains(&filled), "{filled} of {most}");
        }
    }

    #[test]
    fn reasoning_takes_room() {
        let (log, mut room) = (Log::default(), Room::of(64));
        log.push("The oven paid for itself.");
        assert!(!room.is_used_up(&log));
        log.reason(&"If we bake twice a day, ".repeat(100));
        assert!(room.is_used_up(&log));
    }

    #[test]
    fn few_counts_find_the_end() {
        let (log, mut room) = (Log::default(), Room::of(1_000));
        let mut counts = 0;
        for _ in 0..100_000 {
            log.push("a ");
            let before = room.full_from;
            if room.is_used_up(&log) {
                break;
            }
            counts += u32::from(room.full_from != before);
        }
        assert!((1..40).contains(&counts), "{counts}");
    }
}
