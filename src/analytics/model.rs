//! The business's numbers, as the pages and the API know them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// One day's numbers. A number that is not there is unknown, which is not 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Snapshot {
    /// `2026-11-01`, a day of the tenant's own time zone.
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
    /// The tenant's own metrics, by slug.
    #[serde(default)]
    pub metrics: BTreeMap<String, f64>,
}

impl Snapshot {
    /// The number of a measure, by its slug.
    pub fn value(&self, slug: &str) -> Option<f64> {
        match slug {
            "sessions" => self.sessions.map(|n| n as f64),
            "users" => self.users.map(|n| n as f64),
            "conversions" => self.conversions.map(|n| n as f64),
            "revenue" => self.revenue,
            own => self.metrics.get(own).copied(),
        }
    }

    /// Whether it holds no number at all.
    pub fn is_empty(&self) -> bool {
        BUILT_IN.iter().all(|built_in| self.value(built_in.slug).is_none())
            && self.metrics.is_empty()
    }

    /// This day over what is stored of it: own metrics that `covers` does not name keep their values.
    pub fn over(mut self, stored: Option<&Self>, covers: impl Fn(&str) -> bool) -> Self {
        for (slug, value) in stored.iter().flat_map(|stored| &stored.metrics) {
            if !covers(slug) {
                self.metrics.insert(slug.clone(), *value);
            }
        }
        self
    }
}

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
/// No number is farther from zero.
pub const MOST: f64 = 1e15;
/// Earlier dates are mistakes.
pub const FIRST_YEAR: i32 = 1700;
/// The largest file to import, in bytes.
pub const MOST_FILE_BYTES: usize = 50 * 1024 * 1024;

/// What was typed into a day's form.
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
    /// By slug.
    #[serde(default)]
    pub metrics: BTreeMap<String, String>,
}

impl TypedDay {
    /// What was typed for a measure.
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

/// The name of a measure's field in forms, in the API's bodies and in [`AppError::details`].
pub fn field_name(slug: &str) -> String {
    if BUILT_IN.iter().any(|built_in| built_in.slug == slug) {
        slug.to_owned()
    } else {
        format!("metrics[{slug}]")
    }
}

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

/// Snapshots as the API answers, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotList {
    pub data: Vec<Snapshot>,
    /// To be sent as `cursor` for older ones.
    pub next_cursor: Option<String>,
}

/// What the API is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotQuery {
    pub from: Option<String>,
    pub to: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<String>,
}

/// How many days an import concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub added: u32,
    pub replaced: u32,
    /// They hold what the file says already.
    pub unchanged: u32,
}

/// A file that could be imported, and what it would change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    pub counts: Counts,
    /// The first and the last date in it.
    pub from: String,
    pub to: String,
    /// The first few days that would change.
    pub changes: Vec<Change>,
}

/// A day that an import changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub before: Option<Snapshot>,
    pub after: Snapshot,
}

/// Why a file cannot be imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// All there are; `faults` holds the first of them.
    pub count: u32,
    pub faults: Vec<Fault>,
}

/// What is wrong in a file, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// From 1, as an editor counts; 0 where the whole file is meant.
    pub line: u32,
    /// As the file's first line names it; empty where the whole line is meant.
    pub column: String,
    pub reason: String,
}

impl Fault {
    /// `Line 7, revenue`; empty where the whole file is meant.
    pub fn place(&self) -> String {
        match (self.line, self.column.as_str()) {
            (0, _) => String::new(),
            (line, "") => format!("Line {line}"),
            (line, column) => format!("Line {line}, {column}"),
        }
    }
}

/// A file that was sent, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Upload {
    pub id: String,
    pub file_name: String,
    pub report: Report,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Report {
    Ready(Preview),
    Refused(Refusal),
}

/// How far back a chart goes from the newest day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Range {
    Month,
    #[default]
    Quarter,
    Year,
    All,
}

impl Range {
    pub const ALL: [Self; 4] = [Self::Month, Self::Quarter, Self::Year, Self::All];

    /// As in addresses.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Month => "30",
            Self::Quarter => "90",
            Self::Year => "365",
            Self::All => "all",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Month => "30 days",
            Self::Quarter => "90 days",
            Self::Year => "365 days",
            Self::All => "All",
        }
    }

    /// None: all there are.
    pub const fn days(self) -> Option<i64> {
        match self {
            Self::Month => Some(30),
            Self::Quarter => Some(90),
            Self::Year => Some(365),
            Self::All => None,
        }
    }

    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|range| range.slug() == slug)
    }
}

/// What the page is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewQuery {
    pub metric: Option<String>,
    pub range: Option<String>,
    pub page: Option<String>,
}

/// Everything the page of the numbers shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnalyticsView {
    /// Whether the member may change the numbers.
    pub may_write: bool,
    pub measures: Vec<Measure>,
    /// One for each measure that has a number.
    pub cards: Vec<Card>,
    /// None where there is no number yet.
    pub chart: Option<Chart>,
    pub range: Range,
    pub table: TablePage,
}

/// A measure's newest number and where it came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub measure: Measure,
    pub last: f64,
    /// `1 Nov 2026`
    pub last_date: String,
    /// Day (counted from any one) and value, oldest first.
    pub points: Vec<(i32, f64)>,
    /// Against the 7 and the 30 days before.
    pub deltas: Vec<Delta>,
}

/// The mean of a measure's newest days against that of as many days before them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    pub days: i32,
    pub mean: f64,
    pub mean_before: f64,
}

impl Delta {
    /// In percent of the mean before; none where that was 0.
    pub fn percent(&self) -> Option<f64> {
        (self.mean_before != 0.0)
            .then(|| (self.mean - self.mean_before) / self.mean_before.abs() * 100.0)
    }
}

/// One measure over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    pub measure: Measure,
    /// Dates for people.
    pub from: String,
    pub to: String,
    /// Day (counted from the first one) and value, oldest first.
    pub points: Vec<(f64, f64)>,
    /// How many days a point stands for, by their mean; 1 for each day by itself.
    pub days_a_point: i32,
    pub lowest: f64,
    pub highest: f64,
    /// The newest points for people, newest first: date and value.
    pub listed: Vec<(String, f64)>,
}

/// A page of the table of days, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TablePage {
    pub days: Vec<Snapshot>,
    /// From 1.
    pub page: u32,
    pub pages: u32,
    pub count: u32,
}

/// The form of a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayView {
    pub may_write: bool,
    pub measures: Vec<Measure>,
    pub typed: TypedDay,
    pub error: Option<AppError>,
    /// The newest day that can be entered: today, in the tenant's time zone.
    pub today: String,
    /// Whether the day is stored already.
    pub stored: bool,
}

/// The page of the own metrics and of what numbers are told in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricsView {
    pub may_write: bool,
    pub metrics: Vec<Metric>,
    pub typed: TypedMetric,
    pub error: Option<AppError>,
    pub settings: Settings,
    pub settings_error: Option<AppError>,
    pub time_zones: Vec<String>,
}

/// The page of the import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportView {
    pub may_write: bool,
    pub measures: Vec<Measure>,
    pub upload: Option<Upload>,
    /// Why the file could not be imported after all.
    pub error: Option<AppError>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_new_day_does_not_cover_keeps_its_values() {
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
    fn a_change_from_nothing_has_no_percentage() {
        let delta = |mean, mean_before| Delta { days: 7, mean, mean_before }.percent();
        assert_eq!(delta(110.0, 100.0), Some(10.0));
        assert_eq!(delta(-50.0, -100.0), Some(50.0), "less of a loss is more");
        assert_eq!(delta(5.0, 0.0), None);
    }

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
