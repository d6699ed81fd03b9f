//! What a reply may draw on: the facts of its prompt, its question and the conversation before.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::Checked;
use super::digits::Plain;
use super::scan::{self, Number, Unit};
use super::subject::{OwnNames, Subject};
use super::units::{self, Relation, unit_of};
use crate::facts::model::Fact;

/// Maximum number of numbers remembered of the conversation before.
const MOST_EARLIER: usize = 1_000;

/// The sources a reply may draw on.
pub struct Known {
    facts: Arc<dyn AsRef<[Fact]> + Send + Sync>,
    asked: Vec<Figure>,
    earlier: Vec<Figure>,
    /// Whether no facts were recorded for this reply.
    is_nothing: bool,
    /// The verdicts of a finished reply.
    stored: Option<Vec<Checked>>,
    read: OnceLock<Subjects>,
}

/// What the facts state, read when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    pub own: OwnNames,
    /// One for each fact; `None` for texts.
    pub all: Vec<Option<Subject>>,
    /// The numbers of each fact's text, read when they are first needed: a reply cites few of the facts.
    figures: Vec<OnceLock<Vec<Figure>>>,
    places: HashMap<String, usize>,
}

/// A number of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    pub value: f64,
    pub unit: Unit,
    /// Where it stands in its text, in bytes.
    pub at: usize,
}

impl Figure {
    /// Whether `claim` states this number.
    pub fn is_told_by(&self, claim: &Number, heads: &str) -> bool {
        match units::relate(&claim.unit, &self.unit) {
            Relation::Same(factor) => units::states(claim, heads, self.value, factor),
            Relation::Unstated => {
                self.unit != Unit::Percent && units::states(claim, heads, self.value, 1.0)
            }
            Relation::Other => false,
        }
    }
}

/// Returns all numbers in a text, dates included: repeating one of them is not an invention.
pub(super) fn figures(text: &str) -> Vec<Figure> {
    let plain = Plain::new(text);
    let mut figures = Vec::new();
    for number in scan::numbers(&plain.text) {
        let at = number.range.start;
        figures.extend(number.readings.iter().map(|reading| Figure {
            value: reading.value,
            unit: number.unit.clone(),
            at,
        }));
    }
    figures
}

impl Default for Known {
    fn default() -> Self {
        Self::of(Arc::new(Vec::new()), "", true)
    }
}

impl Known {
    fn of(facts: Arc<dyn AsRef<[Fact]> + Send + Sync>, question: &str, is_nothing: bool) -> Self {
        let (asked, read) = (figures(question), OnceLock::new());
        Self { facts, asked, earlier: Vec::new(), is_nothing, stored: None, read }
    }

    /// For a reply whose prompt contained `facts`. If there are none, nothing is checked.
    pub fn new(facts: Arc<dyn AsRef<[Fact]> + Send + Sync>, question: &str) -> Self {
        let is_nothing = (*facts).as_ref().is_empty();
        Self::of(facts, question, is_nothing)
    }

    /// Adds the messages before the question, whose numbers may be repeated.
    pub fn with_earlier<'a>(mut self, messages: impl IntoIterator<Item = &'a str>) -> Self {
        if !self.is_nothing {
            self.earlier = messages.into_iter().flat_map(figures).take(MOST_EARLIER).collect();
        }
        self
    }

    /// For a finished reply that cites `facts` and was checked before verdicts were stored.
    pub fn cited(facts: Vec<Fact>, question: &str) -> Self {
        Self::of(Arc::new(facts), question, false)
    }

    /// For a finished reply that cites `facts`, with the verdicts on its numbers.
    pub fn judged(facts: Vec<Fact>, numbers: Vec<Checked>) -> Self {
        Self { stored: Some(numbers), ..Self::of(Arc::new(facts), "", false) }
    }

    /// Whether no facts were recorded for this reply. Nothing in it is marked then.
    pub fn is_nothing(&self) -> bool {
        self.is_nothing
    }

    pub(super) fn facts(&self) -> &[Fact] {
        (*self.facts).as_ref()
    }

    pub(super) fn stored(&self) -> Option<&[Checked]> {
        self.stored.as_deref()
    }

    pub(super) fn asked(&self) -> &[Figure] {
        &self.asked
    }

    pub(super) fn earlier(&self) -> &[Figure] {
        &self.earlier
    }

    pub(super) fn subjects(&self) -> &Subjects {
        self.read.get_or_init(|| {
            let facts = self.facts();
            let own = OwnNames::of(facts);
            let all = facts.iter().map(|fact| Subject::of(fact, &own)).collect();
            let places =
                facts.iter().enumerate().map(|(place, fact)| (fact.id.clone(), place)).collect();
            let figures = facts.iter().map(|_| OnceLock::new()).collect();
            Subjects { own, all, figures, places }
        })
    }

    /// Returns the numbers in the text of the fact at an index. Empty for a fact that is itself a number.
    pub(super) fn figures(&self, at: usize) -> &[Figure] {
        let Some(fact) = self.facts().get(at).filter(|fact| fact.number.is_none()) else {
            return &[];
        };
        let read = self.subjects().figures.get(at);
        read.map_or(&[], |read| read.get_or_init(|| figures(&fact.text)))
    }

    /// Returns the index of the fact with this id.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.subjects().places.get(id).copied()
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").field("facts", &self.facts().len()).finish_non_exhaustive()
    }
}

/// Returns the lower-case words that name what a fact counts. Empty for amounts and percentages, whose
/// numbers carry their own unit.
pub(super) fn counted(fact: &Fact) -> Vec<String> {
    let unit = fact.number.as_ref().map(|number| unit_of(&number.unit));
    if !matches!(unit, Some(Unit::None | Unit::Other)) {
        return Vec::new();
    }
    let words = fact.label.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
    words
        .filter(|word| {
            word.chars().count() > 3 && !super::words::SAID_OF_ALL.contains(word.as_str())
        })
        .collect()
}
