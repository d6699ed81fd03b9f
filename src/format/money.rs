//! Formats amounts in micro-dollars.

use super::number::count;

/// Formats an exact amount with at least two decimals: `$5.00`, `$0.4812`.
pub fn dollars(micros: i64) -> String {
    let text = exact_dollars(micros);
    let keep = text.trim_end_matches('0').len().max(text.len() - 4);
    text.get(..keep).unwrap_or(&text).to_owned()
}

/// Formats an amount to the cent: `$0.48`; `<$0.01` for less than half a cent that is not nothing.
pub fn rounded_dollars(micros: i64) -> String {
    const CENT: i64 = 10_000;
    if micros != 0 && micros.unsigned_abs() < CENT.unsigned_abs() / 2 {
        return if micros > 0 { "<$0.01".to_owned() } else { ">-$0.01".to_owned() };
    }
    let cents = (micros.saturating_add(micros.signum() * CENT / 2)) / CENT;
    dollars(cents.saturating_mul(CENT))
}

/// Formats a small amount with two significant digits, `$0.0042`, and a larger one to the cent.
pub fn brief_dollars(micros: i64) -> String {
    const FEW_CENTS: u64 = 100_000;
    let size = micros.unsigned_abs();
    if size >= FEW_CENTS {
        return rounded_dollars(micros);
    }
    let unit = 10_i64.pow(size.max(1).ilog10().saturating_sub(1));
    dollars((micros + micros.signum() * unit / 2) / unit * unit)
}

/// Formats an amount to the micro-dollar, so that a column of amounts visibly adds up: `$0.481200`.
pub fn exact_dollars(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    format!("{sign}${}.{:06}", count(micros / 1_000_000), micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_amounts_never_make_something_nothing() {
        for (micros, text) in [
            (0, "$0.00"),
            (1, "<$0.01"),
            (4_999, "<$0.01"),
            (5_000, "$0.01"),
            (12_345, "$0.01"),
            (15_000, "$0.02"),
            (995_000, "$1.00"),
            (1_234_567_500_000, "$1,234,567.50"),
            (-12_345, "-$0.01"),
        ] {
            assert_eq!(rounded_dollars(micros), text, "{micros}");
        }
    }

    #[test]
    fn brief_amounts_have_two_significant_digits_or_cents() {
        for (micros, text) in [
            (0, "$0.00"),
            (1, "$0.000001"),
            (327, "$0.00033"),
            (4_234, "$0.0042"),
            (9_960, "$0.01"),
            (52_345, "$0.052"),
            (123_456, "$0.12"),
        ] {
            assert_eq!(brief_dollars(micros), text, "{micros}");
        }
    }

    #[test]
    fn amounts_are_formatted_exactly() {
        for (micros, short, exact) in [
            (0, "$0.00", "$0.000000"),
            (5_000_000, "$5.00", "$5.000000"),
            (481_200, "$0.4812", "$0.481200"),
            (1, "$0.000001", "$0.000001"),
            (1_234_567_500_000, "$1,234,567.50", "$1,234,567.500000"),
            (-1_500_000, "-$1.50", "-$1.500000"),
        ] {
            assert_eq!((dollars(micros).as_str(), exact_dollars(micros).as_str()), (short, exact));
        }
    }
}
