//! What can be measured on a day, and what numbers are told in.

use serde::{Deserialize, Serialize};

/// A metric that the tenant made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metric {
    /// Its name in files and in JSON: stays when the metric is renamed.
    pub slug: String,
    pub name: String,
    /// Such as `%` or `hours`; may be empty.
    pub unit: String,
    pub higher_is_better: bool,
    /// Kept with all its values, but neither shown nor written any more.
    pub archived: bool,
}

/// A number that every business has.
pub struct BuiltIn {
    pub slug: &'static str,
    pub name: &'static str,
}

/// In the order of forms, files and tables. All but revenue are counts.
pub const BUILT_IN: [BuiltIn; 4] = [
    BuiltIn { slug: "sessions", name: "Sessions" },
    BuiltIn { slug: "users", name: "Users" },
    BuiltIn { slug: "conversions", name: "Conversions" },
    BuiltIn { slug: REVENUE, name: "Revenue" },
];
pub const REVENUE: &str = "revenue";

/// What can be measured on a day: one of [`BUILT_IN`] or a metric of the tenant's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    pub slug: String,
    pub name: String,
    /// The currency for revenue; may be empty.
    pub unit: String,
    pub higher_is_better: bool,
    /// Whether it counts something: whole and not negative.
    pub is_count: bool,
}

/// All that a tenant measures: the four that every business has, then its own that are in use.
pub fn measures(metrics: &[Metric], settings: &Settings) -> Vec<Measure> {
    let built_in = BUILT_IN.iter().map(|BuiltIn { slug, name }| Measure {
        slug: (*slug).to_owned(),
        name: (*name).to_owned(),
        unit: if *slug == REVENUE { settings.currency.clone() } else { String::new() },
        higher_is_better: true,
        is_count: *slug != REVENUE,
    });
    let own = metrics.iter().filter(|metric| !metric.archived).map(|metric| Measure {
        slug: metric.slug.clone(),
        name: metric.name.clone(),
        unit: metric.unit.clone(),
        higher_is_better: metric.higher_is_better,
        is_count: false,
    });
    built_in.chain(own).collect()
}

/// What a tenant's numbers are told in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// ISO 4217, such as `EUR`; empty where the tenant has not told.
    pub currency: String,
    /// IANA name, such as `Europe/Berlin`: where its days begin and end.
    pub time_zone: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { currency: String::new(), time_zone: "UTC".to_owned() }
    }
}

/// The most own metrics in use.
pub const MOST_METRICS: usize = 20;
/// The most own metrics, archived ones included.
pub const MOST_METRICS_EVER: usize = 100;
pub const METRIC_NAME_MAX_CHARS: usize = 60;
pub const UNIT_MAX_CHARS: usize = 12;
/// What was typed for a metric.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedMetric {
    /// Empty for a new one.
    #[serde(default)]
    pub slug: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub unit: String,
    /// `lower` where lower is better; anything else means higher.
    #[serde(default)]
    pub better: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archived_metrics_are_no_longer_measured() {
        let own =
            |slug: &str, archived| Metric { slug: slug.to_owned(), archived, ..Metric::default() };
        let settings = Settings { currency: "EUR".to_owned(), ..Settings::default() };
        let all = measures(&[own("churn", false), own("old", true)], &settings);
        let slugs: Vec<&str> = all.iter().map(|measure| measure.slug.as_str()).collect();
        assert_eq!(slugs, ["sessions", "users", "conversions", "revenue", "churn"]);
        assert_eq!(all[3].unit, "EUR");
    }
}
