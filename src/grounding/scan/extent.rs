//! Finds where digits end, and which digits are not a number of their own.

use super::near::{DASHES, SPACES, before, is_cjk, is_gap};
use super::prefix::code_before;

/// Whole numbers with at least this many digits are identifiers.
const ID_DIGITS: usize = 9;

const YEARS: std::ops::RangeInclusive<f64> = 1900.0..=2100.0;

/// Whether the digits belong to a name: `Q3`, `B2B`, `v2.1`, `COVID-19`, `K.revenue.30d`.
pub(super) fn is_attached(text: &str, digit: usize) -> bool {
    let Some(c) = before(text, digit) else { return false };
    if is_cjk(c) {
        return false;
    }
    if c.is_alphabetic() || c == '_' {
        return code_before(text, digit).is_none();
    }
    // `dell’11,6 %`
    let is_elided = matches!(c, '\'' | '’')
        && ELIDED.contains(&letters_before(text, digit - c.len_utf8()).to_lowercase().as_str());
    let joins = matches!(c, '.' | '\'' | '’' | '_') && !is_elided || DASHES.contains(&c);
    joins && before(text, digit - c.len_utf8()).is_some_and(|c| c.is_alphabetic() || c == ']')
}

/// Articles and prepositions before an apostrophe.
const ELIDED: [&str; 9] = ["dell", "all", "dall", "nell", "sull", "l", "d", "un", "qu"];

fn letters_before(text: &str, at: usize) -> &str {
    let rest = &text[..at];
    &rest[rest.trim_end_matches(char::is_alphabetic).len()..]
}

/// Returns the end of the name that continues at `at`.
pub(super) fn name_end(text: &str, at: usize) -> usize {
    let mut end = at;
    for (offset, c) in text[at..].char_indices() {
        let joins = matches!(c, '.' | '-' | '_' | '/' | ':' | ',' | '\'');
        if !c.is_alphanumeric() && !joins || is_cjk(c) {
            break;
        }
        if c.is_alphanumeric() {
            end = at + offset + c.len_utf8();
        }
    }
    end
}

/// Returns the end of the digits that begin at `start`, including separators.
pub(super) fn digits_end(text: &str, start: usize) -> usize {
    let digits = |at: usize| text[at..].bytes().take_while(u8::is_ascii_digit).count();
    let mut group = digits(start);
    let mut end = start + group;
    let mut is_grouped = false;
    let mut has_decimals = false;
    while let Some(mark) = text[end..].chars().next() {
        let next = end + mark.len_utf8();
        let following = digits(next);
        let is_group = following == 3 && (group <= 3 && !is_grouped || is_grouped && group == 3);
        let goes_on = match mark {
            '.' | ',' => following > 0,
            '\'' | '’' => is_group,
            c if SPACES.contains(&c) => {
                is_group && !has_decimals && !text[start..].starts_with('0')
            }
            _ => false,
        };
        if !goes_on {
            break;
        }
        is_grouped = is_group;
        has_decimals |= matches!(mark, '.' | ',') && following != 3;
        group = following;
        end = next + following;
    }
    end
}

/// Returns the end of a date, time, ratio or phone number: `2026-10-31`, `31/10`, `9:30`, `24/7`,
/// `030-123-456`. `None` for a plain number.
pub(super) fn composite_end(text: &str, start: usize, end: usize) -> Option<usize> {
    let joined = |at: usize, marks: &[char]| {
        let mark = text[at..].chars().next().filter(|c| marks.contains(c))?;
        let next = at + mark.len_utf8();
        text[next..].starts_with(|c: char| c.is_ascii_digit()).then_some(next)
    };
    let run = |marks: &[char]| {
        let (mut at, mut joints) = (end, 0);
        while let Some(next) = joined(at, marks) {
            at = next + text[next..].bytes().take_while(u8::is_ascii_digit).count();
            joints += 1;
        }
        (joints > 0).then_some((at, joints))
    };
    if let Some(end) = phone_end(text, start) {
        return Some(end);
    }
    if let Some((at, _)) = run(&['/', ':', '\\']) {
        return Some(name_end(text, at));
    }
    let (at, joints) = run(&['-', '‑', '–'])?;
    let (first, second) = (&text[start..end], text[end..at].trim_start_matches(['-', '‑', '–']));
    // `2026-10`, `2025–26`, `2025–2028`
    let is_dated = year(first) && (second.len() == 2 || year(second));
    (joints > 1 || is_dated || is_name(first)).then_some(at)
}

/// Returns the end of a phone number: `+49 30 1234567`, `0800 123 456`. After a plus, groups of three are a
/// formatted number, not a phone number.
fn phone_end(text: &str, start: usize) -> Option<usize> {
    let digits = |at: usize| text[at..].bytes().take_while(u8::is_ascii_digit).count();
    let first = digits(start);
    let is_local = first > 1 && text[start..].starts_with('0');
    if !is_local && before(text, start) != Some('+') {
        return None;
    }
    let (mut end, mut count, mut in_threes) = (start + first, first, true);
    while let Some(mark) = text[end..].chars().next().filter(|c| is_gap(*c) || "-/()".contains(*c))
    {
        let next = end + mark.len_utf8();
        let following = digits(next);
        if following == 0 {
            break;
        }
        (end, count) = (next + following, count + following);
        in_threes &= following == 3;
    }
    (count >= 7 && end > start + first && (is_local || !in_threes)).then_some(end)
}

pub(super) fn year(digits: &str) -> bool {
    digits.len() == 4 && digits.parse::<f64>().is_ok_and(|n| YEARS.contains(&n))
}

/// Whether these digits identify something rather than count it.
pub(super) fn is_name(raw: &str) -> bool {
    let all_digits = raw.bytes().all(|b| b.is_ascii_digit());
    let led_by_zero = raw.len() > 1 && raw.starts_with('0') && all_digits;
    led_by_zero || all_digits && raw.len() >= ID_DIGITS
}
