//! The insight model shared by pages, the API and prompts.

use serde::{Deserialize, Serialize};

use crate::analytics::model::Trend;
use crate::error::AppError;

/// A finding about the metrics, computed by a module or sent by a program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Insight {
    #[serde(default)]
    pub id: String,
    pub module_slug: String,
    pub summary: String,
    /// One sentence per entry.
    #[serde(default)]
    pub highlights: Vec<String>,
    /// The slug of a [`Severity`].
    #[serde(default)]
    pub severity: Option<String>,
    #[serde(default)]
    pub origin: Origin,
    /// The numbers in summary and highlights, in order of appearance. Empty if a program sent the insight.
    #[serde(default)]
    pub basis: Vec<Basis>,
    /// Set by the server: when the insight was sent or its content last changed, as `2026-11-01T00:00:00Z`.
    #[serde(default)]
    pub created_at: String,
    /// When it was dismissed; `None` while it is open.
    #[serde(default)]
    pub dismissed_at: Option<String>,
    /// The name of the member who dismissed it.
    #[serde(default)]
    pub dismissed_by: Option<String>,
}

impl Insight {
    /// Returns the severity, [`Severity::Info`] by default.
    pub fn severity(&self) -> Severity {
        self.severity.as_deref().and_then(Severity::parse).unwrap_or_default()
    }
}

/// How urgently an insight needs attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    #[default]
    Info,
    Notice,
    Warning,
    Critical,
}

impl Severity {
    pub const ALL: [Self; 4] = [Self::Info, Self::Notice, Self::Warning, Self::Critical];

    /// Returns the name used in storage and in the API.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// Returns the name shown to members.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Info => "Good to know",
            Self::Notice => "Worth a look",
            Self::Warning => "Warning",
            Self::Critical => "Critical",
        }
    }

    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.slug() == slug)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Computed from the metrics.
    Module,
    /// Sent by a program through the API.
    #[default]
    Api,
}

/// A number on which an insight is based.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Basis {
    /// The metric's slug, or `conversion-rate` and `revenue-per-user` for ratios of two metrics.
    pub measure: String,
    /// A description: `Revenue, mean a day, 27 Oct to 25 Nov 2026`.
    pub label: String,
    /// Expressed in `unit`: a change of −4.2 % is -4.2, not -0.042.
    pub value: f64,
    /// `EUR`, `%`, `points` (percentage points) or `days`; empty for plain counts.
    pub unit: String,
    /// First and last day covered, ISO, in the tenant's time zone. Both are equal for a single day.
    pub span: (String, String),
    /// Where members can see the number: a path on this site.
    pub source: String,
    /// A caveat, for example that days are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How the value was worked out: `(120 EUR − 100 EUR) ÷ 100 EUR × 100`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
    /// First and last of the days that the value is compared with, if it is a comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<(String, String)>,
}

impl Basis {
    /// Returns whether it is a change in percent, which is shown with its sign and one decimal.
    pub fn is_percent_change(&self) -> bool {
        self.before.is_some() && self.unit == "%"
    }
}

/// A module's finding before it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Identifies the finding within its module. A later finding with the same subject replaces it.
    pub subject: String,
    pub severity: Severity,
    pub summary: String,
    pub highlights: Vec<String>,
    pub basis: Vec<Basis>,
}

/// The request body for creating an insight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewInsight {
    pub module_slug: String,
    pub summary: String,
    #[serde(default)]
    pub highlights: Vec<String>,
    /// Defaults to [`Severity::Info`].
    #[serde(default)]
    pub severity: Option<String>,
}

pub const MODULE_SLUG_MAX_CHARS: usize = 60;
pub const SUMMARY_MAX_CHARS: usize = 500;
pub const MOST_HIGHLIGHTS: usize = 10;
pub const HIGHLIGHT_MAX_CHARS: usize = 300;
/// Only this many of the newest insights from programs are kept per tenant.
pub const MOST_SENT: i64 = 1_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsightQuery {
    /// Lists dismissed insights instead of open ones.
    pub dismissed: bool,
    /// Lists only insights older than this moment and id, as encoded in [`InsightList::next_cursor`].
    pub before: Option<(i64, String)>,
    pub limit: i64,
}

/// One page of insights in the API's format, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InsightList {
    pub data: Vec<Insight>,
    /// Value of `cursor` for the next, older page.
    pub next_cursor: Option<String>,
}

/// A member's decision about an insight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Dismissed,
    Reopened,
}

impl Decision {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Dismissed => "dismissed",
            Self::Reopened => "reopened",
        }
    }
}

/// How far a tenant's insights lag behind its metrics. Times are formatted for display.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// The tenant has never had observations.
    Nothing,
    UpToDate {
        computed: String,
    },
    Pending,
    Failed {
        again: String,
    },
}

/// Everything the dashboard displays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DashboardView {
    /// Whether the member may enter observations and dismiss insights.
    pub may_write: bool,
    pub progress: Progress,
    pub trend: Trend,
    /// Most severe first, then newest first.
    pub open: Vec<Insight>,
    /// Whether more open insights exist than are listed.
    pub has_more: bool,
    /// Newest first.
    pub dismissed: Vec<Insight>,
    /// Why the last dismissal or reopening failed.
    pub error: Option<AppError>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_ordered_and_read_back() {
        for severity in Severity::ALL {
            assert_eq!(Severity::parse(severity.slug()), Some(severity));
        }
        assert!(Severity::Critical > Severity::Warning && Severity::Notice > Severity::Info);
        assert_eq!(Severity::parse("fatal"), None);
        assert_eq!(Insight::default().severity(), Severity::Info);
    }
}
