//! Exports of real programs and people: read right, or asked about, and never read wrong.
#![allow(clippy::unwrap_used, clippy::panic)]

mod bad_files;
mod bounds;
mod examples;
mod headers;
mod kinds;
mod lists;
mod misread;
mod old_workbooks;
mod oracle;
mod periods;
mod totals;
mod workbooks;

use std::collections::BTreeMap;

use time::Date;
use time::macros::date;

use super::*;
use crate::analytics::model::{Aggregation, Calendar, Metric, Role, Settings, measures};
use crate::format::zone::Zone;

pub const TODAY: Date = date!(2026 - 11 - 23);

/// Values by date and slug.
pub type Days = BTreeMap<String, BTreeMap<String, f64>>;

/// Returns the built-in metrics and some own ones.
pub fn known(currency: &str) -> Vec<Measure> {
    let own = |name: &str, unit: &str| Metric {
        slug: name.to_lowercase().replace(' ', "-"),
        name: name.to_owned(),
        unit: unit.to_owned(),
        ..Metric::default()
    };
    let own =
        [own("Net income", ""), own("Expenses", ""), own("Bounce rate", "%"), own("Leads", "")];
    measures(&own, &Settings { currency: currency.to_owned(), ..Settings::default() })
}

/// Returns the role of a column that becomes a new metric.
pub fn new_role(name: &str, unit: &str) -> Role {
    let (name, unit) = (name.to_owned(), unit.to_owned());
    Role::NewMetric { name, unit, aggregation: Aggregation::Mean }
}

/// What became of a file.
#[derive(Debug)]
pub enum Outcome {
    Read(Days, Grain),
    /// The keys of the open questions.
    Asked(Vec<Question>),
    Refused(Refusal),
}

use crate::analytics::model::Question;

/// Proposes a reading with these answers, and applies it if it is complete.
pub fn outcome(content: &[u8], answers: &[(&str, &str)]) -> Outcome {
    outcome_in(content, answers, "Europe/Berlin", "")
}

pub fn outcome_in(content: &[u8], answers: &[(&str, &str)], zone: &str, currency: &str) -> Outcome {
    outcome_with(content, answers, (zone, currency, Calendar::default()))
}

pub fn outcome_with(
    content: &[u8],
    answers: &[(&str, &str)],
    (zone, currency, calendar): (&str, &str, Calendar),
) -> Outcome {
    let (measures, zone) = (known(currency), Zone::of(zone));
    let terms = Terms { measures: &measures, today: TODAY, zone: &zone, calendar };
    let answers = answers.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let decision = Decision { answers: answers.collect(), columns: BTreeMap::new() };
    let proposal = match propose(content, &terms, &decision) {
        Ok((proposal, sheet)) => {
            assert_eq!(sheet.is_some(), proposal.is_safe());
            proposal
        }
        Err(refusal) => return Outcome::Refused(refusal),
    };
    let open: Vec<Question> =
        proposal.questions.iter().filter(|it| it.chosen.is_empty()).cloned().collect();
    if !open.is_empty() {
        assert!(
            apply(content, &proposal.reading, &terms, |_| ()).is_err(),
            "an open reading is not applied"
        );
        return Outcome::Asked(open);
    }
    // The reading survives being sent and remembered.
    let reading = serde_json::to_string(&proposal.reading).unwrap();
    let reading: Reading = serde_json::from_str(&reading).unwrap();
    assert_eq!(reading, proposal.reading);
    match read(content, &reading, &terms, |_| ()) {
        Ok(values) => {
            let grain = values.grain.unwrap();
            let values_of = |(date, values): (Date, _)| {
                (
                    clock::iso_date(date),
                    Iterator::map(values, |(slug, n): (&str, f64)| (slug.to_owned(), n)).collect(),
                )
            };
            let days = values.by_period().map(values_of).collect();
            match apply(content, &reading, &terms, |_| ()) {
                Ok(sheet) => {
                    assert!(proposal.refusal.is_none() && !sheet.periods.is_empty());
                    assert_eq!(sheet.grain, grain);
                }
                Err(refusal) => return Outcome::Refused(refusal),
            }
            Outcome::Read(days, grain)
        }
        Err(refusal) => Outcome::Refused(refusal),
    }
}

/// Answers the questions of a file one after the other: for each key the value whose choice fits `wanted`.
pub fn answered(content: &[u8], answers: &[(&str, &str)]) -> (Days, Grain) {
    match outcome(content, answers) {
        Outcome::Read(days, grain) => (days, grain),
        other => {
            panic!("{other:?}\n{}", String::from_utf8_lossy(&content[..content.len().min(600)]))
        }
    }
}

/// Returns the keys of the open questions.
pub fn asked(content: &[u8], answers: &[(&str, &str)]) -> Vec<String> {
    match outcome(content, answers) {
        Outcome::Asked(questions) => questions.into_iter().map(|question| question.key).collect(),
        other => panic!("{other:?}"),
    }
}

/// Returns the first reason.
fn message(refusal: &Refusal) -> String {
    refusal.faults[0].reason.clone()
}

/// Returns the first reason of a refusal.
pub fn refused(content: &[u8], answers: &[(&str, &str)]) -> String {
    match outcome(content, answers) {
        Outcome::Refused(refusal) => message(&refusal),
        other => panic!("{other:?}"),
    }
}
