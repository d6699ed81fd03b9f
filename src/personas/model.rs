//! Advisers, as prompts and pages know them.

use serde::{Deserialize, Serialize};

/// An adviser: who it is, how it speaks and reasons, and what it is told first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Persona {
    /// `cfo`, as in addresses and in the database.
    pub slug: String,
    /// `CFO`.
    pub short: String,
    /// `Chief Financial Officer`.
    pub title: String,
    /// Which emblem it bears; the four built-in ones bear their slugs.
    pub emblem: String,
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
    /// Grows by one with each change; 0 is a built-in adviser as it came.
    pub version: i64,
}
