#![allow(clippy::unwrap_used, clippy::panic)]

use crate::analytics::model::{CATALOGUE, Metric, Settings, formulas, measures};
use crate::analytics::series::Point;
use crate::analytics::service::History;
use crate::business::model::Profile;
use crate::facts::build::derive;
use crate::facts::derivation::Derived;
use crate::facts::model::Fact;
use crate::facts::working::{self, Working};
use crate::format::date;

/// 31 Oct 2026
const NEWEST: i32 = 2_461_345;

fn daily(value: impl Fn(i32) -> Option<f64>) -> Vec<Point> {
    (0..60).rev().filter_map(|ago| Some((NEWEST - ago, value(ago)?))).collect()
}

fn always(value: f64) -> Vec<Point> {
    daily(|_| Some(value))
}

/// Returns a business with these metrics of the catalogue, their values, and a metric of its own.
fn history(slugs: &[&str], series: &[(&str, Vec<Point>)]) -> History {
    let mut stored: Vec<Metric> = Vec::new();
    for standard in CATALOGUE.iter().filter(|standard| slugs.contains(&standard.slug)) {
        stored.push(standard.metric("EUR", &stored));
    }
    let settings = Settings { currency: "EUR".into(), ..Settings::default() };
    let points = |slug: &str| {
        let found = series.iter().find(|(known, _)| *known == slug);
        found.map(|(_, points)| points.clone()).unwrap_or_default()
    };
    let all = measures(&stored, &settings);
    History {
        today: date::of_julian(NEWEST + 1),
        series: all.into_iter().map(|it| (it.clone(), points(&it.slug))).collect(),
        formulas: formulas(&stored),
        periods: Vec::new(),
        stop: Default::default(),
    }
}

struct Told {
    facts: Vec<Derived>,
    missing: Vec<String>,
    history: History,
}

fn told(history: History) -> Told {
    let (facts, missing) = derive(&Profile::default(), &history, &[]);
    Told { facts, missing: missing.into_iter().map(|it| it.what).collect(), history }
}

impl Told {
    fn find(&self, id: &str) -> Option<&Derived> {
        self.facts.iter().find(|derived| derived.fact.id == id)
    }

    fn fact(&self, id: &str) -> &Fact {
        &self.find(id).unwrap_or_else(|| panic!("{id} is not stated: {:?}", self.missing)).fact
    }

    fn working(&self, id: &str) -> Working {
        working::of(self.find(id).unwrap(), &self.history)
    }

    /// Returns what is missing for a metric.
    fn missing(&self, name: &str) -> &str {
        let named = |what: &&String| what.starts_with(&format!("“{name}”"));
        self.missing.iter().find(named).map_or("nothing", String::as_str)
    }
}

#[test]
fn a_margin_is_computed_from_the_sums_of_its_operands() {
    let cost = daily(|ago| Some(if ago < 30 { 38.0 } else { 50.0 }));
    let told = told(history(
        &["cost-of-goods", "gross-margin"],
        &[("revenue", always(100.0)), ("cost-of-goods", cost)],
    ));
    let margin = told.fact("K.gross-margin.30d");
    assert_eq!(margin.label, "“Gross margin”, 30 days to 31 Oct 2026, by formula");
    assert_eq!(margin.text, "62%");
    let note = "computed as (Revenue − “Cost of goods”) ÷ Revenue × 100";
    assert_eq!(margin.note.as_deref(), Some(note));
    assert_eq!(margin.span, Some(("2026-10-02".into(), "2026-10-31".into())));
    assert_eq!(told.fact("K.gross-margin.7d").text, "62%");
    let change = told.fact("K.gross-margin.30d.change");
    assert!(change.label.contains(", relative change of the 30 days"), "{}", change.label);
    assert_eq!(change.text, "+24.0%", "from 50% to 62%");
}

#[test]
fn the_working_of_a_derived_fact_shows_formula_and_operands() {
    let told = told(history(
        &["cost-of-goods", "gross-margin"],
        &[("revenue", always(100.0)), ("cost-of-goods", always(38.0))],
    ));
    let Working { steps, tables } = told.working("K.gross-margin.30d");
    let lines: Vec<String> = steps.iter().map(|it| format!("{}: {}", it.what, it.is)).collect();
    assert_eq!(
        lines,
        [
            "Revenue, sum of all 30 days: 3,000 EUR",
            "Cost of goods, sum of all 30 days: 1,140 EUR",
            "Gross margin = (Revenue − Cost of goods) ÷ Revenue × 100: \
             (3,000 EUR − 1,140 EUR) ÷ 3,000 EUR × 100 = 62%",
        ]
    );
    assert_eq!(tables[0].columns, ["Revenue (EUR)", "Cost of goods (EUR)"]);
    let numbers = told.find("K.gross-margin.30d").unwrap().from.numbers();
    assert_eq!(numbers, ["K.revenue.30d", "K.cost-of-goods.30d"], "they link to the operands");
    let change = told.working("K.gross-margin.30d.change");
    assert_eq!(change.steps.last().unwrap().is, "(62% − 62%) ÷ 62% × 100 = 0.0%");
}

#[test]
fn only_days_that_have_all_operands_count() {
    let cost = daily(|ago| (ago % 10 != 3).then_some(40.0));
    let revenue = daily(|ago| Some(if ago % 10 == 3 { 9_999.0 } else { 100.0 }));
    let series = [("revenue", revenue), ("cost-of-goods", cost)];
    let told = told(history(&["cost-of-goods", "gross-margin"], &series));
    let margin = told.fact("K.gross-margin.30d");
    assert_eq!(margin.text, "60%");
    assert!(margin.note.as_deref().unwrap().ends_with("only the 27 known days of 30"));
}

const COSTS: [&str; 4] = ["cash-balance", "operating-expenses", "payroll", "runway"];

#[test]
fn runway_is_cash_divided_by_what_a_month_burns() {
    // Cash is counted once a week: the newest count stands.
    let cash = daily(|ago| (ago % 7 == 2).then_some(60_000.0));
    let told = told(history(
        &COSTS,
        &[
            ("revenue", always(300.0)),
            ("operating-expenses", always(150.0)),
            ("payroll", always(350.0)),
            ("cash-balance", cash),
        ],
    ));
    let runway = told.fact("K.runway.30d");
    assert_eq!(runway.text, "10 months");
    assert!(told.find("K.runway.7d").is_none(), "a week says nothing of months");
    let Working { steps, tables } = told.working("K.runway.30d");
    assert_eq!(
        steps.last().unwrap().is,
        "60,000 EUR ÷ ((4,500 EUR + 10,500 EUR − 9,000 EUR) ÷ 30 days × 30) = 10 months"
    );
    assert_eq!(tables.len(), 2, "flows, and the level by itself");
}

#[test]
fn a_business_that_burns_no_cash_has_no_number_of_months() {
    let told = told(history(
        &COSTS,
        &[
            ("revenue", always(900.0)),
            ("operating-expenses", always(150.0)),
            ("payroll", always(350.0)),
            ("cash-balance", always(60_000.0)),
        ],
    ));
    let runway = told.fact("K.runway.30d");
    assert_eq!(runway.number, None);
    assert!(runway.text.contains("took in at least as much as it spent"), "{}", runway.text);
    assert!(told.find("K.runway.30d.change").is_none());
    assert_eq!(told.missing("Runway"), "nothing");
}

#[test]
fn a_formula_that_divides_by_zero_states_nothing_and_says_so() {
    let told = told(history(
        &["orders", "average-order-value"],
        &[("revenue", always(100.0)), ("orders", always(0.0))],
    ));
    assert!(told.facts.iter().all(|it| !it.fact.id.starts_with("K.average-order-value")));
    assert_eq!(
        told.missing("Average order value"),
        "“Average order value”: its formula divides by zero in the 30 days to 31 Oct 2026"
    );
}

#[test]
fn what_a_formula_lacks_is_named() {
    let slugs = ["cost-of-goods", "gross-margin"];
    let without = told(history(&slugs, &[("revenue", always(100.0))]));
    assert_eq!(
        without.missing("Gross margin"),
        "“Gross margin”: no day has a number of “Cost of goods”"
    );
    let rare = daily(|ago| (ago % 10 == 0).then_some(300.0));
    let series = [("revenue", always(100.0)), ("cost-of-goods", rare)];
    let rare = told(history(&slugs, &series));
    assert_eq!(
        rare.missing("Gross margin"),
        "“Gross margin”: fewer than half of the days have all of Revenue, “Cost of goods” in the 30 days to 31 Oct 2026"
    );
    let archived = told(history(&["gross-margin"], &[("revenue", always(100.0))]));
    assert_eq!(
        archived.missing("Gross margin"),
        "“Gross margin”: its formula uses cost-of-goods, which is archived"
    );
    assert!(archived.find("K.gross-margin.30d").is_none());
}

#[test]
fn operands_that_have_no_day_in_common_give_no_value() {
    let even = daily(|ago| (ago % 2 == 0).then_some(5.0));
    let odd = daily(|ago| (ago % 2 == 1).then_some(5.0));
    let slugs = ["marketing-spend", "new-customers", "cac"];
    let told = told(history(&slugs, &[("marketing-spend", even), ("new-customers", odd)]));
    assert!(told.find("K.cac.30d").is_none());
    assert!(told.missing("CAC").contains("no recent day has numbers of all of"));
}
