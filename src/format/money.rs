//! Formats amounts in micro-dollars.

use super::number::count;

/// Formats an exact amount with at least two decimals: `$5.00`, `$0.4812`.
pub fn dollars(micros: i64) -> String {
    let text = exact_dollars(micros);
    let keep = text.trim_end_matches('0').len().max(text.len() - 4);
    text.get(..keep).unwrap_or(&text).to_owned()
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
