//! What answers took and cost, and the caps on it, as both halves and the API know them.

use serde::{Deserialize, Serialize};

/// What an answer took, as the API tells it. Money is integer micro-dollars.
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
    /// The provider counted more tokens than this text can have. Implies `estimated`.
    #[serde(default)]
    pub disputed: bool,
}

/// A tenant's caps, in micro-dollars; none is no cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budgets {
    pub monthly_micros: Option<i64>,
    pub daily_micros: Option<i64>,
    /// For each member by themselves.
    pub member_monthly_micros: Option<i64>,
}

/// What a period's answers have cost, and what is held back for those that are being written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    pub cost_micros: i64,
    pub held_micros: i64,
}

/// The caps as they were typed, in dollars; empty is no cap.
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
            micros.map(|micros| dollars(micros).trim_start_matches('$').to_owned())
        };
        Self {
            monthly: text(budgets.monthly_micros).unwrap_or_default(),
            daily: text(budgets.daily_micros).unwrap_or_default(),
            member_monthly: text(budgets.member_monthly_micros).unwrap_or_default(),
        }
    }
}

/// By what usage is summed.
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

    /// `day`, as in addresses.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Model => "model",
            Self::Persona => "persona",
            Self::Member => "member",
        }
    }

    /// As people read it.
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

/// What answers took together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Answers that have ended, in whatever way. Summaries of long conversations are none, but cost as they do.
    pub replies: u64,
    /// Those of them that ended by an error or an interruption.
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

/// One group's usage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRow {
    /// The day, the model's whole name, the persona's slug, or the account's id.
    pub key: String,
    /// The same for people.
    pub label: String,
    #[serde(flatten)]
    pub totals: Totals,
}

/// Usage over a range of days, as the API answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageReport {
    /// First day, `2026-11-01`.
    pub from: String,
    /// Last day, included.
    pub to: String,
    /// Whose days they are: `UTC`, or the business's own zone.
    #[serde(rename = "timeZone")]
    pub time_zone: String,
    pub group: GroupBy,
    /// Days in their order, other groups by cost, dearest first. Groups without usage are left out.
    pub data: Vec<UsageRow>,
    pub totals: Totals,
}

/// What somebody asks the usage page for, as it stands in its address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageQuery {
    pub from: Option<String>,
    pub to: Option<String>,
    /// `UTC`, `business`, or the name of the business's zone; in the API only.
    #[serde(rename = "timeZone")]
    pub time_zone: Option<String>,
    pub group: Option<String>,
    /// The key of the row whose answers are listed.
    pub row: Option<String>,
}

/// A bar of the plot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    pub label: String,
    pub cost_micros: i64,
}

/// One answer in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyRow {
    /// `2026-11-23T06:32:00Z`
    pub asked_at: String,
    /// `23 Nov 2026, 07:32 CET`: in the business's time zone.
    pub asked_human: String,
    pub member: String,
    pub persona: String,
    pub model: String,
    pub usage: Usage,
    /// `complete`, `stopped`, `interrupted` or `failed`.
    pub status: String,
    /// Its conversation, where it is the viewer's own.
    pub conversation_id: Option<String>,
}

/// The answers of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillDown {
    pub label: String,
    /// Newest first.
    pub replies: Vec<ReplyRow>,
    /// There are older ones.
    pub has_more: bool,
}

/// What the numbers in an adviser's answers rest on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroundingRow {
    pub adviser: String,
    /// Those whose numbers were looked at.
    pub answers: u64,
    /// Numbers that a cited fact bears.
    pub cited: u64,
    /// Others that the question holds.
    pub from_question: u64,
    /// All others.
    pub unmatched: u64,
}

/// What one cap has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapView {
    /// `This month`
    pub period: String,
    pub cap_micros: Option<i64>,
    pub spent: Spent,
    /// `1 Dec 2026, 00:00 in Europe/Berlin`
    pub resets: String,
}

/// The caps, what they have come to, and what was typed into their form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetView {
    pub caps: Vec<CapView>,
    pub typed: TypedBudgets,
    /// Why the form was refused, for a browser without JavaScript.
    pub error: Option<crate::error::AppError>,
}

/// The usage page, in one piece.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageView {
    pub report: UsageReport,
    pub bars: Vec<Bar>,
    pub drill_down: Option<DrillDown>,
    /// By adviser, over the same days.
    pub grounding: Vec<GroundingRow>,
    pub budget: BudgetView,
    /// Why the range that was asked for cannot be shown; the usual one is shown instead.
    pub range_error: Option<crate::error::AppError>,
}

/// `$5.00`, `$0.4812`: exact, with two decimals at least.
pub fn dollars(micros: i64) -> String {
    let text = exact_dollars(micros);
    let keep = text.trim_end_matches('0').len().max(text.len() - 4);
    text.get(..keep).unwrap_or(&text).to_owned()
}

/// `$0.481200`: to the micro-dollar, so that a column adds up as it is read.
pub fn exact_dollars(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    format!("{sign}${}.{:06}", grouped(micros / 1_000_000), micros % 1_000_000)
}

/// `1,234,567`
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The part of a model's name behind the last slash.
pub fn short_model(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_exactly() {
        for (micros, short, exact) in [
            (0, "$0.00", "$0.000000"),
            (5_000_000, "$5.00", "$5.000000"),
            (481_200, "$0.4812", "$0.481200"),
            (1, "$0.000001", "$0.000001"),
            (1_234_567_500_000, "$1,234,567.50", "$1,234,567.500000"),
            (-1_500_000, "-$1.50", "-$1.500000"),
        ] {
            assert_eq!((dollars(micros).as_str(), exact_dollars(micros).as_str()), (short, exact));
        }
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [0, 12, 999, 1_000, 1_234_567].map(grouped),
            ["0", "12", "999", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn caps_are_shown_as_they_could_be_typed() {
        let budgets = Budgets { monthly_micros: Some(25_500_000), ..Budgets::default() };
        let typed = TypedBudgets::from(budgets);
        assert_eq!((typed.monthly.as_str(), typed.daily.as_str()), ("25.50", ""));
    }
}
