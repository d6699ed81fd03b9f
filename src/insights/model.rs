//! Insights, as the pages, the API and prompts know them.

use serde::{Deserialize, Serialize};

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
