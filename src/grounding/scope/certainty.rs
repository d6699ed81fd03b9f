//! Tells whether words that could not be read may change what a sentence states.

use std::ops::Range;

use super::super::lexicon::{self, Meaning};
use super::super::reading::{Kind, Token};
use super::Sentence;

impl Sentence<'_> {
    /// Whether words between the number and the name, or next to them, may change the statement.
    pub(in super::super) fn is_unclear(&self, at: usize, name: usize) -> bool {
        let (low, high) = (at.min(name), at.max(name));
        let name_end = (name + 1..self.range.end)
            .take_while(|place| self.token(*place).kind == Kind::Part)
            .last()
            .map_or(name + 1, |it| it + 1);
        let is_strange = |place: usize, token: &Token| self.is_strange(place, token);
        if self.tokens(low + 1..high).any(|(place, token)| is_strange(place, token)) {
            return true;
        }
        // A word that narrows the name: `wholesale revenue`, `revenue target`.
        let is_led = name
            .checked_sub(1)
            .is_some_and(|place| self.range.contains(&place) && self.is_adjective(place));
        if is_led || self.range.contains(&name_end) && is_strange(name_end, self.token(name_end)) {
            return true;
        }
        let clause = self.clause(at);
        let clause = clause.start.min(low.max(self.range.start))..clause.end;
        if self.is_any_doubtful(clause.clone()) || self.is_any_doubtful(low..high) {
            return true;
        }
        // What is counted: `48 suppliers`.
        if self.range.contains(&(at + 1)) && is_strange(at + 1, self.token(at + 1)) {
            return true;
        }
        // `from wholesale`, `for new customers`
        let narrows = |token: &Token| {
            token
                .meanings()
                .any(|it| matches!(it, Meaning::Prep | Meaning::From | Meaning::By | Meaning::Per))
        };
        self.tokens(clause.clone()).any(|(place, token)| {
            narrows(token)
                && self
                    .tokens(place + 1..(place + 4).min(clause.end))
                    .take_while(|(_, it)| {
                        !matches!(it.kind, Kind::Mark(_) | Kind::Claim(_) | Kind::Cite(_))
                    })
                    .any(|(place, it)| is_strange(place, it))
        })
    }

    /// Whether a word may change what is stated. Adverbs do not, nor do German words that are no nouns.
    pub(super) fn is_strange(&self, at: usize, token: &Token) -> bool {
        const ADVERBS: [&str; 4] = ["ly", "ment", "mente", "weise"];
        let is_german = self.reading.language == Some(lexicon::GERMAN);
        token.kind == Kind::Unknown
            && (!is_german || token.is_capital)
            && !ADVERBS.iter().any(|end| self.reading.word(at).ends_with(end))
    }

    /// Whether a word directly before a name may narrow it: `wholesale revenue`.
    pub(super) fn is_adjective(&self, at: usize) -> bool {
        let token = self.token(at);
        token.kind == Kind::Unknown
            && !["ly", "mente"].iter().any(|end| self.reading.word(at).ends_with(end))
    }

    /// Whether the clause of a number is negated or hypothetical.
    pub(in super::super) fn is_doubtful(&self, at: usize) -> bool {
        self.is_any_doubtful(self.clause(at))
    }

    pub(super) fn is_any_doubtful(&self, range: Range<usize>) -> bool {
        self.tokens(range).any(|(at, token)| {
            let is_modal =
                token.is(Meaning::Month(5)) && self.reading.word(at) == "may" && !token.is_capital;
            token.is(Meaning::Doubt) || is_modal
        })
    }

    /// Whether the clause of a number has a word of this meaning.
    pub(in super::super) fn says_nearby(&self, at: usize, meaning: Meaning) -> bool {
        self.has(self.clause(at), meaning)
    }

    pub(in super::super) fn has(&self, range: Range<usize>, meaning: Meaning) -> bool {
        self.tokens(range).any(|(_, token)| token.is(meaning))
    }
}
