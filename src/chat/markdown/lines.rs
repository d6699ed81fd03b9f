//! Classifies a single line of Markdown at the top level.

/// The start of a list item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// `-`, `+`, `*`, or `.` and `)` of a numbered item. Another kind starts another list.
    pub kind: char,
    /// The column at which the item's text starts. Lines with this indent belong to the item.
    pub content: usize,
    /// Whether it may interrupt a paragraph without a blank line.
    pub interrupts: bool,
}

/// The opening line of fenced code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fence<'a> {
    pub mark: char,
    pub length: usize,
    pub indent: usize,
    /// The text after the marks, usually a language.
    pub info: &'a str,
}

/// Returns the columns of white space before the text. A tab extends to the next multiple of four.
pub(super) fn indent(line: &str) -> usize {
    let mut column = 0;
    for c in line.chars() {
        match c {
            ' ' => column += 1,
            '\t' => column += 4 - column % 4,
            _ => break,
        }
    }
    column
}

pub(super) fn is_blank(line: &str) -> bool {
    line.chars().all(is_space)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Returns the trimmed line, `None` if its indent makes it code.
fn text(line: &str) -> Option<&str> {
    (indent(line) < 4).then(|| line.trim_matches(is_space))
}

/// Matches `## A heading`.
pub(super) fn is_heading(line: &str) -> bool {
    let Some(text) = text(line) else { return false };
    let behind = text.trim_start_matches('#');
    (1..=6).contains(&(text.len() - behind.len()))
        && (behind.is_empty() || behind.starts_with([' ', '\t']))
}

/// Matches `---`, `* * *`.
pub(super) fn is_rule(line: &str) -> bool {
    let Some(text) = text(line) else { return false };
    let Some(mark) = text.chars().next().filter(|c| "-_*".contains(*c)) else { return false };
    text.chars().all(|c| c == mark || is_space(c))
        && text.chars().filter(|&c| c == mark).count() >= 3
}

pub(super) fn fence(line: &str) -> Option<Fence<'_>> {
    let text = text(line)?;
    let mark = text.chars().next().filter(|c| "`~".contains(*c))?;
    let info = text.trim_start_matches(mark);
    let length = text.len() - info.len();
    let is_code_in_text = mark == '`' && info.contains('`');
    (length >= 3 && !is_code_in_text).then(|| Fence {
        mark,
        length,
        indent: indent(line),
        info: info.trim_matches(is_space),
    })
}

/// Returns whether the line closes fenced code that `length` times `mark` opened.
pub(super) fn closes_fence(line: &str, mark: char, length: usize) -> bool {
    text(line).is_some_and(|text| text.len() >= length && text.chars().all(|c| c == mark))
}

/// Returns whether a line may become another kind of line when more of it arrives.
pub(super) fn may_change(line: &str) -> bool {
    // Another backtick after a fence of backticks would make it text.
    line.chars().all(is_mark) || fence(line).is_some_and(|fence| fence.mark == '`')
}

/// Returns whether lists, headings, rules, fences or tables may start with this character.
pub(super) fn is_mark(c: char) -> bool {
    c.is_ascii_digit() || c.is_whitespace() || "#>-+*|=_~`.):".contains(c)
}

pub(super) fn marker(line: &str) -> Option<Marker> {
    let text = text(line).filter(|_| !is_rule(line))?;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (kind, width) = match text[digits..].chars().next()? {
        kind @ ('-' | '+' | '*') if digits == 0 => (kind, 1),
        kind @ ('.' | ')') if (1..=9).contains(&digits) => (kind, digits + 1),
        _ => return None,
    };
    let behind = &text[width..];
    if !(behind.is_empty() || behind.starts_with([' ', '\t'])) {
        return None;
    }
    let gap = Some(indent(behind)).filter(|gap| (1..=4).contains(gap)).unwrap_or(1);
    let counts_from_one = digits == 0 || text[..digits].parse() == Ok(1);
    // `- | -` below a line of text is the delimiter row of a table.
    let is_table_row = text.chars().all(|c| "-:|".contains(c) || is_space(c));
    Some(Marker {
        kind,
        content: indent(line) + width + gap,
        interrupts: counts_from_one && !is_table_row && !behind.is_empty(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_heading_has_one_to_six_marks_and_a_space() {
        assert!(is_heading("# One\n") && is_heading("   ###### six") && is_heading("##\n"));
        assert!(!is_heading("#tag") && !is_heading("####### seven") && !is_heading("    # code"));
    }

    #[test]
    fn a_rule_is_not_a_list() {
        assert!(is_rule("- - -\n") && marker("- - -\n").is_none());
        assert!(!is_rule("--") && !is_rule("-*-") && !is_rule("***bold***"));
    }

    #[test]
    fn a_fence_in_backticks_has_none_behind_them() {
        assert_eq!(fence("```rust\r\n").unwrap().info, "rust");
        assert_eq!(fence("  ~~~~ a`b").unwrap().length, 4);
        assert!(fence("```x```").is_none() && fence("``").is_none() && fence("    ```").is_none());
    }

    #[test]
    fn only_the_same_fence_closes_one() {
        assert!(closes_fence("````  \r\n", '`', 3));
        assert!(!closes_fence("``", '`', 3) && !closes_fence("``` x", '`', 3));
        assert!(!closes_fence("~~~", '`', 3) && !closes_fence("", '`', 3));
    }

    #[test]
    fn a_marker_says_where_its_text_begins() {
        assert_eq!(marker("- a").unwrap().content, 2);
        assert_eq!(marker("  10.  a").unwrap().content, 7);
        assert_eq!(marker("-").unwrap().content, 2);
        assert!(marker("-a").is_none() && marker("1986 was").is_none() && marker("1.5").is_none());
    }

    #[test]
    fn a_year_at_line_start_does_not_end_a_paragraph() {
        assert!(marker("1. First").unwrap().interrupts && marker("* a").unwrap().interrupts);
        assert!(
            !marker("1986. A year").unwrap().interrupts && !marker("- | -").unwrap().interrupts
        );
        assert!(!marker("-").unwrap().interrupts);
    }
}
