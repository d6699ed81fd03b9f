//! Finds what a sentence names as the metric of a number.

use std::ops::Range;

use super::super::lexicon::{Meaning, Metric, Names};
use super::super::reading::{Kind, Token};
use super::super::scan::{Number, Unit};
use super::{FAR, Named, Sentence};

impl Sentence<'_> {
    pub(super) fn is_name(token: &Token) -> bool {
        token.meanings().any(|meaning| matches!(meaning, Meaning::Metric(_) | Meaning::Other))
    }

    pub(super) fn named(&self, at: usize, is_own: bool) -> Named {
        let names = self.token(at).meanings().find_map(|meaning| match meaning {
            Meaning::Metric(names) => Some(names),
            _ => None,
        });
        Named { names, is_own, is_grouped: self.is_grouped(at), at }
    }

    /// Finds the name that a number counts or is an amount of: `48,210 sessions`, `12,345 EUR in revenue`, `a 12 % rise
    /// in sessions`.
    pub(super) fn name_behind(&self, at: usize, number: &Number) -> Option<usize> {
        let is_share = number.unit == Unit::Percent;
        let mut is_change = false;
        for (place, token) in self.tokens(at + 1..(at + 6).min(self.range.end)) {
            if Self::is_name(token) {
                // `12 % of revenue` is a share, not revenue.
                return (!is_share || is_change).then_some(place);
            }
            is_change |= token
                .meanings()
                .any(|it| matches!(it, Meaning::Up | Meaning::Down | Meaning::Good | Meaning::Bad));
            let joins = [
                "of", "in", "de", "d", "di", "der", "des", "an", "the", "your", "en", "del", "dei",
                "la", "los", "las", "le", "les", "l", "da", "worth", "mal",
            ];
            let passes = is_change
                && token.meanings().any(|it| {
                    matches!(it, Meaning::Up | Meaning::Down | Meaning::Good | Meaning::Bad)
                })
                || joins.contains(&self.reading.word(place))
                || token.is_mark(&['\'', '’', '*']);
            if !passes {
                return None;
            }
        }
        None
    }

    /// Returns what the sentence names as the metric of the number at token `at`.
    pub(in super::super) fn name_of(&self, at: usize, number: &Number) -> Option<Named> {
        if let Some(name) = self.taken.get(&at) {
            return Some(self.named(*name, true));
        }
        let segment = self.segment(at);
        if number.unit == Unit::Percent
            && self.direction_before(at, false).is_none()
            && let Some(share) = self.share_of(at, &segment)
        {
            return Some(share);
        }
        let is_change = matches!(number.unit, Unit::Percent | Unit::Points);
        let near = at.saturating_sub(FAR)..at;
        let is_free = |place: usize| is_change || !self.taken_names.contains(&place);
        let before =
            self.tokens(near).rev().find(|(place, token)| Self::is_name(token) && is_free(*place));
        if let Some((place, _)) = before {
            let is_own = segment.contains(&place);
            return Some(self.named(place, is_own));
        }
        // `At 12,345 EUR, revenue was…`
        let behind = self
            .tokens(at + 1..segment.end)
            .take_while(|(_, token)| !matches!(token.kind, Kind::Claim(_) | Kind::Cite(_)))
            .find(|(place, token)| Self::is_name(token) && is_free(*place));
        behind.map(|(place, _)| self.named(place, true))
    }

    /// Reads `2.5 % of sessions converted`. Of any other share, the whole is not what the number is about.
    pub(super) fn share_of(&self, at: usize, segment: &Range<usize>) -> Option<Named> {
        let of = ["of", "der", "aller", "des", "de", "delle", "degli", "dei", "las", "los"];
        if at + 1 >= self.range.end || !of.contains(&self.reading.word(at + 1)) {
            return None;
        }
        let (whole, _) = self
            .tokens(at + 2..(at + 5).min(self.range.end))
            .find(|(_, token)| Self::is_name(token))?;
        let is_rate = |place: usize| {
            let names = self.named(place, true).names;
            names.is_some_and(|names| names.names(Metric::Rate) == Some(true))
        };
        let rate = self
            .tokens(whole + 1..segment.end)
            .find(|(place, token)| Self::is_name(token) && is_rate(*place));
        let named = self.named(rate.map_or(whole, |(place, _)| place), true);
        Some(Named { is_grouped: rate.is_none(), ..named })
    }

    /// Whether a name is one of several: `revenue and sessions`, or part of a compound: `marketing revenue`.
    pub(super) fn is_grouped(&self, at: usize) -> bool {
        let reaches = |step: isize| {
            let mut place = at;
            for _ in 0..3 {
                let Some(next) = place.checked_add_signed(step) else { return false };
                if !self.range.contains(&next) {
                    return false;
                }
                let token = self.token(next);
                if Self::is_name(token) {
                    return true;
                }
                let joins = [
                    "and", "und", "et", "y", "e", "or", "the", "your", "die", "der", "les", "le",
                    "la", "las", "los", "el", "i", "gli", "il",
                ];
                let passes = token.kind == Kind::Part
                    || token.is_mark(&[',', '/', '-', '&', '*'])
                    || joins.contains(&self.reading.word(next));
                if !passes {
                    return false;
                }
                place = next;
            }
            false
        };
        reaches(1) || reaches(-1)
    }

    /// Whether the part of the sentence around a number names a metric, or the parts of its ratio.
    pub(in super::super) fn mentions(&self, at: usize, metric: Metric) -> bool {
        let segment = self.segment(at);
        let names = |metric: Metric| {
            self.tokens(segment.clone()).any(|(place, token)| {
                Self::is_name(token)
                    && self
                        .named(place, true)
                        .names
                        .is_some_and(|names| names.names(metric).is_some())
            })
        };
        match metric {
            Metric::RevenuePerUser => {
                names(metric) || names(Metric::Revenue) && names(Metric::Users)
            }
            metric => names(metric),
        }
    }

    /// Returns the only metric that the sentence names, for a pronoun in the next one.
    pub(in super::super) fn only_name(&self) -> Option<Names> {
        let mut all = self
            .tokens(self.range.start..(self.range.start + FAR).min(self.range.end))
            .filter(|(_, token)| Self::is_name(token));
        let first = all.next().map(|(at, _)| self.named(at, true))?.names?;
        all.all(|(at, _)| self.named(at, true).names == Some(first)).then_some(first)
    }
}
