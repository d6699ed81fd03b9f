//! Parses LaTeX as models write it: `%` starts no comment, there are no macros, and unknown commands stay as they are.
//! No digit is ever dropped.

use super::names::{DROPPED, FUNCTIONS, SYMBOLS};

/// Maximum nesting of groups.
const MAX_DEPTH: usize = 12;

/// Converts the formula to text with one line per row. `None` if a group is not closed, if groups
/// nest too deep, or if the result is empty.
pub(in crate::chat::markdown) fn plain(tex: &str) -> Option<String> {
    let mut reader = Reader { rest: tex };
    let text = reader.sequence(None, 0)?;
    let rows = text.split('\n').map(tidy_row).filter(|row| !row.is_empty());
    let text = rows.collect::<Vec<_>>().join("\n");
    (!text.is_empty()).then_some(text)
}

fn tidy_row(row: &str) -> String {
    row.split([' ', '\t']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// Reads to the end, or past `close`.
    fn sequence(&mut self, close: Option<char>, depth: usize) -> Option<String> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut out = String::new();
        while let Some(c) = self.next() {
            match c {
                c if Some(c) == close => return Some(out),
                '{' => out.push_str(&self.sequence(Some('}'), depth + 1)?),
                '}' => return None,
                '^' | '_' => {
                    let script = self.script(depth)?;
                    push_script(&mut out, c, script.trim());
                }
                '\\' => self.command(&mut out, depth)?,
                '&' => {}
                '~' | '\n' | '\r' => out.push(' '),
                c => out.push(c),
            }
        }
        close.is_none().then_some(out)
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    /// Reads the following group or single element.
    fn argument(&mut self, depth: usize) -> Option<String> {
        self.rest = self.rest.trim_start();
        match self.next()? {
            '{' => self.sequence(Some('}'), depth + 1),
            '\\' => {
                let mut out = String::new();
                self.command(&mut out, depth + 1)?;
                Some(out)
            }
            '}' => None,
            c => Some(c.to_string()),
        }
    }

    /// Reads a superscript or subscript. All adjacent digits belong to it, as models mean it: in
    /// LaTeX, `10^12` is `10¹2`.
    fn script(&mut self, depth: usize) -> Option<String> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return self.argument(depth);
        }
        let (script, rest) = self.rest.split_at(digits);
        self.rest = rest;
        Some(script.to_owned())
    }

    fn command(&mut self, out: &mut String, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.rest.len());
        if end == 0 {
            self.sign(out);
            return Some(());
        }
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        match name {
            "frac" | "dfrac" | "tfrac" | "cfrac" => {
                let (above, below) = (self.argument(depth)?, self.argument(depth)?);
                push_fraction(out, above.trim(), below.trim());
            }
            "sqrt" => {
                if self.rest.starts_with('[') {
                    self.next();
                    let degree = self.sequence(Some(']'), depth + 1)?;
                    push_script(out, '^', degree.trim());
                }
                let root = self.argument(depth)?;
                out.push('√');
                out.push_str(&grouped(root.trim()));
            }
            "text" | "textrm" | "textbf" | "textit" | "texttt" | "mbox" => {
                self.rest = self.rest.trim_start();
                out.push_str(&self.argument(depth)?);
            }
            "left" | "right" | "bigl" | "bigr" | "Bigl" | "Bigr" => {
                // `.` stands for an invisible delimiter.
                self.rest = self.rest.strip_prefix('.').unwrap_or(self.rest);
            }
            "begin" | "end" => {
                let environment = self.argument(depth)?;
                if name == "begin" && environment.trim_end_matches('*') == "array" {
                    self.argument(depth)?;
                }
                out.push(' ');
            }
            "hspace" | "vspace" | "color" | "label" => drop(self.argument(depth)?),
            "tag" => {
                let tag = self.argument(depth)?;
                out.push_str(&format!(" ({tag})"));
            }
            "quad" | "qquad" => out.push_str("  "),
            name if DROPPED.contains(name) => {}
            name if FUNCTIONS.contains(name) => push_function(out, name),
            name => match SYMBOLS.get(name) {
                Some(symbol) => out.push_str(symbol),
                None => {
                    out.push('\\');
                    out.push_str(name);
                }
            },
        }
        Some(())
    }

    /// Handles a command of one character that is not a letter.
    fn sign(&mut self, out: &mut String) {
        match self.next() {
            Some('\\') => {
                // `\\[4pt]` specifies a distance.
                if let Some((space, rest)) =
                    self.rest.strip_prefix('[').and_then(|rest| rest.split_once(']'))
                    && ["pt", "em", "ex", "mm"].iter().any(|unit| space.ends_with(unit))
                {
                    self.rest = rest;
                }
                out.push('\n');
            }
            // Within a number: a space that keeps the number together.
            Some(',') if out.ends_with(|c: char| c.is_ascii_digit()) => out.push('\u{202f}'),
            Some(',' | ';' | ':' | ' ') => out.push(' '),
            Some('!') => {}
            Some(c) => out.push(c),
            None => out.push('\\'),
        }
    }
}

fn push_function(out: &mut String, name: &str) {
    if out.ends_with(|c: char| c.is_alphanumeric()) {
        out.push(' ');
    }
    out.push_str(name);
}

fn push_fraction(out: &mut String, above: &str, below: &str) {
    if out.ends_with(|c: char| c.is_alphanumeric() || c == ')') {
        out.push(' ');
    }
    let is_short = |part: &str| part.chars().all(|c| c.is_ascii_digit() || c.is_alphabetic());
    let slash = if is_short(above) && is_short(below) { "/" } else { " / " };
    out.push_str(&[&grouped(above), slash, &grouped(below)].concat());
}

/// Adds parentheses, unless the part is a single operand.
fn grouped(part: &str) -> String {
    let is_one = |part: &str| !part.contains(['+', '-', '−', '=', '/', '×', '·', '÷', '±', '\n']);
    match part {
        part if is_one(part) => part.to_owned(),
        part => format!("({part})"),
    }
}

const RAISED: [&str; 2] =
    ["0123456789+-=()abcdefghijklmnoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"];
const LOWERED: [&str; 2] = ["0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"];

/// Appends a superscript or subscript: `x²`, `CAC_paid`, `10^(n · m)`.
fn push_script(out: &mut String, mark: char, script: &str) {
    let [from, to] = if mark == '^' { RAISED } else { LOWERED };
    let small = |c: char| to.chars().nth(from.chars().position(|known| known == c)?);
    if matches!(script, "°" | "′" | "%") {
        return out.push_str(script);
    }
    // Words are easier to read at full size.
    let is_short = script.chars().filter(|c| c.is_alphabetic()).count() <= 2;
    match script.chars().map(small).collect::<Option<String>>().filter(|_| is_short) {
        Some(small) => out.push_str(&small),
        None => {
            out.push(mark);
            match script.chars().all(char::is_alphanumeric) {
                true => out.push_str(script),
                false => out.push_str(&format!("({script})")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_are_rendered_as_plain_typing() {
        for (tex, text) in [
            (
                r"\text{Margin} = \frac{\text{Price} - \text{Cost}}{\text{Price}} \times 100\%",
                "Margin = (Price - Cost) / Price × 100%",
            ),
            (r"\frac{1}{2} + \dfrac{a}{b+c}", "1/2 + a / (b+c)"),
            (r"50 \times 12 \times 3 = \$1{,}800", "50 × 12 × 3 = $1,800"),
            (r"\text{LTV} = \$50 \cdot 12 \approx 600", "LTV = $50 · 12 ≈ 600"),
            (r"(1+r)^{12} \ge x_1^2", "(1+r)¹² ≥ x₁²"),
            (r"\text{CAC}_{\text{paid}} \le e^{n \cdot m}", "CAC_paid ≤ e^(n · m)"),
            (r"\sum_{i=1}^{n} x_i", "∑ᵢ₌₁ⁿ xᵢ"),
            (r"\sqrt{2} + \sqrt[3]{a+b}", "√2 + ³√(a+b)"),
            (r"\left( 1\,800 \right. \, x", "( 1\u{202f}800 x"),
            (
                r"\begin{aligned} a &= 1 \\ b &= 2 \\[4pt] c &= 3\end{aligned}",
                "a = 1\nb = 2\nc = 3",
            ),
            (r"\mathbf{x} \to \hat{y} \quad \max(a, b)", "x → y max(a, b)"),
            (r"12 % of 300", "12 % of 300"),
            (r"\unknown{7} + 20^\circ", r"\unknown7 + 20°"),
        ] {
            assert_eq!(plain(tex).as_deref(), Some(text), "{tex}");
        }
    }

    #[test]
    fn unclosed_formulas_are_unchanged() {
        let deep = "{".repeat(50) + &"}".repeat(50);
        for tex in ["{", "a}", r"\frac{1}", r"\frac{1}{2", "", "  ", r"x^", &deep] {
            assert_eq!(plain(tex), None, "{tex}");
        }
    }

    /// Returns the digits, with superscripts and subscripts as normal digits.
    fn digits(text: &str) -> String {
        let small = |c: char| {
            let at = "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉".chars().position(|small| small == c)?;
            char::from_digit(at as u32 % 10, 10)
        };
        text.chars().filter_map(|c| small(c).or(Some(c).filter(char::is_ascii_digit))).collect()
    }

    proptest! {
        #[test]
        fn no_digit_of_a_formula_is_lost(pieces in prop::collection::vec(prop::sample::select(vec![
            "1", "20", "3.5", "{", "}", "^", "_", "\\frac", "\\sqrt", "\\text", "\\times", "\\\\", "&", "%", "\\%",
            "\\$", " ", "x", "\\foo", "\\left(", "\\,", "[", "]", "é", "\\begin{array}{cc}", "\\",
        ]), 0..30)) {
            let tex = pieces.concat();
            if let Some(text) = plain(&tex) {
                prop_assert_eq!(digits(&text), digits(&tex));
            }
        }
    }
}
