//! How numbers and days are worded in facts.

use time::Date;

use super::text;
use crate::analytics::model::{BUILT_IN, Measure};
use crate::analytics::page::figures;
use crate::analytics::windows::Window;
use crate::platform::clock;

/// `1 Nov 2026`
pub fn day(julian: i32) -> String {
    Date::from_julian_day(julian).map(clock::human_date).unwrap_or_default()
}

/// `2026-11-01`
pub fn iso(julian: i32) -> String {
    Date::from_julian_day(julian).map(clock::iso_date).unwrap_or_default()
}

/// `30 days to 31 Oct 2026`
pub fn span(window: &Window) -> String {
    format!("{} days to {}", window.days(), day(window.last))
}

/// What a measure is called: its own name, or what the business calls it, in quotation marks.
pub fn name(measure: &Measure) -> String {
    if BUILT_IN.iter().any(|built_in| built_in.slug == measure.slug) {
        return measure.name.clone();
    }
    let better = if measure.higher_is_better { "" } else { " (less is better)" };
    format!("“{}”{better}", text::name(&measure.name))
}

/// A measure's unit. One that could be read as more of the number stands in parentheses.
pub fn unit(measure: &Measure) -> String {
    let unit = text::name(&measure.unit);
    if unit.starts_with(|c: char| c.is_numeric() || ".,'’+-−".contains(c)) {
        format!("({unit})")
    } else {
        unit
    }
}

/// `1,234.50 EUR`, `2.5%`, `12`
pub fn amount(n: f64, unit: &str) -> String {
    let space = if unit.is_empty() || unit == "%" { "" } else { " " };
    format!("{}{space}{unit}", figures::grouped(n))
}

/// The number without what adding floating-point numbers leaves behind its twelfth digit.
pub fn tidy(n: f64) -> f64 {
    format!("{n:.11e}").parse().unwrap_or(n)
}

/// Remarks in one, or none.
pub fn note(remarks: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let remarks: Vec<String> = remarks.into_iter().flatten().collect();
    (!remarks.is_empty()).then(|| remarks.join("; "))
}
