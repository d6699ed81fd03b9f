//! What a tenant tells us about its business.

use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// The business profile. Every field may be empty: a profile grows.
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
    /// What a field holds, as text; goals stand one on a line.
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

    /// Takes one field from another profile.
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

    /// The fields in which two profiles differ, in the order of the form.
    pub fn differing(&self, other: &Self) -> Vec<Field> {
        Field::ALL.into_iter().filter(|&field| self.text(field) != other.text(field)).collect()
    }

    /// The fields that say nothing yet.
    pub fn missing(&self) -> Vec<Field> {
        Field::ALL.into_iter().filter(|&field| self.text(field).is_empty()).collect()
    }

    /// How many of [`Field::ALL`] say something.
    pub fn filled(&self) -> u32 {
        Field::ALL.into_iter().map(|field| u32::from(!self.text(field).is_empty())).sum()
    }

    /// Whether advice can be about this business: it says what it is, and what it wants or struggles with.
    pub fn is_useful(&self) -> bool {
        let known = !self.industry.is_empty() || !self.sells.is_empty();
        let wanted = !self.goals.is_empty() || !self.challenges.is_empty();
        known && wanted
    }
}

/// A part of the profile.
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
    /// Every field, in the order of the form.
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

    /// Its name in forms, in JSON and in [`AppError::details`].
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

    /// Its name for people.
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

    /// The field of that [`Field::name`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
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

/// A profile that was sent and refused: what was typed, from which version on, and why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedProfile {
    pub typed: Profile,
    pub version: i64,
    pub error: AppError,
}

/// Everything the profile page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileView {
    pub saved: SavedProfile,
    /// Only for a browser without JavaScript, once, after a save was refused.
    pub refused: Option<RefusedProfile>,
}

/// Changes to a profile: a field that is absent keeps what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProfilePatch {
    /// The version the changes were made to; where absent, the newest one.
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
    /// Read-only, as are the next two: accepted and ignored, so that a profile that was read can be
    /// sent back.
    pub updated_at: Option<String>,
    pub updated_human: Option<String>,
    pub updated_by: Option<String>,
}

impl ProfilePatch {
    /// The profile after the changes.
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

/// Refuses `null`, which could mean both "keep" and "empty".
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
    fn every_field_has_a_name_that_leads_back_to_it() {
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
    fn a_profile_is_useful_once_it_says_what_the_business_is_and_what_it_wants() {
        let mut profile = Profile { business_name: "Aroma".into(), ..Profile::default() };
        assert!(!profile.is_useful());
        profile.sells = "Bread".into();
        assert!(!profile.is_useful());
        profile.goals.push("Grow".into());
        assert!(profile.is_useful());
        assert_eq!(profile.filled(), 3);
        assert_eq!(profile.missing().len(), Field::ALL.len() - 3);
    }
}
