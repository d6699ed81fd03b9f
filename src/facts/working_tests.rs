use super::*;
use crate::analytics::model::{Metric, Settings, measures};
use crate::business::model::Profile;
use crate::facts::build::derive;

/// 31 Oct 2026
const NEWEST: i32 = 2_461_345;

/// Returns 60 days of a metric, with one value in the last 30 days and another in those before.
fn two_months(now: f64, before: f64) -> Vec<Point> {
    (0..60).rev().map(|ago| (NEWEST - ago, if ago < 30 { now } else { before })).collect()
}

fn history(currency: &str) -> History {
    let own = |slug: &str, unit: &str| Metric {
        slug: slug.to_owned(),
        name: slug.to_owned(),
        unit: unit.to_owned(),
        higher_is_better: true,
        ..Metric::default()
    };
    let settings = Settings { currency: currency.to_owned(), ..Settings::default() };
    let points = |slug: &str| match slug {
        "revenue" => two_months(500.0, 400.0),
        "conversions" => two_months(6.0, 4.0),
        "sessions" | "users" => two_months(200.0, 160.0),
        "margin" => two_months(-2.5, -5.0),
        _ => two_months(12.0, 16.0),
    };
    let all = measures(&[own("margin", "%"), own("delivery", "hours")], &settings);
    History {
        today: date::of_julian(NEWEST + 1),
        series: all.into_iter().map(|it| (it.clone(), points(&it.slug))).collect(),
        periods: Vec::new(),
        formulas: Vec::new(),
        stop: Default::default(),
    }
}

/// Returns how a fact was made, as the card of a citation says it.
fn made(id: &str, currency: &str) -> String {
    let history = history(currency);
    let (facts, _) = derive(&Profile::default(), &history, &[]);
    let fact = facts.iter().find(|derived| derived.fact.id == id);
    fact.and_then(|derived| of(derived, &history).line()).unwrap_or_default()
}

#[test]
fn each_operand_has_its_unit() {
    for (id, line) in [
        ("K.revenue.30d", "Sum of all 30 days: 15,000 EUR"),
        ("K.revenue.30d.change", "Change: (500 EUR − 400 EUR) ÷ 400 EUR × 100 = +25.0%"),
        ("K.revenue.30d.per-user", "Ratio: 15,000 EUR ÷ 6,000 users = 2.50 EUR"),
        ("K.revenue.30d.per-user.change", "Change: (2.50 EUR − 2.50 EUR) ÷ 2.50 EUR × 100 = 0.0%"),
        ("K.conversions.30d.rate", "Ratio: 180 conversions ÷ 6,000 sessions × 100 = 3%"),
        ("K.conversions.30d.rate.change", "Change: (3% − 2.50%) ÷ 2.50% × 100 = +20.0%"),
        ("K.delivery.30d", "Mean: 360 hours ÷ 30 days = 12 hours"),
        ("K.delivery.30d.change", "Change: (12 hours − 16 hours) ÷ 16 hours × 100 = −25.0%"),
        ("K.margin.30d.change", "Change: ((−2.50%) − (−5%)) ÷ 5% × 100 = +50.0%"),
    ] {
        assert_eq!(made(id, "EUR"), line, "{id}");
    }
}

#[test]
fn plain_counts_have_no_unit_but_in_ratios_a_name() {
    assert_eq!(made("K.sessions.30d.change", ""), "Change: (200 − 160) ÷ 160 × 100 = +25.0%");
    let ratio = made("K.revenue.30d.per-user", "");
    assert_eq!(ratio, "Ratio: 15,000 revenue ÷ 6,000 users = 2.50");
}
