//! Converts LaTeX to plain text: `\frac{\text{Sales}}{12} \times 100\%` becomes `Sales / 12 ×
//! 100%`.
//!
//! Plain text instead of MathML, so that grounding checks the numbers that are shown, and copies
//! and prints contain them (docs/adr/0017).

mod names;
mod tex;

use std::ops::Range;

use names::is_known;
pub(super) use tex::plain;

/// Maximum length in bytes. Longer ones are not converted.
pub(super) const MAX_BYTES: usize = 2_000;

/// A formula in a block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub content: Range<usize>,
    /// After the closing delimiter.
    pub end: usize,
    /// Whether it is on lines of its own.
    pub is_block: bool,
}

/// The delimiters of formulas, and whether they put a formula on lines of its own.
const DELIMITERS: [(&str, &str, bool); 4] =
    [("\\(", "\\)", false), ("\\[", "\\]", true), ("$$", "$$", true), ("$", "$", false)];

/// Finds the formulas of a block, from left to right.
pub(super) struct Finder<'b> {
    block: &'b str,
    /// For each of [`DELIMITERS`]: where the last search for the closing delimiter started, and
    /// where it ended.
    closes: [Option<(usize, usize)>; 4],
}

impl<'b> Finder<'b> {
    pub fn new(block: &'b str) -> Self {
        Self { block, closes: [None; 4] }
    }

    /// Returns the formula that starts at `at`. Only a formula at the start of its line (`is_head`)
    /// may span lines.
    pub fn find(&mut self, at: usize, is_head: bool) -> Option<Found> {
        let rest = &self.block[at..];
        let kind = DELIMITERS.iter().position(|(open, ..)| rest.starts_with(open))?;
        let (open, close, is_block) = DELIMITERS[kind];
        let is_dollar = open.starts_with('$');
        let previous = self.block[..at].chars().next_back();
        if is_dollar
            && (rest.starts_with("$$$")
                || previous.is_some_and(|c| c.is_alphanumeric() || c == '$'))
        {
            return None;
        }
        let start = at + open.len();
        let stop = self.close_of(kind, start).filter(|stop| stop - start <= MAX_BYTES)?;
        let (content, behind) = (&self.block[start..stop], &self.block[stop + close.len()..]);
        let spans_lines = content.contains('\n') && !(is_head && is_block);
        if spans_lines || content.contains("\n\n") || !is_dollar && content.contains(open) {
            return None;
        }
        let is_meant = match open {
            // A single dollar is money, unless LaTeX follows.
            "$" => {
                !content.starts_with([' ', '\n']) && !content.ends_with(' ') && has_command(content)
            }
            _ => is_formula(content),
        };
        let is_amount = is_dollar && behind.starts_with(|c: char| c.is_ascii_digit() || c == '$');
        let end = stop + close.len();
        (is_meant && !is_amount).then_some(Found {
            content: start..stop,
            end,
            is_block: is_block && is_head,
        })
    }

    /// Returns the next closing delimiter of this kind. Repeated searches use the last result, so
    /// that each byte is scanned once.
    fn close_of(&mut self, kind: usize, from: usize) -> Option<usize> {
        if let Some((looked, stop)) = self.closes[kind]
            && (looked..=stop).contains(&from)
        {
            return Some(stop).filter(|stop| *stop < self.block.len());
        }
        let (_, close, _) = DELIMITERS[kind];
        let (bytes, mut at) = (self.block.as_bytes(), from);
        while at < bytes.len() && !self.block[at..].starts_with(close) {
            // A backslash escapes the next character.
            at += if bytes[at] == b'\\' { 2 } else { 1 };
            while !self.block.is_char_boundary(at.min(bytes.len())) {
                at += 1;
            }
        }
        let stop = at.min(bytes.len());
        self.closes[kind] = Some((from, stop));
        Some(stop).filter(|stop| *stop < bytes.len())
    }
}

/// Returns the closing delimiter of a formula that a line opens and does not close.
pub(super) fn opened_by(line: &str) -> Option<&'static str> {
    let line = line.trim_start_matches([' ', '>']);
    let (open, close, _) = DELIMITERS[1..3].iter().find(|(open, ..)| line.starts_with(open))?;
    let rest = &line[open.len()..];
    (!rest.contains(close) && !rest.starts_with('$')).then_some(*close)
}

/// Returns the start of an unfinished formula in streaming text.
pub(super) fn unfinished(open: &str) -> Option<usize> {
    let line = open.rfind('\n').map_or(0, |at| at + 1);
    let inline = open[line..].rfind("\\(").filter(|at| !open[line + at..].contains("\\)"));
    let mut block = None;
    let mut at = 0;
    for line in open.split_inclusive('\n') {
        block = match block {
            Some((_, close)) if line.contains(close) => None,
            None => opened_by(line).map(|close| (at, close)),
            open => open,
        };
        at += line.len();
    }
    let start = block.map(|(at, _)| at).or(inline.map(|at| line + at))?;
    (open.len() - start <= MAX_BYTES).then_some(start)
}

/// Returns whether `content`, found between delimiters, is a formula and not prose in escaped
/// brackets (`\[1\]`, `\(see below\)`, an escaped citation).
pub(super) fn is_formula(content: &str) -> bool {
    let content = content.trim();
    let cites = content.starts_with(|c: char| c.is_ascii_uppercase())
        && content[1..].starts_with('.')
        && !content.contains('\\');
    if cites || content.is_empty() {
        return false;
    }
    if content.contains(['^', '=', '{']) || has_command(content) {
        return true;
    }
    let is_word = |word: &str| word.chars().count() > 1;
    let words = content.split(|c: char| !c.is_alphabetic()).filter(|word| is_word(word));
    let is_letter = content.chars().count() == 1 && content.chars().all(char::is_alphabetic);
    is_letter
        || content.contains(['+', '*', '<', '>', '_', '×', '÷', '≈', '≤', '≥'])
            && words.count() == 0
}

/// Returns whether it contains a known command, which only LaTeX does.
pub(super) fn has_command(content: &str) -> bool {
    let name = |part: &str| {
        let end = part.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(part.len());
        part[..end].to_owned()
    };
    content.split('\\').skip(1).map(name).any(|name| !name.is_empty() && is_known(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_in_escaped_brackets_is_not_a_formula() {
        for formula in
            ["x", "a = b", r"\alpha", "x^2", "50 * 12", "n + 1", "x_1", r"\text{Net} \times 2"]
        {
            assert!(is_formula(formula), "{formula}");
        }
        for prose in [
            "1",
            "see below",
            "K.my_metric.30d",
            "well-known",
            "a, b",
            "",
            " to ",
            r"C:\new",
            "and/or",
        ] {
            assert!(!is_formula(prose), "{prose}");
        }
    }
}
