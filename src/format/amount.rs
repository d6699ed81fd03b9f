//! Formats amounts with their unit as people write them: `$12,345`, `€940.50`, `2.5%`, `12 hours`.

use super::number::{fixed, grouped, in_unit};

/// ISO 4217 codes of currencies whose symbol readers recognise without the country.
const SYMBOLS: [(&str, &str); 16] = [
    ("USD", "$"),
    ("EUR", "€"),
    ("GBP", "£"),
    ("JPY", "¥"),
    ("INR", "₹"),
    ("KRW", "₩"),
    ("ILS", "₪"),
    ("PHP", "₱"),
    ("AUD", "A$"),
    ("BRL", "R$"),
    ("CAD", "CA$"),
    ("HKD", "HK$"),
    ("MXN", "MX$"),
    ("NZD", "NZ$"),
    ("TWD", "NT$"),
    ("CNY", "CN¥"),
];

fn symbol(unit: &str) -> Option<&'static str> {
    SYMBOLS.iter().find(|(code, _)| *code == unit).map(|(_, symbol)| *symbol)
}

/// Returns whether the unit is an ISO 4217 code.
fn is_currency(unit: &str) -> bool {
    unit.len() == 3 && unit.bytes().all(|b| b.is_ascii_uppercase())
}

/// Returns whether [`with_unit`] adds the unit to short numbers. Other units are named once beside the chart.
pub fn is_shown_on_axis(unit: &str) -> bool {
    unit == "%" || is_currency(unit)
}

/// Formats a value with its unit: `€940.50`, `1,200 CHF`, `2.50%`.
pub fn amount(n: f64, unit: &str) -> String {
    let has_cents = n.fract() != 0.0 && n.abs() >= 0.01;
    match symbol(unit) {
        Some(_) if has_cents => with_unit(&fixed(n, 2), unit),
        Some(_) => with_unit(&grouped(n), unit),
        None => in_unit(n, unit),
    }
}

/// Like [`amount`], rounded to whole units from 1,000 on, for sentences.
pub fn rounded(n: f64, unit: &str) -> String {
    amount(if n.abs() >= 1_000.0 { n.round() } else { n }, unit)
}

/// Adds a unit to a formatted number: `−$5k`, `5k CHF`.
pub fn with_unit(number: &str, unit: &str) -> String {
    let Some(symbol) = symbol(unit) else {
        let space = if unit.is_empty() || unit == "%" { "" } else { "\u{a0}" };
        return format!("{number}{space}{unit}");
    };
    match number.strip_prefix('−') {
        Some(size) => format!("−{symbol}{size}"),
        None => format!("{symbol}{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_the_symbol_of_its_currency_and_its_cents() {
        for (n, unit, text) in [
            (12_345.0, "USD", "$12,345"),
            (940.5, "EUR", "€940.50"),
            (-940.5, "EUR", "−€940.50"),
            (0.5, "GBP", "£0.50"),
            (0.0, "USD", "$0"),
            (1_200.0, "CHF", "1,200\u{a0}CHF"),
            (2.5, "%", "2.50%"),
            (7.0, "", "7"),
            (1.0, "eur", "1\u{a0}eur"),
        ] {
            assert_eq!(amount(n, unit), text);
        }
        assert_eq!(rounded(12_345.67, "USD"), "$12,346");
        assert_eq!(rounded(940.5, "USD"), "$940.50");
    }

    #[test]
    fn an_axis_shows_currencies_and_percentages() {
        assert!(is_shown_on_axis("CHF") && is_shown_on_axis("%"));
        assert!(!is_shown_on_axis("hours") && !is_shown_on_axis(""));
    }
}
