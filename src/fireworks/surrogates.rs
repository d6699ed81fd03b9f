//! Joins surrogate pairs that are split over two chunks.
//!
//! JSON may encode `🥐` as `"\ud83e\udd50"`, and some servers split a chunk between the two escapes. A lone
//! surrogate is not valid in a Rust string, and serde rejects it. If a chunk cannot be parsed, [`hide`]
//! therefore replaces lone surrogates with private-use placeholders, and [`Halves`] joins them after parsing.

/// Placeholders of the surrogates U+D800 to U+DBFF and U+DC00 to U+DFFF, in the last Unicode plane.
const HIGH: u32 = 0x10_F800;
const LOW: u32 = 0x10_FC00;

/// Replaces the escapes of lone surrogates in a JSON text with placeholders. Returns `None` if there are
/// none.
pub(super) fn hide(json: &str) -> Option<String> {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    let mut found = false;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        out.push_str(plain);
        let (length, placeholder) = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (12, None),
            (Some(half @ 0xD800..=0xDBFF), _) => (6, char::from_u32(HIGH + half - 0xD800)),
            (Some(half @ 0xDC00..=0xDFFF), _) => (6, char::from_u32(LOW + half - 0xDC00)),
            (Some(_), _) => (6, None),
            // `\"`, `\\`, `\n`, or an invalid escape.
            (None, _) => (escape.ceil_char_boundary(2.min(escape.len())), None),
        };
        let (escape, after) = escape.split_at(length);
        found |= placeholder.is_some();
        match placeholder {
            Some(placeholder) => out.push(placeholder),
            None => out.push_str(escape),
        }
        rest = after;
    }
    out.push_str(rest);
    found.then_some(out)
}

/// Returns the code unit of an escape `\uXXXX` at the start of `text`.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    u32::from_str_radix(digits, 16).ok()
}

/// Joins the surrogates of one text over its chunks.
#[derive(Debug, Default)]
pub(super) struct Halves {
    /// The placeholder of a high surrogate whose low surrogate has not arrived.
    high: Option<u32>,
}

impl Halves {
    /// Returns whether the next chunk must pass through [`join`](Self::join) even if it holds no placeholder.
    pub fn waits(&self) -> bool {
        self.high.is_some()
    }

    /// Returns the chunk with its placeholders joined. A surrogate without its partner becomes U+FFFD. A high
    /// surrogate at the end waits for the next chunk.
    pub fn join(&mut self, chunk: &str) -> String {
        let mut out = String::with_capacity(chunk.len());
        for character in chunk.chars() {
            let code = u32::from(character);
            let high = self.high.take();
            match (code, high) {
                (LOW..=0x10_FFFF, Some(high)) => {
                    let joined = 0x1_0000 + ((high - HIGH) << 10) + (code - LOW);
                    out.push(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
                    continue;
                }
                (_, Some(_)) => out.push(char::REPLACEMENT_CHARACTER),
                (_, None) => {}
            }
            match code {
                HIGH..LOW => self.high = Some(code),
                LOW..=0x10_FFFF => out.push(char::REPLACEMENT_CHARACTER),
                _ => out.push(character),
            }
        }
        out
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn joined(chunks: &[&str]) -> String {
        let mut halves = Halves::default();
        let read = |chunk: &&str| {
            let hidden = hide(&format!("\"{chunk}\"")).unwrap_or_else(|| format!("\"{chunk}\""));
            halves.join(&serde_json::from_str::<String>(&hidden).unwrap())
        };
        chunks.iter().map(read).collect()
    }

    #[test]
    fn surrogate_pairs_are_joined_across_chunks_and_lone_ones_replaced() {
        for (chunks, text) in [
            (&[r"a \ud83e", r"\udd50 b"][..], "a 🥐 b"),
            (&[r"\ud83e\udd50"], "🥐"),
            (&[r"\uD83E", "", r"\uDD50"], "🥐"),
            (&[r"\ud83e", "b"], "\u{FFFD}b"),
            (&[r"\udd50b"], "\u{FFFD}b"),
            (&[r"\ud83e\ud83e", r"\udd50"], "\u{FFFD}🥐"),
            (&[r"\ud83e"], ""),
            (&[r"\\ud83e \u00e9"], r"\ud83e é"),
        ] {
            assert_eq!(joined(chunks), text, "{chunks:?}");
        }
    }

    #[test]
    fn text_without_lone_surrogates_is_unchanged() {
        for json in [r#""plain""#, r#""\ud83e\udd50\n\"""#, r#""\\ud83e""#, "\"\\é", "\\", "\\u12"]
        {
            assert_eq!(hide(json), None, "{json}");
        }
    }
}
