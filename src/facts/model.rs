//! The fact model shared by prompts, replies and pages.

use serde::{Deserialize, Serialize};

/// A statement about the business that an adviser may make and cite. Prompts describe the business only
/// through facts, and every derived number is computed here, never by a model.
///
/// Stored with each reply that received it, so a fact must be complete without its source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    /// The citation id: `P.industry`, `P.goals.1`, `K.revenue@2026-11-01`, `K.revenue.30d`,
    /// `K.revenue.30d.change`, `I.growth-pulse.2`. Only ASCII letters, digits and `.-_@`, with at least one
    /// dot.
    pub id: String,
    /// A description for people and models alike: `Revenue, 30 days to 31 Oct 2026, total`.
    pub label: String,
    /// The value as prompts and pages show it, unit included: `12,345.67 EUR`, `−4.2 %`, `Bakery`.
    pub text: String,
    /// The numeric value. `None` for text facts, whose `text` may still contain numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
    /// First and last day covered, ISO, in the tenant's time zone. Both are equal for a single day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<(String, String)>,
    /// The page that shows the fact and how it was made: a path on this site, such as
    /// `/knowledge/K.revenue.30d?to=2026-10-31`.
    pub source: String,
    /// A caveat: the fact is old, or days are missing from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Number {
    /// Expressed in `unit`: a change of −4.2 % is -4.2, not -0.042.
    pub value: f64,
    /// `EUR`, `%`, `hours`; empty for plain counts.
    pub unit: String,
}

/// Information that the business has not provided, and the page where it can.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    /// `Industry`, `Revenue a year ago`.
    pub what: String,
    /// A path on this site.
    pub source: String,
}

/// Everything known about a business on one day. Prompts are built from it, and it is stored with replies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Knowledge {
    /// ISO, in the tenant's time zone.
    pub today: String,
    /// Profile facts, then metrics, then insights. Ids are unique.
    pub facts: Vec<Fact>,
    pub missing: Vec<Missing>,
}
