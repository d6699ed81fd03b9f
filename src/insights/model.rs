//! Insights, as the pages, the API and prompts know them.

use serde::{Deserialize, Serialize};

use crate::analytics::model::Card;
use crate::error::AppError;

/// What a module found in the numbers, or a program told of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Insight {
    #[serde(default)]
    pub id: String,
    pub module_slug: String,
    pub summary: String,
    /// One sentence each.
    #[serde(default)]
    pub highlights: Vec<String>,
    /// A [`Severity`] by its slug.
    #[serde(default)]
    pub severity: Option<String>,
    #[serde(default)]
    pub origin: Origin,
    /// The numbers that summary and highlights name, in their order; none where a program sent it.
    #[serde(default)]
    pub basis: Vec<Basis>,
    /// `2026-11-01T00:00:00Z`: when it was sent, or last said something else; set by the server.
    #[serde(default)]
    pub created_at: String,
    /// When somebody put it aside; none while it is open.
    #[serde(default)]
    pub dismissed_at: Option<String>,
    /// The name of who did.
    #[serde(default)]
    pub dismissed_by: Option<String>,
}

impl Insight {
    /// Its severity; [`Severity::Info`] where none was told.
    pub fn severity(&self) -> Severity {
        self.severity.as_deref().and_then(Severity::parse).unwrap_or_default()
    }
}

/// How much an insight asks for attention.
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

    /// As it is stored and sent.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// Its name for people.
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

/// Where an insight comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Computed here from the numbers.
    Module,
    /// Sent by a program.
    #[default]
    Api,
}

/// A number that an insight rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Basis {
    /// The measure's slug, or `conversion-rate`, `revenue-per-user` where two measures make one.
    pub measure: String,
    /// What it is: `Revenue, mean a day, 27 Oct to 25 Nov 2026`.
    pub label: String,
    /// In `unit`: a change of −4.2 % is -4.2 here, not -0.042.
    pub value: f64,
    /// `EUR`, `%`, `points` (of percent), `days`; empty for plain counts.
    pub unit: String,
    /// The first and the last day that it speaks of, ISO, in the tenant's time zone; the same for one day.
    pub span: (String, String),
    /// Where it can be seen: an address of this site.
    pub source: String,
    /// What whoever relies on it must know, such as that days are missing in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What a module found, before it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is about, within its module: a later finding about the same takes its place.
    pub subject: String,
    pub severity: Severity,
    pub summary: String,
    pub highlights: Vec<String>,
    pub basis: Vec<Basis>,
}

/// An insight as a program sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewInsight {
    pub module_slug: String,
    pub summary: String,
    #[serde(default)]
    pub highlights: Vec<String>,
    /// [`Severity::Info`] where left out.
    #[serde(default)]
    pub severity: Option<String>,
}

pub const MODULE_SLUG_MAX_CHARS: usize = 60;
pub const SUMMARY_MAX_CHARS: usize = 500;
pub const MOST_HIGHLIGHTS: usize = 10;
pub const HIGHLIGHT_MAX_CHARS: usize = 300;
/// Of those that programs sent, the newest so many are kept.
pub const MOST_SENT: i64 = 1_000;

/// Which insights are listed, and how many of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsightQuery {
    /// Those that were put aside instead of the open ones.
    pub dismissed: bool,
    /// Only older ones than this: moment and id, as in [`InsightList::next_cursor`].
    pub before: Option<(i64, String)>,
    pub limit: i64,
}

/// Insights as the API answers, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InsightList {
    pub data: Vec<Insight>,
    /// To be sent as `cursor` for older ones.
    pub next_cursor: Option<String>,
}

/// What a member does with an insight.
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

/// How far a tenant's insights are behind its numbers. Moments are for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// There were never any numbers.
    Nothing,
    UpToDate {
        computed: String,
    },
    Pending,
    Failed {
        again: String,
    },
}

/// Everything the dashboard shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DashboardView {
    /// Whether the member may enter numbers, and put insights aside.
    pub may_write: bool,
    pub progress: Progress,
    /// One for each measure that has a number.
    pub cards: Vec<Card>,
    /// The most severe first; of the same severity the newest.
    pub open: Vec<Insight>,
    /// Whether there are more open ones than these.
    pub has_more: bool,
    /// Those that were put aside, newest first.
    pub dismissed: Vec<Insight>,
    /// Why one could not be put aside or brought back.
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
