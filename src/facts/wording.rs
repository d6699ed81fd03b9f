//! Formats numbers and days for facts.

use super::model::Fact;
use super::text;
use crate::analytics::model::{BUILT_IN, Measure};
use crate::analytics::windows::Window;
use crate::format::date;
use crate::format::number;
pub use crate::format::number::tidy;
use crate::platform::clock;

/// Formats a window: `30 days to 31 Oct 2026`.
pub fn span(window: &Window) -> String {
    format!("{} days to {}", window.days(), date::julian(window.last))
}

/// Returns a metric's name: as it is for built-in metrics, in quotation marks for custom ones.
pub fn name(measure: &Measure) -> String {
    if BUILT_IN.iter().any(|built_in| built_in.slug == measure.slug) {
        return measure.name.clone();
    }
    let better = if measure.higher_is_better { "" } else { " (less is better)" };
    format!("“{}”{better}", text::name(&measure.name))
}

/// Returns a metric's unit. A unit that could be read as part of the number is put in parentheses.
pub fn unit(measure: &Measure) -> String {
    let unit = text::name(&measure.unit);
    if unit.starts_with(|c: char| c.is_numeric() || ".,'’+-−".contains(c)) {
        format!("({unit})")
    } else {
        unit
    }
}

/// Formats a value with its unit: `1,234.50 EUR`, `2.5%`, `12`.
pub fn amount(n: f64, unit: &str) -> String {
    let space = if unit.is_empty() || unit == "%" { "" } else { " " };
    format!("{}{space}{unit}", number::grouped(n))
}

/// Joins the remarks; `None` if there are none.
pub fn note(remarks: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let remarks: Vec<String> = remarks.into_iter().flatten().collect();
    (!remarks.is_empty()).then(|| remarks.join("; "))
}

/// Formats the days that a fact covers: `2 Oct to 31 Oct 2026`.
pub fn days(fact: &Fact) -> Option<String> {
    let day = |text: &str| clock::parse_date(text).map(time::Date::to_julian_day);
    let (first, last) = fact.span.as_ref()?;
    Some(date::span(day(first)?, day(last)?))
}
