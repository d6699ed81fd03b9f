#![allow(clippy::unwrap_used, clippy::panic)]

use time::Date;
use time::macros::date;

use super::build::{build, derive};
use super::model::{Fact, Knowledge};
use super::working;
use crate::analytics::model::{Aggregation, Grain, Metric, Settings, add_months, measures};
use crate::analytics::series::Point;
use crate::analytics::service::{History, Periods};
use crate::business::model::Profile;

const TODAY: Date = date!(2026 - 11 - 28);

fn history(series: &[(&str, Vec<Point>)], periods: Vec<Periods>) -> History {
    let own = |slug: &str, name: &str, unit: &str, aggregation| Metric {
        slug: slug.into(),
        name: name.into(),
        unit: unit.into(),
        higher_is_better: true,
        aggregation,
        ..Metric::default()
    };
    let own = [
        own("payroll", "Payroll", "EUR", Aggregation::Sum),
        own("cash", "Cash balance", "EUR", Aggregation::Last),
        own("rating", "Rating", "", Aggregation::Mean),
    ];
    let settings = Settings { currency: "EUR".into(), ..Settings::default() };
    let points = |slug: &str| {
        let found = series.iter().find(|(of, _)| *of == slug);
        found.map(|(_, points)| points.clone()).unwrap_or_default()
    };
    let series = measures(&own, &settings).into_iter();
    History {
        today: TODAY,
        series: series.map(|measure| (measure.clone(), points(&measure.slug))).collect(),
        periods,
        formulas: Vec::new(),
        stop: Default::default(),
    }
}

fn of(grain: Grain, slug: &str, values: &[(Date, f64)]) -> Vec<Periods> {
    let points = values.iter().map(|(first, value)| (first.to_julian_day(), *value)).collect();
    vec![Periods { grain, series: vec![(slug.to_owned(), points)] }]
}

/// Returns the `count` months up to October 2026, the newest one with `newest`.
fn months(slug: &str, count: i32, value: impl Fn(i32) -> f64) -> Vec<Periods> {
    let month = |ago: i32| (add_months(date!(2026 - 10 - 01), -ago).unwrap(), value(ago));
    of(Grain::Month, slug, &(0..count).rev().map(month).collect::<Vec<_>>())
}

fn days(from: Date, to: Date, value: impl Fn(i32) -> f64) -> Vec<Point> {
    (from.to_julian_day()..=to.to_julian_day()).map(|day| (day, value(day))).collect()
}

fn all(history: &History) -> Knowledge {
    build(&Profile::default(), history, &[])
}

fn find<'a>(knowledge: &'a Knowledge, id: &str) -> &'a Fact {
    let ids: Vec<&str> = knowledge.facts.iter().map(|fact| fact.id.as_str()).collect();
    let found = knowledge.facts.iter().find(|fact| fact.id == id);
    found.unwrap_or_else(|| panic!("{id} is not among {ids:?}"))
}

fn ids(knowledge: &Knowledge) -> Vec<&str> {
    knowledge.facts.iter().map(|fact| fact.id.as_str()).filter(|id| id.starts_with("K.")).collect()
}

#[test]
fn a_metric_with_months_has_the_newest_one_its_changes_and_the_last_twelve() {
    let value = |ago: i32| match ago {
        0 => 12_000.0,
        1 => 10_000.0,
        12 => 8_000.0,
        _ => 9_000.0,
    };
    let history = history(&[], months("payroll", 13, value));
    let known = all(&history);
    assert_eq!(
        ids(&known),
        ["K.payroll@2026-10", "K.payroll.month.change", "K.payroll.month.year", "K.payroll.12m"]
    );
    let month = find(&known, "K.payroll@2026-10");
    assert_eq!(
        (month.label.as_str(), month.text.as_str()),
        ("“Payroll”, October 2026", "12,000 EUR")
    );
    assert_eq!(month.span, Some(("2026-10-01".into(), "2026-10-31".into())));
    assert_eq!(month.source, "/knowledge/K.payroll@2026-10?to=2026-10-31");
    assert_eq!(month.note, None);
    let change = find(&known, "K.payroll.month.change");
    assert_eq!(
        change.label,
        "“Payroll”, change of October 2026 against the month before (September 2026)"
    );
    assert_eq!(change.text, "+20.0%");
    let year = find(&known, "K.payroll.month.year");
    assert!(year.label.ends_with("against the same month a year earlier (October 2025)"));
    assert_eq!(year.text, "+50.0%");
    let total = find(&known, "K.payroll.12m");
    assert_eq!(total.label, "“Payroll”, 12 months to October 2026, total");
    assert_eq!(total.text, "112,000 EUR");
    assert_eq!(total.span, Some(("2025-11-01".into(), "2026-10-31".into())));
    assert!(known.missing.iter().all(|missing| !missing.what.contains("Payroll")));
    let (derived, _) = derive(&Profile::default(), &history, &[]);
    let line = |id: &str| {
        let derived = derived.iter().find(|derived| derived.fact.id == id).unwrap();
        working::of(derived, &history).line().unwrap()
    };
    assert_eq!(line("K.payroll@2026-10"), "The stored number of the month: 12,000 EUR");
    assert_eq!(
        line("K.payroll.month.change"),
        "Change: (12,000 EUR − 10,000 EUR) ÷ 10,000 EUR × 100 = +20.0%"
    );
    assert_eq!(line("K.payroll.12m"), "Sum of 12 months: 112,000 EUR");
}

#[test]
fn a_gap_in_the_months_leaves_the_total_out() {
    let mut eleven = months("payroll", 12, |_| 9_000.0);
    eleven[0].series[0].1.remove(4);
    assert_eq!(ids(&all(&history(&[], eleven))), ["K.payroll@2026-10", "K.payroll.month.change"]);
}

#[test]
fn the_label_says_how_a_months_value_came_about() {
    let label = |slug: &str| {
        let known = all(&history(&[], months(slug, 1, |_| 5.0)));
        find(&known, &format!("K.{slug}@2026-10")).label.clone()
    };
    assert_eq!(label("cash"), "“Cash balance”, October 2026, end of the month");
    assert_eq!(label("rating"), "“Rating”, October 2026, mean of the month");
    assert_eq!(label("revenue"), "Revenue, October 2026");
    let known = all(&history(&[], months("cash", 24, |_| 5.0)));
    assert!(!ids(&known).contains(&"K.cash.12m"), "balances are not added up");
}

#[test]
fn weeks_quarters_and_years_are_named_by_their_days() {
    let weeks = [(date!(2026 - 11 - 09), 200.0), (date!(2026 - 11 - 16), 210.0)];
    let known = all(&history(&[], of(Grain::Week, "sessions", &weeks)));
    let week = find(&known, "K.sessions.week@2026-11-16");
    assert_eq!(week.label, "Sessions, week of 16 Nov 2026");
    assert_eq!(week.span, Some(("2026-11-16".into(), "2026-11-22".into())));
    assert_eq!(
        find(&known, "K.sessions.week.change").label,
        "Sessions, change of the week of 16 Nov 2026 against the week before (the week of 9 Nov 2026)"
    );
    let quarters = [(date!(2026 - 04 - 01), 90.0), (date!(2026 - 07 - 01), 120.0)];
    let known = all(&history(&[], of(Grain::Quarter, "revenue", &quarters)));
    assert_eq!(find(&known, "K.revenue.quarter@2026-07").label, "Revenue, July to September 2026");
    let years = [(date!(2024 - 04 - 01), 90.0), (date!(2025 - 04 - 01), 120.0)];
    let known = all(&history(&[], of(Grain::Year, "revenue", &years)));
    let year = find(&known, "K.revenue.year@2025-04");
    assert_eq!(year.label, "Revenue, April 2025 to March 2026");
    assert_eq!(ids(&known), ["K.revenue.year@2025-04", "K.revenue.year.change"]);
    for (id, last) in [
        ("K.sessions.week@2026-11-16", date!(2026 - 11 - 22)),
        ("K.revenue.quarter@2026-07", date!(2026 - 09 - 30)),
        ("K.revenue.year@2025-04", date!(2026 - 03 - 31)),
        ("K.payroll@2026-10", date!(2026 - 10 - 31)),
        ("K.week@2026-10-19", date!(2026 - 10 - 19)),
    ] {
        assert_eq!(super::numbers::last_day(id), Some(last), "{id}");
    }
}

#[test]
fn days_win_over_an_imported_month_if_they_cover_it_whole() {
    let (first, last) = (date!(2026 - 10 - 01), date!(2026 - 10 - 31));
    let imported = || months("revenue", 2, |ago| if ago == 0 { 300.0 } else { 155.0 });
    let known = all(&history(&[("revenue", days(first, last, |_| 10.0))], imported()));
    let month = find(&known, "K.revenue@2026-10");
    assert_eq!(month.text, "310 EUR");
    assert_eq!(month.note.as_deref(), Some("from its 31 days; 300 EUR was imported for the month"));
    let change = find(&known, "K.revenue.month.change");
    assert_eq!(change.text, "+100.0%");
    assert!(change.note.as_ref().unwrap().contains("one value is from days"));
    // One missing day, and the imported value is used.
    let known =
        all(&history(&[("revenue", days(date!(2026 - 10 - 02), last, |_| 10.0))], imported()));
    let month = find(&known, "K.revenue@2026-10");
    assert_eq!(month.text, "300 EUR");
    assert_eq!(month.note.as_deref(), Some("imported for the month; 30 of its 31 days are known"));
    // A month's users are not the sum of its days' users.
    let users = days(first, last, |_| 10.0);
    let known = all(&history(&[("users", users)], months("users", 1, |_| 150.0)));
    assert_eq!(find(&known, "K.users@2026-10").text, "150");
    // A balance is that of the last day.
    let cash = days(first, last, |day| f64::from(day - first.to_julian_day()));
    let known = all(&history(&[("cash", cash)], months("cash", 1, |_| 99.0)));
    assert_eq!(find(&known, "K.cash@2026-10").text, "30 EUR");
}

#[test]
fn months_after_the_newest_imported_one_are_made_of_days() {
    let imported = of(Grain::Month, "revenue", &[(date!(2026 - 08 - 01), 31.0)]);
    let days = days(date!(2026 - 09 - 01), date!(2026 - 11 - 27), |_| 2.0);
    let known = all(&history(&[("revenue", days)], imported));
    assert_eq!(find(&known, "K.revenue@2026-10").text, "62 EUR");
    assert_eq!(find(&known, "K.revenue.month.change").text, "+3.3%");
}

#[test]
fn old_months_are_called_old_and_are_missing() {
    let newest = |first| all(&history(&[], of(Grain::Month, "payroll", &[(first, 5.0)])));
    let known = newest(date!(2026 - 09 - 01));
    assert_eq!(find(&known, "K.payroll@2026-09").note, None, "October is over, November is not");
    let known = newest(date!(2026 - 08 - 01));
    let note = find(&known, "K.payroll@2026-08").note.clone();
    assert_eq!(note.as_deref(), Some("old, the newest month is August 2026"));
    assert!(known.missing.iter().any(|it| it.what == "“Payroll” since August 2026"));
}
