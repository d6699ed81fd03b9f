//! Numbers as programs and people write them in cells: with a currency, a percent sign, brackets for negative
//! values, and marks for no value.

use super::months::plain;
use crate::analytics::numbers::{self, Mark};

/// What a cell says.
#[derive(Clone, Debug, PartialEq)]
pub enum Numeral {
    /// No value: an empty cell, a dash, `n/a`, an error of a formula.
    Nothing,
    Number(Number),
    Other,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    reading: numbers::Reading,
    negative: bool,
    pub is_percent: bool,
    /// The currency's code, or its symbol if several currencies share it.
    pub currency: Option<&'static str>,
}

/// Which decimal marks a number permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permits {
    /// The number is the same with either.
    Either,
    Only(Mark),
    /// The number differs: `1.234`.
    Both,
}

impl Number {
    /// Returns a number of a workbook's cell.
    pub fn exact(n: f64) -> Self {
        Self {
            reading: numbers::Reading::Plain(n),
            negative: false,
            is_percent: false,
            currency: None,
        }
    }

    pub fn permits(&self) -> Permits {
        match self.reading {
            numbers::Reading::Plain(_) => Permits::Either,
            numbers::Reading::With(mark, _) => Permits::Only(mark),
            numbers::Reading::Either { .. } => Permits::Both,
        }
    }

    /// Returns the value under a decimal mark. `None` if it does not fit.
    pub fn value(&self, mark: Option<Mark>) -> Option<f64> {
        let n = match mark {
            Some(mark) => self.reading.under(mark).ok()?,
            None => self.reading.alone(false).ok()?,
        };
        Some(if self.negative { -n } else { n })
    }
}

const NOTHING: [&str; 26] = [
    "",
    "-",
    "--",
    "---",
    "–",
    "—",
    "−",
    "n/a",
    "na",
    "n.a.",
    "n.a",
    "#n/a",
    "#nv",
    "#div/0!",
    "#value!",
    "#wert!",
    "#ref!",
    "#bezug!",
    "#name?",
    "#null!",
    "#num!",
    "k.a.",
    "k. a.",
    "null",
    "none",
    "(not set)",
];

/// Symbols and codes, the longer ones first. A symbol of several currencies stands for itself.
const CURRENCIES: [(&str, &str); 52] = [
    ("us$", "USD"),
    ("ca$", "CAD"),
    ("au$", "AUD"),
    ("nz$", "NZD"),
    ("hk$", "HKD"),
    ("mx$", "MXN"),
    ("sfr.", "CHF"),
    ("c$", "CAD"),
    ("a$", "AUD"),
    ("s$", "SGD"),
    ("r$", "BRL"),
    ("fr.", "CHF"),
    ("kr.", "kr"),
    ("zł", "PLN"),
    ("kč", "CZK"),
    ("ft", "HUF"),
    ("kr", "kr"),
    ("lei", "RON"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("$", "$"),
    ("¥", "¥"),
    ("₹", "INR"),
    ("₽", "RUB"),
    ("₺", "TRY"),
    ("₩", "KRW"),
    ("₪", "ILS"),
    ("₴", "UAH"),
    ("eur", "EUR"),
    ("usd", "USD"),
    ("gbp", "GBP"),
    ("chf", "CHF"),
    ("cad", "CAD"),
    ("aud", "AUD"),
    ("nzd", "NZD"),
    ("jpy", "JPY"),
    ("cny", "CNY"),
    ("sek", "SEK"),
    ("nok", "NOK"),
    ("dkk", "DKK"),
    ("pln", "PLN"),
    ("czk", "CZK"),
    ("huf", "HUF"),
    ("ron", "RON"),
    ("brl", "BRL"),
    ("mxn", "MXN"),
    ("inr", "INR"),
    ("zar", "ZAR"),
    ("sgd", "SGD"),
    ("hkd", "HKD"),
    ("try", "TRY"),
    ("ils", "ILS"),
];

/// Longest cell that can be a number, in bytes.
const MOST_BYTES: usize = 80;

/// Parses a cell.
pub fn parse(text: &str) -> Numeral {
    let text = text.trim();
    if text.is_empty() {
        return Numeral::Nothing;
    }
    if text.len() > MOST_BYTES {
        return Numeral::Other;
    }
    if text.starts_with('#') || !text.contains(|c: char| c.is_ascii_digit()) {
        return nothing_in(text);
    }
    let text: String = text.to_lowercase().chars().map(unify).collect();
    let mut rest =
        Rest { text: &text, signs: 0, negative: false, is_percent: false, currency: None };
    while rest.strip() {}
    if rest.signs > 1 || rest.text.starts_with(['-', '+', '=', '@']) {
        return Numeral::Other;
    }
    let Rest { text, negative, is_percent, currency, .. } = rest;
    match numbers::read(text) {
        Ok(Some(reading)) => Numeral::Number(Number { reading, negative, is_percent, currency }),
        _ => Numeral::Other,
    }
}

/// Returns whether a cell is a number.
pub fn is_like(text: &str) -> bool {
    matches!(parse(text), Numeral::Number(_))
}

/// Returns the currency of a text such as `USD` or `€`.
pub fn currency(text: &str) -> Option<&'static str> {
    let text = text.trim().to_lowercase();
    CURRENCIES.iter().find(|(name, _)| *name == text).map(|(_, code)| *code)
}

/// Returns whether two currencies can be the same: `$` is that of several codes.
pub fn may_be_same(a: &str, b: &str) -> bool {
    let is_of = |symbol: &str, code: &str| match symbol {
        "$" => ["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"].contains(&code),
        "kr" => ["SEK", "NOK", "DKK", "ISK"].contains(&code),
        "¥" => ["JPY", "CNY"].contains(&code),
        _ => false,
    };
    a == b || is_of(a, b) || is_of(b, a)
}

fn nothing_in(text: &str) -> Numeral {
    let text = plain(text);
    let mut rest = text.as_str();
    // A currency with a dash is how spreadsheets show nothing.
    for (symbol, _) in CURRENCIES {
        let without = rest.strip_prefix(symbol).or_else(|| rest.strip_suffix(symbol));
        if let Some(without) =
            without.map(str::trim).filter(|it| NOTHING.contains(it) && !it.is_empty())
        {
            rest = without;
        }
    }
    if NOTHING.contains(&rest) { Numeral::Nothing } else { Numeral::Other }
}

/// Replaces signs, spaces and apostrophes by their plain forms.
fn unify(c: char) -> char {
    match c {
        '−' | '–' | '‐' | '‑' | '﹣' | '－' => '-',
        c if c.is_whitespace() || matches!(c, '\u{2007}' | '\u{2060}' | '\u{feff}') => ' ',
        '’' | '‘' | 'ʼ' | '´' | '`' => '\'',
        '％' | '٪' => '%',
        c => c,
    }
}

struct Rest<'a> {
    text: &'a str,
    signs: u8,
    negative: bool,
    is_percent: bool,
    currency: Option<&'static str>,
}

impl Rest<'_> {
    /// Strips one mark around the digits. Returns false if there is none.
    fn strip(&mut self) -> bool {
        self.text = self.text.trim();
        self.strip_sign() || self.strip_percent() || self.strip_currency()
    }

    fn strip_sign(&mut self) -> bool {
        let in_brackets = self.text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        let minus = || self.text.strip_prefix('-').or_else(|| self.text.strip_suffix('-'));
        let (rest, negative) = match (in_brackets.or_else(minus), self.text.strip_prefix('+')) {
            (Some(rest), _) => (rest, true),
            (None, Some(rest)) => (rest, false),
            (None, None) => return false,
        };
        self.signs = self.signs.saturating_add(1);
        (self.text, self.negative) = (rest, self.negative || negative);
        self.signs < 3
    }

    fn strip_percent(&mut self) -> bool {
        let rest = self.text.strip_suffix('%').or_else(|| self.text.strip_prefix('%'));
        let Some(rest) = rest.filter(|_| !self.is_percent) else { return false };
        (self.text, self.is_percent) = (rest, true);
        true
    }

    fn strip_currency(&mut self) -> bool {
        let without = |symbol: &str| {
            self.text.strip_prefix(symbol).or_else(|| self.text.strip_suffix(symbol))
        };
        let found = CURRENCIES.iter().find_map(|(symbol, code)| Some((without(symbol)?, *code)));
        let Some((rest, code)) = found else { return false };
        // `$ 5 USD` names one currency twice.
        if self.currency.is_some_and(|known| !may_be_same(known, code)) {
            return false;
        }
        let code = self.currency.filter(|known| known.len() == 3).unwrap_or(code);
        (self.text, self.currency) = (rest, Some(code));
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn number(text: &str) -> Number {
        match parse(text) {
            Numeral::Number(number) => number,
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn numbers_are_read_with_what_stands_around_them() {
        let (point, comma) = (Some(Mark::Point), Some(Mark::Comma));
        for (text, mark, n) in [
            ("1,234.56", point, 1_234.56),
            ("1.234,56 €", comma, 1_234.56),
            ("€ 1.234,56", comma, 1_234.56),
            ("1\u{202f}234,56", comma, 1_234.56),
            ("1\u{a0}234,56\u{a0}€", comma, 1_234.56),
            ("1\u{2007}234", None, 1_234.0),
            ("CHF 1’234.56", point, 1_234.56),
            ("$1,240.00", point, 1_240.0),
            ("-$0.30", point, -0.3),
            ("$-0.30", point, -0.3),
            ("($12.50)", point, -12.5),
            ("$(12.50)", point, -12.5),
            ("12.50-", point, -12.5),
            ("−12,5", comma, -12.5),
            ("–12,5 kr", comma, -12.5),
            ("+5", None, 5.0),
            ("45 %", None, 45.0),
            ("12,5\u{a0}%", comma, 12.5),
            ("US$ 5 USD", None, 5.0),
            ("1.2E+05", point, 120_000.0),
        ] {
            assert_eq!(number(text).value(mark), Some(n), "{text}");
        }
        assert!(number("45%").is_percent);
        assert_eq!(number("kr 5").currency, Some("kr"));
        assert_eq!(number("$5 USD").currency, Some("USD"));
    }

    #[test]
    fn dashes_and_errors_of_formulas_are_no_value() {
        for text in
            ["", " ", "-", "–", "—", "n/a", "N/A", "#N/A", "#DIV/0!", "$ -", "-   €", "k.A."]
        {
            assert_eq!(parse(text), Numeral::Nothing, "{text:?}");
        }
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in [
            "=1+1",
            "12 apples",
            "--5",
            "(-5)",
            "-5-",
            "NaN",
            "inf",
            "1,23,4",
            "10:30",
            "0x10",
            "$5 €",
            "5 5",
            "٣",
            "€",
            "2026-10-20",
            "20.10.2026",
            "-(5)",
            "1k",
        ] {
            assert_eq!(parse(text), Numeral::Other, "{text:?}");
        }
    }
}
