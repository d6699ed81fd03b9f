//! What a tenant tells us about its business.

use serde::{Deserialize, Serialize};

/// The business profile. Every field may be empty: a profile grows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Profile {
    pub business_name: String,
    pub industry: String,
    /// One of [`SIZES`] or empty.
    pub size: String,
    /// One of [`STAGES`] or empty.
    pub stage: String,
    /// One of [`REVENUE_RANGES`] or empty.
    pub revenue_range: String,
    /// Most important first.
    pub goals: Vec<String>,
    pub sells: String,
    pub customers: String,
    pub competitors: String,
    pub challenges: String,
    pub tone: String,
}

/// People who work in the business.
pub const SIZES: [&str; 6] = ["Just me", "2–5", "6–20", "21–50", "51–200", "More than 200"];
/// How far along it is.
pub const STAGES: [&str; 5] = ["Idea", "Starting up", "Growing", "Established", "Turning around"];
/// Revenue a year.
pub const REVENUE_RANGES: [&str; 6] = [
    "Nothing yet",
    "Under 100 thousand",
    "100 to 500 thousand",
    "500 thousand to 2 million",
    "2 to 10 million",
    "Over 10 million",
];

/// The most goals a profile holds.
pub const MOST_GOALS: usize = 8;
/// The most characters of a one-line field.
pub const LINE_MAX_CHARS: usize = 120;
/// The most characters of a goal.
pub const GOAL_MAX_CHARS: usize = 200;
/// The most characters of a free text.
pub const TEXT_MAX_CHARS: usize = 4_000;

/// A profile with its history: what `GET /c-suite/profile` and the page show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedProfile {
    #[serde(flatten)]
    pub profile: Profile,
    /// 0 where nothing was saved yet; a save names the version it began from.
    pub version: i64,
    pub updated_at: Option<String>,
    pub updated_human: Option<String>,
    /// The name of the member who saved last.
    pub updated_by: Option<String>,
}

/// What a prompt may say of the business.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BusinessContext {
    pub profile: Profile,
    /// The newest day's numbers.
    pub snapshot: Option<Snapshot>,
    /// The newest insights, newest first.
    pub insights: Vec<Insight>,
}

/// One day's numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// `2026-11-01`
    pub date: String,
    pub sessions: Option<i64>,
    pub users: Option<i64>,
    pub conversions: Option<i64>,
    pub revenue: Option<f64>,
    /// The tenant's own metrics, by name.
    #[serde(default)]
    pub metrics: std::collections::BTreeMap<String, f64>,
}

/// What a module found in the numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Insight {
    pub module_slug: String,
    pub summary: String,
    #[serde(default)]
    pub highlights: Vec<String>,
    #[serde(default)]
    pub severity: Option<String>,
    /// `2026-11-01T00:00:00Z`; set by the server.
    #[serde(default)]
    pub created_at: String,
}
