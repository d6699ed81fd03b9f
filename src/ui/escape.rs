//! HTML escaping.

use std::borrow::Cow;

/// Escapes the five special characters of HTML.
pub fn escape_html(text: &str) -> Cow<'_, str> {
    html_escape::encode_quoted_attribute(text)
}

/// Escapes text for `inner_html`. Use it for text that changes while the page is displayed: page
/// translation replaces text nodes, and Leptos would go on updating the detached ones.
pub fn changing(text: &str) -> String {
    escape_html(text).into_owned()
}

/// Returns the content of a `<textarea>` with `text`. Leptos does not escape it on the server. The HTML
/// parser drops a newline right after the start tag, so a leading one is doubled on the server; setting
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
    fn html_special_characters_are_escaped() {
        assert_eq!(escape_html(r#"<a b="c">'&'"#), "&lt;a b=&quot;c&quot;&gt;&#x27;&amp;&#x27;");
    }

    #[test]
    fn other_text_is_unchanged() {
        assert_eq!(escape_html("Café ☕ שלום"), "Café ☕ שלום");
    }
}
