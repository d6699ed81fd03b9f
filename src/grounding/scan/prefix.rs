//! Reads what precedes the digits of a number: sign, currency and rounding marks.

use super::near::is_gap;
use super::{Hedge, Sign, arrow, words};

pub(super) struct Prefix {
    pub start: usize,
    pub sign: Option<Sign>,
    pub money: Option<String>,
    pub hedge: Option<Hedge>,
    /// Whether the number is an identifier: `#3`.
    pub names: bool,
}

pub(super) fn prefix(text: &str, digits: usize, floor: usize) -> Prefix {
    let mut prefix = Prefix { start: digits, sign: None, money: None, hedge: None, names: false };
    for _ in 0..5 {
        let rest = &text[floor.min(prefix.start)..prefix.start];
        let Some(c) = rest.chars().next_back() else { break };
        let at = prefix.start - c.len_utf8();
        let outside = text[..at].chars().next_back();
        let opens = outside.is_none_or(|c| c.is_whitespace() || "([{|:~≈/„“\"".contains(c));
        let after_money = outside.is_some_and(|c| money_sign(c).is_some());
        if is_gap(c) {
            // Crosses the gap only if what precedes it belongs to the number.
            let marks = |c: char| c == '−' || "~≈≃∼".contains(c) || arrow(c).is_some();
            let belongs = outside.is_some_and(|c| marks(c) || money_sign(c).is_some());
            if belongs && at > floor {
                prefix.start = at;
            } else if prefix.money.is_none()
                && let Some((code, start)) = code_before(text, at)
                && start >= floor
            {
                (prefix.money, prefix.start) = (Some(code), start);
            } else {
                break;
            }
        } else if let Some(code) = money_sign(c) {
            prefix.money = Some(code.to_owned());
            let letters = text[floor..at].len()
                - text[floor..at].trim_end_matches(|c: char| c.is_ascii_uppercase()).len();
            // `US$`, `R$`
            prefix.start = if letters <= 3 { at - letters } else { at };
        } else if matches!(c, '-' | '−' | '–' | '+') && (opens || after_money) {
            prefix.sign = Some(if c == '+' { Sign::Plus } else { Sign::Minus });
            prefix.start = at;
        } else if let Some(sign) = arrow(c) {
            prefix.sign = prefix.sign.or(Some(sign));
            prefix.start = at;
        } else if "~≈≃∼±".contains(c) {
            prefix.hedge = Some(Hedge::About);
            break;
        } else if matches!(c, '<' | '≤') {
            prefix.hedge = Some(Hedge::Below);
            break;
        } else if matches!(c, '>' | '≥') {
            prefix.hedge = Some(Hedge::Above);
            break;
        } else if matches!(c, '#' | '№' | '§') {
            prefix.names = true;
            break;
        } else if c.is_alphabetic() && prefix.money.is_none() {
            if let Some((code, start)) = code_before(text, prefix.start)
                && start >= floor
            {
                (prefix.money, prefix.start) = (Some(code), start);
            }
            break;
        } else {
            break;
        }
    }
    // Give back gaps that led to nothing.
    let taken = &text[prefix.start..digits];
    prefix.start += taken.len() - taken.trim_start_matches(is_gap).len();
    prefix
}

/// Returns the currency code that ends at `at`, and its start.
pub(super) fn code_before(text: &str, at: usize) -> Option<(String, usize)> {
    let behind = text[..at].trim_end_matches('.');
    let letters = behind.len() - behind.trim_end_matches(char::is_alphabetic).len();
    let start = behind.len() - letters;
    let word = &behind[start..];
    if words::CODES.contains(word) {
        return Some((word.to_owned(), start));
    }
    let short = ["Rs", "Fr", "SFr", "Kč", "kr", "Kr", "zł"].contains(&word);
    let code = words::MONEY.get(word.to_lowercase().as_str()).filter(|_| short)?;
    Some(((*code).to_owned(), start))
}

pub(super) fn money_sign(c: char) -> Option<&'static str> {
    words::SIGNS.iter().find(|(sign, _)| *sign == c).map(|(_, code)| *code)
}
