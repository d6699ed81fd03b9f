//! The modules that compute insights from metrics.
//!
//! A module is pure: the same history gives the same findings, independent of the order of the metrics.
//! Each sentence names the days it covers. A window with fewer than half of its days known is never stated
//! as a number, and a missing day never counts as zero.

mod anomaly_watch;
mod data_health;
mod growth_pulse;
#[cfg(test)]
mod planted;
mod robust;
#[cfg(test)]
mod testing;
mod words;

use super::model::Finding;
use crate::analytics::service::History;

/// How many days of history up to the newest one modules receive. This covers the longest comparison, a
/// month a year ago, and metrics without observations for two years are of no interest.
pub const HISTORY_DAYS: i32 = 800;

/// Computes one kind of finding from complete days. The dashboard displays its descriptions.
pub trait Module: Send + Sync {
    /// Returns the name used in the API and in fact ids: lower-case letters and hyphens.
    fn slug(&self) -> &'static str;
    /// Returns the name shown to members.
    fn name(&self) -> &'static str;
    /// Describes the input in one sentence.
    fn reads(&self) -> &'static str;
    /// Describes in a sentence or two what is reported and when.
    fn emits(&self) -> &'static str;
    /// Returns the findings in the last [`HISTORY_DAYS`] days. Checks before each metric whether
    /// `history.stop` is cancelled; the result is discarded in that case.
    fn examine(&self, history: &History) -> Vec<Finding>;
}

/// All modules in display order.
pub const ALL: [&dyn Module; 3] =
    [&growth_pulse::GrowthPulse, &anomaly_watch::AnomalyWatch, &data_health::DataHealth];

/// Runs all modules, and returns each finding with its module's slug.
pub fn examine(history: &History) -> Vec<(&'static str, Finding)> {
    ALL.into_iter()
        .take_while(|_| !history.stop.is_cancelled())
        .flat_map(|module| {
            module.examine(history).into_iter().map(move |finding| (module.slug(), finding))
        })
        .collect()
}

/// Returns a module's display name. A program's slug is returned unchanged.
pub fn name_of(slug: &str) -> String {
    ALL.into_iter()
        .find(|module| module.slug() == slug)
        .map_or_else(|| slug.to_owned(), |module| module.name().to_owned())
}

#[cfg(test)]
mod tests;
