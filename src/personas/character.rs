//! The part of the prompt that describes an adviser. The prompt and the form's preview render it from the same
//! template.

use super::form::Typed;
use super::model::Persona;

/// A part of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    Words(&'static str),
    /// A field of the form by its name, with its value.
    Field(&'static str, &'a str),
}

impl<'a> Part<'a> {
    pub fn text(self) -> &'a str {
        match self {
            Self::Words(words) => words,
            Self::Field(_, value) => value,
        }
    }
}

type Parts<'a> = [Part<'a>; 11];

/// Returns the description of an adviser.
pub fn of(persona: &Persona) -> Parts<'_> {
    let Persona { title, short, voice, focus, instructions, .. } = persona;
    parts(title, short, voice, focus, instructions)
}

/// Returns the description of an adviser as typed.
pub fn of_typed(typed: &Typed) -> Parts<'_> {
    let Typed { title, short, voice, focus, instructions, .. } = typed;
    parts(title, short, voice, focus, instructions)
}

fn parts<'a>(
    title: &'a str,
    short: &'a str,
    voice: &'a str,
    focus: &'a str,
    instructions: &'a str,
) -> Parts<'a> {
    [
        Part::Words("You are the "),
        Part::Field("title", title),
        Part::Words(" ("),
        Part::Field("short", short),
        Part::Words(") on the board of advisers of a small business.\n\n"),
        Part::Field("voice", voice),
        Part::Words("\n\n"),
        Part::Field("focus", focus),
        Part::Words("\n\n# How you work\n\n"),
        Part::Field("instructions", instructions),
        Part::Words("\n\n"),
    ]
}
