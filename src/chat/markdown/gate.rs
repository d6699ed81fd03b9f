//! The HTML sanitiser. All HTML of replies passes it.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

/// Allowed schemes of links.
pub(super) const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

const TAGS: [&str; 25] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

static GATE: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut gate = Builder::empty();
    gate.tags(HashSet::from(TAGS))
        .clean_content_tags(HashSet::from(["script", "style"]))
        .generic_attributes(HashSet::from(["dir"]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "target"])),
            ("code", HashSet::from(["class"])),
            ("div", HashSet::from(["class", "tabindex", "role", "aria-label"])),
            ("ol", HashSet::from(["start"])),
            ("span", HashSet::from(["class"])),
            ("pre", HashSet::from(["tabindex", "role", "aria-label"])),
            ("td", HashSet::from(["align"])),
            ("th", HashSet::from(["align", "scope"])),
        ]))
        .attribute_filter(|tag, name, value| is_allowed(tag, name, value).then(|| Cow::from(value)))
        .set_tag_attribute_value("a", "target", "_blank")
        .link_rel(Some("noopener noreferrer nofollow"))
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(UrlRelative::Deny);
    gate
});

/// Sanitises HTML.
pub(super) fn clean(html: &str) -> String {
    GATE.clean(html).to_string()
}

/// Returns whether a word can name a language in a class.
pub(super) fn is_language(word: &str) -> bool {
    (1..=24).contains(&word.len())
        && word
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+#-_".contains(&b))
}

/// Returns whether an attribute may have this value. The sanitiser itself checks the URLs of links.
fn is_allowed(tag: &str, name: &str, value: &str) -> bool {
    match (tag, name) {
        (_, "dir") => ["auto", "ltr"].contains(&value),
        ("code", "class") => value.strip_prefix("language-").is_some_and(is_language),
        ("div", "class") => value == "table-scroll",
        ("span", "class") => ["formula", "formula formula-block"].contains(&value),
        ("ol", "start") => value.parse::<u32>().is_ok(),
        (_, "tabindex") => value == "0",
        (_, "role") => value == "group",
        (_, "aria-label") => ["Code", "Table"].contains(&value),
        (_, "align") => ["center", "right"].contains(&value),
        (_, "scope") => value == "col",
        _ => tag == "a",
    }
}
