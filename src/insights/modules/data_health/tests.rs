#![allow(clippy::unwrap_used)]

use super::*;
use crate::insights::modules::testing::{days, history, sentences, steady};

fn health(series: &[(&str, Vec<Point>)]) -> Vec<Finding> {
    DataHealth.examine(&history(series))
}

/// Returns the finding of the given kind, which must be the only one.
fn only(series: &[(&str, Vec<Point>)], kind: &str) -> Finding {
    let mut findings = health(series);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].subject.starts_with(kind), "{findings:?}");
    findings.remove(0)
}

#[test]
fn complete_and_fresh_observations_are_healthy() {
    assert_eq!(health(&[("revenue", steady(200, 0, 5.0)), ("users", steady(100, 3, 5.0))]), []);
    assert_eq!(health(&[]), []);
    assert_eq!(health(&[("revenue", Vec::new())]), [], "what was never measured is not missed");
}

#[test]
fn late_observations_are_reported_according_to_their_rhythm() {
    let finding = only(
        &[("revenue", steady(100, 4, 5.0)), ("users", steady(100, 9, 5.0))],
        "late@2026-11-21",
    );
    assert_eq!(
        finding.summary,
        "The newest number is of 21 Nov 2026: there is none of the 3 days from 22 Nov to 24 Nov 2026."
    );
    assert_eq!((finding.basis[0].value, finding.basis[0].unit.as_str()), (3.0, "days"));
    assert_eq!(finding.basis[0].span, ("2026-11-22".to_owned(), "2026-11-24".to_owned()));
    assert_eq!(finding.severity, Severity::Notice);
    assert_eq!(only(&[("revenue", steady(100, 13, 5.0))], "late").severity, Severity::Warning);
    assert_eq!(health(&[("revenue", steady(100, 3, 5.0))]), []);
    let weekly = |newest| days(200, newest, |back| ((back - newest) % 7 == 0).then_some(5.0));
    assert_eq!(health(&[("revenue", weekly(21))]), []);
    assert_eq!(only(&[("revenue", weekly(22))], "late").severity, Severity::Notice);
}

#[test]
fn a_metric_that_stopped_while_others_continue_is_reported() {
    let users = steady(100, 0, 5.0);
    let finding =
        only(&[("users", users.clone()), ("mood", steady(100, 8, 5.0))], "stopped@mood@2026-11-17");
    assert_eq!(finding.summary, "No newer numbers of MOOD, while others go on to 25 Nov 2026.");
    assert_eq!(
        finding.highlights,
        [
            "MOOD ends with 17 Nov 2026: there is no number of the 8 days from 18 Nov to 25 Nov 2026, while others go on."
        ]
    );
    assert_eq!((finding.basis[0].measure.as_str(), finding.basis[0].value), ("mood", 8.0));
    assert_eq!(finding.severity, Severity::Notice);
    assert_eq!(health(&[("users", users.clone()), ("mood", steady(100, 7, 5.0))]), []);
    assert_eq!(
        health(&[("users", users.clone()), ("mood", steady(53, 50, 5.0))]),
        [],
        "no habit yet"
    );
    let finding = only(&[("users", users), ("revenue", steady(100, 8, 5.0))], "stopped@revenue");
    assert_eq!(finding.severity, Severity::Warning);
}

#[test]
fn gaps_are_reported_and_days_off_are_not() {
    let missing = [3, 10, 11];
    let gappy = || days(100, 0, |back| (!missing.contains(&back)).then_some(5.0));
    let finding = only(&[("revenue", gappy()), ("users", gappy())], "gaps@2026-11-22");
    assert_eq!(
        sentences(&finding),
        [
            "Revenue and Users: no number on 3 of the 90 days that usually have one from 28 Aug to 25 Nov 2026 (22 Nov \
             2026 and 14 Nov to 15 Nov 2026).",
            "Days are missing in Revenue and Users, the last one 22 Nov 2026.",
        ]
    );
    assert_eq!((finding.severity, finding.basis[0].value), (Severity::Info, 3.0));
    let sundays_off = days(100, 0, |back| (back % 7 != 3).then_some(5.0));
    assert_eq!(health(&[("revenue", sundays_off)]), []);
    let often = days(100, 0, |back| (back % 9 != 4).then_some(5.0));
    assert_eq!(only(&[("revenue", often)], "gaps").severity, Severity::Notice);
}

#[test]
fn a_suspected_typing_error_is_reported() {
    let slipped = |value| {
        days(100, 0, move |back| Some(if back == 22 { value } else { 100.0 + f64::from(back % 3) }))
    };
    let finding = only(&[("revenue", slipped(10_000.0))], "slips@2026-11-03");
    assert_eq!(
        sentences(&finding),
        [
            "Revenue is 10,000 EUR on 3 Nov 2026, where 101 EUR is usual from 20 Oct to 17 Nov 2026: see whether it was \
             typed right.",
            "Look again at Revenue: a number is far from those around it, the last one of 3 Nov 2026.",
        ]
    );
    let told: Vec<f64> = finding.basis.iter().map(|basis| basis.value).collect();
    assert_eq!(told, [10_000.0, 101.0]);
    assert_eq!(only(&[("revenue", slipped(-1_000.0))], "slips").severity, Severity::Notice);
    assert_eq!(health(&[("revenue", slipped(300.0))]), [], "a good day");
    assert_eq!(health(&[("revenue", slipped(0.0))]), [], "a day off");
}
