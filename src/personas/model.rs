//! The persona model shared by prompts and pages.

use serde::{Deserialize, Serialize};

use super::emblem::Charge;

/// An adviser: its identity, tone, way of reasoning, and the facts it sees first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
// Versions are never migrated: fields added later read as empty in older ones.
#[serde(rename_all = "camelCase", default)]
pub struct Persona {
    /// The identifier in URLs and in the database: `cfo`.
    pub slug: String,
    /// For example `CFO`.
    pub short: String,
    /// For example `Chief Financial Officer`.
    pub title: String,
    /// The emblem on its shield, one of [`super::emblem::CHARGES`].
    pub emblem: String,
    /// The colour of its shield, one of [`super::emblem::COLOURS`].
    pub colour: String,
    /// Its subjects in a few words: `Cash, margins, pricing`.
    pub summary: String,
    /// Its tone.
    pub voice: String,
    /// Its subjects, and what it leaves to other advisers.
    pub focus: String,
    /// How it reasons, and what every reply must contain.
    pub instructions: String,
    /// Prefixes of the fact ids that matter most to it, most important first: `K.revenue`, `P.goals`.
    pub facts_first: Vec<String>,
    /// Overrides the installation's model.
    pub model: Option<String>,
    /// Overrides the installation's temperature; 0 to 2.
    pub temperature: Option<f64>,
    /// Overrides the installation's maximum length of a reply, in tokens.
    pub max_tokens: Option<u32>,
    /// Whether pages show the model's reasoning, if the model exposes it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub show_reasoning: bool,
    /// Grows by one with each save. 0 is the default definition of a built-in adviser.
    pub version: i64,
}

impl Card {
    /// Returns the form of address: `CFO`, but `Legal Counsel` rather than `Legal`.
    pub fn called(&self) -> &str {
        called(&self.short, &self.title)
    }
}

fn called<'a>(short: &'a str, title: &'a str) -> &'a str {
    if short.contains(char::is_lowercase) { title } else { short }
}

#[cfg(feature = "ssr")]
impl Persona {
    /// See [`Card::called`].
    pub fn called(&self) -> &str {
        called(&self.short, &self.title)
    }

    /// Returns the part of the persona that pages show.
    pub fn card(&self, archived: bool) -> Card {
        Card {
            slug: self.slug.clone(),
            short: self.short.clone(),
            title: self.title.clone(),
            summary: self.summary.clone(),
            colour: self.colour.clone(),
            charge: Charge::named(&self.emblem),
            archived,
        }
    }
}

/// The part of a persona that pages show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub slug: String,
    pub short: String,
    pub title: String,
    pub summary: String,
    pub colour: String,
    /// The drawing on its shield. Sent with the data, so that the browser half contains no drawings.
    pub charge: Charge,
    /// Archived advisers take no questions.
    pub archived: bool,
}
