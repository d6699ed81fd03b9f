//! Splits Markdown into top-level blocks.

use std::ops::Range;

use super::formula;
use super::lines::{self, Marker};

/// A block of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Its byte range, including the blank lines after it.
    pub range: Range<usize>,
    /// Set for fenced code.
    pub code: Option<Code>,
}

/// Fenced code, as byte ranges of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Code {
    pub info: Range<usize>,
    /// The lines between the fences.
    pub body: Range<usize>,
    /// The indent of the opening fence, which is removed from each line.
    pub indent: usize,
}

/// Splits a growing text in one pass, line by line.
///
/// Each decision depends only on complete lines already read, so the blocks of a text are also
/// blocks of every longer text. That holds at the end of a text too: its last block may still grow,
/// and all earlier ones are final (`seam` relies on that).
#[derive(Debug, Default)]
pub(super) struct Splitter {
    /// Bytes of complete lines that were read.
    read: usize,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    start: usize,
    shape: Shape,
    /// Whether the last line was blank.
    after_blank: bool,
    /// The closing delimiter of the formula that is open in a text. A `- b` in it starts no list.
    formula: Option<&'static str>,
}

#[derive(Debug)]
enum Shape {
    /// A paragraph, quote or table. Ends at a blank line.
    Text,
    /// Continues over blank lines with another item, or with text at the item's indent.
    List(Marker),
    /// Indented code. Continues over blank lines while lines are indented.
    Indented,
    Fenced {
        mark: char,
        length: usize,
        code: Code,
    },
}

impl Splitter {
    /// Reads up to the last complete line, or to the end if the text has `ended`. Returns the
    /// blocks that closed.
    pub fn advance(&mut self, text: &str, ended: bool) -> Vec<Block> {
        let mut closed = Vec::new();
        while let Some(line) = next_line(text.get(self.read..).unwrap_or_default(), ended) {
            self.line(line, &mut closed);
            self.read += line.len();
        }
        if ended {
            self.close(self.read, &mut closed);
        } else {
            self.foresee(text.get(self.read..).unwrap_or_default(), &mut closed);
        }
        closed
    }

    /// Returns the start of the text that no closed block contains.
    pub fn open_from(&self) -> usize {
        self.open.as_ref().map_or(self.read, |open| open.start)
    }

    /// Returns the open fenced code with the lines read so far.
    pub fn open_code(&self) -> Option<Code> {
        match &self.open.as_ref()?.shape {
            Shape::Fenced { code, .. } => {
                Some(Code { body: code.body.start..self.read, ..code.clone() })
            }
            _ => None,
        }
    }

    fn line(&mut self, line: &str, closed: &mut Vec<Block>) {
        let (start, end) = (self.read, self.read + line.len());
        if let Some(Open { shape: Shape::Fenced { mark, length, code }, .. }) = &mut self.open {
            code.body.end = end;
            if lines::closes_fence(line, *mark, *length) {
                code.body.end = start;
                self.close(end, closed);
            }
            return;
        }
        if lines::is_blank(line) {
            self.blank(start, closed);
            return;
        }
        // A last line that is cut off in its first marks may still become another kind of line, so
        // it closes nothing.
        let is_decided = line.ends_with('\n') || !lines::may_change(line) || self.leaves_list(line);
        if is_decided && self.open.as_ref().is_some_and(|open| !open.goes_on_with(line)) {
            self.close(start, closed);
        }
        match &mut self.open {
            Some(open) => open.add(line),
            None => {
                self.open = Some(Open::new(start, line));
                if lines::is_heading(line) || lines::is_rule(line) {
                    self.close(end, closed);
                }
            }
        }
    }

    fn blank(&mut self, start: usize, closed: &mut Vec<Block>) {
        match &mut self.open {
            Some(Open { shape: Shape::Text, .. }) => self.close(start, closed),
            Some(open) => open.after_blank = true,
            None => {}
        }
    }

    /// Closes a list early, so that a long paragraph after it does not wait for its line's end.
    fn foresee(&mut self, partial: &str, closed: &mut Vec<Block>) {
        if self.leaves_list(partial) {
            self.close(self.read, closed);
        }
    }

    /// Returns whether the line that starts with `partial` leaves a list after a blank line. A line
    /// that starts with a letter does, however it continues.
    fn leaves_list(&self, partial: &str) -> bool {
        let waits = self.open.as_ref().is_some_and(|open| open.after_blank);
        waits && partial.starts_with(|c: char| !" \t\r-+*0123456789".contains(c))
    }

    fn close(&mut self, end: usize, closed: &mut Vec<Block>) {
        if let Some(open) = self.open.take() {
            let code = match open.shape {
                Shape::Fenced { code, .. } => Some(code),
                _ => None,
            };
            closed.push(Block { range: open.start..end, code });
        }
    }
}

impl Open {
    fn new(start: usize, line: &str) -> Self {
        let shape = if let Some(fence) = lines::fence(line) {
            let info = start + line.rfind(fence.info).unwrap_or_default();
            let body = start + line.len();
            Shape::Fenced {
                mark: fence.mark,
                length: fence.length,
                code: Code {
                    info: info..info + fence.info.len(),
                    body: body..body,
                    indent: fence.indent,
                },
            }
        } else if lines::indent(line) >= 4 {
            Shape::Indented
        } else {
            lines::marker(line).map_or(Shape::Text, Shape::List)
        };
        let mut open = Self { start, shape, after_blank: false, formula: None };
        open.read_formula(line);
        open
    }

    fn read_formula(&mut self, line: &str) {
        self.formula = match self.formula {
            Some(close) if line.contains(close) => None,
            None if matches!(self.shape, Shape::Text) => formula::opened_by(line),
            open => open,
        };
    }

    /// Returns whether a line that is not blank belongs to this block.
    fn goes_on_with(&self, line: &str) -> bool {
        let begins_another = || lines::fence(line).is_some() || lines::is_heading(line);
        match &self.shape {
            Shape::Fenced { .. } => true,
            Shape::Text if self.formula.is_some() => true,
            Shape::Indented => lines::indent(line) >= 4,
            Shape::Text => !begins_another() && !lines::marker(line).is_some_and(|m| m.interrupts),
            Shape::List(item) if lines::indent(line) >= item.content => true,
            Shape::List(item) => match lines::marker(line) {
                Some(marker) => marker.kind == item.kind,
                None => !self.after_blank && !begins_another() && !lines::is_rule(line),
            },
        }
    }

    fn add(&mut self, line: &str) {
        self.after_blank = false;
        self.read_formula(line);
        if let Shape::List(item) = &mut self.shape
            && lines::indent(line) < item.content
            && let Some(marker) = lines::marker(line)
        {
            *item = marker;
        }
    }
}

/// Returns the first line with its line feed, or a non-empty rest if the text has `ended`.
fn next_line(text: &str, ended: bool) -> Option<&str> {
    match text.find('\n') {
        Some(at) => Some(&text[..=at]),
        None => Some(text).filter(|rest| ended && !rest.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        let blocks = Splitter::default().advance(text, true);
        blocks.into_iter().map(|block| text[block.range].trim_end()).collect()
    }

    #[test]
    fn blank_lines_separate_paragraphs() {
        assert_eq!(cut("a\nb\n\n\nc"), ["a\nb", "c"]);
        assert!(cut("\n \n\t\n").is_empty() && cut("").is_empty());
    }

    #[test]
    fn headings_and_rules_stand_alone() {
        assert_eq!(cut("# A\ntext\n## B\nmore"), ["# A", "text", "## B", "more"]);
        assert_eq!(cut("***\ntext"), ["***", "text"]);
    }

    #[test]
    fn an_underlined_heading_stays_with_its_line() {
        assert_eq!(cut("Title\n---\ntext"), ["Title\n---\ntext"]);
    }

    #[test]
    fn a_list_continues_over_blank_lines() {
        assert_eq!(cut("- a\n\n- b\n\n  more of b\n\nend"), ["- a\n\n- b\n\n  more of b", "end"]);
        assert_eq!(
            cut("1. a\n\n   ```\n   x\n\n   y\n   ```\n2. b"),
            ["1. a\n\n   ```\n   x\n\n   y\n   ```\n2. b"]
        );
    }

    #[test]
    fn a_list_right_under_its_introduction_is_a_block_of_its_own() {
        assert_eq!(cut("Do this:\n- a\n- b"), ["Do this:", "- a\n- b"]);
        assert_eq!(cut("- a\n1. b"), ["- a", "1. b"]);
    }

    #[test]
    fn fenced_code_holds_blank_lines_and_ends_at_its_fence() {
        assert_eq!(cut("text\n```rs\na\n\n# b\n```\nend"), ["text", "```rs\na\n\n# b\n```", "end"]);
        assert_eq!(cut("~~~\nnever closed\n\n```"), ["~~~\nnever closed\n\n```"]);
    }

    #[test]
    fn a_formula_is_not_a_list() {
        assert_eq!(cut("So:\n\\[\na\n- b\n\\]\n- c"), ["So:\n\\[\na\n- b\n\\]", "- c"]);
        assert_eq!(cut("$$\n# a\n$$\n# b"), ["$$\n# a\n$$", "# b"]);
        assert_eq!(cut("$$ open\n- b\n\n- c"), ["$$ open\n- b", "- c"]);
        assert_eq!(cut("$$ x $$\n- c"), ["$$ x $$", "- c"]);
    }

    #[test]
    fn a_table_is_one_block() {
        assert_eq!(cut("a | b\n- | -\n1 | 2\n\nend"), ["a | b\n- | -\n1 | 2", "end"]);
    }

    #[test]
    fn indented_code_is_one_block() {
        assert_eq!(cut("    a\n\n    b\ntext"), ["    a\n\n    b", "text"]);
    }

    #[test]
    fn a_line_cut_in_its_first_marks_ends_no_block() {
        for cut_off in ["text\n#", "text\n```rs", "- a\n\n2.", "- a\n**"] {
            assert_eq!(cut(cut_off), [cut_off]);
        }
        assert_eq!(cut("text\n# A"), ["text", "# A"]);
        assert_eq!(cut("text\n#\n"), ["text", "#"]);
    }

    #[test]
    fn a_letter_after_a_list_and_a_blank_line_closes_the_list_at_once() {
        let mut splitter = Splitter::default();
        assert!(splitter.advance("- a\n\n-", false).is_empty());
        let mut splitter = Splitter::default();
        assert_eq!(splitter.advance("- a\n\nT", false).len(), 1);
    }
}
