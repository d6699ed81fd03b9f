//! Reads a metric's period in one sentence: `Revenue was $12,345 in the 30 days to 26 Nov, 8% above the 30
//! days before.`
//!
//! The windows and the comparison are those of the facts (`facts::numbers`), so the sentence and an adviser
//! state the same numbers.

use time::Date;

use super::model::{Aggregation, Grain, Measure, Range};
use super::series::Point;
use super::windows::{Daily, Window, percent_change, points};
use crate::format::amount::{amount, rounded};
use crate::format::date;
use crate::format::number::{fixed, grouped, shown, tidy};

/// Smaller changes in percent are not stated.
const LEAST_CHANGE: f64 = 0.05;

/// Returns the sentence for the range that ends with the newest complete day. `whole` holds the complete days,
/// oldest first. `None` without any.
pub fn read(measure: &Measure, whole: Daily<'_>, range: Range, today: Date) -> Option<String> {
    let ((first, _), (newest, _)) = (*whole.points.first()?, *whole.points.last()?);
    let year = today.year();
    let Some(days) = range.days().and_then(|days| i32::try_from(days).ok()) else {
        let all = whole.window(newest, newest - first + 1)?;
        let from = if first == newest { "on" } else { "from" };
        let known = match all.is_whole() {
            true => String::new(),
            false => format!(" ({} of {} days have values)", all.known, newest - first + 1),
        };
        if measure.aggregation == Aggregation::Last {
            return Some(format!(
                "{} at the end of {}.",
                subject(measure, &all),
                date::julian(newest)
            ));
        }
        let span = date::span(first, newest);
        return Some(format!("{} {from} {span}{known}.", subject(measure, &all)));
    };
    let to = day(newest, year);
    let name = &measure.name;
    let now = whole.window(newest, days)?;
    if measure.aggregation == Aggregation::Last {
        return Some(level(measure, whole, &now, year));
    }
    if !now.is_telling() {
        return Some(format!(
            "{name} has values for only {} of the {days} days to {to}, too few to sum up.",
            now.known
        ));
    }
    let known = match now.is_whole() {
        true => String::new(),
        false => format!(" ({} of {days} days have values)", now.known),
    };
    let head = format!("{} in the {days} days to {to}{known}", subject(measure, &now));
    Some(match whole.telling(newest - days, days) {
        Some(before) => {
            format!("{head}, {} the {days} days before.", compared(measure, &now, &before))
        }
        None => format!("{head}. The {days} days before have too few values to compare."),
    })
}

/// Returns the sentence for the newest of a metric's longer periods, oldest first: `Payroll was €12,000 in October 2026, 20%
/// above September 2026.` `None` without any.
pub fn read_period(measure: &Measure, grain: Grain, points: &[Point]) -> Option<String> {
    let ((newest, value), name) = (*points.last()?, &measure.name);
    let newest = date::of_julian(newest);
    let the = if grain == Grain::Week { "the " } else { "" };
    let of = |first: Date| format!("{the}{}", grain.label(first));
    let head = format!("{name} was {} in {}", amount(value, &measure.unit), of(newest));
    let before = grain.previous(newest)?;
    let at = points.binary_search_by_key(&before.to_julian_day(), |(first, _)| *first);
    let Some((_, earlier)) = at.ok().and_then(|at| points.get(at)) else {
        return Some(format!("{head}."));
    };
    let whole = |value: f64| Window {
        first: 0,
        last: 0,
        known: 1,
        sum: value,
        weight: 1.0,
        end: (0, value),
    };
    let told = compared(measure, &whole(value), &whole(*earlier));
    let told = told.replace("after a daily mean of ", "after ");
    let told = told.strip_suffix(" at").map(|told| format!("{told} in")).unwrap_or(told);
    Some(format!("{head}, {told} {}.", of(before)))
}

/// Formats `Cash was 48,000 EUR at the end of 26 Nov, 8% below the end of 27 Oct.`
fn level(measure: &Measure, whole: Daily<'_>, now: &Window, year: i32) -> String {
    let head = format!("{} at the end of {}", subject(measure, now), day(now.end.0, year));
    match whole.window(now.first - 1, now.days()) {
        Some(before) => {
            let compared = compared(measure, now, &before);
            format!("{head}, {compared} the end of {}.", day(before.end.0, year))
        }
        None => format!("{head}. The {} days before have no value to compare.", now.days()),
    }
}

/// Formats `26 Nov`, with the year if it is another than the current one.
fn day(julian: i32, year: i32) -> String {
    let text = date::julian(julian);
    text.strip_suffix(&format!(" {year}")).unwrap_or(&text).to_owned()
}

/// Formats `Revenue was $12,345`. Visitors of several days would be counted twice in a total, so they are averaged.
fn subject(measure: &Measure, window: &Window) -> String {
    let Measure { name, unit, aggregation, is_count, .. } = measure;
    let value = tidy(window.value(*aggregation));
    let mean = shown(value);
    match aggregation {
        Aggregation::Sum if *is_count => format!("{name} came to {}", grouped(value)),
        Aggregation::Sum => format!("{name} was {}", rounded(value, unit)),
        Aggregation::Last => format!("{name} was {}", amount(value, unit)),
        Aggregation::Mean => format!("{name} averaged {}", amount(mean, unit)),
        Aggregation::Distinct => {
            let mean = if mean >= 10.0 { mean.round() } else { mean };
            format!("{name} averaged {} a day", amount(mean, unit))
        }
    }
}

/// Formats the words before "the 30 days before": `8% above`, `about the same as in`.
fn compared(measure: &Measure, now: &Window, before: &Window) -> String {
    let is_level = measure.aggregation == Aggregation::Last;
    let [mean, mean_before] = [now, before].map(|it| it.level(measure.aggregation));
    let is_whole = now.is_whole() && before.is_whole();
    let by_mean = if is_whole || is_level { "" } else { "by daily mean " };
    if measure.is_percentage() {
        return match points(mean, mean_before) {
            0.0 => "the same as in".to_owned(),
            change => format!("{by_mean}{} points {}", grouped(change.abs()), side(change)),
        };
    }
    match percent_change(mean, mean_before) {
        Some(change) if change.abs() < LEAST_CHANGE => "about the same as in".to_owned(),
        Some(change) => format!("{by_mean}{}% {}", size(change.abs()), side(change)),
        None if mean == mean_before => "the same as in".to_owned(),
        None if is_level => format!("after {} at", amount(mean_before, &measure.unit)),
        None => {
            format!("after a daily mean of {} in", rounded(shown(tidy(mean_before)), &measure.unit))
        }
    }
}

fn side(change: f64) -> &'static str {
    if change > 0.0 { "above" } else { "below" }
}

/// Formats a percentage as briefly as it stays telling: `8.2`, `8`, `12`.
fn size(percent: f64) -> String {
    let text = fixed(percent, if percent < 9.95 { 1 } else { 0 });
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::series::Point;

    const NEWEST: i32 = 2_461_371; // 26 Nov 2026

    fn measure(slug: &str, unit: &str) -> Measure {
        Measure {
            slug: slug.to_owned(),
            name: slug[..1].to_uppercase() + &slug[1..],
            unit: unit.to_owned(),
            higher_is_better: true,
            is_count: unit.is_empty(),
            aggregation: match slug {
                "users" => Aggregation::Distinct,
                "revenue" | "sessions" => Aggregation::Sum,
                "cash" => Aggregation::Last,
                _ => Aggregation::Mean,
            },
            ..Measure::default()
        }
    }

    fn days(count: i32, value: impl Fn(i32) -> Option<f64>) -> Vec<Point> {
        (0..count).rev().filter_map(|ago| Some((NEWEST - ago, value(ago)?))).collect()
    }

    fn month(measure: &Measure, whole: &[Point]) -> String {
        told(measure, whole, Range::Month).unwrap_or_default()
    }

    fn told(measure: &Measure, whole: &[Point], range: Range) -> Option<String> {
        let today = date::of_julian(NEWEST + 1);
        read(measure, Daily::plain(whole, measure.aggregation), range, today)
    }

    #[test]
    fn a_level_is_told_by_its_end_and_compared_with_the_end_before() {
        let cash = measure("cash", "USD");
        let weekly = |ago: i32| (ago % 7 == 0).then(|| 40_000.0 + 250.0 * f64::from(ago));
        assert_eq!(
            month(&cash, &days(90, weekly)),
            "Cash was $40,000 at the end of 26 Nov, 18% below the end of 22 Oct."
        );
        let all = told(&cash, &days(90, weekly), Range::All);
        assert_eq!(all.as_deref(), Some("Cash was $40,000 at the end of 26 Nov 2026."));
        let young = month(&cash, &days(20, weekly));
        assert!(young.ends_with("have no value to compare."), "{young}");
    }

    #[test]
    fn a_total_is_compared_with_the_days_before() {
        let revenue = measure("revenue", "USD");
        let grown = days(60, |ago| Some(if ago < 30 { 411.5 } else { 381.0 }));
        assert_eq!(
            month(&revenue, &grown),
            "Revenue was $12,345 in the 30 days to 26 Nov, 8% above the 30 days before."
        );
        let fallen = days(60, |ago| Some(if ago < 30 { 50.0 } else { 100.0 }));
        assert_eq!(
            month(&measure("sessions", ""), &fallen),
            "Sessions came to 1,500 in the 30 days to 26 Nov, 50% below the 30 days before."
        );
        assert_eq!(
            month(&measure("users", ""), &days(60, |_| Some(41.2))),
            "Users averaged 41 a day in the 30 days to 26 Nov, about the same as in the 30 days before."
        );
    }

    #[test]
    fn the_newest_month_is_compared_with_the_one_before() {
        let point = |month: time::Month, value| {
            let first = Date::from_calendar_date(2026, month, 1).unwrap_or(Date::MIN);
            (first.to_julian_day(), value)
        };
        let (september, october) = (time::Month::September, time::Month::October);
        let told = |points: &[Point]| read_period(&measure("payroll", "EUR"), Grain::Month, points);
        assert_eq!(
            told(&[point(september, 10_000.0), point(october, 12_000.0)]).as_deref(),
            Some("Payroll was €12,000 in October 2026, 20% above September 2026.")
        );
        assert_eq!(
            told(&[point(september, 0.0), point(october, 12_000.0)]).as_deref(),
            Some("Payroll was €12,000 in October 2026, after €0 in September 2026.")
        );
        let alone = [point(time::Month::August, 9_000.0), point(october, 12_000.0)];
        assert_eq!(told(&alone).as_deref(), Some("Payroll was €12,000 in October 2026."));
        assert_eq!(told(&[]), None);
    }

    #[test]
    fn a_percentage_changes_in_points() {
        let churn = days(60, |ago| Some(if ago < 30 { 2.1 } else { 2.5 }));
        assert_eq!(
            month(&measure("churn", "%"), &churn),
            "Churn averaged 2.10% in the 30 days to 26 Nov, 0.4 points below the 30 days before."
        );
    }

    #[test]
    fn missing_days_are_stated_and_never_count_as_zero() {
        let revenue = measure("revenue", "USD");
        let gappy = days(60, |ago| (ago >= 30 || ago % 10 != 5).then_some(100.0));
        assert_eq!(
            month(&revenue, &gappy),
            "Revenue was $2,700 in the 30 days to 26 Nov (27 of 30 days have values), about the same as in the 30 days before."
        );
        let grown = days(60, |ago| (ago % 10 != 5).then_some(if ago < 30 { 120.0 } else { 100.0 }));
        let text = month(&revenue, &grown);
        assert!(
            text.ends_with("have values), by daily mean 20% above the 30 days before."),
            "{text}"
        );
        let sparse = days(60, |ago| (ago % 3 == 0).then_some(100.0));
        assert_eq!(
            month(&revenue, &sparse),
            "Revenue has values for only 10 of the 30 days to 26 Nov, too few to sum up."
        );
        let young = days(30, |_| Some(100.0));
        assert!(month(&revenue, &young).ends_with("days before have too few values to compare."));
    }

    #[test]
    fn a_change_from_zero_has_no_percentage() {
        let started = days(60, |ago| Some(if ago < 30 { 10.0 } else { 0.0 }));
        assert_eq!(
            month(&measure("revenue", "USD"), &started),
            "Revenue was $300 in the 30 days to 26 Nov, after a daily mean of $0 in the 30 days before."
        );
    }

    #[test]
    fn all_days_are_summed_up_without_a_comparison() {
        let text = told(&measure("revenue", "USD"), &days(400, |_| Some(1.0)), Range::All);
        assert_eq!(text.as_deref(), Some("Revenue was $400 from 23 Oct 2025 to 26 Nov 2026."));
        assert_eq!(told(&measure("revenue", ""), &[], Range::All), None);
    }
}
