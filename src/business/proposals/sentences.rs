//! Finds what the sentences of a message say of the business, by fixed phrases. Needs no model.

use super::passage::{own_parts, single_spaced};
use super::phrases::{LANGUAGES, Language, Names};
use super::{Candidate, passage};
use crate::business::model::Field;

/// Maximum number of candidates of a message.
const MOST: usize = 8;
/// Maximum number of places in a message at which a phrase is looked for.
const MOST_PLACES: usize = 300;
/// Minimum and maximum length of a text in characters, and its maximum in words.
const LEAST_LENGTH: usize = 3;
const MOST_LENGTH: usize = 160;
const MOST_WORDS: usize = 25;
/// How many words at the start of an industry are searched for a word for a business.
const WORDS_OF_BUSINESS: usize = 3;
/// Words that may stand before a phrase.
const LEAD_INS: [&str; 13] = [
    "so",
    "well",
    "also",
    "currently",
    "today",
    "and",
    "hi",
    "hello",
    "hey",
    "hallo",
    "bonjour",
    "hola",
    "ciao",
];
/// What may stand before a phrase within a sentence.
const JOINTS: [&str; 9] = [", ", ": ", " – ", " — ", " and ", " und ", " et ", " y ", " e "];
/// Where a statement ends, in every language.
const ENDS: [&str; 4] = [" – ", " — ", " - ", "; "];

/// Returns what a message says of the business, in its order. Each text is a [`passage`] of the message.
pub fn candidates(message: &str) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut places = MOST_PLACES;
    for sentence in own_parts(message).iter().flat_map(|part| sentences(part)) {
        let sentence = Sentence::new(&sentence);
        // A question states nothing: "We sell too little, don't we?"
        if sentence.lower.iter().any(|c| matches!(c, '?' | '¿' | '？')) {
            continue;
        }
        for start in sentence.starts() {
            if places == 0 || found.len() == MOST {
                return found;
            }
            places -= 1;
            let candidate = sentence.statement(start);
            let is_literal = |it: &Candidate| passage(message, &it.text).as_ref() == Some(&it.text);
            let candidate = candidate.filter(|it| !found.contains(it)).filter(is_literal);
            found.extend(candidate);
        }
    }
    found
}

/// Splits a text into sentences. A line break ends one unless the next line goes on in lower case.
fn sentences(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut sentence = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        sentence.push(c);
        let next = chars.peek().copied();
        let is_end = match c {
            '.' | '!' | '?' | '…' => next.is_none_or(char::is_whitespace),
            '。' | '！' | '？' => true,
            '\n' => next.is_none_or(|next| !next.is_lowercase()),
            _ => false,
        };
        if is_end {
            all.push(single_spaced(&std::mem::take(&mut sentence)));
        }
    }
    all.push(single_spaced(&sentence));
    all.retain(|sentence| !sentence.is_empty());
    all
}

/// A sentence as characters, and the same in lower case: both have the same positions.
struct Sentence {
    chars: Vec<char>,
    lower: Vec<char>,
    words: Vec<String>,
}

impl Sentence {
    fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let lower = chars.iter().map(|c| match c {
            '’' | '‘' => '\'',
            c => c.to_lowercase().next().unwrap_or(*c),
        });
        let lower: Vec<char> = lower.collect();
        let words = lower.split(|c| !c.is_alphanumeric() && !matches!(c, '\'' | '-'));
        let words = words.filter(|word| !word.is_empty()).map(|word| word.iter().collect());
        Self { words: words.collect(), lower, chars }
    }

    fn has_at(&self, at: usize, text: &str) -> bool {
        let mut here = self.lower.get(at..).unwrap_or_default().iter();
        text.chars().all(|wanted| here.next() == Some(&wanted))
    }

    /// Returns where `text` ends that stands at `at` and is followed by another word.
    fn behind(&self, at: usize, text: &str) -> Option<usize> {
        let end = at + text.chars().count();
        let is_whole = text.ends_with('\'') || !self.lower.get(end)?.is_alphanumeric();
        (is_whole && self.has_at(at, text)).then_some(end)
    }

    fn text(&self, from: usize, to: usize) -> String {
        self.chars.get(from..to).unwrap_or_default().iter().collect()
    }

    /// Returns where a statement may begin.
    fn starts(&self) -> Vec<usize> {
        let is_mark = |c: &char| !c.is_alphabetic();
        let first = self.lower.iter().position(|c| !is_mark(c)).unwrap_or(self.lower.len());
        let behind_joint = |at: usize| {
            let joint = JOINTS.into_iter().find(|joint| self.has_at(at, joint))?;
            Some(at + joint.chars().count())
        };
        let joints = (first..self.lower.len()).filter_map(behind_joint);
        let mut starts: Vec<usize> = std::iter::once(first).chain(joints).collect();
        for start in &mut starts {
            let lead_in = LEAD_INS.into_iter().find_map(|word| self.behind(*start, word));
            *start = lead_in.map_or(*start, |end| self.behind_marks(end));
        }
        starts
    }

    fn behind_marks(&self, at: usize) -> usize {
        let rest = self.lower.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|c| matches!(c, ' ' | ',' | ':')).count()
    }

    /// Returns the statement that begins with the longest phrase at `start`.
    fn statement(&self, start: usize) -> Option<Candidate> {
        let mut best: Option<(usize, Field, &Language)> = None;
        for language in &LANGUAGES {
            for (field, phrases) in language.phrases {
                let ends = phrases.iter().filter_map(|phrase| self.behind(start, phrase));
                if let Some(end) = ends.max().filter(|end| best.is_none_or(|it| it.0 < *end)) {
                    best = Some((end, *field, language));
                }
            }
        }
        let (end, field, language) = best?;
        if self.words.iter().any(|word| language.unless.contains(&word.as_str())) {
            return None;
        }
        let from = self.behind_marks(end);
        let ends_at = |at: &usize| {
            *at >= self.lower.len()
                || ENDS.iter().chain(language.ends).any(|it| self.has_at(*at, it))
        };
        // A longer text is none, wherever it ends.
        let to = (from..=from + MOST_LENGTH).find(ends_at)?;
        let text = self.text(from, to);
        let text = text.trim_end_matches(|c: char| c.is_whitespace() || ".,;:!…".contains(c));
        is_statement(text, field, language).then(|| Candidate { field, text: text.to_owned() })
    }
}

/// Returns whether a text behind a phrase says something of its field.
fn is_statement(text: &str, field: Field, language: &Language) -> bool {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | ':'))
        .filter(|word| !word.is_empty())
        .collect();
    let Some(first) = words.first() else { return false };
    let length = text.chars().count();
    let fits = (LEAST_LENGTH..=MOST_LENGTH).contains(&length) && words.len() <= MOST_WORDS;
    let names_something =
        !language.not_first.contains(first) && text.chars().next().is_some_and(char::is_alphabetic);
    fits && match field {
        Field::Industry => words.iter().take(WORDS_OF_BUSINESS).any(|word| {
            language.businesses.iter().any(|business| match language.names {
                // A compound: Buchhandlung.
                Names::Capitals => word.ends_with(business),
                _ => word == business,
            })
        }),
        Field::Sells => names_something,
        Field::Customers | Field::Competitors => {
            names_something && are_names(text, &words, language.names)
        }
        _ => true,
    }
}

fn are_names(text: &str, words: &[&str], names: Names) -> bool {
    let has_capital = text.split_whitespace().any(|word| word.starts_with(char::is_uppercase));
    let first = words.first().copied().unwrap_or_default();
    match names {
        Names::Capitals => has_capital,
        Names::TwoWords => has_capital || words.len() > 1,
        Names::English if words.len() == 1 => has_capital || first.ends_with('s'),
        Names::English => !first.ends_with("ing") && !first.ends_with("ed"),
    }
}

#[cfg(test)]
#[path = "sentences_tests.rs"]
mod tests;
