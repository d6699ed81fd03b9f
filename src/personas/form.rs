//! The editor's form, and its state in the session between a submit and the next page.

use serde::{Deserialize, Deserializer, Serialize};

use super::emblem::{CHARGES, COLOURS};
use super::model::Persona;
use super::priorities::in_stored_order;
use super::slug;

/// An adviser as typed. All fields are text, so that invalid input can be shown again unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub short: String,
    pub title: String,
    pub summary: String,
    pub emblem: String,
    pub colour: String,
    pub focus: String,
    pub voice: String,
    pub instructions: String,
    /// Prefixes of fact ids, one per line. The form sends a list of them.
    #[serde(deserialize_with = "lines")]
    pub facts_first: String,
    /// The prefixes as they were stored, most important first. The form sends its own in the order of its topics.
    pub facts_order: String,
    pub model: String,
    pub temperature: String,
    pub max_tokens: String,
    /// Empty or `on`.
    pub show_reasoning: String,
}

impl Typed {
    /// Returns the form for a new adviser.
    pub fn blank() -> Self {
        let first = |list: &[(&str, &str)], at: usize| list[at].0.to_owned();
        Self { emblem: first(&CHARGES, 4), colour: first(&COLOURS, 4), ..Self::default() }
    }

    /// Sorts the prioritised facts as they were stored.
    pub fn in_stored_order(mut self) -> Self {
        self.facts_first = in_stored_order(&self.facts_first, &self.facts_order);
        self
    }

    /// Returns the fields that differ, each with its label and both values.
    pub fn differing<'a>(&'a self, other: &'a Self) -> Vec<(&'static str, &'a str, &'a str)> {
        let (mine, theirs) = (self.texts(), other.texts());
        let both = mine.into_iter().zip(theirs);
        both.filter(|((_, mine), (_, theirs))| mine != theirs)
            .map(|((label, mine), (_, theirs))| (label, mine, theirs))
            .collect()
    }

    fn texts(&self) -> [(&'static str, &str); 13] {
        [
            ("Short name", &self.short),
            ("Title", &self.title),
            ("In a few words", &self.summary),
            ("Emblem", &self.emblem),
            ("Colour", &self.colour),
            ("Focus", &self.focus),
            ("Tone", &self.voice),
            ("Instructions", &self.instructions),
            ("Prioritised facts", &self.facts_first),
            ("Model", &self.model),
            ("Temperature", &self.temperature),
            ("Longest answer", &self.max_tokens),
            ("Show reasoning", &self.show_reasoning),
        ]
    }
}

/// Reads a text, or a list as lines.
fn lines<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Sent {
        Text(String),
        List(Vec<String>),
    }
    Ok(match Sent::deserialize(deserializer)? {
        Sent::Text(text) => text,
        Sent::List(list) => list.join("\n"),
    })
}

impl From<&Persona> for Typed {
    fn from(persona: &Persona) -> Self {
        Self {
            short: persona.short.clone(),
            title: persona.title.clone(),
            summary: persona.summary.clone(),
            emblem: persona.emblem.clone(),
            colour: persona.colour.clone(),
            focus: persona.focus.clone(),
            voice: persona.voice.clone(),
            instructions: persona.instructions.clone(),
            facts_first: persona.facts_first.join("\n"),
            facts_order: persona.facts_first.join(","),
            model: persona.model.clone().unwrap_or_default(),
            temperature: persona.temperature.map(|t| t.to_string()).unwrap_or_default(),
            max_tokens: persona.max_tokens.map(|n| n.to_string()).unwrap_or_default(),
            show_reasoning: if persona.show_reasoning { "on" } else { "" }.to_owned(),
        }
    }
}

/// Maximum length in bytes of a slug that is put into a URL.
const MOST_SLUG_BYTES: usize = 200;

/// The form's key in the session.
pub const FORM: &str = "adviser";

/// A submitted form, with the result of its preview if there was one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Empty for a new adviser.
    pub slug: String,
    /// The version the form was filled from.
    pub version: i64,
    pub typed: Typed,
    /// The question for the preview.
    pub question: String,
    pub preview: Option<Preview>,
}

impl Draft {
    /// Returns the path of the page with this form.
    pub fn page(&self) -> String {
        match self.slug.as_str() {
            "" => "/advisers/new".to_owned(),
            // No adviser has such a slug, and URLs must stay short. The list reports the error.
            slug if slug.len() > MOST_SLUG_BYTES => "/advisers".to_owned(),
            slug if slug::is_plain(slug) => format!("/advisers/{slug}"),
            slug => format!("/advisers/{}", leptos_router::location::Url::escape(slug)),
        }
    }
}

/// A reply from an unsaved adviser.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The reply as sanitised HTML, one entry per block.
    pub blocks: Vec<String>,
    /// Usage: `341 tokens, $0.0012`.
    pub foot: String,
    /// Why the reply is incomplete.
    pub note: Option<String>,
}
