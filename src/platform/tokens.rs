//! Counts the tokens of a text.
//!
//! Uses Qwen's vocabulary, the one of the default model. Other tokenizers differ a little, so code that fits a prompt
//! leaves a margin. Where a coarse upper bound is enough, [`bound`] avoids counting.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;
use std::sync::{LazyLock, Mutex, PoisonError};

use lru::LruCache;
use unicode_normalization::UnicodeNormalization;

/// Size of the cache of counts, so that the replies of active conversations are counted once.
const REMEMBERED: NonZeroUsize = match NonZeroUsize::new(8_192) {
    Some(kept) => kept,
    None => NonZeroUsize::MIN,
};

type Counts = LruCache<(u64, usize), u32>;

static COUNTS: LazyLock<Mutex<Counts>> = LazyLock::new(|| Mutex::new(LruCache::new(REMEMBERED)));

/// Returns an upper bound of a text's tokens with any byte-level or byte-fallback tokenizer.
///
/// A token holds at least one byte, but some tokenizers normalise first, and that can lengthen a text: U+FB2C is
/// 3 bytes, 6 in NFC (Qwen); U+FDFA is 3 bytes, 33 in NFKC (SentencePiece).
pub fn bound(text: &str) -> u64 {
    let bytes = |chars: &mut dyn Iterator<Item = char>| chars.map(char::len_utf8).sum::<usize>();
    if text.is_ascii() {
        return text.len() as u64;
    }
    text.len().max(bytes(&mut text.nfc())).max(bytes(&mut text.nfkc())) as u64
}

/// Returns the token count of a text.
///
/// Unpacks the vocabulary at the first call. If that fails, returns the number of bytes.
pub fn count(text: &str) -> u32 {
    let count = tiktoken::get_encoding("qwen2").map_or(text.len(), |encoding| encoding.count(text));
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Like [`count`], with a cache.
pub fn count_once(text: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let key = (hasher.finish(), text.len());
    let lock = || COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(count) = lock().get(&key) {
        return *count;
    }
    let count = count(text);
    lock().put(key, count);
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn token_counts_match_the_reference() {
        // Counts of the model's own tokenizer.
        assert_eq!(count(""), 0);
        assert_eq!(count("Hello, world!"), 4);
        assert_eq!(count("12345"), 5, "each digit is one");
        assert_eq!(count_once("Hello, world!"), 4);
        assert_eq!(count_once("Hello, world!"), 4);
    }

    #[test]
    fn the_token_bound_holds_for_every_normalised_character() {
        let mut longer = 0;
        for c in '\0'..=char::MAX {
            let text = c.to_string().repeat(3);
            for normal in [text.nfc().collect::<String>(), text.nfkc().collect()] {
                if normal != text {
                    assert!(u64::from(count(&normal)) <= bound(&text), "{c:?}");
                    longer += u32::from(normal.len() > text.len());
                }
            }
        }
        assert!(longer > 500, "{longer}");
        assert_eq!(bound(&"\u{fb2c}".repeat(5_000)), 30_000);
        assert_eq!(bound("Grüße, 한국"), 15, "already normal");
    }

    proptest! {
        #[test]
        fn the_token_bound_holds_for_texts(text in "\\PC{0,200}") {
            prop_assert!(u64::from(count(&text)) <= bound(&text));
            let normal: String = text.nfc().collect();
            prop_assert!(u64::from(count(&normal)) <= bound(&text));
            prop_assert!(bound(&text) >= text.len() as u64);
        }
    }
}
