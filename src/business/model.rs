//! The profile model.

use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// The business profile. Every field may be empty, because profiles are filled in gradually.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
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

impl Profile {
    /// Returns a field as text; goals are joined by newlines.
    pub fn text(&self, field: Field) -> String {
        match field {
            Field::BusinessName => self.business_name.clone(),
            Field::Industry => self.industry.clone(),
            Field::Size => self.size.clone(),
            Field::Stage => self.stage.clone(),
            Field::RevenueRange => self.revenue_range.clone(),
            Field::Goals => self.goals.join("\n"),
            Field::Sells => self.sells.clone(),
            Field::Customers => self.customers.clone(),
            Field::Competitors => self.competitors.clone(),
            Field::Challenges => self.challenges.clone(),
            Field::Tone => self.tone.clone(),
        }
    }

    /// Copies one field from another profile.
    pub fn take(&mut self, field: Field, other: &Self) {
        match field {
            Field::BusinessName => self.business_name.clone_from(&other.business_name),
            Field::Industry => self.industry.clone_from(&other.industry),
            Field::Size => self.size.clone_from(&other.size),
            Field::Stage => self.stage.clone_from(&other.stage),
            Field::RevenueRange => self.revenue_range.clone_from(&other.revenue_range),
            Field::Goals => self.goals.clone_from(&other.goals),
            Field::Sells => self.sells.clone_from(&other.sells),
            Field::Customers => self.customers.clone_from(&other.customers),
            Field::Competitors => self.competitors.clone_from(&other.competitors),
            Field::Challenges => self.challenges.clone_from(&other.challenges),
            Field::Tone => self.tone.clone_from(&other.tone),
        }
    }

    /// Returns the fields in which two profiles differ, in form order.
    pub fn differing(&self, other: &Self) -> Vec<Field> {
        Field::ALL.into_iter().filter(|&field| self.text(field) != other.text(field)).collect()
    }

    /// Returns the empty fields.
    pub fn missing(&self) -> Vec<Field> {
        Field::ALL.into_iter().filter(|&field| self.text(field).is_empty()).collect()
    }

    /// Returns how many of [`Field::ALL`] are filled.
    pub fn filled(&self) -> u32 {
        Field::ALL.into_iter().map(|field| u32::from(!self.text(field).is_empty())).sum()
    }

    /// Whether the profile is sufficient for specific advice: it says what the business is, and what it
    /// wants or struggles with.
    pub fn is_useful(&self) -> bool {
        let known = !self.industry.is_empty() || !self.sells.is_empty();
        let wanted = !self.goals.is_empty() || !self.challenges.is_empty();
        known && wanted
    }
}

/// A field of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    BusinessName,
    Industry,
    Size,
    Stage,
    RevenueRange,
    Goals,
    Sells,
    Customers,
    Competitors,
    Challenges,
    Tone,
}

impl Field {
    /// All fields in form order.
    pub const ALL: [Self; 11] = [
        Self::BusinessName,
        Self::Industry,
        Self::Size,
        Self::Stage,
        Self::RevenueRange,
        Self::Goals,
        Self::Sells,
        Self::Customers,
        Self::Competitors,
        Self::Challenges,
        Self::Tone,
    ];

    /// Returns the name used in forms, JSON and [`AppError::details`].
    pub const fn name(self) -> &'static str {
        match self {
            Self::BusinessName => "businessName",
            Self::Industry => "industry",
            Self::Size => "size",
            Self::Stage => "stage",
            Self::RevenueRange => "revenueRange",
            Self::Goals => "goals",
            Self::Sells => "sells",
            Self::Customers => "customers",
            Self::Competitors => "competitors",
            Self::Challenges => "challenges",
            Self::Tone => "tone",
        }
    }

    /// Returns the name shown to members.
    pub const fn label(self) -> &'static str {
        match self {
            Self::BusinessName => "Business name",
            Self::Industry => "Industry",
            Self::Size => "People",
            Self::Stage => "Stage",
            Self::RevenueRange => "Revenue a year",
            Self::Goals => "Goals",
            Self::Sells => "What you sell",
            Self::Customers => "Customers",
            Self::Competitors => "Competitors",
            Self::Challenges => "Challenges",
            Self::Tone => "Tone of voice",
        }
    }

    /// Finds a field by its [`Field::name`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}

/// Options for the number of people in the business.
pub const SIZES: [&str; 6] = ["Just me", "2–5", "6–20", "21–50", "51–200", "More than 200"];
pub const STAGES: [&str; 5] = ["Idea", "Starting up", "Growing", "Established", "Turning around"];
/// Options for annual revenue.
pub const REVENUE_RANGES: [&str; 6] = [
    "Nothing yet",
    "Under 100 thousand",
    "100 to 500 thousand",
    "500 thousand to 2 million",
    "2 to 10 million",
    "Over 10 million",
];

/// Maximum number of goals.
pub const MOST_GOALS: usize = 8;
/// Maximum characters of a one-line field.
pub const LINE_MAX_CHARS: usize = 120;
/// Maximum characters of a goal.
pub const GOAL_MAX_CHARS: usize = 200;
/// Maximum characters of a multi-line field.
pub const TEXT_MAX_CHARS: usize = 4_000;

/// A profile with its revision data, as `GET /c-suite/profile` and the page show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedProfile {
    #[serde(flatten)]
    pub profile: Profile,
    /// 0 before the first save. A save names the version it is based on.
    pub version: i64,
    pub updated_at: Option<String>,
    pub updated_human: Option<String>,
    /// Name of the member who saved last.
    pub updated_by: Option<String>,
}

/// A refused save: the input, its base version and the error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedProfile {
    pub typed: Profile,
    pub version: i64,
    pub error: AppError,
}

/// Everything the profile page displays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileView {
    pub saved: SavedProfile,
    /// The last refused save of a browser without JavaScript. Returned once.
    pub refused: Option<RefusedProfile>,
}

/// Changes to a profile. Absent fields keep their value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProfilePatch {
    /// The version the changes are based on; the newest one if absent.
    #[serde(deserialize_with = "present")]
    pub version: Option<i64>,
    #[serde(deserialize_with = "present")]
    pub business_name: Option<String>,
    #[serde(deserialize_with = "present")]
    pub industry: Option<String>,
    #[serde(deserialize_with = "present")]
    pub size: Option<String>,
    #[serde(deserialize_with = "present")]
    pub stage: Option<String>,
    #[serde(deserialize_with = "present")]
    pub revenue_range: Option<String>,
    #[serde(deserialize_with = "present")]
    pub goals: Option<Vec<String>>,
    #[serde(deserialize_with = "present")]
    pub sells: Option<String>,
    #[serde(deserialize_with = "present")]
    pub customers: Option<String>,
    #[serde(deserialize_with = "present")]
    pub competitors: Option<String>,
    #[serde(deserialize_with = "present")]
    pub challenges: Option<String>,
    #[serde(deserialize_with = "present")]
    pub tone: Option<String>,
    /// This and the next two fields are read-only. They are accepted and ignored, so that a client can send
    /// back a profile it has read.
    pub updated_at: Option<String>,
    pub updated_human: Option<String>,
    pub updated_by: Option<String>,
}

impl ProfilePatch {
    /// Changes one field to a text as [`Profile::text`] returns it.
    pub fn of(field: Field, text: &str) -> Self {
        let patch = Self::default();
        let value = Some(text.to_owned());
        match field {
            Field::BusinessName => Self { business_name: value, ..patch },
            Field::Industry => Self { industry: value, ..patch },
            Field::Size => Self { size: value, ..patch },
            Field::Stage => Self { stage: value, ..patch },
            Field::RevenueRange => Self { revenue_range: value, ..patch },
            Field::Goals => {
                Self { goals: Some(text.lines().map(str::to_owned).collect()), ..patch }
            }
            Field::Sells => Self { sells: value, ..patch },
            Field::Customers => Self { customers: value, ..patch },
            Field::Competitors => Self { competitors: value, ..patch },
            Field::Challenges => Self { challenges: value, ..patch },
            Field::Tone => Self { tone: value, ..patch },
        }
    }

    /// Applies the changes to `old`.
    pub fn over(self, old: Profile) -> Profile {
        Profile {
            business_name: self.business_name.unwrap_or(old.business_name),
            industry: self.industry.unwrap_or(old.industry),
            size: self.size.unwrap_or(old.size),
            stage: self.stage.unwrap_or(old.stage),
            revenue_range: self.revenue_range.unwrap_or(old.revenue_range),
            goals: self.goals.unwrap_or(old.goals),
            sells: self.sells.unwrap_or(old.sells),
            customers: self.customers.unwrap_or(old.customers),
            competitors: self.competitors.unwrap_or(old.competitors),
            challenges: self.challenges.unwrap_or(old.challenges),
            tone: self.tone.unwrap_or(old.tone),
        }
    }
}

/// Rejects `null`, which could mean both "keep" and "empty".
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_its_name() {
        for field in Field::ALL {
            assert_eq!(Field::parse(field.name()), Some(field));
        }
        assert_eq!(Field::parse("password"), None);
    }

    #[test]
    fn taking_every_differing_field_makes_two_profiles_equal() {
        let theirs = Profile {
            industry: "Bakery".into(),
            goals: vec!["A second shop".into()],
            tone: "Plain".into(),
            ..Profile::default()
        };
        let mut mine = Profile { industry: "Coffee".into(), ..Profile::default() };
        let fields = mine.differing(&theirs);
        assert_eq!(fields, [Field::Industry, Field::Goals, Field::Tone]);
        for field in fields {
            mine.take(field, &theirs);
        }
        assert_eq!(mine, theirs);
    }

    #[test]
    fn a_profile_is_useful_with_an_offer_and_a_goal() {
        let mut profile = Profile { business_name: "Aroma".into(), ..Profile::default() };
        assert!(!profile.is_useful());
        profile.sells = "Bread".into();
        assert!(!profile.is_useful());
        profile.goals.push("Grow".into());
        assert!(profile.is_useful());
        assert_eq!(profile.filled(), 3);
        assert_eq!(profile.missing().len(), Field::ALL.len() - 3);
    }

    #[test]
    fn every_field_can_be_prioritised_by_an_adviser() {
        let topics = crate::personas::priorities::topics(&[], &[]);
        let offered: Vec<(&str, &str)> = topics[0]
            .choices
            .iter()
            .map(|choice| (choice.prefix.as_str(), choice.name.as_str()))
            .collect();
        let prefixes = Field::ALL.map(|field| format!("P.{}", field.name()));
        let fields: Vec<(&str, &str)> =
            prefixes.iter().map(String::as_str).zip(Field::ALL.map(Field::label)).collect();
        assert_eq!(offered, fields);
    }
}
