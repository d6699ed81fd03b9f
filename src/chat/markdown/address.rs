//! Finds URLs in text: `https://example.org/a`, `www.example.org`.

use super::script::is_unspaced;

/// Parses the URL at `at`. Returns its end and its target.
pub(super) fn find(text: &str, at: usize) -> Option<(usize, String)> {
    let rest = &text[at..];
    let begins =
        |name: &str| rest.get(..name.len()).is_some_and(|it| it.eq_ignore_ascii_case(name));
    let scheme = ["https://", "http://", "www."].into_iter().find(|scheme| begins(scheme))?;
    if !may_begin(&text[..at]) {
        return None;
    }
    let end = scheme.len() + extent(&rest[scheme.len()..]);
    let address = &rest[..trimmed(&rest[..end])];
    let host = address.get(scheme.len()..)?;
    let named = host.starts_with(char::is_alphanumeric) && (scheme != "www." || host.contains('.'));
    let destination =
        || if scheme == "www." { format!("https://{address}") } else { address.to_owned() };
    named.then(|| (at + address.len(), destination()))
}

/// Returns whether a URL may start after this text: not within a word or another URL, and not as
/// the target of a Markdown link.
pub(super) fn may_begin(before: &str) -> bool {
    let Some(previous) = before.chars().next_back() else { return true };
    let in_word = previous.is_alphanumeric() && !is_unspaced(previous);
    !in_word && !"<@/.-_:=&\\".contains(previous) && !before.trim_end_matches(' ').ends_with("](")
}

/// Returns the end of the characters of a URL.
fn extent(rest: &str) -> usize {
    let ends = |(at, c): &(usize, char)| {
        c.is_whitespace()
            || c.is_control()
            || is_unspaced(*c)
            || "<>\"`[]{}|\\^".contains(*c)
            || !c.is_ascii() && !c.is_alphanumeric()
            || rest[*at..].starts_with("**")
    };
    rest.char_indices().find(ends).map_or(rest.len(), |(at, _)| at)
}

/// Removes the punctuation of the surrounding sentence.
fn trimmed(address: &str) -> usize {
    let count = |c: u8| address.bytes().filter(|b| *b == c).count();
    let (opened, mut closed) = (count(b'('), count(b')'));
    let mut end = address.len();
    for c in address.chars().rev() {
        match c {
            '?' | '!' | '.' | ',' | ':' | ';' | '*' | '_' | '~' | '\'' => {}
            ')' if closed > opened => closed -= 1,
            _ => break,
        }
        end -= c.len_utf8();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the URLs of a text, each with its target.
    fn found(text: &str) -> Vec<String> {
        let (mut all, mut at) = (Vec::new(), 0);
        while let Some(c) = text[at..].chars().next() {
            match find(text, at) {
                Some((end, destination)) => {
                    all.push(format!("{}>{destination}", &text[at..end]));
                    at = end;
                }
                None => at += c.len_utf8(),
            }
        }
        all
    }

    #[test]
    fn an_address_ends_before_the_punctuation_of_its_sentence() {
        for (text, address) in [
            ("See https://example.org/a?b=1&c=2.", "https://example.org/a?b=1&c=2"),
            ("(see https://example.org/a_(b)), and", "https://example.org/a_(b)"),
            ("**https://example.org/**", "https://example.org/"),
            ("HTTP://Example.org!", "HTTP://Example.org"),
            ("详见https://example.com/a。谢谢", "https://example.com/a"),
            ("请看https://example.com了解", "https://example.com"),
            ("https://example.org/Straße, ok", "https://example.org/Straße"),
            ("\"https://example.org\" or", "https://example.org"),
            ("https://example.org[K.a.b]", "https://example.org"),
            ("https://example.org/_a_/~b/c*d*e", "https://example.org/_a_/~b/c*d*e"),
        ] {
            assert_eq!(found(text), [format!("{address}>{address}")], "{text}");
        }
        assert_eq!(found("at www.example.org."), ["www.example.org>https://www.example.org"]);
    }

    #[test]
    fn other_text_and_existing_links_are_unchanged() {
        for text in [
            "xhttps://a.org",
            "https://",
            "https://)",
            "www.",
            "www.x",
            "a.www.b.c",
            "[a](https://a.org)",
            "[a]( https://a.org)",
            "<https://a.org>",
            "javascript:alert(1)",
            "ftp://a.org",
            "me@www.a.org",
            "/www.a.b",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
