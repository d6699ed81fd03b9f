//! Renders citations and marked numbers of a reply.
//!
//! This HTML does not pass the sanitiser: it is generated here from facts, and a model's text
//! cannot produce it. [`html`](super::html) inserts noncharacters, which no reply can contain, and
//! [`set`] replaces them with the HTML after sanitising.

use std::fmt::Write;

use super::html::escape;
use crate::facts::{self, model::Fact};
use crate::grounding::{Checked, Grounding, Reader, Reason, State, Verdict};

/// Delimit the number of an insert in its block: a citation, or a tag of a link to a page.
pub(super) const INSERT: [char; 2] = ['\u{fdd1}', '\u{fdd2}'];
/// Surround the number of a mark in its block, and the marked text.
pub(super) const MARK: [char; 3] = ['\u{fdd3}', '\u{fdd5}', '\u{fdd4}'];

/// Maximum characters of a fact's text.
const MOST_CHARS: usize = 160;
/// Maximum number of listed numbers of a state.
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
                    "<a href=\"{}\" aria-label=\"{number}: {}\"{}>{number}</a>",
                    attribute(&fact.source),
                    attribute(&format!("{}: {}", fact.label, one_line(&fact.text))),
                    particulars(fact)
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

/// Renders the attributes from which a script shows a fact in a card (`app/scripts/cards.js`).
fn particulars(fact: &Fact) -> String {
    let mut html = String::new();
    for (name, value) in [
        ("label", Some(fact.label.clone())),
        ("value", Some(one_line(&fact.text))),
        ("days", facts::days(fact)),
        ("note", fact.note.clone()),
    ] {
        if let Some(value) = value {
            let _ = write!(html, " data-{name}=\"{}\"", attribute(&value));
        }
    }
    html
}

/// Returns the HTML around a number: a mark with what is known of it, which a card shows, or without scripts the style sheet
/// on focus, and print always. `None` for a number without a mark. `is_end`: the explanation belongs here. `in_link`: it
/// cannot be pressed.
pub(super) fn mark(
    verdict: &Verdict,
    is_end: bool,
    in_link: bool,
    reader: &Reader,
) -> Option<[String; 2]> {
    let class = match verdict.state {
        State::Found => "number-found",
        State::InProfile => "number-in-profile",
        State::Conflict => "number-conflict",
        State::WorkedOut => "number-worked-out",
        State::NotFromData => "unmatched",
        State::Confirmed | State::FromQuestion | State::FromEarlier => return None,
    };
    if !is_end {
        return Some([format!("<mark class=\"{class}\">"), "</mark>".to_owned()]);
    }
    let said = text(&explanation(verdict, reader));
    let button = match in_link {
        true => String::new(),
        false => format!(" role=\"button\" tabindex=\"0\"{}", card(verdict, reader)),
    };
    Some([
        format!("<mark class=\"{class}\"{button}>"),
        format!("<span class=\"number-note\"> ({said})</span></mark>"),
    ])
}

/// Says why a number has its state, with the label of the fact that it was compared with.
pub(super) fn explanation(verdict: &Verdict, reader: &Reader) -> String {
    let finding = finding(verdict);
    match compared(verdict, reader) {
        Some(fact) => {
            format!("{finding}. The source says: {}: {}", fact.label, one_line(&fact.text))
        }
        None => finding,
    }
}

/// Renders the attributes of a mark from which its card is made.
fn card(verdict: &Verdict, reader: &Reader) -> String {
    let mut html = format!(" data-says=\"{}\"", attribute(&finding(verdict)));
    if let Some(fact) = compared(verdict, reader) {
        if is_address(&fact.source) {
            let _ = write!(html, " data-href=\"{}\"", attribute(&fact.source));
        }
        html.push_str(&particulars(fact));
    }
    html
}

/// Returns the fact that explains the state of a number.
fn compared<'r>(verdict: &Verdict, reader: &'r Reader) -> Option<&'r Fact> {
    let is_explained = match verdict.state {
        State::Conflict => verdict.reason != Some(Reason::Arithmetic),
        State::Found | State::NotFromData => true,
        // The text of the profile is not cited, so it is not kept with the reply.
        _ => false,
    };
    verdict.fact.as_deref().filter(|_| is_explained).and_then(|id| reader.fact_of(id))
}

/// Says why a number has its state.
fn finding(verdict: &Verdict) -> String {
    let calculation = verdict.calculation.as_deref().map(one_line).unwrap_or_default();
    match verdict.state {
        State::Conflict if verdict.reason == Some(Reason::Arithmetic) => {
            format!("Wrong result. Recomputed: {calculation}")
        }
        State::Conflict => format!("Contradicts its source{}", contradiction(verdict.reason)),
        State::WorkedOut => format!("Worked out and recomputed: {calculation}"),
        State::Found => "Statement not checked".to_owned(),
        State::InProfile => "In your profile, not cited".to_owned(),
        _ => "Not from your data".to_owned(),
    }
}

fn contradiction(reason: Option<Reason>) -> &'static str {
    match reason {
        Some(Reason::Metric) => " (another metric)",
        Some(Reason::Window) => " (another period)",
        Some(Reason::Date) => " (another date)",
        Some(Reason::Direction) => " (the other direction)",
        Some(Reason::Unit) => " (another unit)",
        Some(Reason::Form) => " (a level, not a change)",
        _ => "",
    }
}

/// Sets inserts and marks into sanitised HTML.
pub(super) fn set(html: String, inserts: &[String], marks: &[[String; 2]]) -> String {
    if !html.contains([INSERT[0], MARK[0]]) {
        return html;
    }
    let cited = fill(&html, INSERT, |number| inserts.get(number).cloned());
    let mut out = String::with_capacity(cited.len() * 2);
    let mut pieces = cited.split(MARK[0]);
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (number, rest) = piece.split_once(MARK[1]).unwrap_or(("", piece));
        let mark = number.parse::<usize>().ok().and_then(|number| marks.get(number));
        let (marked, behind) = rest.split_once(MARK[2]).unwrap_or((rest, ""));
        match mark {
            Some([start, end]) => out.extend([start.as_str(), marked, end]),
            None => out.push_str(marked),
        }
        out.push_str(behind);
    }
    out
}

/// Replaces each number between two delimiters.
fn fill(html: &str, delimiters: [char; 2], of: impl Fn(usize) -> Option<String>) -> String {
    let mut pieces = html.split(delimiters[0]);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (number, behind) = piece.split_once(delimiters[1]).unwrap_or(("", piece));
        let html = number.parse::<usize>().ok().and_then(&of);
        out.push_str(&html.unwrap_or_default());
        out.push_str(behind);
    }
    out
}

/// The states in the order of a summary, with what is said of one number and of several.
const COUNTED: [(State, &str, &str); 8] = [
    (State::Confirmed, "number confirmed", "numbers confirmed"),
    (State::Found, "found, statement not checked", "found, statements not checked"),
    (State::WorkedOut, "worked out", "worked out"),
    (State::FromQuestion, "from your question", "from your question"),
    (State::FromEarlier, "from earlier in this conversation", "from earlier in this conversation"),
    (State::InProfile, "in your profile, not cited", "in your profile, not cited"),
    (State::Conflict, "contradicts its source", "contradict their sources"),
    (State::NotFromData, "number is not from your data", "numbers are not from your data"),
];

/// The one-line explanation of *confirmed* below each reply.
const PROMISE: &str = "Confirmed means that metric, period, direction, unit and value of the sentence agree with the source it cites. It does not \
mean that the source is complete or the advice right.";

/// Renders the sources of a reply and the states of its numbers. Returns `None` if there are none.
pub(super) fn summary(reader: &Reader) -> Option<String> {
    let grounding = reader.grounding();
    let count = reader.cited().count();
    let numbers: u32 = State::ALL.iter().map(|state| grounding.count(*state)).sum();
    if reader.is_idle() || count == 0 && numbers == 0 {
        return None;
    }
    let mut said = Vec::new();
    if count > 0 {
        said.push(counted(count, "source", "sources"));
    }
    for (state, one, many) in COUNTED {
        let count = grounding.count(state) as usize;
        if count > 0 {
            said.push(counted(count, one, many));
        }
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
    disagreements(grounding, reader, &mut html);
    unmatched(grounding, &mut html);
    if numbers > 0 {
        let _ = write!(html, "<p class=\"source-promise\">{PROMISE}</p>");
    }
    html.push_str("</details>");
    Some(html)
}

/// Lists the numbers that contradict their sources.
fn disagreements(grounding: &Grounding, reader: &Reader, html: &mut String) {
    let conflicts =
        grounding.numbers.iter().filter(|number| number.verdict.state == State::Conflict);
    let mut listed = String::new();
    for number in conflicts.take(MOST_LISTED) {
        let why = text(&explanation(&number.verdict, reader));
        let shown = text(&one_line(&number.text));
        let _ = write!(listed, "<li><mark class=\"number-conflict\">{shown}</mark>: {why}</li>");
    }
    if !listed.is_empty() {
        let _ = write!(html, "<ul class=\"source-conflicts\">{listed}</ul>");
    }
}

fn source(number: usize, fact: &Fact, html: &mut String) {
    let (label, text) = (text(&fact.label), text(&one_line(&fact.text)));
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

fn unmatched(grounding: &Grounding, html: &mut String) {
    let is_unmatched = |number: &&Checked| number.verdict.state == State::NotFromData;
    let mut shown: Vec<&str> = Vec::new();
    for number in grounding.numbers.iter().filter(is_unmatched).map(|number| number.text.as_str()) {
        if !shown.contains(&number) {
            shown.push(number);
        }
    }
    if shown.is_empty() {
        return;
    }
    let marks: Vec<String> = shown
        .iter()
        .take(MOST_LISTED)
        .map(|number| format!("<mark class=\"unmatched\">{}</mark>", text(&one_line(number))))
        .collect();
    let more = if shown.len() > MOST_LISTED { ", …" } else { "" };
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

/// Returns a text as one line, shortened.
pub fn one_line(words: &str) -> String {
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
