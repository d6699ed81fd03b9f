//! Ends a reply if the upstream ignores the requested limit.

use super::ending::Received;
use super::log::Log;

/// Maximum tokens of our tokenizer per token of the upstream's. The largest ratio seen is about 3, in Indic scripts, so
/// that an upstream that keeps to the limit is never cut off.
const TOKENIZER_MARGIN: u64 = 4;

/// Maximum bytes of a reply per requested token, far above any text of any tokenizer, and in all for short limits.
const BYTES_PER_TOKEN: u64 = 32;
const LEAST_BYTES: u64 = 4_096;

/// The maximum length of any reply. An upstream that never ends would otherwise fill the disk.
pub(super) struct Extent {
    bytes_left: u64,
}

impl Extent {
    /// `max_tokens`: the limit that was sent to the upstream.
    pub fn of(max_tokens: u32) -> Self {
        Self { bytes_left: LEAST_BYTES + u64::from(max_tokens) * BYTES_PER_TOKEN }
    }

    /// Takes the room for a chunk. Returns false if there is not enough.
    pub fn fits(&mut self, chunk: &str) -> bool {
        let left = self.bytes_left.checked_sub(chunk.len() as u64);
        self.bytes_left = left.unwrap_or(0);
        left.is_some()
    }
}

/// The maximum length of a reply that the budget limits.
pub(super) struct Room {
    /// In tokens of our tokenizer.
    most_tokens: u64,
    /// Length in bytes below which the reply cannot be full. A token has at least one byte.
    full_from: u64,
}

impl Room {
    /// `max_tokens`: the limit that was sent to the upstream.
    pub fn of(max_tokens: u32) -> Self {
        let most_tokens = u64::from(max_tokens) * TOKENIZER_MARGIN;
        Self { most_tokens, full_from: most_tokens }
    }

    /// Returns whether text and reasoning have reached the maximum. Counts tokens only from `full_from` on.
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
            let most = u64::from(max_tokens) * TOKENIZER_MARGIN;
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
