//! Text made harmless inside HTML.

use std::borrow::Cow;

/// `text` with the five characters that mean something in HTML written as references.
pub fn escape_html(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// For `inner_html`: text that changes while the page is shown, or with what is loaded next. A text node would
/// be replaced by page translation, and Leptos would go on changing the one that nobody sees.
pub fn changing(text: &str) -> String {
    escape_html(text).into_owned()
}

/// The HTML inside a `<textarea>` that holds `text`: Leptos does not escape its children on the server.
/// A parser drops a newline right after the start tag, so a text that begins with one gets another;
/// `innerHTML` in a browser drops none.
pub fn textarea_html(text: &str) -> String {
    let may_be_dropped = cfg!(feature = "ssr") && text.starts_with(['\n', '\r']);
    let dropped = if may_be_dropped { "\n" } else { "" };
    format!("{dropped}{}", escape_html(text))
}

#[cfg(test)]
mod tests {
    use super::escape_html;

    #[test]
    fn every_character_that_means_something_in_html_becomes_a_reference() {
        assert_eq!(escape_html(r#"<a b="c">'&'"#), "&lt;a b=&quot;c&quot;&gt;&#39;&amp;&#39;");
    }

    #[test]
    fn other_text_passes_untouched() {
        assert_eq!(escape_html("Café ☕ שלום"), "Café ☕ שלום");
    }
}
