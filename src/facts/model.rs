//! A fact, as prompts, answers and pages know it.

use serde::{Deserialize, Serialize};

/// A statement about the business that an adviser may make and cite. Whatever a prompt says of the
/// business is one of these; whatever is computed from the business's numbers was computed by us.
///
/// Stored with each reply that was given it, so it says all there is to say without its source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    /// By which it is cited: `P.industry`, `P.goals.1`, `K.revenue@2026-11-01`, `K.revenue.30d`,
    /// `K.revenue.30d.change`, `I.growth-pulse.2`. ASCII letters, digits and `.-_@` only, with a dot in it.
    pub id: String,
    /// What it is, for people and models alike: `Revenue, 30 days to 31 Oct 2026, total`.
    pub label: String,
    /// The value as prompts and pages write it, unit included: `12,345.67 EUR`, `−4.2 %`, `Bakery`.
    pub text: String,
    /// The value as a number, where it is one; else none, and numbers may stand in `text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
    /// The first and the last day that it speaks of, ISO, in the tenant's time zone; the same for one day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<(String, String)>,
    /// Where it can be seen and changed: an address of this site, such as `/profile#industry`.
    pub source: String,
    /// What whoever relies on it must know: that it is old, or that days are missing in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A number with what it counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Number {
    /// In `unit`: a change of −4.2 % is -4.2 here, not -0.042.
    pub value: f64,
    /// `EUR`, `%`, `hours`; empty for plain counts.
    pub unit: String,
}

/// What nobody has told us, and where it could be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    /// `Industry`, `Revenue a year ago`.
    pub what: String,
    /// An address of this site.
    pub source: String,
}

/// All that is known of a business on one day: what prompts are made from, and what is stored of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Knowledge {
    /// ISO, in the tenant's time zone.
    pub today: String,
    /// Profile, numbers, insights. No two have the same id.
    pub facts: Vec<Fact>,
    pub missing: Vec<Missing>,
}
