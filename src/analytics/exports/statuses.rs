//! What the texts of a status or a type say about their rows.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::months::plain;
use super::words;

/// What the rows with a text are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Payment,
    Refund,
    /// Money that moves without being earned, or a payment that failed.
    Neither,
    /// Neither known to be paid nor to have failed.
    Unclear,
}

/// Longest text that can be a status, in bytes.
const MOST_BYTES: usize = 80;
/// Number of words of the longest known phrase.
const MOST_WORDS: usize = 3;

/// The meanings of words. What is against a payment outweighs it: `payment failed`.
const MEANINGS: [&str; 5] = ["unclear", "neither", "refund", "payment", "neutral"];

/// The place of the strongest meaning of each phrase.
static PHRASES: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    for (place, meaning) in MEANINGS.iter().enumerate() {
        for phrase in words::words(meaning) {
            all.entry(phrase).or_insert(place);
        }
    }
    all
});

/// Returns what a text says about its rows. `None` if a word of it is unknown: an `Airport transfer` is no transfer.
pub fn meaning(value: &str) -> Option<Meaning> {
    if value.len() > MOST_BYTES {
        return None;
    }
    let value = plain(value);
    let parts: Vec<&str> =
        value.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let (mut strongest, mut at) = (MEANINGS.len(), 0);
    while at < parts.len() {
        let known = (1..=MOST_WORDS.min(parts.len() - at)).rev().find_map(|length| {
            let phrase = match &parts[at..at + length] {
                [word] => Cow::Borrowed(*word),
                words => Cow::Owned(words.join(" ")),
            };
            Some((*PHRASES.get(&*phrase)?, length))
        });
        let (place, length) = known?;
        strongest = strongest.min(place);
        at += length;
    }
    match strongest {
        0 => Some(Meaning::Unclear),
        1 => Some(Meaning::Neither),
        2 => Some(Meaning::Refund),
        3 => Some(Meaning::Payment),
        _ => None,
    }
}

/// Returns whether some texts name invoices or orders, and others payments: each sale can be in the list twice.
pub fn has_sales_and_payments(values: &[String]) -> bool {
    const SALES: [&str; 16] = [
        "invoice",
        "invoices",
        "order",
        "orders",
        "rechnung",
        "bestellung",
        "facture",
        "commande",
        "factura",
        "pedido",
        "fattura",
        "ordine",
        "factuur",
        "bestelling",
        "fatura",
        "encomenda",
    ];
    const PAYMENTS: [&str; 8] = [
        "payment",
        "payments",
        "zahlung",
        "zahlungseingang",
        "paiement",
        "pago",
        "pagamento",
        "betaling",
    ];
    let has = |value: &String, words: &[&str]| {
        plain(value).split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word))
    };
    let is_known = |value: &&String| meaning(value) == Some(Meaning::Payment);
    let known = || values.iter().filter(is_known);
    known().any(|value| has(value, &PAYMENTS))
        && known().any(|value| has(value, &SALES) && !has(value, &PAYMENTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_and_unclear_payments_are_not_counted_as_payments() {
        for (value, expected) in [
            ("Payment", Some(Meaning::Payment)),
            ("wc-completed", Some(Meaning::Payment)),
            ("Bezahlt", Some(Meaning::Payment)),
            ("Refund", Some(Meaning::Refund)),
            ("Payment Refund", Some(Meaning::Refund)),
            ("payout", Some(Meaning::Neither)),
            ("General Withdrawal", Some(Meaning::Neither)),
            ("Payment failed", Some(Meaning::Neither)),
            ("Unpaid", Some(Meaning::Neither)),
            ("Cancelled", Some(Meaning::Neither)),
            ("partially_refunded", Some(Meaning::Unclear)),
            ("refunded", Some(Meaning::Unclear)),
            ("pending", Some(Meaning::Unclear)),
            ("Card purchase", Some(Meaning::Unclear)),
            ("Purchase invoice", Some(Meaning::Unclear)),
            ("Überweisung", Some(Meaning::Unclear)),
            ("Blue", None),
        ] {
            assert_eq!(meaning(value), expected, "{value}");
        }
    }

    #[test]
    fn a_text_with_an_unknown_word_has_no_meaning() {
        for value in
            ["Coffee", "Kaffee", "Draft beer", "Airport transfer", "Open air", "Not paid", ""]
        {
            assert_eq!(meaning(value), None, "{value}");
        }
    }
}
