//! Usage, cost and budget types, shared by the server, the app and the API.

use crate::format::money;
use serde::{Deserialize, Serialize};

/// The usage of a reply, as in the API. Money is integer micro-dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    pub prompt_tokens: u64,
    /// Part of `prompt_tokens`.
    pub cached_tokens: u64,
    pub completion_tokens: u64,
    pub cost_micros: i64,
    /// Tokens were counted from the text, because the provider's count is missing or impossible.
    pub estimated: bool,
    /// The provider counted more tokens than this text can have or than were requested. Implies `estimated`.
    #[serde(default)]
    pub disputed: bool,
}

/// A tenant's caps in micro-dollars; `None` is no cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budgets {
    pub monthly_micros: Option<i64>,
    pub daily_micros: Option<i64>,
    /// Applies to each member separately.
    pub member_monthly_micros: Option<i64>,
}

/// The cost of a period's replies, and the amount reserved for replies in progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    pub cost_micros: i64,
    pub held_micros: i64,
}

/// The caps as typed, in dollars; empty is no cap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedBudgets {
    #[serde(default)]
    pub monthly: String,
    #[serde(default)]
    pub daily: String,
    #[serde(default)]
    pub member_monthly: String,
}

impl From<Budgets> for TypedBudgets {
    fn from(budgets: Budgets) -> Self {
        let text = |micros: Option<i64>| {
            micros.map(|micros| money::dollars(micros).trim_start_matches('$').to_owned())
        };
        Self {
            monthly: text(budgets.monthly_micros).unwrap_or_default(),
            daily: text(budgets.daily_micros).unwrap_or_default(),
            member_monthly: text(budgets.member_monthly_micros).unwrap_or_default(),
        }
    }
}

/// The grouping of usage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    #[default]
    Day,
    Model,
    Persona,
    Member,
}

impl GroupBy {
    pub const ALL: [Self; 4] = [Self::Day, Self::Model, Self::Persona, Self::Member];

    /// Returns the name used in URLs, such as `day`.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Model => "model",
            Self::Persona => "persona",
            Self::Member => "member",
        }
    }

    /// Returns the name shown in the UI.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Day => "Day",
            Self::Model => "Model",
            Self::Persona => "Adviser",
            Self::Member => "Member",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.slug() == text)
    }
}

/// The summed usage of replies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Replies that ended, for whatever reason. Summaries of long conversations are not counted, but their
    /// tokens and cost are included.
    pub replies: u64,
    /// Replies that failed or were interrupted.
    pub failures: u64,
    pub prompt_tokens: u64,
    /// Part of `prompt_tokens`.
    pub cached_tokens: u64,
    pub completion_tokens: u64,
    pub cost_micros: i64,
}

impl std::iter::Sum for Totals {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |sum, part| Self {
            replies: sum.replies.saturating_add(part.replies),
            failures: sum.failures.saturating_add(part.failures),
            prompt_tokens: sum.prompt_tokens.saturating_add(part.prompt_tokens),
            cached_tokens: sum.cached_tokens.saturating_add(part.cached_tokens),
            completion_tokens: sum.completion_tokens.saturating_add(part.completion_tokens),
            cost_micros: sum.cost_micros.saturating_add(part.cost_micros),
        })
    }
}

/// The usage of one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRow {
    /// The day, the model's full name, the persona's slug, or the account's id.
    pub key: String,
    /// The label shown in the UI.
    pub label: String,
    #[serde(flatten)]
    pub totals: Totals,
}

/// Usage over a range of days, as in the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageReport {
    /// First day, `2026-11-01`.
    pub from: String,
    /// Last day, inclusive.
    pub to: String,
    /// The time zone of the days: `UTC`, or the tenant's own zone.
    #[serde(rename = "timeZone")]
    pub time_zone: String,
    pub group: GroupBy,
    /// Days in chronological order; other groups by descending cost. Groups without usage are omitted.
    pub data: Vec<UsageRow>,
    pub totals: Totals,
}

/// The query parameters of the usage page and the API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageQuery {
    pub from: Option<String>,
    pub to: Option<String>,
    /// `UTC`, `business`, or the name of the tenant's zone. Used by the API only.
    #[serde(rename = "timeZone")]
    pub time_zone: Option<String>,
    pub group: Option<String>,
    /// The key of the row whose replies are listed.
    pub row: Option<String>,
}

/// A bar of the plot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    pub label: String,
    pub cost_micros: i64,
}

/// One reply in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyRow {
    /// `2026-11-23T06:32:00Z`
    pub asked_at: String,
    /// `23 Nov 2026, 07:32 CET`: in the tenant's time zone.
    pub asked_human: String,
    pub member: String,
    pub persona: String,
    pub model: String,
    pub usage: Usage,
    /// `complete`, `stopped`, `interrupted` or `failed`.
    pub status: String,
    /// The conversation, if it belongs to the viewer.
    pub conversation_id: Option<String>,
}

/// The replies of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillDown {
    pub label: String,
    /// Newest first.
    pub replies: Vec<ReplyRow>,
    /// Whether older replies exist.
    pub has_more: bool,
}

/// The grounding of the numbers in an adviser's replies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroundingRow {
    pub adviser: String,
    /// Replies whose numbers were checked.
    pub answers: u64,
    /// Counts of numbers by state (`grounding::State`).
    pub confirmed: u64,
    pub found: u64,
    pub worked_out: u64,
    pub conflict: u64,
    pub from_question: u64,
    pub from_earlier: u64,
    pub in_profile: u64,
    pub not_from_data: u64,
}

/// One cap and the spend against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapView {
    /// `This month`
    pub period: String,
    pub cap_micros: Option<i64>,
    pub spent: Spent,
    /// `1 Dec 2026, 00:00 in Europe/Berlin`
    pub resets: String,
}

/// The caps, the spend against them, and the contents of their form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetView {
    pub caps: Vec<CapView>,
    pub typed: TypedBudgets,
    /// Why the form was rejected, for a browser without JavaScript.
    pub error: Option<crate::error::AppError>,
}

/// A range of days that the usage page offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preset {
    /// `Last month`
    pub label: String,
    /// First and last day, `2026-11-01`.
    pub from: String,
    pub to: String,
    pub is_shown: bool,
}

/// The data of the usage page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageView {
    pub report: UsageReport,
    pub presets: Vec<Preset>,
    pub bars: Vec<Bar>,
    pub drill_down: Option<DrillDown>,
    /// By adviser, for the same days.
    pub grounding: Vec<GroundingRow>,
    pub budget: BudgetView,
    /// Why the requested range cannot be shown. The default range is shown instead.
    pub range_error: Option<crate::error::AppError>,
}

/// Returns the last segment of a model's name.
pub fn short_model(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caps_are_formatted_as_valid_input() {
        let budgets = Budgets { monthly_micros: Some(25_500_000), ..Budgets::default() };
        let typed = TypedBudgets::from(budgets);
        assert_eq!((typed.monthly.as_str(), typed.daily.as_str()), ("25.50", ""));
    }
}
