//! Builds a tenant's facts from its stored data. Pure and deterministic: the same data on the same day
//! gives the same facts in the same order.

use super::derivation::{self, Derived};
use super::model::{Knowledge, Missing};
use super::{insights, numbers, profile};
use crate::analytics::service::History;
use crate::business::model::Profile;
use crate::insights::model::Insight;
use crate::platform::clock;

/// Builds every fact about the business, and lists what is missing. `insights` are newest first.
pub fn build(profile: &Profile, history: &History, insights: &[Insight]) -> Knowledge {
    let (facts, missing) = derive(profile, history, insights);
    let facts = facts.into_iter().map(|derived| derived.fact).collect();
    Knowledge { today: clock::iso_date(history.today), facts, missing }
}

/// Like [`build`], with how each fact follows from the data.
pub fn derive(
    profile: &Profile,
    history: &History,
    insights: &[Insight],
) -> (Vec<Derived>, Vec<Missing>) {
    let (mut facts, mut missing) = profile::derive(profile);
    let (of_numbers, without) = numbers::derive(history);
    facts.extend(of_numbers);
    missing.extend(without);
    facts.extend(insights::derive(insights, history.today));
    for Derived { fact, .. } in &mut facts {
        fact.source = derivation::address(fact);
    }
    (facts, missing)
}
