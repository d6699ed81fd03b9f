//! Web pages that are returned instead of an API response.

/// Prefix of a page's description; the title follows.
const PAGE: &str = "an HTML page";
/// Maximum number of title characters that are kept.
const TITLE_CHARS: usize = 120;

/// Describes a page by its title.
pub(super) fn described(page: &str) -> String {
    match title(page) {
        Some(title) => format!("{PAGE}: {title}"),
        None => format!("{PAGE} without a title"),
    }
}

/// Returns whether a text was created by [`described`].
pub(super) fn is_page(text: &str) -> bool {
    text.starts_with(PAGE)
}

fn title(page: &str) -> Option<String> {
    // ASCII lower-casing keeps lengths, so offsets in `lower` are valid in `page`.
    let lower = page.to_ascii_lowercase();
    let tag = lower.match_indices("<title").map(|(at, tag)| at + tag.len()).find(|end| {
        lower.get(*end..).is_some_and(|rest| rest.starts_with(['>', ' ', '\n', '\t', '\r']))
    })?;
    let start = tag + lower.get(tag..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    let text = page.get(start..end)?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .into_iter()
        .fold(words.join(" "), |text, (reference, character)| text.replace(reference, character));
    let title: String = plain.chars().take(TITLE_CHARS).collect();
    (!title.is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_by_its_title_however_it_is_written() {
        for (page, name) in [
            ("<html><head><title>502 Bad Gateway</title>", "an HTML page: 502 Bad Gateway"),
            ("<HTML><TITLE lang=en>\n Sign  in &amp; go \n</TITLE>", "an HTML page: Sign in & go"),
            ("<html><titles>x</titles><title>É</title>", "an HTML page: É"),
            ("<html><title></title>", "an HTML page without a title"),
            ("<html><title>cut off", "an HTML page without a title"),
            ("<!doctype html>", "an HTML page without a title"),
        ] {
            assert_eq!(described(page), name, "{page}");
            assert!(is_page(&described(page)));
        }
        assert!(described(&format!("<title>{}</title>", "é".repeat(500))).chars().count() < 140);
    }
}
