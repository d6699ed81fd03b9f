//! A long reply of mixed Markdown, for measurements: headings, paragraphs, lists, tables, code and quotes.

use std::fmt::Write;

/// Tokens of a section, at least.
const SECTION_TOKENS: u64 = 300;

/// Returns Markdown of at least this many tokens. The same text for the same number.
pub(super) fn document(tokens: u64) -> String {
    let mut text = String::new();
    for number in 1..=tokens / SECTION_TOKENS + 1 {
        section(number, &mut text);
    }
    text
}

fn section(number: u64, text: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "## {number}. Where the margin of line {} goes\n\n\
         The line sold **{} units** in the last thirty days, which is less than the month before, and most of the \
         fall is in the shops that open late. Customers who came for bread did not take the cakes, so the basket \
         shrank while the costs of the ovens stayed as they were. Look at `margin_{}` first, and then at \
         [the guild's figures](https://example.org/report?n={}&m=2) before anything is changed.\n\n\
         What follows is *ordered by effect*, not by effort: the first step pays for the others, and none of them \
         needs new people. If you have only one morning this week, spend it on the first two points and leave the \
         rest until the numbers of the next month are there.\n\n",
        value(number, 1),
        value(number, 2),
        value(number, 3),
        value(number, 4),
    );
    for step in 1..=6 {
        let _ = writeln!(
            text,
            "{step}. **Step {}:** ask the three largest customers what they would miss, write it down word by word, \
             and compare it with what was sold.",
            value(number, step)
        );
    }
    text.push_str("\n| Product | Units | Price | Margin |\n|:--|--:|--:|--:|\n");
    for row in 1..=10 {
        let (product, units) = (value(number, row), value(number, row + 1));
        let (price, margin) = (value(number, row + 2) / 10, units % 90);
        let _ = writeln!(text, "| Product {product} | {units} | {price} EUR | {margin} % |");
    }
    text.push_str("\n```python\n");
    for line in 1..=12 {
        let key = value(number, line);
        let _ = writeln!(
            text,
            "    margin[{key}] = (price[{key}] - cost[{key}]) / price[{key}]  # if a < {line}"
        );
    }
    text.push_str(
        "```\n\n- a short point about the ovens\n- another one about the shops, with `code` and **weight**\n  \
         - nested once, because replies do that\n- and a last one\n\n> Cash is king, and it is counted on Mondays.\n\n",
    );
}

/// Returns a number of four digits.
fn value(section: u64, place: u64) -> u64 {
    (section * 7_919 + place * 104_729) % 9_000 + 1_000
}

#[cfg(test)]
mod tests {
    use super::super::text::Text;
    use super::document;

    #[test]
    fn a_document_has_the_requested_tokens() {
        for tokens in [1, 1_000, 10_000] {
            assert!(Text::words(document(tokens)).len() >= tokens, "{tokens}");
        }
    }
}
