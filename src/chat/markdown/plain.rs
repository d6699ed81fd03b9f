//! Reduces Markdown to one line of plain text, for titles and excerpts.

use pulldown_cmark::{Event, Options, Parser, TagEnd};

use super::{is_unwelcome, tidy};

/// Returns the words of a text in one line, without markup, addresses of links, citations and invisible characters.
pub fn plain_line(markdown: &str) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut line = String::with_capacity(markdown.len());
    for event in Parser::new_ext(&tidy(markdown), options) {
        match event {
            Event::Text(text) | Event::Code(text) => line.push_str(&text),
            Event::SoftBreak | Event::HardBreak | Event::Rule => line.push(' '),
            // Blocks and cells end words; emphasis and links do not.
            Event::End(
                TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link,
            ) => {}
            Event::End(_) => line.push(' '),
            _ => {}
        }
    }
    one_line(&without_citations(&line))
}

/// Normalises white space and removes invisible characters, except those within emoji.
pub(super) fn one_line(line: &str) -> String {
    let words: Vec<String> = line
        .split_whitespace()
        .map(|word| word.chars().filter(|&c| !is_unwelcome(c) && !is_filler(c)).collect())
        .filter(|word: &String| !word.is_empty())
        .collect();
    words.join(" ")
}

/// Invisible characters: zero-width space, byte order mark, soft hyphen.
fn is_filler(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{feff}' | '\u{ad}' | '\u{2060}')
}

/// Removes ids of facts such as `[K.revenue.7d]`, with the space before them.
fn without_citations(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('[') {
        let (before, from) = rest.split_at(at);
        let end = from.find(']').filter(|&end| from.get(1..end).is_some_and(is_fact_id));
        let (before, next) = match end {
            Some(end) => (before.trim_end(), end + 1),
            None => (before, 1),
        };
        kept.push_str(before);
        if end.is_none() {
            kept.push('[');
        }
        rest = from.get(next..).unwrap_or_default();
    }
    kept.push_str(rest);
    kept
}

fn is_fact_id(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    text.split_once('.').is_some_and(|(kind, name)| {
        kind.len() == 1 && kind.starts_with(|c: char| c.is_ascii_uppercase()) && !name.is_empty()
    }) && text.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_addresses_and_citations_are_removed() {
        for (markdown, plain) in [
            ("# A plan\n\n- **Raise** prices\n- Cut `rent`", "A plan Raise prices Cut rent"),
            ("See [our page](https://x.example/a) [K.revenue.7d], *now*.", "See our page, now."),
            ("| a | b |\n|---|---|\n| 1 | 2 |", "a b 1 2"),
            (
                "Keep [this] and [A b.c] and snake_case_name",
                "Keep [this] and [A b.c] and snake_case_name",
            ),
            ("3 < 5 & \u{202e}C# \u{200b}", "3 < 5 & C#"),
            ("---", ""),
        ] {
            assert_eq!(plain_line(markdown), plain, "{markdown:?}");
        }
    }
}
