//! Whether the numbers of an answer are the business's: each against the facts that the answer cites.
//!
//! An answer is read block by block, as it is shown. A number may rest on any fact that was cited up
//! to the end of its own block, and on the question that was asked; so what was said of a block stays
//! true whatever follows. Markdown is read elsewhere: what comes in here are lines of text.

mod cite;
mod digits;
mod figures;
mod scan;
mod words;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use cite::unfinished;

use super::model::Fact;
use digits::Plain;
use figures::{Figure, Place};
use scan::{Number, Standing, Unit};

/// The most texts of unmatched numbers that are kept; all are counted.
const MOST_KEPT: usize = 50;

/// What an answer may rest on: the facts that its prompt held, and the question.
pub struct Known {
    facts: Arc<dyn AsRef<[Fact]> + Send + Sync>,
    asked: Vec<Figure>,
    /// Whether nothing is known of what the answer was told.
    is_nothing: bool,
}

impl Default for Known {
    fn default() -> Self {
        Self { facts: Arc::new(Vec::new()), asked: Vec::new(), is_nothing: true }
    }
}

impl Known {
    /// Of an answer that was told `facts`. Where these are none, nothing is known.
    pub fn new(facts: Arc<dyn AsRef<[Fact]> + Send + Sync>, question: &str) -> Self {
        let is_nothing = (*facts).as_ref().is_empty();
        Self { facts, asked: figures::of_text(question), is_nothing }
    }

    /// Of an answer that has ended, and that cites `facts`. As no other facts matter, it is all the same.
    pub fn cited(facts: Vec<Fact>, question: &str) -> Self {
        Self { facts: Arc::new(facts), asked: figures::of_text(question), is_nothing: false }
    }

    /// Whether nothing is known of what the answer was told: then nothing in it is marked.
    pub fn is_nothing(&self) -> bool {
        self.is_nothing
    }

    fn facts(&self) -> &[Fact] {
        (*self.facts).as_ref()
    }

    /// Where the fact of that id stands.
    fn find(&self, id: &str) -> Option<usize> {
        self.facts().iter().position(|fact| fact.id == id)
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").field("facts", &self.facts().len()).finish_non_exhaustive()
    }
}

/// A line of an answer: a paragraph, a point of a list, a heading, a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passage {
    /// As it is read, without marks of its own. What is no prose, such as code, is one U+FFFC.
    pub text: String,
    pub kind: Kind,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Prose,
    Heading,
    /// With what stands at the head of its column and of its row.
    Cell {
        column: String,
        row: String,
    },
}

/// What there is to say of a place in a [`Passage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// In bytes.
    pub range: Range<usize>,
    pub says: Says,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// The facts that are cited here, by their number in the answer, from 1; none for an id that no
    /// fact has.
    Cites(Vec<Option<usize>>),
    /// A number that no cited fact bears.
    Unmatched,
}

/// What an answer rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grounding {
    /// The ids of the facts cited, in the order of their first citation.
    pub cited: Vec<String>,
    /// Ids that were cited and that no fact has.
    pub unknown: Vec<String>,
    /// How many numbers a cited fact bears.
    pub matched: u32,
    /// How many others the question holds.
    pub from_question: u32,
    /// How many others there are.
    pub unmatched: u32,
    /// The first of the unmatched ones.
    pub unmatched_numbers: Vec<Unmatched>,
}

/// What there is to keep of an answer that has ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grounded {
    pub grounding: Grounding,
    /// Those it cites, in the order of their first citation.
    pub facts: Vec<Fact>,
}

/// A number that no cited fact bears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmatched {
    /// As it is written.
    pub text: String,
    /// The block it stands in, from 0.
    pub block: u32,
}

/// Reads an answer, block by block.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    known: Arc<Known>,
    /// The facts cited so far, as places in `known`.
    cited: Vec<usize>,
    /// Of these facts.
    figures: Vec<Figure>,
    counted: Vec<String>,
    grounding: Grounding,
    blocks: u32,
}

impl Reader {
    pub fn new(known: Arc<Known>) -> Self {
        Self { known, ..Self::default() }
    }

    /// Whether there is nothing to read for.
    pub fn is_idle(&self) -> bool {
        self.known.is_nothing()
    }

    /// The facts cited so far, in the order of their numbers.
    pub fn cited(&self) -> impl Iterator<Item = &Fact> {
        self.cited.iter().filter_map(|at| self.known.facts().get(*at))
    }

    /// The fact of that number, from 1.
    pub fn fact(&self, number: usize) -> Option<&Fact> {
        self.cited.get(number.checked_sub(1)?).and_then(|at| self.known.facts().get(*at))
    }

    /// What was read so far.
    pub fn grounding(&self) -> &Grounding {
        &self.grounding
    }

    /// What was read, to be kept; none where nothing is known of what the answer was told.
    pub fn grounded(&self) -> Option<Grounded> {
        let facts = self.cited().cloned().collect();
        (!self.is_idle()).then(|| Grounded { grounding: self.grounding.clone(), facts })
    }

    /// Reads the citations of a block that is still being written. Of its numbers nothing can be said
    /// yet: what they rest on may follow. To go on, take the reader as it was before.
    pub fn glance(&mut self, passages: &[Passage]) -> Vec<Vec<Note>> {
        passages.iter().map(|passage| self.citations(&passage.text)).collect()
    }

    /// Begins to count anew, for a part of the answer that is a message of its own; what was cited stays
    /// known by its number.
    pub fn begin_part(&mut self) {
        let cited = std::mem::take(&mut self.grounding.cited);
        self.grounding = Grounding { cited, ..Grounding::default() };
        self.blocks = 0;
    }

    /// How many facts are cited so far; see [`Self::forget`].
    pub fn mark(&self) -> usize {
        self.cited.len()
    }

    /// Forgets what a [`Self::glance`] since `mark` has found.
    pub fn forget(&mut self, mark: usize) {
        self.cited.truncate(mark);
    }

    /// Reads a whole block: what there is to say of each passage, in the order of its text.
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

    /// The number of a fact in this answer, from 1; the next one where it was not cited before.
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

    /// Adds what there is to say of a passage's numbers to the `notes` on its citations.
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
            // `## 3 things to do`, but not `## Revenue fell by 12 %`.
            Kind::Heading if is_bare => return false,
            Kind::Cell { column, .. } if is_bare && is_rank(column) => return false,
            // A column of counts.
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

    /// Whether nothing that is known bears a claim; what does is counted.
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

/// A passage with spaces in the place of its citations, as the digits in ids are no numbers, and of the
/// marks that a program may have set between its characters.
fn without(text: &str, notes: &[Note]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for Note { range, .. } in notes {
        out.push_str(&text[at..range.start]);
        out.extend(std::iter::repeat_n(' ', range.len()));
        at = range.end;
    }
    out.push_str(&text[at..]);
    // Each takes three bytes.
    out.replace(|c| ('\u{fdd0}'..='\u{fdef}').contains(&c), "   ")
}

/// Whether a column numbers its rows.
fn is_rank(column: &str) -> bool {
    words::RANKS.contains(column.trim().to_lowercase().as_str())
}

/// Whether a cell holds a number and nothing else.
fn fills(text: &str, number: &Number) -> bool {
    text[..number.range.start].trim().is_empty() && text[number.range.end..].trim().is_empty()
}
