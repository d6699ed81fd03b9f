//! Parses numbers as written by people and spreadsheets: `1234.5`, `1.234,5`, `1 234,50`, `1'234.50`,
//! `1.2E+05`.
//!
//! `1,234` alone is ambiguous. It is resolved by the other numbers of the file, or refused; it is never
//! guessed.

/// The decimal mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Point,
    Comma,
}

impl Mark {
    pub const fn as_char(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    pub const fn other(self) -> Self {
        match self {
            Self::Point => Self::Comma,
            Self::Comma => Self::Point,
        }
    }
}

/// The possible meanings of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading {
    /// The same with either decimal mark.
    Plain(f64),
    /// Valid only with this decimal mark.
    With(Mark, f64),
    /// `grouped` if `mark` separates thousands, `decimal` if it is the decimal mark.
    Either { mark: Mark, grouped: f64, decimal: f64 },
}

impl Reading {
    /// Returns the number if the decimal mark is unknown. A count has no decimals, so it is never ambiguous.
    /// Errors: the number is ambiguous.
    pub fn alone(self, is_count: bool) -> Result<f64, String> {
        match self {
            Self::Plain(n) | Self::With(_, n) => Ok(n),
            Self::Either { grouped, .. } if is_count => Ok(grouped),
            Self::Either { grouped, decimal, .. } => Err(format!(
                "This could mean {grouped} or {decimal}. Write it without a thousands separator."
            )),
        }
    }

    /// Returns the number if the decimal mark is known. Errors: the number is invalid with it.
    pub fn under(self, known: Mark) -> Result<f64, String> {
        match self {
            Self::Plain(n) => Ok(n),
            Self::With(mark, n) if mark == known => Ok(n),
            Self::With(..) => Err(format!(
                "Elsewhere in the file “{}” stands before decimals, which does not fit this number. Write all numbers in one format.",
                known.as_char()
            )),
            Self::Either { mark, decimal, .. } if mark == known => Ok(decimal),
            Self::Either { grouped, .. } => Ok(grouped),
        }
    }
}

const SPACES: [char; 4] = [' ', '\u{a0}', '\u{202f}', '\u{2009}'];
const APOSTROPHES: [char; 2] = ['\'', '’'];
/// Maximum length in bytes.
const MOST_BYTES: usize = 60;

/// Parses a cell; `None` if it is empty. Errors: the cell is not a number.
pub fn read(text: &str) -> Result<Option<Reading>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let negative = text.strip_prefix(['-', '−']);
    let sign = if negative.is_some() { -1.0 } else { 1.0 };
    let body = negative.or_else(|| text.strip_prefix('+')).unwrap_or(text);
    if !body.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',') {
        return Err(no_number(text));
    }
    if body.len() > MOST_BYTES {
        return Err(no_number(text));
    }
    let reading = unsigned(body).ok_or_else(|| no_number(text))?;
    Ok(Some(match reading {
        Reading::Plain(n) => Reading::Plain(sign * n),
        Reading::With(mark, n) => Reading::With(mark, sign * n),
        Reading::Either { mark, grouped, decimal } => {
            Reading::Either { mark, grouped: sign * grouped, decimal: sign * decimal }
        }
    }))
}

fn no_number(text: &str) -> String {
    let is_formula = match text.chars().next() {
        Some('=' | '@') => true,
        Some('+' | '-') => text.contains(['(', '|', '!']),
        _ => false,
    };
    if is_formula {
        return "This is a formula. Formulas are not calculated; export the values instead.".into();
    }
    let shown: String = text.chars().take(30).filter(|c| !c.is_control()).collect();
    let more = if text.chars().count() > 30 { "…" } else { "" };
    format!(
        "“{shown}{more}” is not a number. Write digits without a currency or unit, and leave the cell empty where a value is unknown."
    )
}

fn unsigned(body: &str) -> Option<Reading> {
    if let Some((mantissa, exponent)) = body.split_once(['e', 'E']) {
        return scientific(mantissa, exponent);
    }
    let marks: Vec<(usize, char)> =
        body.char_indices().filter(|(_, c)| !c.is_ascii_digit()).collect();
    let Some(&(at, last)) = marks.last() else { return plain(body) };
    let decimal_mark = match last {
        '.' => Some(Mark::Point),
        ',' => Some(Mark::Comma),
        _ => None,
    };
    let Some(mark) = decimal_mark else { return ungroup(body).map(Reading::Plain) };
    if marks.iter().filter(|(_, c)| *c == last).count() > 1 {
        // 1.234.567: this mark separates thousands, so the other one is the decimal mark.
        return ungroup(body).map(|n| Reading::With(mark.other(), n));
    }
    let (whole, decimals) = (&body[..at], &body[at + 1..]);
    let decimal = join(&digits_of(whole)?, decimals)?;
    let could_be_thousands = marks.len() == 1
        && decimals.len() == 3
        && (1..=3).contains(&whole.len())
        && !whole.starts_with('0');
    if could_be_thousands {
        return Some(Reading::Either { mark, grouped: ungroup(body)?, decimal });
    }
    Some(Reading::With(mark, decimal))
}

fn plain(digits: &str) -> Option<Reading> {
    digits.parse().ok().map(Reading::Plain)
}

fn scientific(mantissa: &str, exponent: &str) -> Option<Reading> {
    let power: i32 = exponent.parse().ok()?;
    let scaled = |text: &str| format!("{text}e{power}").parse::<f64>().ok();
    let digits = mantissa.replace(',', ".");
    if !digits.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let n = scaled(&digits).filter(|n| n.is_finite())?;
    Some(match mantissa.chars().find(|c| !c.is_ascii_digit()) {
        None => Reading::Plain(n),
        Some('.') => Reading::With(Mark::Point, n),
        Some(_) => Reading::With(Mark::Comma, n),
    })
}

fn join(whole: &str, decimals: &str) -> Option<f64> {
    if whole.is_empty() && decimals.is_empty() || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("0{whole}.{decimals}0").parse().ok()
}

fn ungroup(text: &str) -> Option<f64> {
    digits_of(text)?.parse().ok()
}

/// Returns the digits of an integer whose thousands may be separated by one kind of mark.
fn digits_of(text: &str) -> Option<String> {
    let Some(mark) = text.chars().find(|c| !c.is_ascii_digit()) else {
        return Some(text.to_owned());
    };
    let kind = |c: char| match c {
        c if SPACES.contains(&c) => Some(' '),
        c if APOSTROPHES.contains(&c) => Some('\''),
        '.' | ',' => Some(c),
        _ => None,
    };
    let wanted = kind(mark)?;
    let groups: Vec<&str> = text.split(|c| kind(c) == Some(wanted)).collect();
    let last = groups.len() - 1;
    let fits = groups.iter().enumerate().all(|(place, group)| {
        let length = match place {
            0 => 1..=3,
            place if place == last => 3..=3,
            // Indian numbers group by two digits: 12,34,567.
            _ => 2..=3,
        };
        length.contains(&group.len()) && group.bytes().all(|b| b.is_ascii_digit())
    });
    fits.then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn reading(text: &str) -> Reading {
        read(text).unwrap().unwrap()
    }

    #[test]
    fn numbers_are_parsed_in_common_notations() {
        for (text, n) in [
            ("0", 0.0),
            ("1234", 1_234.0),
            (" 42 ", 42.0),
            ("-17", -17.0),
            ("−17", -17.0),
            ("+5", 5.0),
            ("1 234 567", 1_234_567.0),
            ("1\u{a0}234", 1_234.0),
            ("1’234", 1_234.0),
            ("1e3", 1_000.0),
        ] {
            assert_eq!(reading(text), Reading::Plain(n), "{text}");
        }
    }

    #[test]
    fn unambiguous_numbers_reveal_the_decimal_separator() {
        for (text, mark, n) in [
            ("1234.5", Mark::Point, 1_234.5),
            ("0.125", Mark::Point, 0.125),
            (".5", Mark::Point, 0.5),
            ("5.", Mark::Point, 5.0),
            ("1,234.56", Mark::Point, 1_234.56),
            ("1,234,567", Mark::Point, 1_234_567.0),
            ("12,34,567", Mark::Point, 1_234_567.0),
            ("1'234.50", Mark::Point, 1_234.5),
            ("1.2E+05", Mark::Point, 120_000.0),
            ("12,5", Mark::Comma, 12.5),
            ("-1.234,56", Mark::Comma, -1_234.56),
            ("1 234,567", Mark::Comma, 1_234.567),
            ("1.234.567", Mark::Comma, 1_234_567.0),
            ("1234,567", Mark::Comma, 1_234.567),
        ] {
            assert_eq!(reading(text), Reading::With(mark, n), "{text}");
        }
    }

    #[test]
    fn ambiguous_numbers_are_not_guessed() {
        let odd = reading("1,234");
        assert_eq!(odd, Reading::Either { mark: Mark::Comma, grouped: 1_234.0, decimal: 1.234 });
        assert_eq!(odd.under(Mark::Point), Ok(1_234.0));
        assert_eq!(odd.under(Mark::Comma), Ok(1.234));
        assert_eq!(odd.alone(true), Ok(1_234.0), "a count has no decimals");
        assert!(odd.alone(false).unwrap_err().contains("1234 or 1.234"));
        assert!(reading("1.5").under(Mark::Comma).unwrap_err().contains("“,”"));
    }

    #[test]
    fn invalid_numbers_are_refused_with_a_reason() {
        for text in ["=cmd()", "=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-HYPERLINK(\"x\")"] {
            let reason = read(text).unwrap_err();
            assert!(reason.contains("formula"), "{text}: {reason}");
        }
        for text in [
            "NaN",
            "inf",
            "-inf",
            "Infinity",
            "n/a",
            "12%",
            "$5",
            "1,23,4",
            "1..2",
            "1,2.3,4",
            "1.234,5.6",
            "--5",
            "1e",
            "e5",
            "1e5e5",
            ".",
            ",",
            "0x10",
            "1_000",
            "٣",
            "12 apples",
        ] {
            assert!(read(text).unwrap_err().contains("not a number"), "{text}");
        }
        assert!(read(&"9".repeat(400)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_a_panic(text in any::<String>()) {
            let _ = read(&text);
        }

        #[test]
        fn machine_written_numbers_round_trip(n in -1e15f64..1e15) {
            prop_assert_eq!(reading(&n.to_string()).under(Mark::Point), Ok(n));
        }
    }
}
