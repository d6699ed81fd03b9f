//! The sentences that say what a business is, by language. Everything is in lower case; `'` stands for any apostrophe.
//!
//! The lists are short on purpose: a sentence that is missed costs nothing, and a wrong proposal disturbs.

mod english;
mod french;
mod german;
mod italian;
mod spanish;

use crate::business::model::Field;

/// The rules of one language.
pub struct Language {
    /// A sentence with one of these words states nothing.
    pub unless: &'static [&'static str],
    /// Where a statement ends within its sentence.
    pub ends: &'static [&'static str],
    /// A text that begins with one of these words names nothing: "we sell more", "our customers are happy".
    pub not_first: &'static [&'static str],
    /// Words for a business. One of the first words of an industry is one of these, or ends with it.
    pub businesses: &'static [&'static str],
    /// What customers and competitors look like.
    pub names: Names,
    pub phrases: &'static [(Field, &'static [&'static str])],
}

/// How a language tells names of people and things from adjectives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// A single word is a plural or a name, and the first of several is no participle.
    English,
    /// Nouns have a capital.
    Capitals,
    /// There are two words at least.
    TwoWords,
}

pub const LANGUAGES: [Language; 5] =
    [english::LANGUAGE, german::LANGUAGE, french::LANGUAGE, spanish::LANGUAGE, italian::LANGUAGE];
