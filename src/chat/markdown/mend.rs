//! Completes the open block for display.

use std::borrow::Cow;

use super::formula;
use super::lines::is_mark;
use crate::grounding::unfinished;

/// Returns the open text as it will most likely look. Unclosed marks are closed or omitted, so that
/// the page does not show asterisks that turn into bold text a moment later. Only for display:
/// finished blocks are rendered from the text itself.
pub(super) fn mended(open: &str) -> Cow<'_, str> {
    // A formula is not shown until it is complete.
    let open = &open[..formula::unfinished(open).unwrap_or(open.len())];
    let (before, line) = open.split_at(open.rfind('\n').map_or(0, |at| at + 1));
    // Only the next line distinguishes a table row from a paragraph.
    let may_become_table = before.is_empty() && line.trim_start().starts_with('|');
    if line.chars().all(is_mark) || may_become_table {
        return before.into();
    }
    // A citation is not shown until it is complete.
    let line = &line[..unfinished(line).unwrap_or(line.len())];
    let line = line.trim_end_matches(['*', '`', '~', ' ']);
    if line.chars().all(is_mark) {
        return before.into();
    }
    let partner = if line.matches('`').count() % 2 == 1 {
        "`"
    } else if line.matches("**").count() % 2 == 1 {
        "**"
    } else {
        ""
    };
    format!("{before}{line}{partner}").into()
}

#[cfg(test)]
mod tests {
    use super::mended;

    #[test]
    fn open_emphasis_and_code_are_closed() {
        assert_eq!(mended("a **bol"), "a **bol**");
        assert_eq!(mended("a **bold*"), "a **bold**");
        assert_eq!(mended("- `co"), "- `co`");
    }

    #[test]
    fn marks_alone_are_held_until_text_follows() {
        assert_eq!(mended("- a\n2."), "- a\n");
        assert_eq!(mended("**"), "");
        assert_eq!(mended("| a | b"), "");
    }

    #[test]
    fn an_incomplete_citation_is_hidden() {
        assert_eq!(mended("It grew [K.rev"), "It grew");
        assert_eq!(mended("It **grew [K.a.b, "), "It **grew**");
        assert_eq!(mended("It grew [K.a.b]"), "It grew [K.a.b]");
        assert_eq!(mended("See [the guild"), "See [the guild");
        assert_eq!(mended("It grew\n- [K"), "It grew\n");
    }

    #[test]
    fn an_incomplete_formula_is_hidden() {
        assert_eq!(mended(r"It is \( 5 \ti"), "It is");
        assert_eq!(mended(r"It is \( 5 \) and"), r"It is \( 5 \) and");
        assert_eq!(mended("So:\n\\[\nx = 5"), "So:\n");
        assert_eq!(mended("So:\n$$\nx = 5\n$$\nok"), "So:\n$$\nx = 5\n$$\nok");
        assert_eq!(mended("It costs $5, or $"), "It costs $5, or $");
    }

    #[test]
    fn plain_text_stays() {
        assert_eq!(mended("one\ntwo words"), "one\ntwo words");
    }
}
