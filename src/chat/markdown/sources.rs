//! Renders citations and unmatched numbers of a reply.
//!
//! This HTML does not pass the sanitiser: it is generated here from facts, and a model's text
//! cannot produce it. [`html`](super::html) inserts noncharacters, which no reply can contain, and
//! [`set`] replaces them with the HTML after sanitising.

use std::fmt::Write;

use super::html::escape;
use crate::facts::model::Fact;
use crate::grounding::{Reader, Unmatched};

/// Delimit the number of a citation in its block.
pub(super) const CITATION: [char; 2] = ['\u{fdd1}', '\u{fdd2}'];
/// Surround a number that no cited fact supports.
pub(super) const UNMATCHED: [&str; 2] = ["\u{fdd3}", "\u{fdd4}"];

/// Maximum characters of a fact's text.
const MOST_CHARS: usize = 160;
/// Maximum number of listed unmatched numbers.
const MOST_LISTED: usize = 12;

/// Renders a citation of facts by their numbers; `None` is an id without a fact. Within a link,
/// renders no links.
pub(super) fn citation(numbers: &[Option<usize>], reader: &Reader, in_link: bool) -> String {
    let mut html = String::from("<sup class=\"cite\">[");
    let mut shown: Vec<Option<usize>> = Vec::new();
    for number in numbers {
        if shown.contains(number) {
            continue;
        }
        if !shown.is_empty() {
            html.push_str(", ");
        }
        shown.push(*number);
        match number.and_then(|number| Some((number, reader.fact(number)?))) {
            None => html.push_str("<span class=\"cite-unknown\">unknown source</span>"),
            Some((number, fact)) if !in_link && is_address(&fact.source) => {
                let _ = write!(
                    html,
                    "<a href=\"{}\" aria-label=\"{number}: {}\">{number}</a>",
                    attribute(&fact.source),
                    attribute(&format!("{}: {}", fact.label, short(&fact.text)))
                );
            }
            Some((number, _)) => {
                let _ = write!(html, "{number}");
            }
        }
    }
    html.push_str("]</sup>");
    html
}

/// Inserts citations and marks into sanitised HTML.
pub(super) fn set(html: String, citations: &[String]) -> String {
    if !html.contains(['\u{fdd1}', '\u{fdd3}']) {
        return html;
    }
    let marked =
        html.replace(UNMATCHED[0], "<mark class=\"unmatched\">").replace(UNMATCHED[1], "</mark>");
    let mut pieces = marked.split(CITATION[0]);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (number, behind) = piece.split_once(CITATION[1]).unwrap_or(("", piece));
        let citation = number.parse::<usize>().ok().and_then(|number| citations.get(number));
        out.push_str(citation.map_or("", String::as_str));
        out.push_str(behind);
    }
    out
}

/// Renders the sources of a reply and its unmatched numbers. Returns `None` if there are none.
pub(super) fn summary(reader: &Reader) -> Option<String> {
    let grounding = reader.grounding();
    let count = reader.cited().count();
    if reader.is_idle() || count == 0 && grounding.unmatched == 0 {
        return None;
    }
    let mut said = Vec::new();
    if count > 0 {
        said.push(counted(count, "source", "sources"));
    }
    if grounding.unmatched > 0 {
        let numbers = counted(grounding.unmatched as usize, "number is", "numbers are");
        said.push(format!("{numbers} not from your data"));
    }
    let mut html =
        format!("<details class=\"sources\" dir=\"auto\"><summary>{}</summary>", said.join(" · "));
    if count > 0 {
        html.push_str("<ol>");
        for (place, fact) in reader.cited().enumerate() {
            source(place + 1, fact, &mut html);
        }
        html.push_str("</ol>");
    }
    if grounding.unmatched > 0 {
        unmatched(&grounding.unmatched_numbers, grounding.unmatched as usize, &mut html);
    }
    html.push_str("</details>");
    Some(html)
}

fn source(number: usize, fact: &Fact, html: &mut String) {
    let (label, text) = (text(&fact.label), text(&short(&fact.text)));
    let label = match is_address(&fact.source) {
        true => format!("<a href=\"{}\">{label}</a>", attribute(&fact.source)),
        false => label,
    };
    let _ = write!(html, "<li>[{number}] {label}: <b>{text}</b>");
    if let Some(note) = &fact.note {
        let _ = write!(html, " <span class=\"source-note\">({})</span>", self::text(note));
    }
    html.push_str("</li>");
}

fn unmatched(numbers: &[Unmatched], count: usize, html: &mut String) {
    let mut shown: Vec<&str> = Vec::new();
    for number in numbers.iter().map(|number| number.text.as_str()) {
        if !shown.contains(&number) && shown.len() < MOST_LISTED {
            shown.push(number);
        }
    }
    let marks: Vec<String> = shown
        .iter()
        .map(|number| format!("<mark class=\"unmatched\">{}</mark>", text(&short(number))))
        .collect();
    let more = if count > MOST_LISTED { ", …" } else { "" };
    let _ = write!(
        html,
        "<p>Not from your data: {}{more}. No source cited so far contains them; they may be the adviser’s own \
         estimates, sums or proposals.</p>",
        marks.join(", ")
    );
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Returns whether it links to a page of this site.
fn is_address(source: &str) -> bool {
    source.starts_with('/') && !source.starts_with("//") && !source.contains('\\')
}

/// Truncates to one line.
fn short(words: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_CHARS) {
        Some((at, _)) => format!("{}…", line[..at].trim_end()),
        None => line,
    }
}

fn text(words: &str) -> String {
    let mut html = String::with_capacity(words.len());
    escape(&super::tidy(words), &mut html);
    html
}

fn attribute(words: &str) -> String {
    text(words).replace('"', "&quot;")
}
