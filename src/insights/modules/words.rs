//! Formats days and numbers in findings.

use time::Date;

use crate::analytics::model::{Range, is_percentage};
use crate::analytics::windows::{self, Window, percent_change};
use crate::format::date;
use crate::format::number::{grouped, in_unit, tidy};

/// Formats the ISO week of a day: `2026-W48`.
pub fn week(day: i32) -> String {
    let (year, week, _) = date::of_julian(day).to_iso_week_date();
    format!("{year}-W{week:02}")
}

/// `1 day`, `2 days`
pub fn days(count: i64) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} day{s}")
}

/// Formats `Users, Revenue and Churn`. With more than `most` items, lists the first ones and counts the
/// rest.
pub fn list(items: &[String], most: usize) -> String {
    let shown = items.get(..most).unwrap_or(items);
    match (shown, items.len() - shown.len()) {
        ([], _) => String::new(),
        ([only], 0) => only.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (shown, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Returns a change in words (`up 12.3%`, `down 0.40 points`) and as a number with its unit. Changes of
/// rates are in percentage points, because a percentage of a percentage misleads.
///
/// `None` if the percentage is undefined: from zero, or across it.
pub fn change(now: f64, before: f64, unit: &str) -> Option<(String, f64, &'static str)> {
    let (size, change, unit) = difference(now, before, unit)?;
    Some((direction(change, &size), change, unit))
}

/// Like [`change`], with the size of the change instead of words: `12.3%`, `0.40 points`.
pub fn difference(now: f64, before: f64, unit: &str) -> Option<(String, f64, &'static str)> {
    if is_percentage(unit) {
        let points = windows::points(now, before);
        return Some((in_unit(points.abs(), "points"), points, "points"));
    }
    let percent = tidy(percent_change(now, before)?);
    Some((format!("{:.1}%", percent.abs()), percent, "%"))
}

/// Returns the calculation of a [`change`]: `(120 EUR − 100 EUR) ÷ 100 EUR × 100`.
pub fn formula(now: f64, before: f64, unit: &str) -> String {
    let [now_in, before_in] = [now, before].map(|n| operand(tidy(n), unit));
    match is_percentage(unit) {
        true => format!("{now_in} − {before_in}"),
        false => format!("({now_in} − {before_in}) ÷ {} × 100", in_unit(tidy(before.abs()), unit)),
    }
}

/// Formats a number of a calculation; a negative one in parentheses.
fn operand(n: f64, unit: &str) -> String {
    let text = in_unit(n, unit);
    if n < 0.0 { format!("({text})") } else { text }
}

/// Returns the calculation of a window's mean or quotient: `3,600 EUR ÷ 30 days`, `90 ÷ 3,600 × 100`.
pub fn quotient(sum: &str, by: f64, scale: f64) -> String {
    let scale = if scale == 1.0 { String::new() } else { format!(" × {}", grouped(scale)) };
    format!("{sum} ÷ {}{scale}", grouped(tidy(by)))
}

fn direction(change: f64, size: &str) -> String {
    if !size.contains(|c: char| c.is_ascii_digit() && c != '0') {
        "unchanged".to_owned()
    } else if change > 0.0 {
        format!("up {size}")
    } else {
        format!("down {size}")
    }
}

/// Formats `28 of 30 days known`; `None` if all are known.
pub fn known(window: &Window) -> Option<String> {
    (!window.is_whole()).then(|| format!("{} of {} days known", window.known, window.days()))
}

/// Formats ` (words)`; empty for `None`.
pub fn aside(words: Option<String>) -> String {
    words.map(|words| format!(" ({words})")).unwrap_or_default()
}

/// Returns the path of a metric's chart in the shortest range that contains `first`.
pub fn source(measure: &str, first: i32, today: Date) -> String {
    let back = today.to_julian_day() - first + 1;
    let holds = |range: &Range| range.days().is_none_or(|days| i64::from(back) <= days);
    let range = Range::ALL.into_iter().find(holds).unwrap_or(Range::All);
    format!("/analytics?metric={measure}&range={}#trend", range.slug())
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_week_has_the_year_that_it_counts_to() {
        let week = |date: Date| week(date.to_julian_day());
        assert_eq!(week(date!(2026 - 11 - 25)), "2026-W48");
        assert_eq!(week(date!(2027 - 01 - 01)), "2026-W53");
    }

    #[test]
    fn a_change_has_words_and_a_number() {
        assert_eq!(change(112.3, 100.0, "EUR").map(|it| it.0), Some("up 12.3%".into()));
        assert_eq!(
            change(90.0, 100.0, "").map(|it| (it.0, it.1, it.2)),
            Some(("down 10.0%".into(), -10.0, "%"))
        );
        assert_eq!(change(100.01, 100.0, "").map(|it| it.0), Some("unchanged".into()));
        assert_eq!(change(2.1, 2.5, "%").map(|it| it.0), Some("down 0.4\u{a0}points".into()));
        assert_eq!(change(3.4561, 2.5019, "%").map(|it| it.1), Some(0.96), "3.46 less 2.50");
        assert_eq!(change(5.0, 0.0, "EUR"), None);
        assert_eq!(change(5.0, 0.0, "%").map(|it| it.0), Some("up 5\u{a0}points".into()));
        assert_eq!(change(5.0, 4.0, "percent").map(|it| it.2), Some("points"));
    }

    #[test]
    fn a_change_shows_its_calculation() {
        assert_eq!(formula(120.0, 100.0, ""), "(120 − 100) ÷ 100 × 100");
        assert_eq!(formula(-1.0, -2.5, ""), "((−1) − (−2.50)) ÷ 2.50 × 100");
        assert_eq!(formula(3.4561, 2.5, "%"), "3.46% − 2.50%");
        assert_eq!(quotient("90", 3_600.0, 100.0), "90 ÷ 3,600 × 100");
    }

    #[test]
    fn long_lists_say_how_many_follow() {
        let items: Vec<String> = ["A", "B", "C", "D"].map(str::to_owned).to_vec();
        assert_eq!(list(&items, 4), "A, B, C and D");
        assert_eq!(list(&items, 2), "A, B and 2 more");
        assert_eq!(list(&items[..1], 3), "A");
        assert_eq!(list(&[], 3), "");
    }

    #[test]
    fn a_number_links_to_the_shortest_chart_that_contains_it() {
        let today = date!(2026 - 11 - 25);
        let day = today.to_julian_day();
        assert_eq!(source("revenue", day - 29, today), "/analytics?metric=revenue&range=30#trend");
        assert_eq!(source("churn", day - 400, today), "/analytics?metric=churn&range=all#trend");
    }
}
