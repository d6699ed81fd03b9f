//! Counts the tokens of a text.
//!
//! Uses Qwen's vocabulary, the one of the default model. Other tokenizers differ a little, so code that fits a prompt
//! leaves a margin. Where a coarse upper bound is enough, [`bound`] avoids counting.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;
use std::sync::{LazyLock, Mutex, PoisonError};

use lru::LruCache;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

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
    let longer = |part: &str| {
        let is_normal = is_nfkc_quick(part.chars()) == IsNormalized::Yes;
        let normal = || bytes(&mut part.nfc()).max(bytes(&mut part.nfkc()));
        if is_normal { 0 } else { normal().saturating_sub(part.len()) }
    };
    (text.len() + unusual_parts(text).map(longer).sum::<usize>()) as u64
}

/// Returns the runs of characters outside ASCII, each with the ASCII character before it, which it may modify. The rest of
/// a text is the same in every normal form.
fn unusual_parts(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let run = at + bytes.get(at..)?.iter().position(|byte| !byte.is_ascii())?;
        let length = bytes[run..].iter().position(u8::is_ascii);
        at = length.map_or(bytes.len(), |length| run + length);
        text.get(run.saturating_sub(1)..at)
    })
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
        fn the_token_bound_holds_for_texts(text in "(\\PC|[a-z]|[\u{300}-\u{36f}]|[\u{fb00}-\u{fdff}]){0,200}") {
            prop_assert!(u64::from(count(&text)) <= bound(&text));
            let normal: String = text.nfc().collect();
            prop_assert!(u64::from(count(&normal)) <= bound(&text));
            let longest = text.len().max(normal.len()).max(text.nfkc().map(char::len_utf8).sum());
            prop_assert!(bound(&text) >= longest as u64, "{text:?}");
        }
    }
}
