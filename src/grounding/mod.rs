//! Grounding: checks the numbers of a reply against the facts it cites.
//!
//! A reply is read block by block, as it is displayed. A number may match any fact cited up to the end of
//! its own block, or a number of the question. The verdict on a block therefore never changes afterwards.
//! Markdown is parsed elsewhere; this module receives lines of text.

mod cite;
mod digits;
mod figures;
mod scan;
mod words;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use cite::unfinished;

use crate::facts::model::Fact;
use digits::Plain;
use figures::{Figure, Place};
use scan::{Number, Standing, Unit};

/// Maximum number of unmatched numbers kept with their text. All of them are counted.
const MOST_KEPT: usize = 50;

/// The sources a reply may draw on: the facts in its prompt, and the question.
pub struct Known {
    facts: Arc<dyn AsRef<[Fact]> + Send + Sync>,
    asked: Vec<Figure>,
    /// Whether no facts were recorded for this reply.
    is_nothing: bool,
}

impl Default for Known {
    fn default() -> Self {
        Self { facts: Arc::new(Vec::new()), asked: Vec::new(), is_nothing: true }
    }
}

impl Known {
    /// For a reply whose prompt contained `facts`. If there are none, nothing is checked.
    pub fn new(facts: Arc<dyn AsRef<[Fact]> + Send + Sync>, question: &str) -> Self {
        let is_nothing = (*facts).as_ref().is_empty();
        Self { facts, asked: figures::of_text(question), is_nothing }
    }

    /// For a finished reply that cites `facts`. Uncited facts do not affect the verdict, so the result is
    /// the same as with all of them.
    pub fn cited(facts: Vec<Fact>, question: &str) -> Self {
        Self { facts: Arc::new(facts), asked: figures::of_text(question), is_nothing: false }
    }

    /// Whether no facts were recorded for this reply. Nothing in it is marked then.
    pub fn is_nothing(&self) -> bool {
        self.is_nothing
    }

    fn facts(&self) -> &[Fact] {
        (*self.facts).as_ref()
    }

    /// Returns the index of the fact with this id.
    fn find(&self, id: &str) -> Option<usize> {
        self.facts().iter().position(|fact| fact.id == id)
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").field("facts", &self.facts().len()).finish_non_exhaustive()
    }
}

/// A line of a reply: a paragraph, list item, heading or table cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passage {
    /// The visible text without markup. Anything that is not prose, such as code, is one U+FFFC.
    pub text: String,
    pub kind: Kind,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Prose,
    Heading,
    /// A table cell, with the headers of its column and row.
    Cell {
        column: String,
        row: String,
    },
}

/// A finding about a range of a [`Passage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Byte range.
    pub range: Range<usize>,
    pub says: Says,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// The cited facts, by their 1-based number in the reply. `None` for an id that no fact has.
    Cites(Vec<Option<usize>>),
    /// A number that matches no cited fact.
    Unmatched,
}

/// The result of checking a reply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grounding {
    /// Ids of the cited facts, in order of first citation.
    pub cited: Vec<String>,
    /// Cited ids that no fact has.
    pub unknown: Vec<String>,
    /// Count of numbers that match a cited fact.
    pub matched: u32,
    /// Count of the other numbers that occur in the question.
    pub from_question: u32,
    /// Count of the remaining numbers.
    pub unmatched: u32,
    /// The first of the unmatched numbers.
    pub unmatched_numbers: Vec<Unmatched>,
}

/// The grounding of a finished reply, as it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grounded {
    pub grounding: Grounding,
    /// The cited facts, in order of first citation.
    pub facts: Vec<Fact>,
}

/// A number that matches no cited fact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmatched {
    /// The text as written.
    pub text: String,
    /// 0-based index of its block.
    pub block: u32,
}

/// Checks a reply, block by block.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    known: Arc<Known>,
    /// Indices into `known`, in order of first citation.
    cited: Vec<usize>,
    /// The numbers of the cited facts.
    figures: Vec<Figure>,
    counted: Vec<String>,
    grounding: Grounding,
    blocks: u32,
}

impl Reader {
    pub fn new(known: Arc<Known>) -> Self {
        Self { known, ..Self::default() }
    }

    /// Whether there is nothing to check against.
    pub fn is_idle(&self) -> bool {
        self.known.is_nothing()
    }

    /// Returns the facts cited so far, in the order of their numbers.
    pub fn cited(&self) -> impl Iterator<Item = &Fact> {
        self.cited.iter().filter_map(|at| self.known.facts().get(*at))
    }

    /// Returns the fact with this 1-based number.
    pub fn fact(&self, number: usize) -> Option<&Fact> {
        self.cited.get(number.checked_sub(1)?).and_then(|at| self.known.facts().get(*at))
    }

    /// Returns the result so far.
    pub fn grounding(&self) -> &Grounding {
        &self.grounding
    }

    /// Returns the result for storage; `None` if no facts were recorded for this reply.
    pub fn grounded(&self) -> Option<Grounded> {
        let facts = self.cited().cloned().collect();
        (!self.is_idle()).then(|| Grounded { grounding: self.grounding.clone(), facts })
    }

    /// Finds the citations of a block that is still streaming. Its numbers are not checked, because their
    /// citation may still follow. Call [`Self::forget`] before reading the rest of the block.
    pub fn glance(&mut self, passages: &[Passage]) -> Vec<Vec<Note>> {
        passages.iter().map(|passage| self.citations(&passage.text)).collect()
    }

    /// Resets the counts for a part of the reply that is a message of its own. Fact numbers remain valid.
    pub fn begin_part(&mut self) {
        let cited = std::mem::take(&mut self.grounding.cited);
        self.grounding = Grounding { cited, ..Grounding::default() };
        self.blocks = 0;
    }

    /// Returns the number of facts cited so far, for [`Self::forget`].
    pub fn mark(&self) -> usize {
        self.cited.len()
    }

    /// Drops the citations found by [`Self::glance`] since `mark`.
    pub fn forget(&mut self, mark: usize) {
        self.cited.truncate(mark);
    }

    /// Checks a complete block and returns the notes on each passage, in text order.
    pub fn block(&mut self, passages: &[Passage]) -> Vec<Vec<Note>> {
        if self.is_idle() {
            return Vec::new();
        }
        let before = self.mark();
        let mut notes = self.glance(passages);
        for at in self.cited[before..].iter() {
            if let Some(fact) = self.known.facts().get(*at) {
                self.grounding.cited.push(fact.id.clone());
                self.figures.extend(figures::of_fact(fact));
                self.counted.extend(figures::counted(fact));
            }
        }
        for passage in passages {
            self.note_unknown(&passage.text);
        }
        for (passage, notes) in passages.iter().zip(&mut notes) {
            self.numbers(passage, notes);
        }
        self.blocks += 1;
        notes
    }

    fn citations(&mut self, text: &str) -> Vec<Note> {
        let cites = |citation: cite::Citation| {
            let numbers = citation.ids.iter().map(|id| self.number_of(id)).collect();
            Note { range: citation.range, says: Says::Cites(numbers) }
        };
        cite::citations(text).into_iter().map(cites).collect()
    }

    /// Returns the 1-based number of a fact in this reply, and assigns the next one at its first citation.
    fn number_of(&mut self, id: &str) -> Option<usize> {
        let fact = self.known.find(id)?;
        let place = self.cited.iter().position(|cited| *cited == fact).unwrap_or_else(|| {
            self.cited.push(fact);
            self.cited.len() - 1
        });
        Some(place + 1)
    }

    fn note_unknown(&mut self, text: &str) {
        for id in cite::citations(text).into_iter().flat_map(|citation| citation.ids) {
            let unknown = &mut self.grounding.unknown;
            let is_news = self.known.find(&id).is_none() && !unknown.contains(&id);
            if is_news && unknown.len() < MOST_KEPT {
                unknown.push(id);
            }
        }
    }

    /// Checks a passage's numbers and adds the findings to `notes`, which hold its citations.
    fn numbers(&mut self, passage: &Passage, notes: &mut Vec<Note>) {
        let text = without(&passage.text, notes);
        let plain = Plain::new(&text);
        let numbers = scan::numbers(&plain.text);
        let heads = match &passage.kind {
            Kind::Cell { column, row } => format!("{column} {row}"),
            _ => String::new(),
        };
        let in_cell = matches!(passage.kind, Kind::Cell { .. });
        let place = Place { text: &plain.text, in_cell, heads: &heads };
        let mut unmatched = Vec::new();
        for (at, number) in numbers.iter().enumerate() {
            if self.is_claim(passage, number, place) && self.stands_alone(&numbers, at, place) {
                unmatched.push(plain.original(number.range.clone()));
            }
        }
        for range in unmatched {
            if self.grounding.unmatched_numbers.len() < MOST_KEPT {
                let text = text[range.clone()].to_owned();
                self.grounding.unmatched_numbers.push(Unmatched { text, block: self.blocks });
            }
            self.grounding.unmatched += 1;
            notes.push(Note { range, says: Says::Unmatched });
        }
        notes.sort_by_key(|note| note.range.start);
    }

    fn is_claim(&self, passage: &Passage, number: &Number, place: Place<'_>) -> bool {
        let is_bare = number.unit == Unit::None;
        match &passage.kind {
            // `## 3 things to do` is no claim, `## Revenue fell by 12 %` is.
            Kind::Heading if is_bare => return false,
            Kind::Cell { column, .. } if is_bare && is_rank(column) => return false,
            // A bare small number in a column of counts is a claim.
            Kind::Cell { row, .. }
                if matches!(number.standing, Standing::Few(_))
                    && !row.is_empty()
                    && fills(place.text, number) =>
            {
                return true;
            }
            _ => {}
        }
        figures::is_claim(number, place, &self.figures, &self.counted)
    }

    /// Whether a claim matches nothing that is known. Counts it in the result if it does match.
    fn stands_alone(&mut self, numbers: &[Number], at: usize, place: Place<'_>) -> bool {
        let number = &numbers[at];
        let of_range = |from: usize| {
            let (low, high) = (numbers.get(from), numbers.get(from + 1));
            low.zip(high).filter(|(low, _)| low.starts_range)
        };
        let ranges = [of_range(at), at.checked_sub(1).and_then(of_range)];
        let is_borne = self.figures.iter().any(|figure| {
            figure.bears(number, place)
                || ranges.iter().flatten().any(|(low, high)| figure.lies_between(low, high))
        });
        let is_asked = || self.known.asked.iter().any(|figure| figure.is_told_by(number, place));
        if is_borne {
            self.grounding.matched += 1;
        } else if is_asked() {
            self.grounding.from_question += 1;
        } else {
            return true;
        }
        false
    }
}

/// Blanks out citations, because digits in ids are no claims, and the placeholder characters that renderers
/// insert. Keeps all byte offsets.
fn without(text: &str, notes: &[Note]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for Note { range, .. } in notes {
        out.push_str(&text[at..range.start]);
        out.extend(std::iter::repeat_n(' ', range.len()));
        at = range.end;
    }
    out.push_str(&text[at..]);
    // Each placeholder is three bytes long.
    out.replace(|c| ('\u{fdd0}'..='\u{fdef}').contains(&c), "   ")
}

/// Whether a column contains row numbers.
fn is_rank(column: &str) -> bool {
    words::RANKS.contains(column.trim().to_lowercase().as_str())
}

/// Whether a cell contains only this number.
fn fills(text: &str, number: &Number) -> bool {
    text[..number.range.start].trim().is_empty() && text[number.range.end..].trim().is_empty()
}
