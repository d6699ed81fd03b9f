//! The facts of a business, prepared for prompts.

use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

use super::model::{Fact, Knowledge, Missing};
use crate::error::AppError;
use crate::platform::tokens;

/// All facts of a business on one day, with each fact's prompt lines.
#[derive(Debug)]
pub struct FactSet {
    knowledge: Knowledge,
    /// One entry per fact, in order, each with its trailing newline.
    lines: Vec<String>,
    /// The serialised form that is stored with replies.
    json: Arc<str>,
    /// SHA-256 of `json`, hexadecimal.
    digest: String,
    /// Token count of each entry of `lines`, computed on first use.
    tokens: OnceLock<Vec<u32>>,
}

impl FactSet {
    /// Errors: internal if the facts cannot be serialised.
    pub fn new(knowledge: Knowledge) -> Result<Self, AppError> {
        let json = serde_json::to_string(&knowledge).map_err(AppError::internal)?;
        Ok(Self::of(knowledge, json))
    }

    /// Restores a stored set. Errors: internal if `json` is invalid.
    pub fn from_json(json: String) -> Result<Self, AppError> {
        let knowledge = serde_json::from_str(&json).map_err(AppError::internal)?;
        Ok(Self::of(knowledge, json))
    }

    fn of(knowledge: Knowledge, json: String) -> Self {
        Self {
            lines: knowledge.facts.iter().map(lines).collect(),
            digest: hex::encode(Sha256::digest(&json)),
            json: json.into(),
            tokens: OnceLock::new(),
            knowledge,
        }
    }

    pub fn facts(&self) -> &[Fact] {
        &self.knowledge.facts
    }

    pub fn missing(&self) -> &[Missing] {
        &self.knowledge.missing
    }

    /// Returns the day the facts describe: ISO, in the tenant's time zone.
    pub fn today(&self) -> &str {
        &self.knowledge.today
    }

    /// Returns the prompt lines of the fact at index `place`; empty if out of range.
    pub fn lines(&self, place: usize) -> &str {
        self.lines.get(place).map_or("", String::as_str)
    }

    /// Returns the token count of each fact's prompt lines, computed on the first call.
    pub fn tokens(&self) -> &[u32] {
        self.tokens.get_or_init(|| self.lines.iter().map(|lines| tokens::count(lines)).collect())
    }

    pub fn json(&self) -> &Arc<str> {
        &self.json
    }

    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns whether the id of the fact at index `place` starts with one of the prefixes in `first`.
    pub fn is_first(&self, place: usize, first: &[String]) -> bool {
        let fact = self.facts().get(place);
        fact.is_some_and(|fact| first.iter().any(|beginning| begins(&fact.id, beginning)))
    }

    /// Returns the indices of all facts, those matching the prefixes in `first` first, in the order of
    /// `first`. The sort is stable: facts with the same prefix, and those without one, keep their order.
    pub fn ordered(&self, first: &[String]) -> Vec<usize> {
        let rank = |place: &usize| {
            let id = self.facts().get(*place).map_or("", |fact| fact.id.as_str());
            first.iter().position(|beginning| begins(id, beginning)).unwrap_or(first.len())
        };
        let mut places: Vec<usize> = (0..self.facts().len()).collect();
        places.sort_by_cached_key(rank);
        places
    }
}

impl AsRef<[Fact]> for FactSet {
    fn as_ref(&self) -> &[Fact] {
        self.facts()
    }
}

/// Matches whole id segments: `K.revenue` is a prefix of `K.revenue.30d`, but not of `K.revenue-2.30d`.
fn begins(id: &str, beginning: &str) -> bool {
    id.strip_prefix(beginning).is_some_and(|rest| {
        beginning.ends_with('.') || rest.is_empty() || rest.starts_with(['.', '@'])
    })
}

/// Formats a fact for the prompt. A number takes one line. Text comes from members or programs, so it is
/// quoted line by line below its label and cannot imitate a line of the prompt.
fn lines(fact: &Fact) -> String {
    let Fact { id, label, text, number, note, .. } = fact;
    let note = note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    if number.is_some() {
        return format!("- [{id}] {label}: {text}{note}\n");
    }
    let mut lines = format!("- [{id}] {label}{note}:\n");
    for line in text.lines() {
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "  > {line}");
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::facts::model::Number;

    fn fact(id: &str) -> Fact {
        Fact { id: id.into(), label: "Label".into(), text: "Text".into(), ..Fact::default() }
    }

    fn set(facts: Vec<Fact>) -> FactSet {
        FactSet::new(Knowledge { facts, ..Knowledge::default() }).unwrap()
    }

    #[test]
    fn preferred_facts_come_first_and_the_rest_keep_their_order() {
        let set = set(["P.industry", "P.goals.1", "K.revenue-2.7d", "K.revenue.7d", "I.pulse.1"]
            .map(fact)
            .to_vec());
        let order = |first: &[&str]| {
            let first: Vec<String> = first.iter().map(|it| (*it).to_owned()).collect();
            let ids = set.ordered(&first).into_iter().map(|at| set.facts()[at].id.as_str());
            ids.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            order(&["I.", "K.revenue"]),
            "I.pulse.1 K.revenue.7d P.industry P.goals.1 K.revenue-2.7d"
        );
        assert_eq!(order(&[]), "P.industry P.goals.1 K.revenue-2.7d K.revenue.7d I.pulse.1");
    }

    #[test]
    fn numbers_are_one_line_and_texts_are_quoted() {
        let number = Fact {
            number: Some(Number { value: 2.0, unit: "EUR".into() }),
            text: "2 EUR".into(),
            note: Some("old".into()),
            ..fact("K.revenue.7d")
        };
        let text = Fact { text: "a\nb".into(), ..fact("P.sells") };
        let set = set(vec![number, text]);
        assert_eq!(set.lines(0), "- [K.revenue.7d] Label: 2 EUR (old)\n");
        assert_eq!(set.lines(1), "- [P.sells] Label:\n  > a\n  > b\n");
        assert_eq!(set.tokens().len(), 2);
    }

    #[test]
    fn a_stored_set_reads_back_unchanged() {
        let first = set(vec![fact("P.industry"), fact("P.sells")]);
        let again = FactSet::from_json(first.json().to_string()).unwrap();
        assert_eq!(again.knowledge, first.knowledge);
        assert_eq!((again.digest(), again.lines(1)), (first.digest(), first.lines(1)));
        assert_ne!(set(vec![fact("P.industry")]).digest(), first.digest());
    }
}
