//! Characters whose two halves come in two chunks.
//!
//! JSON may write `🥐` as `"\ud83e\udd50"`, and some servers cut between the two escapes. Half of a character
//! is no text in Rust, and serde refuses it. So where a chunk cannot be read, lone halves are replaced by
//! placeholders from a plane for private use ([`hide`]), and joined once the text is out ([`Halves`]).

/// Placeholders of the halves U+D800 to U+DBFF and U+DC00 to U+DFFF, in the last plane.
const HIGH: u32 = 0x10_F800;
const LOW: u32 = 0x10_FC00;

/// JSON text with the escapes of lone halves replaced by placeholders; none where there are none.
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
            // `\"`, `\\`, `\n`, or a backslash before what is no escape at all.
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

/// The code unit that an escape `\uXXXX` at the beginning stands for.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    u32::from_str_radix(digits, 16).ok()
}

/// Joins halves over the pieces of one text.
#[derive(Debug, Default)]
pub(super) struct Halves {
    /// The first half of a character whose other half has not come.
    high: Option<u32>,
}

impl Halves {
    /// Whether the next piece must go through [`join`](Self::join) though it holds no placeholder.
    pub fn waits(&self) -> bool {
        self.high.is_some()
    }

    /// The piece with its placeholders joined; a half without its other half becomes U+FFFD. A first half
    /// at the end waits for the next piece.
    pub fn join(&mut self, piece: &str) -> String {
        let mut out = String::with_capacity(piece.len());
        for character in piece.chars() {
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

    fn joined(pieces: &[&str]) -> String {
        let mut halves = Halves::default();
        let read = |piece: &&str| {
            let hidden = hide(&format!("\"{piece}\"")).unwrap_or_else(|| format!("\"{piece}\""));
            halves.join(&serde_json::from_str::<String>(&hidden).unwrap())
        };
        pieces.iter().map(read).collect()
    }

    #[test]
    fn halves_are_joined_over_pieces_and_lone_ones_replaced() {
        for (pieces, text) in [
            (&[r"a \ud83e", r"\udd50 b"][..], "a 🥐 b"),
            (&[r"\ud83e\udd50"], "🥐"),
            (&[r"\uD83E", "", r"\uDD50"], "🥐"),
            (&[r"\ud83e", "b"], "\u{FFFD}b"),
            (&[r"\udd50b"], "\u{FFFD}b"),
            (&[r"\ud83e\ud83e", r"\udd50"], "\u{FFFD}🥐"),
            (&[r"\ud83e"], ""),
            (&[r"\\ud83e \u00e9"], r"\ud83e é"),
        ] {
            assert_eq!(joined(pieces), text, "{pieces:?}");
        }
    }

    #[test]
    fn what_holds_no_lone_half_is_left_alone() {
        for json in [r#""plain""#, r#""\ud83e\udd50\n\"""#, r#""\\ud83e""#, "\"\\é", "\\", "\\u12"]
        {
            assert_eq!(hide(json), None, "{json}");
        }
    }
}
