//! Properties that every module must satisfy.

#![allow(clippy::unwrap_used)]

use proptest::collection::vec;
use proptest::prelude::*;

use super::testing::{days, history, sentences, stored};
use super::*;
use crate::analytics::series::Point;

#[test]
fn every_module_can_be_prioritised_by_an_adviser() {
    let topics = crate::personas::priorities::topics(&[], &[]);
    let offered: Vec<&str> = topics
        .iter()
        .flat_map(|topic| &topic.choices)
        .map(|choice| choice.prefix.as_str())
        .collect();
    for module in ALL {
        assert!(offered.contains(&format!("I.{}", module.slug()).as_str()), "{}", module.slug());
    }
}

const SLUGS: [&str; 6] = ["revenue", "users", "sessions", "conversions", "mood", "low-churn"];

/// Generates half a year of values for each of [`SLUGS`], with gaps and outliers.
fn numbers() -> impl Strategy<Value = Vec<Vec<Point>>> {
    let day = prop_oneof![
        8 => (80.0f64..120.0).prop_map(|value| Some(value.round())),
        1 => Just(None),
        1 => (0.0f64..3_000.0).prop_map(|value| Some(value.round())),
    ];
    vec(vec(day, 180), SLUGS.len()).prop_map(|measures| {
        measures.into_iter().map(|known| days(179, 0, |back| known[back as usize])).collect()
    })
}

fn told(numbers: &[Vec<Point>], order: &[usize]) -> Vec<(&'static str, Finding)> {
    let series: Vec<(&str, Vec<Point>)> =
        order.iter().map(|place| (SLUGS[*place], numbers[*place].clone())).collect();
    examine(&history(&series))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_order_of_metrics_does_not_matter(
        numbers in numbers(), order in Just([0, 1, 2, 3, 4, 5].to_vec()).prop_shuffle(),
    ) {
        prop_assert_eq!(told(&numbers, &order), told(&numbers, &[0, 1, 2, 3, 4, 5]));
    }

    #[test]
    fn every_sentence_names_its_days_and_every_number_its_source(numbers in numbers()) {
        for (_, finding) in told(&numbers, &[0, 1, 2, 3, 4, 5]) {
            for sentence in sentences(&finding) {
                prop_assert!(sentence.contains(" 2026") || sentence.contains(" 2025"), "{}", sentence);
                prop_assert!(!sentence.contains("NaN") && !sentence.contains("inf"), "{}", sentence);
            }
            prop_assert!(!finding.basis.is_empty());
            for basis in &finding.basis {
                prop_assert!(basis.value.is_finite() && basis.source.starts_with("/analytics"), "{:?}", basis);
                prop_assert!(basis.span.0 <= basis.span.1 && basis.span.1.as_str() <= "2026-11-25", "{:?}", basis);
            }
            let insight = stored(&finding);
            let text = serde_json::to_string(&insight).unwrap();
            prop_assert_eq!(serde_json::from_str::<crate::insights::model::Insight>(&text).unwrap(), insight);
        }
    }

    #[test]
    fn a_metric_without_observations_has_no_effect(numbers in numbers()) {
        let with = |slug: &str| {
            let mut series: Vec<(&str, Vec<Point>)> = SLUGS.into_iter().zip(numbers.clone()).collect();
            series.push((slug, Vec::new()));
            examine(&history(&series))
        };
        prop_assert_eq!(with("silent"), told(&numbers, &[0, 1, 2, 3, 4, 5]));
    }

    #[test]
    fn a_missing_day_is_never_a_zero(known in vec(any::<bool>(), 60), value in 1u32..10_000) {
        let points = days(59, 0, |back| known[back as usize].then_some(f64::from(value)));
        for (_, finding) in examine(&history(&[("revenue", points)])) {
            for basis in finding.basis.iter().filter(|basis| basis.unit == "EUR") {
                prop_assert!((basis.value - f64::from(value)).abs() < 1e-6, "{:?}", basis);
            }
            for sentence in sentences(&finding) {
                prop_assert!(!sentence.contains("up ") && !sentence.contains("down "), "{}", sentence);
            }
        }
    }
}

#[test]
fn too_little_data_gives_no_findings() {
    assert_eq!(examine(&history(&[])), []);
    assert_eq!(examine(&history(&[("revenue", Vec::new())])), []);
    assert_eq!(examine(&history(&[("revenue", days(0, 0, |_| Some(5.0)))])), []);
}

#[test]
fn every_module_says_what_it_is() {
    for module in ALL {
        let plain = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(module.slug().chars().all(plain), "{}", module.slug());
        assert!(module.reads().ends_with('.') && module.emits().ends_with('.'));
        assert_eq!(name_of(module.slug()), module.name());
    }
    assert_eq!(name_of("stock-watch"), "stock-watch");
}

#[test]
fn a_cancelled_examination_stops() {
    let wild = days(179, 0, |back| Some(if back == 3 { 9_000.0 } else { 100.0 }));
    let history = history(&[("revenue", wild.clone()), ("users", wild)]);
    let finds = |module: &&dyn Module| !module.examine(&history).is_empty();
    assert!(ALL.iter().all(finds) && !examine(&history).is_empty());
    history.stop.cancel();
    assert!(!ALL.iter().any(finds), "between measures");
    assert_eq!(examine(&history), [], "between modules");
}
