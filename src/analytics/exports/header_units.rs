//! The units that headers name: currencies, thousands and millions, and other words in brackets.

use super::months::plain;
use super::numerals;
use super::words::is;

/// Words that say how numbers are counted only in brackets: `Ventas (miles €)`, but not `Miles`.
const THOUSANDS_IN_BRACKETS: [&str; 14] = [
    "k",
    "000",
    "x1000",
    "miles",
    "milliers",
    "migliaia",
    "mila",
    "mil",
    "milhares",
    "tausend",
    "duizend",
    "duizenden",
    "thds",
    "ths",
];
const MILLIONS_IN_BRACKETS: [&str; 3] = ["m", "mm", "mln"];

/// Returns 1,000 or 1,000,000 if a header says that its numbers are counted in them.
pub fn scale(name: &str) -> Option<u32> {
    let name = plain(name);
    let parts: Vec<&str> = symbols_and_words(&name).collect();
    let has = |meaning: &str| parts.iter().any(|word| is(meaning, word));
    let inside = in_brackets(&name);
    let inside: Vec<&str> =
        symbols_and_words(&inside).map(|word| word.trim_matches(is_symbol)).collect();
    let is_inside = |words: &[&str]| inside.iter().any(|word| words.contains(word));
    if has("thousands") || is_inside(&THOUSANDS_IN_BRACKETS) || name.contains("'000") {
        return Some(1_000);
    }
    (has("millions") || is_inside(&MILLIONS_IN_BRACKETS)).then_some(1_000_000)
}

/// Splits a text into words, with the symbols of currencies as parts of them.
fn symbols_and_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || is_symbol(c))).filter(|word| !word.is_empty())
}

/// Words in brackets that leave a metric what it is, besides currencies and scales.
const UNITS: [&str; 27] = [
    "utc", "gmt", "net", "netto", "neto", "neta", "netas", "nette", "nettes", "gross", "brutto",
    "bruto", "bruta", "brutas", "brut", "brute", "brutes", "lordo", "lorde", "total", "gesamt",
    "ht", "ttc", "in", "en", "x", "1",
];

/// Returns whether the brackets of a header say more than a unit, so that it may name something else than the metric:
/// `Revenue (forecast)`, `Users (new)`, and amounts under a count: `Orders (EUR)`.
pub fn says_more(name: &str, is_money: bool) -> bool {
    let name = plain(name);
    if !is_money && !currencies(&name).is_empty() {
        return true;
    }
    let scales = scale(&name).is_some();
    let is_scale = |word: &str| {
        let word = word.trim_matches(is_symbol);
        is("thousands", word)
            || is("millions", word)
            || THOUSANDS_IN_BRACKETS.contains(&word)
            || MILLIONS_IN_BRACKETS.contains(&word)
            || word == "s" && name.contains("000")
    };
    let inside = in_brackets(&name);
    let is_unit = |word: &str| {
        UNITS.contains(&word)
            || !currencies(word).is_empty()
            || word.chars().all(is_symbol)
            || scales && is_scale(word)
            || word == "us"
    };
    inside.contains('%') || symbols_and_words(&inside).any(|word| !is_unit(word))
}

/// Returns the currencies that a header names in any of its words: `revenue_usd`, `Sales $`, `Umsatz (T€)`.
pub fn currencies(name: &str) -> Vec<&'static str> {
    let name = plain(name);
    let named = |word: &str| match word {
        "euro" | "euros" | "keur" | "teur" | "meur" => Some("EUR"),
        "dollar" | "dollars" => Some("$"),
        "kusd" => Some("USD"),
        "pound" | "pounds" | "sterling" => Some("GBP"),
        "franken" | "francs" => Some("CHF"),
        "kronor" | "kroner" => Some("kr"),
        "yen" => Some("¥"),
        "rupees" => Some("INR"),
        "zloty" => Some("PLN"),
        _ => None,
    };
    let of = |word: &str| {
        numerals::currency(word).or_else(|| named(word)).or_else(|| {
            let symbol = word.chars().find(|c| is_symbol(*c))?;
            numerals::currency(symbol.encode_utf8(&mut [0; 4]))
        })
    };
    symbols_and_words(&name).filter_map(of).collect()
}

fn is_symbol(c: char) -> bool {
    c == '$' || (!c.is_ascii() && numerals::currency(c.encode_utf8(&mut [0; 4])).is_some())
}

/// Returns what stands in brackets, separated by spaces.
fn in_brackets(name: &str) -> String {
    let mut depth = 0_u32;
    let inside = name.chars().filter_map(|c| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            c => return (depth > 0).then_some(c),
        }
        Some(' ')
    });
    inside.collect()
}
