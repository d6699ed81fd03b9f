//! LaTeX as plain text: `\frac{\text{Sales}}{12} \times 100\%` reads `Sales / 12 × 100%`.
//!
//! Plain text rather than MathML, so that grounding judges the numbers that are shown, and copies and
//! prints hold them (docs/adr/0017). The reader is lenient, as models are: `%` starts no comment, nothing
//! is a macro, an unknown command stays as it is written. No digit is ever dropped.

use std::ops::Range;

/// Longer ones stay as they are written. In bytes.
pub(super) const MAX_BYTES: usize = 2_000;
/// How deep groups may nest.
const MAX_DEPTH: usize = 12;

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

/// The formula as text; its rows are lines. None where its groups do not close.
pub(super) fn plain(tex: &str) -> Option<String> {
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
    /// Reads to the end, or to behind `close`.
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

    /// The group or the single element that follows.
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

    /// What is raised or lowered: as models mean it, `10^12` is no `10¹2`.
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
                // A delimiter that is not there.
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
            name if DROPPED.contains(&name) => {}
            name if FUNCTIONS.contains(&name) => push_function(out, name),
            name => match SYMBOLS.iter().find(|(known, _)| *known == name) {
                Some((_, symbol)) => out.push_str(symbol),
                None => {
                    out.push('\\');
                    out.push_str(name);
                }
            },
        }
        Some(())
    }

    /// A command of one character that is no letter.
    fn sign(&mut self, out: &mut String) {
        match self.next() {
            Some('\\') => {
                // `\\[4pt]` names a distance.
                if let Some((space, rest)) =
                    self.rest.strip_prefix('[').and_then(|rest| rest.split_once(']'))
                    && ["pt", "em", "ex", "mm"].iter().any(|unit| space.ends_with(unit))
                {
                    self.rest = rest;
                }
                out.push('\n');
            }
            // Within a number, a space that keeps it together.
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

/// In parentheses, unless it is one thing.
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

/// `x²`, `CAC_paid`, `10^(n · m)`
fn push_script(out: &mut String, mark: char, script: &str) {
    let [from, to] = if mark == '^' { RAISED } else { LOWERED };
    let small = |c: char| to.chars().nth(from.chars().position(|known| known == c)?);
    if matches!(script, "°" | "′" | "%") {
        return out.push_str(script);
    }
    // A word is read more easily at its full size.
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

fn is_known(name: &str) -> bool {
    let structure = [
        "frac", "dfrac", "tfrac", "cfrac", "sqrt", "text", "textrm", "textbf", "textit", "texttt",
        "mbox",
    ];
    structure.contains(&name)
        || ["left", "right", "begin", "end", "tag", "quad", "qquad"].contains(&name)
        || DROPPED.contains(&name)
        || FUNCTIONS.contains(&name)
        || SYMBOLS.iter().any(|(known, _)| *known == name)
}

/// Commands that say how something looks; what they hold is shown.
const DROPPED: [&str; 39] = [
    "mathrm",
    "mathbf",
    "mathit",
    "mathsf",
    "mathtt",
    "mathbb",
    "mathcal",
    "boldsymbol",
    "operatorname",
    "displaystyle",
    "textstyle",
    "scriptstyle",
    "boxed",
    "underline",
    "overline",
    "hat",
    "widehat",
    "bar",
    "vec",
    "tilde",
    "dot",
    "underbrace",
    "overbrace",
    "big",
    "Big",
    "bigg",
    "Bigg",
    "limits",
    "nolimits",
    "nonumber",
    "notag",
    "mathop",
    "mathord",
    "mathbin",
    "mathrel",
    "phantom",
    "hfill",
    "cancel",
    "hline",
];

const FUNCTIONS: [&str; 16] = [
    "log", "ln", "lg", "exp", "max", "min", "sup", "inf", "lim", "sin", "cos", "tan", "arg", "det",
    "gcd", "Pr",
];

const SYMBOLS: [(&str, &str); 113] = [
    ("times", "×"),
    ("cdot", "·"),
    ("div", "÷"),
    ("pm", "±"),
    ("mp", "∓"),
    ("ast", "*"),
    ("star", "⋆"),
    ("bullet", "•"),
    ("approx", "≈"),
    ("sim", "∼"),
    ("simeq", "≃"),
    ("cong", "≅"),
    ("equiv", "≡"),
    ("neq", "≠"),
    ("ne", "≠"),
    ("leq", "≤"),
    ("le", "≤"),
    ("geq", "≥"),
    ("ge", "≥"),
    ("lt", "<"),
    ("gt", ">"),
    ("ll", "≪"),
    ("gg", "≫"),
    ("propto", "∝"),
    ("to", "→"),
    ("rightarrow", "→"),
    ("leftarrow", "←"),
    ("longrightarrow", "⟶"),
    ("Rightarrow", "⇒"),
    ("Leftarrow", "⇐"),
    ("implies", "⟹"),
    ("iff", "⇔"),
    ("leftrightarrow", "↔"),
    ("Leftrightarrow", "⇔"),
    ("uparrow", "↑"),
    ("downarrow", "↓"),
    ("mapsto", "↦"),
    ("infty", "∞"),
    ("sum", "∑"),
    ("prod", "∏"),
    ("int", "∫"),
    ("partial", "∂"),
    ("nabla", "∇"),
    ("ldots", "…"),
    ("dots", "…"),
    ("cdots", "⋯"),
    ("vdots", "⋮"),
    ("in", "∈"),
    ("notin", "∉"),
    ("subset", "⊂"),
    ("cup", "∪"),
    ("cap", "∩"),
    ("forall", "∀"),
    ("exists", "∃"),
    ("therefore", "∴"),
    ("because", "∵"),
    ("land", "∧"),
    ("lor", "∨"),
    ("neg", "¬"),
    ("emptyset", "∅"),
    ("circ", "°"),
    ("degree", "°"),
    ("prime", "′"),
    ("euro", "€"),
    ("pounds", "£"),
    ("yen", "¥"),
    ("dollar", "$"),
    ("percent", "%"),
    ("mid", "|"),
    ("vert", "|"),
    ("lvert", "|"),
    ("rvert", "|"),
    ("lfloor", "⌊"),
    ("rfloor", "⌋"),
    ("lceil", "⌈"),
    ("rceil", "⌉"),
    ("langle", "⟨"),
    ("rangle", "⟩"),
    ("lbrace", "{"),
    ("rbrace", "}"),
    ("checkmark", "✓"),
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("epsilon", "ε"),
    ("varepsilon", "ε"),
    ("zeta", "ζ"),
    ("eta", "η"),
    ("theta", "θ"),
    ("kappa", "κ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("nu", "ν"),
    ("xi", "ξ"),
    ("pi", "π"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("tau", "τ"),
    ("phi", "φ"),
    ("varphi", "φ"),
    ("chi", "χ"),
    ("psi", "ψ"),
    ("omega", "ω"),
    ("Gamma", "Γ"),
    ("Delta", "Δ"),
    ("Theta", "Θ"),
    ("Lambda", "Λ"),
    ("Pi", "Π"),
    ("Sigma", "Σ"),
    ("Phi", "Φ"),
    ("Psi", "Ψ"),
    ("Omega", "Ω"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_formula_reads_as_a_person_would_type_it() {
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
    fn what_does_not_close_stays_as_it_is() {
        let deep = "{".repeat(50) + &"}".repeat(50);
        for tex in ["{", "a}", r"\frac{1}", r"\frac{1}{2", "", "  ", r"x^", &deep] {
            assert_eq!(plain(tex), None, "{tex}");
        }
    }

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

    /// Its digits, small ones as the large ones that they are.
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
