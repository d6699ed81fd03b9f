//! LaTeX as plain text: `\frac{\text{Sales}}{12} \times 100\%` reads `Sales / 12 × 100%`.
//!
//! Plain text rather than MathML, so that grounding judges the numbers that are shown, and copies and
//! prints hold them (docs/adr/0017).

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
    /// Behind what closes it.
    pub end: usize,
    /// Whether it stands on lines of its own.
    pub is_block: bool,
}

/// What opens and closes a formula, and whether that stands on lines of its own.
const DELIMITERS: [(&str, &str, bool); 4] =
    [("\\(", "\\)", false), ("\\[", "\\]", true), ("$$", "$$", true), ("$", "$", false)];

/// Finds a block's formulas, from left to right.
pub(super) struct Finder<'b> {
    block: &'b str,
    /// For each of [`DELIMITERS`]: from where it was looked for what closes, and where that stands.
    closes: [Option<(usize, usize)>; 4],
}

impl<'b> Finder<'b> {
    pub fn new(block: &'b str) -> Self {
        Self { block, closes: [None; 4] }
    }

    /// The formula that begins at `at`. Only one that begins its line (`is_head`) may go on to the next.
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
            // One dollar is money, unless there is LaTeX behind it.
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

    /// Where the next thing stands that closes a formula of this kind. Each byte is looked at once.
    fn close_of(&mut self, kind: usize, from: usize) -> Option<usize> {
        if let Some((looked, stop)) = self.closes[kind]
            && (looked..=stop).contains(&from)
        {
            return Some(stop).filter(|stop| *stop < self.block.len());
        }
        let (_, close, _) = DELIMITERS[kind];
        let (bytes, mut at) = (self.block.as_bytes(), from);
        while at < bytes.len() && !self.block[at..].starts_with(close) {
            // What a backslash precedes closes nothing.
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

/// What closes the formula that a line opens and leaves open.
pub(super) fn opened_by(line: &str) -> Option<&'static str> {
    let line = line.trim_start_matches([' ', '>']);
    let (open, close, _) = DELIMITERS[1..3].iter().find(|(open, ..)| line.starts_with(open))?;
    let rest = &line[open.len()..];
    (!rest.contains(close) && !rest.starts_with('$')).then_some(*close)
}

/// Where a formula begins that has no end yet, in a text that is still being written.
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

/// Whether `content`, found between delimiters, is a formula and not prose in escaped brackets
/// (`\[1\]`, `\(see below\)`, an escaped citation).
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

/// Whether it holds a command that is known here: nothing but LaTeX does.
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
    fn prose_in_escaped_brackets_is_no_formula() {
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
