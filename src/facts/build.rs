//! Builds a tenant's facts from its stored data. Pure and deterministic: the same data on the same day
//! gives the same facts in the same order.

use super::model::Knowledge;
use super::{insights, numbers, profile};
use crate::analytics::service::History;
use crate::business::model::Profile;
use crate::insights::model::Insight;
use crate::platform::clock;

/// Builds every fact about the business, and lists what is missing. `insights` are newest first.
pub fn build(profile: &Profile, history: &History, insights: &[Insight]) -> Knowledge {
    let mut knowledge = Knowledge { today: clock::iso_date(history.today), ..Knowledge::default() };
    profile::add(&mut knowledge, profile);
    numbers::add(&mut knowledge, history);
    insights::add(&mut knowledge, insights, history.today);
    knowledge
}
