#![allow(clippy::unwrap_used)]

use super::*;
use crate::insights::model::Basis;
use crate::insights::modules::testing::{days, history, sentences, steady};

fn pulse(series: &[(&str, Vec<(i32, f64)>)]) -> Option<Finding> {
    let mut findings = GrowthPulse.examine(&history(series));
    assert!(findings.len() <= 1);
    findings.pop()
}

/// Returns three values: one for the newest 30 days, one for the 30 days before, and one a year earlier.
fn months(now: f64, before: f64, year_ago: f64) -> Vec<(i32, f64)> {
    [steady(394, 365, year_ago), steady(59, 30, before), steady(29, 0, now)].concat()
}

fn numbers(basis: &[Basis]) -> Vec<(String, f64, &str)> {
    let round = |value: f64| (value * 1e6).round() / 1e6;
    basis.iter().map(|it| (it.measure.clone(), round(it.value), it.unit.as_str())).collect()
}

#[test]
fn a_month_is_compared_with_the_one_before_and_the_same_days_a_year_ago() {
    let finding = pulse(&[("revenue", months(120.0, 100.0, 80.0))]).unwrap();
    assert_eq!(
        sentences(&finding),
        [
            "Revenue averaged 120 EUR a day from 27 Oct to 25 Nov 2026: up 20.0% against the 30 days before (100 EUR \
             a day, 27 Sep to 26 Oct 2026); up 50.0% against the same days a year earlier (80 EUR a day, 27 Oct to 25 \
             Nov 2025).",
            "Revenue: up 20.0% in the 30 days from 27 Oct to 25 Nov 2026 against the 30 days before.",
        ]
    );
    assert_eq!(finding.severity, Severity::Info);
    assert_eq!(finding.subject, "2026-W48");
    assert_eq!(
        numbers(&finding.basis),
        [120.0, 20.0, 100.0, 50.0, 80.0]
            .into_iter()
            .zip(["EUR", "%", "EUR", "%", "EUR"])
            .map(|(value, unit)| ("revenue".to_owned(), value, unit))
            .collect::<Vec<_>>()
    );
    let last = &finding.basis[4];
    assert_eq!(last.label, "Revenue, mean a day, 27 Oct to 25 Nov 2025");
    assert_eq!(last.span, ("2025-10-27".to_owned(), "2025-11-25".to_owned()));
    assert_eq!(last.source, "/analytics?metric=revenue&range=all#trend");
    assert_eq!(finding.basis[0].source, "/analytics?metric=revenue&range=30#trend");
}

#[test]
fn rates_are_of_sums_and_change_in_points() {
    // A rate of 2.5 %, then 2 %, in a window of 3,600 sessions each.
    let sessions = days(59, 0, |back| Some(if back % 2 == 0 { 200.0 } else { 40.0 }));
    let conversions = days(59, 0, |back| {
        let rate = if back < 30 { 0.025 } else { 0.02 };
        Some(rate * if back % 2 == 0 { 200.0 } else { 40.0 })
    });
    let users = steady(59, 0, 30.0);
    let revenue = months(120.0, 90.0, 0.0);
    let finding = pulse(&[
        ("sessions", sessions),
        ("conversions", conversions),
        ("users", users),
        ("revenue", revenue),
    ])
    .unwrap();
    let told = sentences(&finding);
    let find = |name: &str| told.iter().find(|text| text.starts_with(name)).unwrap().clone();
    assert_eq!(
        find("Conversion rate"),
        "Conversion rate was 2.50% from 27 Oct to 25 Nov 2026: up 0.5 points against the 30 days before (2%, 27 Sep \
         to 26 Oct 2026)."
    );
    assert_eq!(
        find("Revenue per user and day"),
        "Revenue per user and day was 4 EUR from 27 Oct to 25 Nov 2026: up 33.3% against the 30 days before (3 EUR, 27 Sep to \
         26 Oct 2026)."
    );
    let points = finding.basis.iter().find(|basis| basis.unit == "points").unwrap();
    assert!((points.value - 0.5).abs() < 1e-9, "{points:?}");
    assert_eq!(points.label, "Conversion rate, change against the 30 days before");
}

#[test]
fn a_decrease_is_graded_by_size_and_listed_first() {
    for (now, severity) in [
        (95.0, Severity::Info),
        (88.0, Severity::Notice),
        (70.0, Severity::Warning),
        (40.0, Severity::Critical),
    ] {
        let finding = pulse(&[("revenue", months(now, 100.0, 0.0))]).unwrap();
        assert_eq!(finding.severity, severity, "{now}");
    }
    let finding =
        pulse(&[("revenue", months(110.0, 100.0, 0.0)), ("users", months(50.0, 100.0, 0.0))])
            .unwrap();
    assert_eq!(finding.severity, Severity::Warning, "only revenue is critical");
    assert!(finding.summary.starts_with("Users: down 50.0%"), "{}", finding.summary);
    assert!(
        finding
            .summary
            .ends_with(" against the 30 days before; Revenue: up 10.0% in the same days."),
        "one sentence: {}",
        finding.summary
    );
}

#[test]
fn a_month_and_a_week_that_disagree_are_told_in_one_sentence() {
    let turned = days(59, 0, |back| match back {
        0..7 => Some(80.0),
        7..30 => Some(120.0),
        _ => Some(95.0),
    });
    let finding = pulse(&[("revenue", turned)]).unwrap();
    assert_eq!(
        finding.summary,
        "Revenue: up 16.5% in the 30 days from 27 Oct to 25 Nov 2026, but down 33.3% in the last 7 of them, each \
         compared with the period before it."
    );
    assert_eq!((finding.severity, finding.highlights.len()), (Severity::Warning, 2));
    let falling = days(59, 0, |back| Some(if back < 7 { 50.0 } else { 100.0 }));
    assert!(!pulse(&[("revenue", falling)]).unwrap().summary.contains("but"), "both fell");
}

#[test]
fn an_increase_of_a_lower_is_better_metric_is_worse() {
    let severity = |slug, now| {
        let revenue = months(100.0, 100.0, 100.0);
        pulse(&[("revenue", revenue), (slug, months(now, 2.0, 0.0))]).unwrap().severity
    };
    assert_eq!(severity("low-churn", 4.0), Severity::Warning);
    assert_eq!(severity("low-churn", 1.0), Severity::Info);
    assert_eq!(severity("mood", 1.0), Severity::Warning);
    assert_eq!(severity("mood", 4.0), Severity::Info);
}

#[test]
fn custom_metrics_are_reported_only_when_they_change() {
    let told = |now| {
        let revenue = months(100.0, 100.0, 100.0);
        let finding = pulse(&[("revenue", revenue), ("mood", months(now, 2.0, 2.0))]).unwrap();
        sentences(&finding).into_iter().find(|text| text.starts_with("MOOD"))
    };
    assert_eq!(told(2.0), None);
    assert_eq!(
        told(4.0).unwrap(),
        "MOOD averaged 4 from 27 Oct to 25 Nov 2026: up 100.0% against the 30 days before (2, 27 Sep to 26 Oct 2026); up \
         100.0% against the same days a year earlier (2, 27 Oct to 25 Nov 2025)."
    );
}

#[test]
fn changes_within_the_daily_scatter_raise_no_alarm() {
    // The daily values alternate by ±40 while the month is down 12 %.
    let noisy = days(59, 0, |back| {
        let level = if back < 30 { 88.0 } else { 100.0 };
        Some(level + if back % 2 == 0 { 40.0 } else { -40.0 })
    });
    let finding = pulse(&[("revenue", noisy)]).unwrap();
    assert_eq!(finding.severity, Severity::Info);
    assert!(finding.summary.contains("down 12.0%"), "it is told all the same: {}", finding.summary);
}

#[test]
fn a_single_outlier_raises_no_alarm() {
    // A typing error raises the mean of the preceding month by a third.
    let slipped = days(59, 0, |back| Some(if back == 40 { 1_100.0 } else { 100.0 }));
    let finding = pulse(&[("revenue", slipped)]).unwrap();
    assert_eq!(finding.severity, Severity::Info);
    assert!(finding.summary.contains("down 25.0%"), "it is told all the same: {}", finding.summary);
    // A real fall of a fifth next to the typing error is still graded.
    let fallen = days(59, 0, |back| match back {
        40 => Some(1_100.0),
        back => Some(if back < 30 { 80.0 } else { 100.0 }),
    });
    let finding = pulse(&[("revenue", fallen)]).unwrap();
    assert_eq!(finding.severity, Severity::Notice);
    assert!(finding.summary.contains("down 40.0%"), "{}", finding.summary);
}

#[test]
fn the_week_is_reported_if_notable_or_the_only_comparison() {
    let falling = days(59, 0, |back| Some(if back < 7 { 50.0 } else { 100.0 }));
    let finding = pulse(&[("revenue", falling)]).unwrap();
    let told = sentences(&finding);
    assert!(told[0].starts_with("Revenue averaged 50 EUR a day from 19 Nov to 25 Nov 2026: down 50.0% against the 7 days before (100 EUR a day, 12 Nov to 18 Nov 2026)"), "{told:?}");
    assert_eq!(finding.severity, Severity::Critical);
    let finding = pulse(&[("revenue", steady(13, 0, 100.0))]).unwrap();
    assert_eq!(
        finding.summary.replace('\u{a0}', " "),
        "Revenue: unchanged in the 7 days from 19 Nov to 25 Nov 2026 against the 7 days before."
    );
    assert_eq!(pulse(&[("revenue", steady(6, 0, 100.0))]), None, "nothing to compare with");
}

#[test]
fn a_window_with_fewer_than_half_its_days_known_is_not_reported() {
    // 15 of the newest 30 days are known, then 14.
    let known = |most: i32| {
        days(59, 0, |back| (back >= 30 || back % 2 == 0 && back < 2 * most).then_some(100.0))
    };
    let finding = pulse(&[("revenue", known(15))]).unwrap();
    assert!(finding.highlights[0].contains("(15 of 30 days known)"), "{finding:?}");
    assert!(finding.highlights[0].contains("unchanged"), "missing days are no zeros: {finding:?}");
    assert_eq!(finding.basis[0].note.as_deref(), Some("15 of 30 days known"));
    let told =
        pulse(&[("revenue", known(14))]).map(|finding| finding.highlights).unwrap_or_default();
    assert!(!told.iter().any(|text| text.contains("30 days before")), "{told:?}");
}

#[test]
fn a_change_from_zero_has_no_percentage() {
    let finding = pulse(&[("revenue", months(50.0, 0.0, -20.0))]).unwrap();
    assert_eq!(
        finding.highlights[0].replace('\u{a0}', " "),
        "Revenue averaged 50 EUR a day from 27 Oct to 25 Nov 2026: up against the 30 days before (0 EUR a day, 27 Sep \
         to 26 Oct 2026); up against the same days a year earlier (-20 EUR a day, 27 Oct to 25 Nov 2025)."
            .replace('-', "−")
    );
    assert_eq!(finding.basis.len(), 3);
    let users = steady(59, 0, 0.0);
    let finding = pulse(&[("revenue", months(50.0, 50.0, 50.0)), ("users", users)]).unwrap();
    assert!(
        !sentences(&finding).iter().any(|text| text.starts_with("Revenue per user and day")),
        "nobody to divide by"
    );
}

#[test]
fn old_observations_are_not_reported() {
    assert!(pulse(&[("revenue", steady(120, 31, 100.0))]).is_some());
    assert_eq!(pulse(&[("revenue", steady(120, 32, 100.0))]), None);
}
