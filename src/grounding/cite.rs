//! Finds citations in a line of text: `[K.revenue.30d]`, several side by side, or several in one pair of
//! brackets.

use std::ops::Range;

/// Bracketed text longer than this is not an id.
const MOST_ID_BYTES: usize = 100;

/// The ids cited at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Citation {
    /// Byte range, brackets included.
    pub range: Range<usize>,
    pub ids: Vec<String>,
}

/// Returns all citations in order. Adjacent citations are merged into one. `is_known` tells the ids of facts: only those
/// are also citations in parentheses or without brackets.
pub(super) fn citations(text: &str, is_known: impl Fn(&str) -> bool) -> Vec<Citation> {
    let mut found: Vec<Citation> = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find(['[', '【', '(', 'K', 'P', 'I']).map(|next| at + next) {
        let first = text[open..].chars().next().unwrap_or('[');
        at = open + first.len_utf8();
        let citation = match first {
            '[' | '【' => citation(text, open, at, [']', '】']),
            '(' => citation(text, open, at, [')', ')'])
                .filter(|it| it.ids.iter().all(|id| is_known(id))),
            _ => bare(text, open).filter(|it| it.ids.iter().all(|id| is_known(id))),
        };
        let Some(citation) = citation else { continue };
        at = citation.range.end;
        match found.last_mut() {
            Some(last) if joins(&text[last.range.end..citation.range.start]) => {
                last.range.end = citation.range.end;
                last.ids.extend(citation.ids);
            }
            _ => found.push(citation),
        }
    }
    found
}

/// Reads an id that stands alone, as in code or a link.
fn bare(text: &str, start: usize) -> Option<Citation> {
    let before = text[..start].chars().next_back();
    if !text[start + 1..].starts_with('.')
        || before.is_some_and(|c| is_id_char(c) || c.is_alphanumeric() || c == '/')
    {
        return None;
    }
    let rest = &text[start..];
    let end = rest.find(|c: char| !is_id_char(c)).unwrap_or(rest.len());
    let id = rest[..end].trim_end_matches(['.', '-', '_']);
    is_id(id).then(|| Citation { range: start..start + id.len(), ids: vec![id.to_owned()] })
}

/// Whether a text is nothing but an id, with or without brackets.
pub fn is_citation(text: &str) -> bool {
    let text = text.trim();
    is_id(text) || citations(text, |_| true).first().is_some_and(|it| it.range == (0..text.len()))
}

/// Returns where an unfinished citation may begin at the end of a text that is still streaming.
pub fn unfinished(text: &str) -> Option<usize> {
    let open = text.rfind(['[', '【'])?;
    let mut behind = text[open..].chars();
    behind.next();
    let inner = behind.as_str();
    let fits = inner.len() <= 4 * MOST_ID_BYTES
        && inner.split(is_between).filter(|part| !part.is_empty()).all(may_become_id);
    fits.then_some(open)
}

fn citation(text: &str, open: usize, inside: usize, closing: [char; 2]) -> Option<Citation> {
    // No list of ids is longer.
    let most = text.floor_char_boundary(text.len().min(inside + 40 * MOST_ID_BYTES));
    let close = inside + text[inside..most].find([']', '】', '[', '【', '(', ')', '\n'])?;
    let ids: Vec<String> = text[inside..close]
        .split(is_between)
        .filter(|part| !part.is_empty())
        .map(|part| is_id(part).then(|| part.to_owned()))
        .collect::<Option<_>>()?;
    let mark = text[close..].chars().next().filter(|c| closing.contains(c))?;
    (!ids.is_empty()).then(|| Citation { range: open..close + mark.len_utf8(), ids })
}

fn is_between(c: char) -> bool {
    matches!(c, ',' | ';' | '|') || c.is_whitespace()
}

fn joins(between: &str) -> bool {
    between.chars().all(|c| c.is_whitespace() && c != '\n' || c == ',' || c == ';')
}

fn is_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@')
}

/// An id is a capital, a dot and a name, so file names, versions and abbreviations do not match.
fn is_id(text: &str) -> bool {
    let mut chars = text.chars();
    let begins = chars.next().is_some_and(|c| c.is_ascii_uppercase()) && chars.next() == Some('.');
    begins
        && text.len() <= MOST_ID_BYTES
        && chars.all(is_id_char)
        && text.len() > 2
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
}

fn may_become_id(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_none_or(|c| c.is_ascii_uppercase())
        && chars.next().is_none_or(|c| c == '.')
        && chars.all(is_id_char)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<String> {
        citations(text, |id| id == "K.known.7d")
            .into_iter()
            .map(|citation| citation.ids.join("+"))
            .collect()
    }

    #[test]
    fn ids_are_parsed_alone_adjacent_and_in_one_pair_of_brackets() {
        assert_eq!(ids("It grew [K.revenue.30d] and [P.goals.1]."), ["K.revenue.30d", "P.goals.1"]);
        assert_eq!(
            ids("so [K.a.7d][K.b@2026-11-01] [I.pulse.2]"),
            ["K.a.7d+K.b@2026-11-01+I.pulse.2"]
        );
        assert_eq!(ids("[K.a.7d, K.b.7d; P.x]"), ["K.a.7d+K.b.7d+P.x"]);
        assert_eq!(ids("【K.a.7d】"), ["K.a.7d"]);
    }

    #[test]
    fn brackets_of_another_kind_stay_text() {
        for text in [
            "[x]", "[1]", "[a.b]", "[P.]", "[P.S.]", "[K.a", "[K.a b]", "[K.a\n]", "[[x]", "[]",
            "[Kx.a]",
        ] {
            assert_eq!(ids(text), Vec::<String>::new(), "{text}");
        }
        assert_eq!(ids("[[K.a.b]]"), ["K.a.b"]);
    }

    #[test]
    fn an_unfinished_citation_is_recognised() {
        assert_eq!(unfinished("grew ["), Some(5));
        assert_eq!(unfinished("grew [K"), Some(5));
        assert_eq!(unfinished("grew [K.revenue.30d, P."), Some(5));
        for text in ["grew", "[x] done", "[K.a]", "[a link", "[Kx"] {
            assert_eq!(unfinished(text), None, "{text}");
        }
    }
}
