//! Snapshots of days and of longer periods: as stored, as typed, and as listed by the API.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::{BUILT_IN, Grain, MOST_METRICS_EVER};
#[cfg(doc)]
use crate::error::AppError;

/// Maximum absolute value of an observation.
pub const MOST: f64 = 1e15;
/// Earliest accepted year. Earlier dates are assumed to be mistakes.
pub const FIRST_YEAR: i32 = 1700;

/// The observations of one day, or of a longer period. A missing value is unknown, not 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// `2026-11-01`, a day in the tenant's time zone: the first one of a longer period.
    pub date: String,
    #[serde(default)]
    pub sessions: Option<i64>,
    #[serde(default)]
    pub users: Option<i64>,
    #[serde(default)]
    pub conversions: Option<i64>,
    /// In the tenant's currency.
    #[serde(default)]
    pub revenue: Option<f64>,
    /// The values of custom metrics, by slug.
    #[serde(default, deserialize_with = "few_metrics")]
    pub metrics: BTreeMap<String, f64>,
}

/// Reads twice as many values as a tenant can have metrics, and skips the rest. Some of so many name no metric, so the day
/// is refused in any case, and a body full of them costs little.
fn few_metrics<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, f64>, D::Error> {
    struct Few;

    impl<'de> Visitor<'de> for Few {
        type Value = BTreeMap<String, f64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut few = BTreeMap::new();
            while few.len() < 2 * MOST_METRICS_EVER {
                let Some((slug, value)) = map.next_entry()? else { return Ok(few) };
                few.insert(slug, value);
            }
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(few)
        }
    }

    from.deserialize_map(Few)
}

impl Snapshot {
    /// Returns the value of a metric, by its slug.
    pub fn value(&self, slug: &str) -> Option<f64> {
        match slug {
            "sessions" => self.sessions.map(|n| n as f64),
            "users" => self.users.map(|n| n as f64),
            "conversions" => self.conversions.map(|n| n as f64),
            "revenue" => self.revenue,
            own => self.metrics.get(own).copied(),
        }
    }

    /// Returns whether it holds no values.
    pub fn is_empty(&self) -> bool {
        BUILT_IN.iter().all(|built_in| self.value(built_in.slug).is_none())
            && self.metrics.is_empty()
    }

    /// Merges an imported day with the stored one: values are replaced by values only.
    pub fn keeping(mut self, stored: Option<&Self>) -> Self {
        let Some(stored) = stored else { return self };
        self.sessions = self.sessions.or(stored.sessions);
        self.users = self.users.or(stored.users);
        self.conversions = self.conversions.or(stored.conversions);
        self.revenue = self.revenue.or(stored.revenue);
        self.over(Some(stored), |_| false)
    }

    /// Merges the day with the stored one: custom metrics for which `covers` is false keep their stored
    /// values.
    pub fn over(mut self, stored: Option<&Self>, covers: impl Fn(&str) -> bool) -> Self {
        for (slug, value) in stored.iter().flat_map(|stored| &stored.metrics) {
            if !covers(slug) {
                self.metrics.entry(slug.clone()).or_insert(*value);
            }
        }
        self
    }
}

/// The contents of a day's form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedDay {
    #[serde(default)]
    pub date: String,
    #[serde(default)]
    pub sessions: String,
    #[serde(default)]
    pub users: String,
    #[serde(default)]
    pub conversions: String,
    #[serde(default)]
    pub revenue: String,
    /// By slug, for custom metrics.
    #[serde(default)]
    pub metrics: BTreeMap<String, String>,
}

impl TypedDay {
    /// Returns the text typed for a metric.
    pub fn text(&self, slug: &str) -> &str {
        match slug {
            "sessions" => &self.sessions,
            "users" => &self.users,
            "conversions" => &self.conversions,
            "revenue" => &self.revenue,
            own => self.metrics.get(own).map_or("", String::as_str),
        }
    }
}

impl From<&Snapshot> for TypedDay {
    fn from(day: &Snapshot) -> Self {
        let text = |slug| day.value(slug).map(|n| n.to_string()).unwrap_or_default();
        Self {
            date: day.date.clone(),
            sessions: text("sessions"),
            users: text("users"),
            conversions: text("conversions"),
            revenue: text("revenue"),
            metrics: day.metrics.iter().map(|(slug, n)| (slug.clone(), n.to_string())).collect(),
        }
    }
}

/// Returns a metric's field name in forms, in request bodies and in [`AppError::details`].
pub fn field_name(slug: &str) -> String {
    if BUILT_IN.iter().any(|built_in| built_in.slug == slug) {
        slug.to_owned()
    } else {
        format!("metrics[{slug}]")
    }
}

/// A page of snapshots of the API, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotList {
    pub grain: Grain,
    pub data: Vec<Snapshot>,
    /// The `cursor` of the next page.
    pub next_cursor: Option<String>,
}

/// The query parameters of the API's list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotQuery {
    pub from: Option<String>,
    pub to: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<String>,
    /// `month` for months; days without it.
    pub grain: Option<String>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_absent_from_a_replacement_are_kept() {
        let metrics = |pairs: &[(&str, f64)]| {
            pairs.iter().map(|(slug, n)| ((*slug).to_owned(), *n)).collect::<BTreeMap<_, _>>()
        };
        let stored = Snapshot {
            users: Some(7),
            metrics: metrics(&[("churn", 1.0), ("old", 2.0)]),
            ..Snapshot::default()
        };
        let day = Snapshot { sessions: Some(1), ..Snapshot::default() };
        let merged = day.over(Some(&stored), |slug| slug == "churn");
        assert_eq!(merged.metrics, metrics(&[("old", 2.0)]));
        assert_eq!((merged.sessions, merged.users), (Some(1), None));
    }

    #[test]
    fn an_imported_day_replaces_values_by_values_only() {
        let metrics = |n: f64| BTreeMap::from([("churn".to_owned(), n), (format!("only-{n}"), n)]);
        let stored = Snapshot {
            users: Some(7),
            revenue: Some(1.0),
            metrics: metrics(1.0),
            ..Snapshot::default()
        };
        let day = Snapshot {
            sessions: Some(5),
            revenue: Some(2.0),
            metrics: metrics(2.0),
            ..Snapshot::default()
        };
        let merged = day.keeping(Some(&stored));
        assert_eq!((merged.sessions, merged.users, merged.revenue), (Some(5), Some(7), Some(2.0)));
        assert_eq!((merged.metrics["churn"], merged.metrics.len()), (2.0, 3));
    }

    #[test]
    fn values_beyond_any_number_of_metrics_are_skipped() {
        let entries =
            |n: usize| (0..n).map(|n| format!("\"m{n}\":{n}")).collect::<Vec<_>>().join(",");
        let read = |n: usize| -> Snapshot {
            let body =
                format!("{{\"date\":\"2026-11-01\",\"metrics\":{{{}}},\"users\":7}}", entries(n));
            serde_json::from_str(&body).unwrap()
        };
        for n in [0, 1, MOST_METRICS_EVER, 2 * MOST_METRICS_EVER] {
            assert_eq!((read(n).metrics.len(), read(n).users), (n, Some(7)));
        }
        let many = read(30_000);
        assert_eq!((many.metrics.len(), many.users), (2 * MOST_METRICS_EVER, Some(7)));
    }
}
