//! Advisers, as prompts and pages know them.

use serde::{Deserialize, Serialize};

use crate::ui::Charge;

/// An adviser: who it is, how it speaks and reasons, and what it is told first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
// Versions are kept for ever: one from before a field was added reads as if it were empty.
#[serde(rename_all = "camelCase", default)]
pub struct Persona {
    /// `cfo`, as in addresses and in the database.
    pub slug: String,
    /// `CFO`.
    pub short: String,
    /// `Chief Financial Officer`.
    pub title: String,
    /// The name of the charge on its shield, one of [`crate::ui::CHARGES`].
    pub emblem: String,
    /// The colour of its shield, one of [`crate::ui::COLOURS`].
    pub colour: String,
    /// What to come to it for, in a few words: `Cash, margins, pricing`.
    pub summary: String,
    /// How it speaks: its tone.
    pub voice: String,
    /// What it looks at, and what it leaves to the others.
    pub focus: String,
    /// How it reasons, and what every answer of its holds.
    pub instructions: String,
    /// The facts that matter to it most, as beginnings of their ids, most important first: `K.revenue`, `P.goals`.
    pub facts_first: Vec<String>,
    /// The model that answers, where it is not the installation's.
    pub model: Option<String>,
    /// 0 to 2, where it is not the installation's.
    pub temperature: Option<f64>,
    /// The longest answer in tokens, where it is not the installation's.
    pub max_tokens: Option<u32>,
    /// Whether pages show how its model reasoned, where the model tells.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub show_reasoning: bool,
    /// Grows by one with each change; 0 is a built-in adviser as it came.
    pub version: i64,
}

impl Card {
    /// As one speaks to it: `CFO`, but `Legal Counsel` rather than `Legal`.
    pub fn called(&self) -> &str {
        called(&self.short, &self.title)
    }
}

fn called<'a>(short: &'a str, title: &'a str) -> &'a str {
    if short.contains(char::is_lowercase) { title } else { short }
}

#[cfg(feature = "ssr")]
impl Persona {
    /// As one speaks of it: see [`Card::called`].
    pub fn called(&self) -> &str {
        called(&self.short, &self.title)
    }

    /// What a page shows of it.
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

/// What a page shows of an adviser.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub slug: String,
    pub short: String,
    pub title: String,
    pub summary: String,
    pub colour: String,
    /// What is drawn on its shield: it comes with the data, so that the browser half holds no drawings.
    pub charge: Charge,
    /// It takes no more questions.
    pub archived: bool,
}
