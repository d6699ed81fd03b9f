#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::insights::modules::testing::{ago, days, history, sentences, steady};

fn watch(series: &[(&str, Vec<Point>)]) -> Vec<Finding> {
    AnomalyWatch.examine(&history(series))
}

/// Returns 1,000 a day, 2,000 on Saturdays (18 days ago was one), growing by one a day, with the days in
/// `odd` replaced.
fn trading(odd: &[(i32, f64)]) -> Vec<Point> {
    days(120, 0, |back| {
        let level = if back % 7 == 4 { 2_000.0 } else { 1_000.0 };
        let odd = odd.iter().find(|(day, _)| *day == back).map(|(_, value)| *value);
        Some(odd.unwrap_or(level + f64::from(120 - back)))
    })
}

#[test]
fn seasons_and_trends_are_not_anomalies() {
    assert_eq!(watch(&[("revenue", trading(&[]))]), []);
    assert_eq!(watch(&[("revenue", steady(120, 0, 500.0))]), []);
}

#[test]
fn an_anomaly_names_the_usual_value_for_its_weekday() {
    // Five days ago was a Friday. The expected value is 1,115, and the scatter is at its lower bound, a
    // twentieth of that.
    let findings = watch(&[("revenue", trading(&[(5, 446.0)]))]);
    assert_eq!(findings.len(), 1);
    let finding = &findings[0];
    assert_eq!(
        sentences(finding),
        [
            "Revenue was 446 EUR on Friday, 20 Nov 2026, 60.0% below the 1,115 EUR usual for a Friday (13 Fridays from 21 \
             Aug to 13 Nov 2026): far outside the usual range (12×).",
            "Friday, 20 Nov 2026: Revenue far below what is usual for a Friday.",
        ]
    );
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(finding.subject, "2026-11-20");
    let told: Vec<(f64, &str)> =
        finding.basis.iter().map(|it| ((it.value * 1e6).round() / 1e6, it.unit.as_str())).collect();
    assert_eq!(told, [(446.0, "EUR"), (-60.0, "%"), (1_115.0, "EUR"), (12.0, "")]);
    assert_eq!(finding.basis[2].span, ("2026-08-21".to_owned(), "2026-11-13".to_owned()));
}

#[test]
fn a_usual_saturday_value_is_an_anomaly_on_a_tuesday() {
    assert!(watch(&[("revenue", trading(&[(4, 2_100.0)]))]).is_empty(), "a Saturday");
    let findings = watch(&[("revenue", trading(&[(8, 2_100.0)]))]);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].severity, Severity::Info, "more revenue is welcome");
}

#[test]
fn severity_depends_on_the_metrics_direction() {
    let severity =
        |slug, value| watch(&[(slug, trading(&[(5, value)]))]).first().map(|it| it.severity);
    assert_eq!(severity("low-returns", 446.0), Some(Severity::Info));
    assert_eq!(severity("low-returns", 1_393.75), Some(Severity::Notice), "5 times");
    assert_eq!(severity("mood", 446.0), Some(Severity::Warning), "critical is only revenue");
    assert_eq!(severity("mood", 950.0), None, "3 times");
}

#[test]
fn anomalies_on_the_same_day_are_grouped_largest_first() {
    let findings = watch(&[
        ("revenue", trading(&[(5, 500.0), (7, 100.0)])),
        ("mood", trading(&[(5, 3_000.0)])),
    ]);
    assert_eq!(findings.len(), 2);
    assert_eq!(
        findings[0].summary,
        "Friday, 20 Nov 2026: MOOD far above and Revenue far below what is usual for a Friday."
    );
    assert_eq!(findings[1].subject, "2026-11-18");
}

#[test]
fn an_anomaly_in_many_metrics_names_the_farthest_and_counts_the_others() {
    let above = |value| trading(&[(5, value)]);
    let mut measures =
        vec![("revenue", above(5_000.0)), ("mood", above(4_000.0)), ("users", above(3_500.0))];
    let summary = |measures: &[(&str, Vec<Point>)]| watch(measures)[0].summary.clone();
    assert_eq!(
        summary(&measures),
        "Friday, 20 Nov 2026: Revenue, MOOD and Users far above what is usual for a Friday."
    );
    measures.push(("low-returns", above(3_000.0)));
    assert_eq!(
        summary(&measures),
        "Friday, 20 Nov 2026: Revenue, MOOD and Users far above what is usual for a Friday; 1 \
         other metric is unusual too."
    );
}

#[test]
fn today_and_old_days_are_not_checked() {
    assert!(watch(&[("revenue", trading(&[(0, 100.0), (14, 100.0)]))]).is_empty());
    assert_eq!(watch(&[("revenue", trading(&[(1, 100.0), (13, 100.0)]))]).len(), 2);
    let old: Vec<Point> =
        trading(&[(2, 100.0)]).iter().map(|(day, value)| (day - 40, *value)).collect();
    assert!(watch(&[("revenue", old)]).is_empty());
    let many: Vec<(i32, f64)> = (1..=9).map(|back| (back, 10.0)).collect();
    assert_eq!(watch(&[("revenue", trading(&many))]).len(), MOST_DAYS);
}

#[test]
fn missing_days_are_ignored() {
    let gappy: Vec<Point> =
        trading(&[(5, 446.0)]).into_iter().filter(|(day, _)| (ago(0) - day) % 3 != 0).collect();
    let findings = watch(&[("revenue", gappy)]);
    assert_eq!(findings.len(), 1, "the odd day alone: {findings:?}");
    assert!(findings[0].highlights[0].contains("1,115\u{a0}EUR usual"), "{findings:?}");
}

proptest! {
    #[test]
    fn scaling_the_amounts_does_not_change_the_anomalies(
        noise in proptest::collection::vec(-30.0f64..30.0, 121), odd in 0.0f64..4_000.0, factor in 0.1f64..1e3,
    ) {
        let one = days(120, 0, |back| Some(if back == 5 { odd } else { 1_000.0 + noise[back as usize] }));
        let other = one.iter().map(|(day, value)| (*day, value * factor)).collect();
        let (one, other) = (watch(&[("revenue", one)]), watch(&[("revenue", other)]));
        let what = |findings: &[Finding]| -> Vec<(String, Severity)> {
            findings.iter().map(|it| (it.subject.clone(), it.severity)).collect()
        };
        prop_assert_eq!(what(&one), what(&other));
    }
}
