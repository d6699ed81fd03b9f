//! Grounding: checks the numbers of a reply against the facts it cites.
//!
//! A reply is read block by block, as it is displayed. A sentence or table row states something of each of its numbers;
//! what it states is compared with the facts that it cites (`judge`), and the result is a [`State`]. A verdict depends on
//! its block and those before it, so it never changes afterwards. Words that cannot be read never confirm a number.
//! Markdown is parsed elsewhere; this module receives lines of text.

mod arithmetic;
mod cite;
mod digits;
mod judge;
mod lexicon;
mod passage;
mod reading;
mod scan;
mod scope;
mod sources;
mod subject;
mod units;
mod unsupported;
mod verdict;
mod words;

#[cfg(test)]
mod aggregation_tests;
#[cfg(test)]
mod evaluation;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use cite::{is_citation, unfinished};
pub use sources::Known;
pub use verdict::{Reason, State, Verdict};

use crate::facts::model::Fact;
use judge::Context;
use lexicon::Language;

/// Maximum number of numbers kept with their text. All of them are counted.
const MOST_KEPT: usize = 400;
/// Maximum number of unknown ids kept.
const MOST_UNKNOWN: usize = 50;

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
        /// The number of its row in the block.
        line: u32,
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
    Number(Verdict),
}

/// The result of checking a reply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grounding {
    /// Ids of the cited facts, in order of first citation.
    pub cited: Vec<String>,
    /// Cited ids that no fact has.
    pub unknown: Vec<String>,
    /// Count of numbers whose value is a cited fact's and that nothing contradicts.
    pub matched: u32,
    /// Count of the other numbers that occur in the question.
    pub from_question: u32,
    /// Count of the remaining numbers.
    pub unmatched: u32,
    /// Count of numbers by state. `None` for a reply that was checked before there were states.
    pub states: Option<BTreeMap<State, u32>>,
    /// The numbers, in order; the first of many.
    pub numbers: Vec<Checked>,
}

impl Grounding {
    /// Adds the verdicts as they were stored.
    pub fn with(self, recorded: Recorded) -> Self {
        Self { states: Some(recorded.states), numbers: recorded.numbers, ..self }
    }

    /// Returns the verdicts for storage. `None` for a reply that was checked before there were any.
    pub fn recorded(&self) -> Option<Recorded> {
        let states = self.states.clone()?;
        Some(Recorded { states, numbers: self.numbers.clone() })
    }

    /// Returns the count of a state.
    pub fn count(&self, state: State) -> u32 {
        self.states.as_ref().and_then(|states| states.get(&state)).copied().unwrap_or(0)
    }

    fn add(&mut self, checked: Checked) {
        let state = checked.verdict.state;
        *self.states.get_or_insert_default().entry(state).or_default() += 1;
        match state {
            State::Confirmed | State::Found => self.matched += 1,
            State::FromQuestion => self.from_question += 1,
            _ => self.unmatched += 1,
        }
        if self.numbers.len() < MOST_KEPT {
            self.numbers.push(checked);
        }
    }
}

/// The verdicts on a reply's numbers, as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Counts of all numbers.
    pub states: BTreeMap<State, u32>,
    /// The first of many.
    pub numbers: Vec<Checked>,
}

/// The grounding of a finished reply, as it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grounded {
    pub grounding: Grounding,
    /// The cited facts, in order of first citation.
    pub facts: Vec<Fact>,
}

/// A number of a reply with its verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// The text as shown.
    pub text: String,
    /// 0-based index of its block.
    pub block: u32,
    /// 0-based index of its line, list item or cell within the block.
    pub passage: u32,
    /// Byte offset in that line.
    pub start: u32,
    /// Where the number begins in the Markdown that was read, in bytes. In a finished reply: in that reply, in characters.
    /// `None` if markup divides it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u32>,
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// Checks a reply, block by block.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    known: Arc<Known>,
    /// Indices into `known`, in order of first citation.
    cited: Vec<usize>,
    grounding: Grounding,
    blocks: u32,
    /// The language of the reply so far.
    language: Option<Language>,
    /// What headings and lead-ins say for the lines below them.
    context: Context,
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

    /// Returns the known fact with this id.
    pub fn fact_of(&self, id: &str) -> Option<&Fact> {
        self.known.find(id).and_then(|at| self.known.facts().get(at))
    }

    /// Returns the result so far.
    pub fn grounding(&self) -> &Grounding {
        &self.grounding
    }

    /// Returns the result for storage; `None` if no facts were recorded for this reply.
    pub fn grounded(&self) -> Option<Grounded> {
        let facts = self.cited().cloned().collect();
        let mut grounding = self.grounding.clone();
        grounding.states.get_or_insert_default();
        (!self.is_idle()).then_some(Grounded { grounding, facts })
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

    /// Checks a complete block and returns the notes on each passage, in text order. `source` is its Markdown, which begins
    /// at `from` in the reply.
    pub fn block(&mut self, passages: &[Passage], source: &str, from: usize) -> Vec<Vec<Note>> {
        if self.is_idle() {
            return Vec::new();
        }
        let before = self.mark();
        let mut notes = self.glance(passages);
        for at in &self.cited[before..] {
            if let Some(fact) = self.known.facts().get(*at) {
                self.grounding.cited.push(fact.id.clone());
            }
        }
        for passage in passages {
            self.note_unknown(&passage.text);
        }
        let mut searched = 0;
        for (place, verdicts) in (0..).zip(self.verdicts(passages, &notes)) {
            let Some(passage) = passages.get(place as usize) else { break };
            for (range, verdict) in verdicts {
                let Some(text) = passage.text.get(range.clone()).map(str::to_owned) else {
                    continue;
                };
                let found = source
                    .get(searched..)
                    .and_then(|rest| rest.find(&text))
                    .map(|at| searched + at);
                searched = found.map_or(searched, |at| at + text.len());
                let start = u32::try_from(range.start).unwrap_or(u32::MAX);
                let at = found.and_then(|at| u32::try_from(from + at).ok());
                // What is not stored is not marked, so that a stored reply looks the same.
                let is_kept = self.grounding.numbers.len() < MOST_KEPT;
                self.grounding.add(Checked {
                    text,
                    block: self.blocks,
                    passage: place,
                    start,
                    at,
                    verdict: verdict.clone(),
                });
                if let Some(notes) = notes.get_mut(place as usize).filter(|_| is_kept) {
                    notes.push(Note { range, says: Says::Number(verdict) });
                }
            }
        }
        for notes in &mut notes {
            notes.sort_by_key(|note| note.range.start);
        }
        self.blocks += 1;
        notes
    }

    /// Returns the verdicts on the numbers of each passage: as they were stored, or from a check.
    fn verdicts(
        &mut self,
        passages: &[Passage],
        notes: &[Vec<Note>],
    ) -> Vec<Vec<(Range<usize>, Verdict)>> {
        let Some(stored) = self.known.stored() else {
            return self.check(passages, notes);
        };
        let mut found: Vec<Vec<(Range<usize>, Verdict)>> = vec![Vec::new(); passages.len()];
        for number in stored.iter().filter(|number| number.block == self.blocks) {
            let start = number.start as usize;
            let range = start..start + number.text.len();
            let passage = number.passage as usize;
            let is_there = passages.get(passage).and_then(|it| it.text.get(range.clone()))
                == Some(&number.text);
            if let Some(found) = found.get_mut(passage).filter(|_| is_there) {
                found.push((range, number.verdict.clone()));
            }
        }
        found
    }

    fn citations(&mut self, text: &str) -> Vec<Note> {
        let known = self.known.clone();
        let cites = |citation: cite::Citation| {
            let numbers = citation.ids.iter().map(|id| self.number_of(id)).collect();
            Note { range: citation.range, says: Says::Cites(numbers) }
        };
        cite::citations(text, |id| known.find(id).is_some()).into_iter().map(cites).collect()
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
        let is_known = |id: &str| self.known.find(id).is_some();
        for id in cite::citations(text, is_known).into_iter().flat_map(|citation| citation.ids) {
            let unknown = &mut self.grounding.unknown;
            let is_news = self.known.find(&id).is_none() && !unknown.contains(&id);
            if is_news && unknown.len() < MOST_UNKNOWN {
                unknown.push(id);
            }
        }
    }
}
