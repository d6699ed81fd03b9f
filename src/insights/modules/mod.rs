//! What looks for insights in the numbers.
//!
//! A module is pure: the same history gives the same findings, in whatever order the measures stand. Each
//! sentence of a finding names the days it speaks of; a span of which less than half of the days are known is
//! not stated as a number, and a missing day is never a zero.

mod anomaly_watch;
mod data_health;
mod growth_pulse;
mod robust;
#[cfg(test)]
mod testing;
mod words;

use super::model::Finding;
use crate::analytics::service::History;

/// How many days up to the newest one modules are given: the longest that one looks back is a month in the
/// year before, and of what was not measured for two years nobody waits for news.
pub const HISTORY_DAYS: i32 = 800;

/// Something that finds insights. It is given days that are over. What it says of itself is told to people, on the dashboard.
pub trait Module: Send + Sync {
    /// Its name in the API and in ids of facts: lower-case letters and hyphens.
    fn slug(&self) -> &'static str;
    /// Its name for people.
    fn name(&self) -> &'static str;
    /// What it reads, in a sentence.
    fn reads(&self) -> &'static str;
    /// What it tells, and when, in a sentence or two.
    fn emits(&self) -> &'static str;
    /// What there is to find in the last [`HISTORY_DAYS`] days. Looks before each measure whether the
    /// history's `stop` is cancelled: then what it returns is read by nobody.
    fn examine(&self, history: &History) -> Vec<Finding>;
}

/// Every module, in the order in which people read of them.
pub const ALL: [&dyn Module; 3] =
    [&growth_pulse::GrowthPulse, &anomaly_watch::AnomalyWatch, &data_health::DataHealth];

/// What all modules find, each with its module's slug.
pub fn examine(history: &History) -> Vec<(&'static str, Finding)> {
    ALL.into_iter()
        .take_while(|_| !history.stop.is_cancelled())
        .flat_map(|module| {
            module.examine(history).into_iter().map(move |finding| (module.slug(), finding))
        })
        .collect()
}

/// The name of a module for people; a program's own slug as it is.
pub fn name_of(slug: &str) -> String {
    ALL.into_iter()
        .find(|module| module.slug() == slug)
        .map_or_else(|| slug.to_owned(), |module| module.name().to_owned())
}

#[cfg(test)]
mod tests;
