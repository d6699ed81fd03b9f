//! Metrics, and the currency and time zone of their values.

use serde::{Deserialize, Serialize};

use super::{Aggregation, Calendar, Formula, WeekStart};

/// A custom metric of the tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metric {
    /// The name in files and in JSON. It does not change when the metric is renamed.
    pub slug: String,
    pub name: String,
    /// For example `%` or `hours`; may be empty.
    pub unit: String,
    pub higher_is_better: bool,
    /// How its days become its value for a longer period.
    pub aggregation: Aggregation,
    /// The slug of the metric that weights its days. Only means have one: a bounce rate is weighted by sessions.
    pub weight: Option<String>,
    /// How it is computed from other metrics, by their slugs. Such a metric has no values of its own.
    pub formula: Option<String>,
    /// Archived metrics keep their values, but are neither shown nor written.
    pub archived: bool,
}

/// A metric that every tenant has.
pub struct BuiltIn {
    pub slug: &'static str,
    pub name: &'static str,
    pub aggregation: Aggregation,
}

/// In the order of forms, files and tables. All except revenue are counts.
pub const BUILT_IN: [BuiltIn; 4] = [
    BuiltIn { slug: "sessions", name: "Sessions", aggregation: Aggregation::Sum },
    BuiltIn { slug: "users", name: "Users", aggregation: Aggregation::Distinct },
    BuiltIn { slug: "conversions", name: "Conversions", aggregation: Aggregation::Sum },
    BuiltIn { slug: REVENUE, name: "Revenue", aggregation: Aggregation::Sum },
];
pub const REVENUE: &str = "revenue";

/// Any metric: one of [`BUILT_IN`] or a custom one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    pub slug: String,
    pub name: String,
    /// The currency for revenue; may be empty.
    pub unit: String,
    pub higher_is_better: bool,
    /// Whether values are non-negative integers.
    pub is_count: bool,
    /// How its days become its value for a longer period.
    pub aggregation: Aggregation,
    /// The slug of the metric that weights its days.
    pub weight: Option<String>,
}

impl Measure {
    /// Returns whether values are percentages. A relative change of them is no difference in points.
    pub fn is_percentage(&self) -> bool {
        is_percentage(&self.unit)
    }
}

/// Returns whether a unit, as members write it, is that of percentages: `%`, `% of visits`, `percent`.
pub fn is_percentage(unit: &str) -> bool {
    const WORDS: [&str; 6] = ["percent", "percentage", "pct", "prozent", "pourcent", "porcentaje"];
    let unit = unit.trim().to_lowercase();
    let word = unit.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    unit.starts_with(['%', '％', '﹪', '٪']) || WORDS.contains(&word) || unit == "per cent"
}

/// Lists all metrics of a tenant that have values: the built-in ones, then the custom ones that are neither archived nor
/// derived.
pub fn measures(metrics: &[Metric], settings: &Settings) -> Vec<Measure> {
    let built_in = BUILT_IN.iter().map(|BuiltIn { slug, name, aggregation }| Measure {
        slug: (*slug).to_owned(),
        name: (*name).to_owned(),
        unit: if *slug == REVENUE { settings.currency.clone() } else { String::new() },
        higher_is_better: true,
        is_count: *slug != REVENUE,
        aggregation: *aggregation,
        weight: None,
    });
    let own = metrics.iter().filter(|metric| !metric.archived && metric.formula.is_none());
    built_in.chain(own.map(measure)).collect()
}

fn measure(metric: &Metric) -> Measure {
    Measure {
        slug: metric.slug.clone(),
        name: metric.name.clone(),
        unit: metric.unit.clone(),
        higher_is_better: metric.higher_is_better,
        is_count: false,
        aggregation: metric.aggregation,
        weight: metric.weight.clone(),
    }
}

/// Lists the derived metrics in use with their formulas.
pub fn formulas(metrics: &[Metric]) -> Vec<(Measure, Formula)> {
    let formula = |metric: &Metric| Formula::parse(metric.formula.as_deref()?).ok();
    let in_use = metrics.iter().filter(|metric| !metric.archived);
    in_use.filter_map(|metric| Some((measure(metric), formula(metric)?))).collect()
}

/// The tenant's currency, time zone and calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// ISO 4217, such as `EUR`; empty if unknown.
    pub currency: String,
    /// IANA name, such as `Europe/Berlin`. It defines the tenant's days.
    pub time_zone: String,
    pub week_start: WeekStart,
    /// The month in which the fiscal year begins, from 1.
    pub fiscal_year_start: u8,
}

impl Default for Settings {
    fn default() -> Self {
        let Calendar { week_start, fiscal_year_start } = Calendar::default();
        let time_zone = "UTC".to_owned();
        Self { currency: String::new(), time_zone, week_start, fiscal_year_start }
    }
}

impl Settings {
    pub const fn calendar(&self) -> Calendar {
        Calendar { week_start: self.week_start, fiscal_year_start: self.fiscal_year_start }
    }
}

/// Maximum number of custom metrics in use.
pub const MOST_METRICS: usize = 40;
/// Maximum number of custom metrics, including archived ones.
pub const MOST_METRICS_EVER: usize = 100;
pub const METRIC_NAME_MAX_CHARS: usize = 60;
pub const UNIT_MAX_CHARS: usize = 12;
/// In place of an aggregation, for a metric that is computed.
pub const DERIVED: &str = "formula";

/// The contents of a metric's form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedMetric {
    /// Empty for a new metric.
    #[serde(default)]
    pub slug: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub unit: String,
    /// `lower` if lower is better; any other value means higher.
    #[serde(default)]
    pub better: String,
    /// The name of an [`Aggregation`], or [`DERIVED`]. It must be chosen for a new metric.
    #[serde(default)]
    pub aggregation: String,
    /// The slug of the metric that weights the days of a mean; empty for none.
    #[serde(default)]
    pub weight: String,
    /// How a derived metric is computed; empty if values are entered.
    #[serde(default)]
    pub formula: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_recognised_by_their_unit() {
        for unit in ["%", " % of visits", "Percent", "％", "Prozent", "pct.", "per cent"] {
            assert!(is_percentage(unit), "{unit}");
        }
        for unit in ["", "EUR", "percentile", "points", "‰"] {
            assert!(!is_percentage(unit), "{unit}");
        }
    }

    #[test]
    fn archived_and_derived_metrics_are_excluded() {
        let own =
            |slug: &str, archived| Metric { slug: slug.to_owned(), archived, ..Metric::default() };
        let settings = Settings { currency: "EUR".to_owned(), ..Settings::default() };
        let derived = |slug: &str, archived| Metric {
            formula: Some("revenue / 2".to_owned()),
            ..own(slug, archived)
        };
        let metrics =
            [own("churn", false), own("old", true), derived("half", false), derived("none", true)];
        let all = measures(&metrics, &settings);
        let slugs: Vec<&str> = all.iter().map(|measure| measure.slug.as_str()).collect();
        assert_eq!(slugs, ["sessions", "users", "conversions", "revenue", "churn"]);
        assert_eq!(all[3].unit, "EUR");
        let derived = formulas(&metrics);
        assert_eq!(derived.iter().map(|it| it.0.slug.as_str()).collect::<Vec<_>>(), ["half"]);
    }
}
