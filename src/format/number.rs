//! Formats numbers.

/// Formats a number such as `1,234.5`: integers without decimals, other numbers with up to two, small ones
/// with more.
pub fn grouped(n: f64) -> String {
    let decimals = decimals(n);
    let text = format!("{:.decimals$}", n.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = if n.abs() < 1.0 { fraction.trim_end_matches('0') } else { fraction };
    let is_zero = whole == "0" && fraction.is_empty();
    let sign = if n < 0.0 && !is_zero { "−" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", thousands(whole))
}

/// Formats a number with a fixed number of decimals, such as `1,234.50`.
pub fn fixed(n: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", n.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let is_zero = text.bytes().all(|b| b == b'0' || b == b'.');
    let sign = if n < 0.0 && !is_zero { "−" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", thousands(whole))
}

/// Formats a count such as `1,234,567`.
pub fn count(n: u64) -> String {
    thousands(&n.to_string())
}

/// Separates the thousands of a whole number.
fn thousands(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn decimals(n: f64) -> usize {
    if n.fract() == 0.0 {
        0
    } else if n.abs() < 1.0 {
        4
    } else {
        2
    }
}

/// Returns the rounded number that [`grouped`] shows.
pub fn shown(n: f64) -> f64 {
    format!("{n:.*}", decimals(n)).parse().unwrap_or(n)
}

/// Rounds to twelve significant digits, which removes floating-point residue.
pub fn tidy(n: f64) -> f64 {
    format!("{n:.11e}").parse().unwrap_or(n)
}

/// Formats a number with a unit, which may be empty: `940.50 EUR`, `2.5%`.
pub fn in_unit(n: f64, unit: &str) -> String {
    let space = if unit.is_empty() || unit == "%" { "" } else { "\u{a0}" };
    format!("{}{space}{unit}", grouped(n))
}

/// Like [`in_unit`], with a plus sign before positive numbers.
pub fn signed(n: f64, unit: &str) -> String {
    let sign = if n > 0.0 { "+" } else { "" };
    format!("{sign}{}", in_unit(n, unit))
}

/// Formats a number for the grid lines of a chart: `1.5k`, `20M`.
pub fn short(n: f64) -> String {
    let scales = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "k")];
    match scales.into_iter().find(|(least, _)| n.abs() >= *least) {
        Some((1e4, letter)) => format!("{}{letter}", trimmed(n / 1e3)),
        Some((scale, letter)) => format!("{}{letter}", trimmed(n / scale)),
        None => trimmed(n),
    }
}

fn trimmed(n: f64) -> String {
    grouped((n * 1e6).round() / 1e6).replace(".00", "")
}

/// Formats a signed percentage: `+12.3%`, `−4.0%`.
pub fn percent(n: f64) -> String {
    let text = format!("{:.1}", n.abs());
    let sign = match n {
        _ if text == "0.0" => "",
        n if n > 0.0 => "+",
        _ => "−",
    };
    format!("{sign}{text}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_as_long_as_they_need_to_be() {
        for (n, text) in [
            (0.0, "0"),
            (999.0, "999"),
            (1_234_567.0, "1,234,567"),
            (940.5, "940.50"),
            (-1_234.567, "−1,234.57"),
            (0.125, "0.125"),
            (-0.000_01, "0"),
            (1e15, "1,000,000,000,000,000"),
        ] {
            assert_eq!(grouped(n), text);
        }
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(
            [0, 12, 999, 1_000, 1_234_567].map(count),
            ["0", "12", "999", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn plot_labels_are_short() {
        for (n, text) in [
            (0.0, "0"),
            (0.5, "0.5"),
            (2_500.0, "2,500"),
            (15_000.0, "15k"),
            (2e6, "2M"),
            (-1e15, "−1,000T"),
        ] {
            assert_eq!(short(n), text);
        }
    }

    #[test]
    fn a_change_has_a_sign() {
        assert_eq!(percent(12.34), "+12.3%");
        assert_eq!(percent(-4.0), "−4.0%");
        for nothing in [0.0, 0.04, -0.04] {
            assert_eq!(percent(nothing), "0.0%");
        }
    }
}
