//! The editor's form: what is typed into it, and what waits in the session while its page is loaded.

use serde::{Deserialize, Serialize};

use super::model::Persona;
use super::slug;
use crate::ui::{CHARGES, COLOURS};

/// An adviser as it is typed. All text, so that what makes no sense can be shown again as it was.
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
    /// Beginnings of facts' ids, one a line.
    pub facts_first: String,
    pub model: String,
    pub temperature: String,
    pub max_tokens: String,
    /// Empty, or `on`.
    pub show_reasoning: String,
}

impl Typed {
    /// The form of an adviser that is not there yet.
    pub fn blank() -> Self {
        let first = |list: &[(&str, &str)], at: usize| list[at].0.to_owned();
        Self { emblem: first(&CHARGES, 4), colour: first(&COLOURS, 4), ..Self::default() }
    }

    /// What differs between two forms: each field's label with what the first and the second hold.
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
            ("Facts first", &self.facts_first),
            ("Model", &self.model),
            ("Temperature", &self.temperature),
            ("Longest answer", &self.max_tokens),
            ("Show reasoning", &self.show_reasoning),
        ]
    }
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
            model: persona.model.clone().unwrap_or_default(),
            temperature: persona.temperature.map(|t| t.to_string()).unwrap_or_default(),
            max_tokens: persona.max_tokens.map(|n| n.to_string()).unwrap_or_default(),
            show_reasoning: if persona.show_reasoning { "on" } else { "" }.to_owned(),
        }
    }
}

/// What a form says is an adviser's slug goes into an address up to this length.
const MOST_SLUG_BYTES: usize = 200;

/// The name by which the form waits in the session.
pub const FORM: &str = "adviser";

/// The form as it was sent, and where it was previewed what came of that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Empty: an adviser that is not there yet.
    pub slug: String,
    /// The version that the form was filled from.
    pub version: i64,
    pub typed: Typed,
    /// The question of the preview.
    pub question: String,
    pub preview: Option<Preview>,
}

impl Draft {
    /// The address of the page with this form.
    pub fn page(&self) -> String {
        match self.slug.as_str() {
            "" => "/advisers/new".to_owned(),
            // No adviser has it, and the list says so: an address has an end.
            slug if slug.len() > MOST_SLUG_BYTES => "/advisers".to_owned(),
            slug if slug::is_plain(slug) => format!("/advisers/{slug}"),
            slug => format!("/advisers/{}", leptos_router::location::Url::escape(slug)),
        }
    }
}

/// An answer of an adviser that is not saved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The answer as sanitised HTML, block by block.
    pub blocks: Vec<String>,
    /// What it took: `341 tokens, $0.0012`.
    pub foot: String,
    /// Why it ends before its end.
    pub note: Option<String>,
}
