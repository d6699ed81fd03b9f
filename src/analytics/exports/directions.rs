//! Columns that say in one word whether money came in or went out, or whether a row is void. Every text of them is asked
//! about.

use super::numerals;
use super::words;

/// Returns whether a header names such a column.
pub fn names(name: &str) -> bool {
    let key = words::key(name);
    words::words("direction").any(|word| word == key)
}

/// Returns whether the texts of such a column tell rows apart: neither amounts nor days of payment.
pub fn are(values: &[String]) -> bool {
    let is_flag = |value: &String| matches!(value.as_str(), "0" | "1");
    !values.is_empty() && values.iter().all(|value| is_flag(value) || !numerals::is_like(value))
}
