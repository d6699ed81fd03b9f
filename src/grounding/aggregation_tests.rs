//! Statements of levels, totals, distinct values and derived metrics.

use std::sync::Arc;

use super::tests::{check, prose};
use super::*;
use crate::facts::model::{Fact, Number as Value};

fn fact(id: &str, label: &str, value: f64, unit: &str) -> Fact {
    Fact {
        id: id.into(),
        label: label.into(),
        text: format!("{value} {unit}"),
        number: Some(Value { value, unit: unit.into() }),
        span: Some(("2026-10-02".into(), "2026-10-31".into())),
        source: "/knowledge".into(),
        note: None,
    }
}

fn facts() -> Vec<Fact> {
    let days = "30 days to 31 Oct 2026";
    vec![
        fact(
            "K.cash-balance.30d",
            &format!("“Cash balance”, {days}, at the end of 31 Oct 2026"),
            48_000.0,
            "EUR",
        ),
        fact(
            "K.cash-balance.30d.change",
            &format!(
                "“Cash balance”, change of the {days} against the days before (30 days to 1 Oct 2026), from the end of 1 Oct 2026 to the end of 31 Oct 2026"
            ),
            -12.4,
            "%",
        ),
        fact(
            "K.payroll.30d",
            &format!("“Payroll” (less is better), {days}, total"),
            14_200.0,
            "EUR",
        ),
        fact("K.gross-margin.30d", &format!("“Gross margin”, {days}, by formula"), 62.3, "%"),
        fact("K.runway.30d", &format!("“Runway”, {days}, by formula"), 9.6, "months"),
        fact("K.users.30d", &format!("Users, {days}, mean a day"), 89.6, ""),
    ]
}

/// Returns the state of the number that is written `number`.
fn state(text: &str, number: &str) -> Option<State> {
    let mut reader = Reader::new(Arc::new(Known::new(Arc::new(facts()), "")));
    let notes = check(&mut reader, &[prose(text)]);
    notes[0].iter().find_map(|note| match &note.says {
        Says::Number(verdict) if text[note.range.clone()].contains(number) => Some(verdict.state),
        _ => None,
    })
}

#[test]
fn right_statements_of_each_aggregation_are_confirmed() {
    for (text, number) in [
        ("The cash balance is 48,000 EUR [K.cash-balance.30d].", "48,000"),
        ("The cash balance was 48,000 EUR on 31 October 2026 [K.cash-balance.30d].", "48,000"),
        (
            "The cash balance fell by 12.4% over the last 30 days [K.cash-balance.30d.change].",
            "12.4",
        ),
        ("Payroll came to 14,200 EUR over the last 30 days [K.payroll.30d].", "14,200"),
        ("Over the last 30 days, the gross margin was 62.3% [K.gross-margin.30d].", "62.3"),
        ("The runway is 9.6 months [K.runway.30d].", "9.6"),
        ("Users averaged 89.6 a day over the last 30 days [K.users.30d].", "89.6"),
    ] {
        assert_eq!(state(text, number), Some(State::Confirmed), "{text}");
    }
}

#[test]
fn statements_that_mistake_the_aggregation_are_not_confirmed() {
    for (text, number) in [
        ("You had 89.6 users in the last 30 days [K.users.30d].", "89.6"),
        (
            "The average cash balance of the last 30 days was 48,000 EUR [K.cash-balance.30d].",
            "48,000",
        ),
        ("Average payroll was 14,200 EUR over the last 30 days [K.payroll.30d].", "14,200"),
        ("The runway is 9.6 weeks [K.runway.30d].", "9.6"),
        ("The gross margin was 62.3 EUR [K.gross-margin.30d].", "62.3"),
        (
            "The cash balance rose by 12.4% over the last 30 days [K.cash-balance.30d.change].",
            "12.4",
        ),
        ("Payroll came to 48,000 EUR over the last 30 days [K.cash-balance.30d].", "48,000"),
    ] {
        let state = state(text, number);
        assert!(state.is_some() && state != Some(State::Confirmed), "{text}: {state:?}");
    }
}
