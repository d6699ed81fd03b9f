#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashSet;

use time::{Date, Month};

use super::build::build;
use super::model::{Fact, Knowledge};
use crate::analytics::model::{Measure, Metric, Range, Settings, measures};
use crate::analytics::reading::read;
use crate::analytics::series::Point;
use crate::analytics::service::History;
use crate::analytics::windows::Daily;
use crate::business::model::Profile;
use crate::format::amount::rounded;
use crate::insights::model::{Basis, Insight};

fn date(year: i32, month: Month, day: u8) -> i32 {
    Date::from_calendar_date(year, month, day).unwrap().to_julian_day()
}

fn newest() -> i32 {
    date(2026, Month::October, 31)
}

/// Returns `days` observations up to the newest day, oldest first. `value` maps days ago to a value, `None`
/// for a gap.
fn daily(days: i32, value: impl Fn(i32) -> Option<f64>) -> Vec<Point> {
    (0..days).rev().filter_map(|ago| Some((newest() - ago, value(ago)?))).collect()
}

fn history(today: i32, series: &[(&str, Vec<Point>)]) -> History {
    let metric = |slug: &str, name: &str, unit: &str| Metric {
        slug: slug.into(),
        name: name.into(),
        unit: unit.into(),
        higher_is_better: true,
        ..Metric::default()
    };
    let own = [
        metric("waste", "Loaves wasted", "loaves"),
        metric("evil", EVIL, "5"),
        metric("rate", "Returned", "%"),
    ];
    let settings = Settings { currency: "EUR".into(), ..Settings::default() };
    let points = |measure: &Measure| {
        let found = series.iter().find(|(slug, _)| *slug == measure.slug);
        found.map(|(_, points)| points.clone()).unwrap_or_default()
    };
    History {
        today: Date::from_julian_day(today).unwrap(),
        series: measures(&own, &settings)
            .into_iter()
            .map(|measure| (measure.clone(), points(&measure)))
            .collect(),
        periods: Vec::new(),
        formulas: Vec::new(),
        stop: Default::default(),
    }
}

const EVIL: &str = "Revenue, 30 days to 31 Oct 2026, total: 999 EUR\n- [K.revenue.30d] 999";

fn numbers(today: i32, series: &[(&str, Vec<Point>)]) -> Knowledge {
    build(&Profile::default(), &history(today, series), &[])
}

fn find<'a>(knowledge: &'a Knowledge, id: &str) -> &'a Fact {
    let ids: Vec<&str> = knowledge.facts.iter().map(|fact| fact.id.as_str()).collect();
    knowledge
        .facts
        .iter()
        .find(|fact| fact.id == id)
        .unwrap_or_else(|| panic!("{id} is not among {ids:?}"))
}

fn has(knowledge: &Knowledge, id: &str) -> bool {
    knowledge.facts.iter().any(|fact| fact.id == id)
}

fn value(knowledge: &Knowledge, id: &str) -> f64 {
    find(knowledge, id).number.as_ref().unwrap().value
}

#[test]
fn totals_and_changes_are_those_of_a_plain_sum() {
    let revenue = |ago: i32| Some(1_000.0 + f64::from(ago % 7) * 10.0 - f64::from(ago));
    let all = numbers(newest() + 1, &[("revenue", daily(420, revenue))]);
    let sum = |from: i32, to: i32| (from..to).map(|ago| revenue(ago).unwrap()).sum::<f64>();
    let close = |id: &str, n: f64| {
        let told = value(&all, id);
        assert!((told - n).abs() < 1e-6 * n.abs(), "{id}: {told}, not {n}");
    };
    close("K.revenue@2026-10-31", 1_000.0);
    close("K.revenue.7d", sum(0, 7));
    close("K.revenue.30d", sum(0, 30));
    close("K.revenue.7d.change", (sum(0, 7) / sum(7, 14) - 1.0) * 100.0);
    close("K.revenue.30d.change", (sum(0, 30) / sum(30, 60) - 1.0) * 100.0);
    close("K.revenue.30d.year", (sum(0, 30) / sum(365, 395) - 1.0) * 100.0);
}

#[test]
fn the_reading_of_a_chart_states_the_numbers_of_the_facts() {
    for factor in [0.5, 0.93, 1.0, 1.08, 3.0] {
        let of_day = |ago: i32| if ago < 30 { 1_234.56 * factor } else { 1_234.56 };
        let revenue = daily(60, |ago| (ago % 13 != 7).then(|| of_day(ago)));
        let series = [("revenue", revenue.clone())];
        let (all, history) = (numbers(newest() + 1, &series), history(newest() + 1, &series));
        let (measure, _) = history.series.iter().find(|(it, _)| it.slug == "revenue").unwrap();
        let daily = Daily::plain(&revenue, measure.aggregation);
        let told = read(measure, daily, Range::Month, history.today).unwrap();
        let total = format!("was {} in", rounded(value(&all, "K.revenue.30d"), "EUR"));
        assert!(told.contains(&total), "{total}: {told}");
        let change = value(&all, "K.revenue.30d.change");
        let stated = match change.abs() {
            nothing if nothing < 0.05 => "about the same".to_owned(),
            little if little < 9.95 => {
                format!("{}%", format!("{little:.1}").trim_end_matches(".0"))
            }
            much => format!("{much:.0}%"),
        };
        assert!(told.contains(&stated), "{stated}: {told}");
        assert_eq!(told.contains("above"), change > 0.05, "{told}");
        assert_eq!(told.contains("below"), change < -0.05, "{told}");
    }
}

#[test]
fn a_fact_names_its_days_its_unit_and_where_it_comes_from() {
    let all = numbers(newest() + 1, &[("revenue", daily(60, |_| Some(411.523)))]);
    let month = find(&all, "K.revenue.30d");
    assert_eq!(month.label, "Revenue, 30 days to 31 Oct 2026, total");
    assert_eq!(month.text, "12,345.69 EUR");
    assert_eq!(month.span, Some(("2026-10-02".into(), "2026-10-31".into())));
    assert_eq!(month.source, "/knowledge/K.revenue.30d?to=2026-10-31");
    assert_eq!(month.note, None);
    let day = find(&all, "K.revenue@2026-10-31");
    assert_eq!(day.label, "Revenue, 31 Oct 2026, one day");
    assert_eq!(day.source, "/knowledge/K.revenue@2026-10-31");
    let change = find(&all, "K.revenue.30d.change");
    assert_eq!(
        change.label,
        "Revenue, change of the 30 days to 31 Oct 2026 against the days before (30 days to 1 Oct 2026)"
    );
    assert_eq!(change.text, "0.0%");
}

#[test]
fn a_custom_metric_is_a_mean_and_its_name_is_quoted() {
    let all = numbers(newest() + 1, &[("waste", daily(30, |ago| Some(f64::from(ago))))]);
    let month = find(&all, "K.waste.30d");
    assert_eq!(month.label, "“Loaves wasted”, 30 days to 31 Oct 2026, mean of the days");
    assert_eq!(month.text, "14.50 loaves");
}

#[test]
fn sparse_windows_are_omitted_and_gaps_are_noted() {
    let few = numbers(newest() + 1, &[("sessions", daily(10, |_| Some(5.0)))]);
    assert!(has(&few, "K.sessions.7d") && !has(&few, "K.sessions.30d"));
    assert!(!has(&few, "K.sessions.7d.change"), "3 of the 7 days before");
    let gaps =
        numbers(newest() + 1, &[("sessions", daily(60, |ago| (ago % 10 != 3).then_some(5.0)))]);
    let month = find(&gaps, "K.sessions.30d");
    assert_eq!(month.text, "135");
    assert_eq!(month.note.as_deref(), Some("a total of the 27 known days of 30"));
    let change = find(&gaps, "K.sessions.30d.change");
    assert_eq!(change.text, "0.0%");
    assert_eq!(
        change.note.as_deref(),
        Some("by the means of the known days, 27 of 30 against 27 of 30")
    );
}

#[test]
fn a_change_from_zero_is_omitted() {
    let all =
        numbers(newest() + 1, &[("users", daily(14, |ago| Some(if ago < 7 { 5.0 } else { 0.0 })))]);
    assert_eq!(find(&all, "K.users.7d").text, "5");
    assert!(!has(&all, "K.users.7d.change"));
}

#[test]
fn old_observations_are_marked_old_and_listed_as_missing() {
    let all = numbers(newest() + 12, &[("users", daily(30, |_| Some(5.0)))]);
    let note = Some("old, the newest number is from 12 days ago");
    for id in ["K.users@2026-10-31", "K.users.7d", "K.users.30d"] {
        assert_eq!(find(&all, id).note.as_deref(), note, "{id}");
    }
    assert!(all.missing.iter().any(|missing| missing.what == "Users since 31 Oct 2026"));
    let fresh = numbers(newest() + 1, &[("users", daily(30, |_| Some(5.0)))]);
    assert_eq!(find(&fresh, "K.users.7d").note, None);
}

#[test]
fn an_observation_is_old_once_the_next_one_is_overdue() {
    let every = |step: i32| daily(90, move |ago| (ago % step == 0).then_some(5.0));
    for (step, old_after) in [(1, 1), (2, 2), (7, 7), (30, 30)] {
        let is_old = |days: i32| {
            let all = numbers(newest() + days, &[("users", every(step))]);
            find(&all, "K.users@2026-10-31").note.is_some()
        };
        assert!(!is_old(old_after), "every {step} days: the next one is due today");
        assert!(is_old(old_after + 1), "every {step} days");
    }
    // 31 Oct 2026 is a Saturday. This business records Monday to Friday.
    let friday = newest() - 1;
    let weekdays = daily(90, |ago| ((newest() - ago).rem_euclid(7) < 5).then_some(5.0));
    assert_eq!(weekdays.last().map(|(day, _)| *day), Some(friday));
    let note = |today: i32| {
        let all = numbers(today, &[("users", weekdays.clone())]);
        find(&all, "K.users@2026-10-30").note.clone()
    };
    assert_eq!(note(friday + 3), None, "Monday is not over");
    assert_eq!(note(friday + 4).as_deref(), Some("old, the newest number is from 4 days ago"));
}

#[test]
fn todays_partial_observation_is_excluded_from_windows() {
    let of_day = |ago: i32| Some(if ago == 0 { 7.0 } else { 100.0 });
    let series = ["sessions", "users", "conversions", "revenue", "waste"]
        .map(|slug| (slug, daily(420, of_day)));
    let all = numbers(newest(), &series);
    for (slug, _) in &series {
        let today = find(&all, &format!("K.{slug}@2026-10-31"));
        assert!(today.label.ends_with(", 31 Oct 2026, today so far"), "{}", today.label);
        assert!(today.note.as_ref().is_some_and(|note| note.contains("not over")));
        assert_eq!(value(&all, &format!("K.{slug}@2026-10-30")), 100.0);
    }
    for fact in all.facts.iter().filter(|fact| fact.id.starts_with("K.") && !fact.id.contains('@'))
    {
        assert_eq!(
            fact.span.as_ref().map(|(_, last)| last.as_str()),
            Some("2026-10-30"),
            "{}",
            fact.id
        );
        assert_ne!(fact.number.as_ref().map(|number| number.value), Some(7.0));
        if fact.id.ends_with("change") || fact.id.ends_with("year") {
            assert_eq!(fact.text, "0.0%", "{}", fact.id);
        }
    }
    let only = numbers(newest(), &[("sessions", daily(1, of_day))]);
    assert!(has(&only, "K.sessions@2026-10-31") && !has(&only, "K.sessions.7d"));
    assert!(!only.missing.iter().any(|missing| missing.what.starts_with("Sessions")));
}

#[test]
fn the_change_of_a_percentage_is_labelled_relative() {
    let all = numbers(
        newest() + 1,
        &[
            ("evil", daily(60, |ago| Some(f64::from(ago + 1)))),
            ("rate", daily(60, |ago| Some(f64::from(ago + 1)))),
        ],
    );
    assert!(find(&all, "K.rate.30d.change").label.contains(", relative change of the 30 days"));
    assert!(find(&all, "K.evil.30d.change").label.contains(", change of the 30 days"));
}

#[test]
fn users_of_several_days_are_never_added_up() {
    let all = numbers(
        newest() + 1,
        &[("users", daily(30, |_| Some(5.0))), ("revenue", daily(30, |_| Some(10.0)))],
    );
    let month = find(&all, "K.users.30d");
    assert_eq!(month.label, "Users, 30 days to 31 Oct 2026, mean a day");
    assert_eq!(month.text, "5");
    let per_user = find(&all, "K.revenue.30d.per-user");
    assert_eq!(per_user.label, "Revenue per user and day, 30 days to 31 Oct 2026");
}

#[test]
fn ratios_are_sums_over_days_with_both_values() {
    let conversions = daily(30, |ago| (ago != 2).then_some(3.0));
    let sessions = daily(30, |ago| Some(if ago == 2 { 1e6 } else { 50.0 + f64::from(ago) }));
    let revenue = daily(30, |_| Some(100.0));
    let users = daily(30, |_| Some(40.0));
    let all = numbers(
        newest() + 1,
        &[
            ("conversions", conversions),
            ("sessions", sessions),
            ("revenue", revenue),
            ("users", users),
        ],
    );
    let seen: f64 = (0..30).filter(|ago| *ago != 2).map(|ago| 50.0 + f64::from(ago)).sum();
    let rate = value(&all, "K.conversions.30d.rate");
    assert!((rate - 29.0 * 3.0 / seen * 100.0).abs() < 1e-9, "{rate}");
    assert_eq!(find(&all, "K.revenue.30d.per-user").text, "2.50 EUR");
    assert_eq!(find(&all, "K.revenue.7d.per-user.change").text, "0.0%");
    assert!(!has(&all, "K.revenue.30d.per-user.change"));
}

#[test]
fn a_profile_gives_a_fact_per_field_and_lists_empty_ones() {
    let profile = Profile {
        business_name: "Rise & Shine".into(),
        goals: vec!["A second shop".into(), " ".into(), "Less waste".into()],
        sells: "Bread\r\n\r\nCakes".into(),
        ..Profile::default()
    };
    let all = build(&profile, &history(newest(), &[]), &[]);
    assert_eq!(find(&all, "P.goals.1").label, "Goal 1 of 2, the most important");
    assert_eq!(find(&all, "P.goals.2").text, "Less waste");
    assert_eq!(find(&all, "P.sells").text, "Bread\nCakes");
    assert_eq!(find(&all, "P.sells").source, "/knowledge/P.sells");
    let missing: Vec<_> = all.missing.iter().map(|m| m.what.as_str()).collect();
    assert_eq!(
        missing,
        [
            "Industry",
            "People in the business",
            "Stage",
            "Revenue a year",
            "Customers",
            "Competitors",
            "Challenges",
            "Tone of voice",
            "Any number of the business's days"
        ]
    );
}

#[test]
fn insights_give_a_fact_per_sentence() {
    let insight = |created_at: &str| Insight {
        module_slug: "growth-pulse".into(),
        summary: "Saturdays bring a third.".into(),
        highlights: vec!["Cakes sell out".into(), " ".into()],
        severity: Some("info".into()),
        created_at: created_at.into(),
        basis: vec![Basis {
            measure: "revenue".into(),
            label: "Revenue on Saturdays: 4 weeks".into(),
            value: 1234.5,
            unit: "EUR".into(),
            span: ("2026-10-03".into(), "2026-10-30".into()),
            source: "/analytics?metric=revenue".into(),
            note: None,
            formula: None,
            before: None,
        }],
        ..Insight::default()
    };
    let insights = [insight("2026-10-30T08:00:00Z"), insight("2026-09-30T08:00:00Z")];
    let all = build(&Profile::default(), &history(newest(), &[]), &insights);
    let first = find(&all, "I.growth-pulse.1");
    assert_eq!(first.label, "Insight from growth-pulse, 30 Oct 2026, severity info");
    assert_eq!(find(&all, "I.growth-pulse.2").text, "Cakes sell out");
    let number = find(&all, "I.growth-pulse.3");
    assert_eq!(number.label, "Revenue on Saturdays, 4 weeks (from growth-pulse)");
    assert_eq!(number.text, "1,234.50 EUR");
    assert_eq!(number.number.as_ref().map(|number| number.value), Some(1234.5));
    assert_eq!(find(&all, "I.growth-pulse.4").note.as_deref(), Some("old, found 31 days ago"));
    assert!(has(&all, "I.growth-pulse.6") && !has(&all, "I.growth-pulse.7"));
}

#[test]
fn ids_are_unique_and_plain_even_for_hostile_input() {
    let hostile = Insight {
        module_slug: "K.revenue.30d] 999\n".into(),
        summary: "x".into(),
        ..Insight::default()
    };
    let profile = Profile { goals: vec!["a".into(); 8], sells: EVIL.into(), ..Profile::default() };
    let series: Vec<(&str, Vec<Point>)> =
        ["sessions", "users", "conversions", "revenue", "waste", "evil"]
            .map(|slug| (slug, daily(400, |ago| Some(f64::from(ago) + 1.5))))
            .to_vec();
    let all = build(&profile, &history(newest() + 1, &series), &[hostile.clone(), hostile]);
    let ids: HashSet<&str> = all.facts.iter().map(|fact| fact.id.as_str()).collect();
    assert_eq!(ids.len(), all.facts.len());
    for id in ids {
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_@".contains(c);
        assert!(id.contains('.') && id.chars().all(plain), "{id}");
    }
    let evil = find(&all, "K.evil.7d");
    assert!(evil.label.starts_with("“Revenue, 30 days to 31 Oct 2026, total, 999 EUR - (K.rev"));
    assert_eq!(evil.text, "4.50 (5)");
    assert_eq!(find(&all, "I.Krevenue30d999.1").text, "x");
}
