//! Decides which asterisks, underscores and tildes are emphasis and which are text.
//!
//! A mark in arithmetic is text: `$50*12*3` has no italics. A single tilde means "about". In scripts without spaces,
//! marks also work beside punctuation.

use super::script::{is_currency, is_punctuation, is_unspaced};
use super::source::{GUARD, LITERALS};

/// Classifies the runs of marks of a block, in order.
#[derive(Default)]
pub(super) struct Delimiters {
    /// Whether a run of one, or of two marks, is open and may be closed. Such a run follows white
    /// space, punctuation or the start of the block.
    is_open: [bool; 2],
}

/// The classification of a run of marks.
enum Run {
    /// The parser decides.
    Mark,
    /// Opens emphasis, although the parser would read it as text.
    Opens,
    /// Closes emphasis, although the parser would read it as text.
    Closes,
    Text,
}

/// What adjoins an operator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operand {
    Digit,
    /// A bracket, currency or percent sign, which starts or ends a number or a sum.
    Term,
    Letter,
    None,
}

impl Delimiters {
    /// Forgets open runs, because emphasis rarely spans lines and never spans list items.
    pub fn new_line(&mut self) {
        self.is_open = [false; 2];
    }

    /// Returns the run of marks at `at` as the parser should see it, and its end.
    pub fn run(&mut self, block: &str, at: usize) -> (String, usize) {
        let end = run_end(block, at);
        let run = &block[at..end];
        let kind = self.kind(&block[..at], run, &block[end..]);
        let text = match kind {
            Run::Mark => run.to_owned(),
            Run::Opens => format!("{run}{GUARD}"),
            Run::Closes => format!("{GUARD}{run}"),
            Run::Text => run.chars().map(literal).collect(),
        };
        (text, end)
    }

    fn kind(&mut self, before: &str, run: &str, behind: &str) -> Run {
        let (previous, next) = (before.chars().next_back(), behind.chars().next());
        let is_number = |c: Option<char>| c.is_some_and(char::is_numeric);
        if run == "~" || is_number(previous) && is_number(next) {
            return Run::Text;
        }
        if is_operator(before, run, behind) && !self.closes(run) {
            return Run::Text;
        }
        self.note(previous, run, next);
        let is_all = |mark: char| run.chars().all(|c| c == mark);
        if is_all('*') || is_all('~') { beside(previous, next) } else { Run::Mark }
    }

    /// Returns whether the run can close an open one.
    fn closes(&self, run: &str) -> bool {
        run.len().checked_sub(1).and_then(|at| self.is_open.get(at)).is_some_and(|open| *open)
    }

    fn note(&mut self, previous: Option<char>, run: &str, next: Option<char>) {
        let is_edge = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || is_punctuation(c));
        if let Some(open) = run.len().checked_sub(1).and_then(|at| self.is_open.get_mut(at)) {
            *open = is_edge(previous) && next.is_some_and(|c| !c.is_whitespace());
        }
    }
}

fn literal(c: char) -> char {
    LITERALS.iter().find(|(mark, _)| *mark == c).map_or(c, |(_, own)| *own)
}

/// Returns the end of the run at `at`. Adjacent marks of different kinds are one run, so that
/// `5**~~6` does not join digits either.
fn run_end(block: &str, at: usize) -> usize {
    let bytes = block.as_bytes();
    let mut end = at;
    while let Some(mark) = bytes.get(end) {
        let length = bytes[end..].iter().take_while(|b| *b == mark).count();
        match mark {
            b'*' | b'_' => end += length,
            b'~' if length > 1 => end += length,
            _ => break,
        }
    }
    end.max(at + 1)
}

/// Returns whether asterisks are an operator: `50*x`, `(a)*(b)`, `2**n`, `5 *3* 2`.
fn is_operator(before: &str, run: &str, behind: &str) -> bool {
    if !matches!(run, "*" | "**") {
        return false;
    }
    let (left, right) = (left_operand(before), right_operand(behind));
    let is_product = match (left, right) {
        (Operand::None, _) | (_, Operand::None) | (Operand::Letter, Operand::Letter) => false,
        // Bold numbers occur within words, but powers with a word as base do not.
        (Operand::Letter, _) => run == "*",
        _ => true,
    };
    is_product || run == "*" && is_spaced_operator(before, behind)
}

/// Returns whether this is `5 *3* 2`: asterisks and spaces around a number, with a number on both
/// sides.
fn is_spaced_operator(before: &str, behind: &str) -> bool {
    let left = before.trim_end_matches([' ', '\u{a0}']);
    if left.len() == before.len() || !matches!(left_operand(left), Operand::Digit | Operand::Term) {
        return false;
    }
    // Numbers are short, so longer text is not one.
    let end = behind.char_indices().take(40).find(|(_, c)| !is_of_number(*c)).map(|(at, _)| at);
    let Some((number, rest)) = end.map(|end| behind.split_at(end)) else { return false };
    let Some(rest) = rest.strip_prefix('*').filter(|_| number.contains(char::is_numeric)) else {
        return false;
    };
    let right = rest.trim_start_matches([' ', '\u{a0}']);
    matches!(right_operand(right), Operand::Digit | Operand::Term)
}

fn is_of_number(c: char) -> bool {
    c.is_numeric() || is_currency(c) || ".,%()+-−".contains(c)
}

/// Returns what ends right before an operator.
fn left_operand(before: &str) -> Operand {
    let mut chars = before.chars().rev();
    match chars.next() {
        Some(c) if c.is_numeric() => Operand::Digit,
        Some(')' | ']') => Operand::Term,
        Some(c) if is_currency(c) || c == '%' => {
            let number = chars.find(|c| !matches!(c, ' ' | '\u{a0}'));
            if number.is_some_and(char::is_numeric) { Operand::Term } else { Operand::None }
        }
        Some(c) if c.is_alphabetic() && !is_unspaced(c) => Operand::Letter,
        _ => Operand::None,
    }
}

/// Returns what starts right after an operator.
fn right_operand(behind: &str) -> Operand {
    let mut chars = behind.chars();
    match chars.next() {
        Some(c) if c.is_numeric() => Operand::Digit,
        Some('(') => Operand::Term,
        Some(c) if is_currency(c) || matches!(c, '-' | '−' | '+' | '.') => {
            if chars.next().is_some_and(char::is_numeric) { Operand::Term } else { Operand::None }
        }
        Some(c) if c.is_alphabetic() && !is_unspaced(c) => Operand::Letter,
        _ => Operand::None,
    }
}

/// Applies CommonMark's flanking rules, except in scripts without spaces: there, a mark beside
/// punctuation opens or closes as it does beside a letter.
fn beside(previous: Option<char>, next: Option<char>) -> Run {
    let (Some(previous), Some(next)) = (previous, next) else { return Run::Mark };
    let is_letter = |c: char| !c.is_whitespace() && !is_punctuation(c);
    if !is_unspaced(previous) && !is_unspaced(next) {
        Run::Mark
    } else if is_letter(previous) && is_punctuation(next) {
        Run::Opens
    } else if is_punctuation(previous) && is_letter(next) {
        Run::Closes
    } else {
        Run::Mark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what the parser will see: `·` for a guard, `x ÷ -` for asterisks, tildes and
    /// underscores that are text.
    fn seen(text: &str) -> String {
        let (mut delimiters, mut out, mut at) = (Delimiters::default(), String::new(), 0);
        while let Some(c) = text[at..].chars().next() {
            if "*_~".contains(c) {
                let (run, end) = delimiters.run(text, at);
                out.push_str(&run);
                at = end;
            } else {
                out.push(c);
                at += c.len_utf8();
            }
        }
        let out = out.replace(GUARD, "·");
        LITERALS
            .iter()
            .zip(['x', '÷', '-'])
            .fold(out, |out, ((_, own), seen)| out.replace(*own, &seen.to_string()))
    }

    #[test]
    fn marks_in_arithmetic_are_text() {
        for (text, expected) in [
            ("$50*12*3 = $1,800", "$50x12x3 = $1,800"),
            ("2*3*4 and 2**3**4", "2x3x4 and 2xx3xx4"),
            ("50*x*2", "50xxx2"),
            ("n*(n+1)*(n+2)", "nx(n+1)x(n+2)"),
            ("(a)*(b)*(c)", "(a)x(b)x(c)"),
            ("5€*3€*2€", "5€x3€x2€"),
            ("50%*$12*$3", "50%x$12x$3"),
            ("5 *3* 2", "5 x3* 2"),
            ("$50 *12.5* (3)", "$50 x12.5* (3)"),
            ("2**n * 3**n", "2xxn * 3xxn"),
            ("x_1_2", "x_1-2"),
            ("5~6~7, 5~~6~~7, 5_6_7", "5÷6÷7, 5÷÷6÷÷7, 5-6-7"),
            ("5**~~6~~**", "5xx÷÷6~~**"),
            ("~5 and ~6~", "÷5 and ÷6÷"),
            ("**~5 %**", "**÷5 %**"),
        ] {
            assert_eq!(seen(text), expected, "{text}");
        }
    }

    #[test]
    fn emphasis_around_numbers_stays() {
        for text in [
            "**$50** a day",
            "costs $**50**",
            "*12* of 30",
            "**5**x faster",
            "**Total (net)**sum",
            "*a 5*x",
            "In 2024 *3 stores* opened",
            "In 2024 **12 %** more",
            "5 * 3 * 2",
            "**12**, **13**",
            "a_b_c",
            "~~5~~ 6",
            "**a** (*b*)",
            "un*frigging*believable",
            "__12__ and _13_",
        ] {
            assert_eq!(seen(text), text, "{text}");
        }
    }

    #[test]
    fn marks_beside_punctuation_count_in_scripts_without_spaces() {
        for (text, expected) in [
            ("**価格：**毎月", "**価格：·**毎月"),
            ("**“text”**です", "**“text”·**です"),
            ("毎月**「価格」**は", "毎月**·「価格」·**は"),
            ("**이 용어(term)**를", "**이 용어(term)·**를"),
            ("**ราคา:**ต่อ", "**ราคา:·**ต่อ"),
            ("~~价格：~~每月", "~~价格：·~~每月"),
            ("*重要！*です", "*重要！·*です"),
            ("**価格**毎月", "**価格**毎月"),
            ("**Price:**monthly", "**Price:**monthly"),
            ("湾岸の**46%**を", "湾岸の**46%·**を"),
        ] {
            assert_eq!(seen(text), expected, "{text}");
        }
    }
}
