//! What the texts of a status or a type say about their rows.

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

/// Returns what a text says about its rows. `None` if a word of it is unknown: an `Airport transfer` is no transfer.
pub fn meaning(value: &str) -> Option<Meaning> {
    if value.len() > MOST_BYTES {
        return None;
    }
    let value = plain(value);
    let parts: Vec<&str> =
        value.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    // What is against a payment outweighs it: `payment failed`.
    let meanings = ["unclear", "neither", "refund", "payment", "neutral"];
    let (mut strongest, mut at) = (meanings.len(), 0);
    while at < parts.len() {
        let known = (1..=MOST_WORDS.min(parts.len() - at)).rev().find_map(|length| {
            let phrase = parts[at..at + length].join(" ");
            let is_of = |meaning: &&str| words::words(meaning).contains(&phrase.as_str());
            Some((meanings.iter().position(is_of)?, length))
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
