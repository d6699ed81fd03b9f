//! The text of a reply, split into the chunks that are sent.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::BytesMut;

use super::render::Renderer;

/// The text of a reply.
pub(super) enum Text {
    /// A composed text.
    Words {
        text: String,
        /// The end of each chunk.
        ends: Vec<usize>,
    },
    /// `w0 w1 w2 …`, in which a reader can detect a missing word.
    Filler {
        /// The number of the first word.
        from: u64,
        count: u64,
        /// Each word includes the time of rendering in microseconds since 1970: `w0@170…`.
        stamp: bool,
    },
}

impl Text {
    pub fn words(text: String) -> Self {
        let ends = tokens(&text);
        Self::Words { text, ends }
    }

    /// Like [`Self::words`], without what exceeds this many tokens.
    pub fn first_words(mut text: String, most_tokens: u64) -> Self {
        let mut ends = tokens(&text);
        ends.truncate(usize::try_from(most_tokens).unwrap_or(usize::MAX));
        text.truncate(ends.last().copied().unwrap_or(0));
        Self::Words { text, ends }
    }

    /// Returns how many chunks [`Self::words`] would split a text into.
    pub fn chunks(text: &str) -> u64 {
        tokens(text).len() as u64
    }

    /// Returns the number of deltas.
    pub fn len(&self) -> u64 {
        match self {
            Self::Words { ends, .. } => ends.len() as u64,
            Self::Filler { count, .. } => *count,
        }
    }

    /// Renders one chunk.
    pub fn write(&self, index: u64, renderer: &Renderer, out: &mut BytesMut) {
        match self {
            Self::Words { text, ends } => {
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                let end = ends.get(index).copied().unwrap_or(text.len());
                let before = index.checked_sub(1).and_then(|before| ends.get(before));
                let start = before.copied().unwrap_or(0);
                renderer.content(out, text.get(start..end).unwrap_or_default());
            }
            Self::Filler { from, stamp: false, .. } => {
                renderer.content(out, &format!("w{} ", from + index));
            }
            Self::Filler { from, stamp: true, .. } => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                renderer.content(out, &format!("w{}@{} ", from + index, now.as_micros()));
            }
        }
    }
}

/// Maximum length of a chunk in characters. Longer words are split.
const LONGEST: usize = 12;

/// Returns the ends of chunks similar to a model's tokens: a word with the space before it, long words in
/// parts.
fn tokens(text: &str) -> Vec<usize> {
    let mut ends = Vec::with_capacity(text.len() / 5);
    let mut length = 0;
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        if (c.is_whitespace() && in_word) || length >= LONGEST {
            ends.push(at);
            length = 0;
        }
        in_word = !c.is_whitespace();
        length += 1;
    }
    if !text.is_empty() {
        ends.push(text.len());
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_words_with_their_leading_space() {
        let text = "Our  margin\n\n- 🥐 internationalisation";
        let mut start = 0;
        let mut parts = Vec::new();
        for end in tokens(text) {
            parts.push(text.get(start..end).unwrap_or("torn"));
            start = end;
        }
        assert_eq!(parts, ["Our", "  margin", "\n\n-", " 🥐", " internation", "alisation"]);
        assert_eq!(tokens(""), Vec::<usize>::new());
    }
}
