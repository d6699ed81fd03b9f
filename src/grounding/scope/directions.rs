//! Reads the direction of a change, and whether a number is a level or a change.

use std::ops::Range;

use super::super::lexicon::Meaning;
use super::super::reading::{Kind, Token};
use super::super::scan::{self, Number, Sign};
use super::super::words;
use super::Sentence;

impl Sentence<'_> {
    /// Returns the direction of change that the words give the number at `at`; the second value is whether they are next
    /// to it. `None` if there are none or they contradict each other.
    pub(in super::super) fn direction(
        &self,
        at: usize,
        number: &Number,
        less_is_better: bool,
    ) -> Option<(Sign, bool)> {
        if let Some(sign) = number.sign {
            return Some((sign, true));
        }
        let next_to = self
            .direction_before(at, less_is_better)
            .or_else(|| self.direction_behind(at, less_is_better));
        if let Some(sign) = next_to {
            return Some((sign, true));
        }
        let all = self.directions(self.cited_part(at), less_is_better);
        let first = *all.first()?;
        all.iter().all(|sign| *sign == first).then_some((first, false))
    }

    /// Returns the number's part of the sentence up to its citation. What follows may be advice: `… [K.a], so cut the bake.`
    fn cited_part(&self, at: usize) -> Range<usize> {
        let segment = self.segment(at);
        let cite = self
            .tokens(at..segment.end)
            .find(|(_, token)| matches!(token.kind, Kind::Cite(_)))
            .map(|(place, _)| place);
        segment.start..cite.unwrap_or(segment.end)
    }

    /// Whether a direction stands behind the citation of the number at `at`, so that it may or may not be about it.
    pub(in super::super) fn is_followed_by_direction(
        &self,
        at: usize,
        less_is_better: bool,
    ) -> bool {
        let end = self.segment(at).end;
        !self.directions(self.cited_part(at).end..end, less_is_better).is_empty()
    }

    /// Returns the direction that the sentence gives the numbers before this one, for `up 8 % on the month [K.a] and 12 %
    /// on the year [K.b]`.
    pub(in super::super) fn direction_carried(
        &self,
        at: usize,
        less_is_better: bool,
    ) -> Option<Sign> {
        let start = at.saturating_sub(super::FAR).max(self.range.start);
        let before = self.directions(start..at, less_is_better);
        let first = *before.first()?;
        before.iter().all(|sign| *sign == first).then_some(first)
    }

    /// Returns all directions within a range.
    pub(in super::super) fn directions(
        &self,
        range: Range<usize>,
        less_is_better: bool,
    ) -> Vec<Sign> {
        self.tokens(range)
            .filter_map(|(place, token)| self.sign_of(place, token, less_is_better))
            .collect()
    }

    pub(super) fn sign_of(&self, at: usize, token: &Token, less_is_better: bool) -> Option<Sign> {
        let judged =
            |is_good: bool| if is_good != less_is_better { Sign::Plus } else { Sign::Minus };
        if let Kind::Mark(c) = token.kind {
            return scan::arrow(c);
        }
        if self.is_occurring(at) {
            return None;
        }
        token.meanings().find_map(|meaning| match meaning {
            Meaning::Up => Some(Sign::Plus),
            Meaning::Down => Some(Sign::Minus),
            Meaning::Good => Some(judged(true)),
            Meaning::Bad => Some(judged(false)),
            Meaning::Take => {
                let end = (at + 24).min(self.range.end);
                self.tokens(at + 1..end).find_map(|(place, _)| match self.reading.word(place) {
                    "zu" => Some(Sign::Plus),
                    "ab" => Some(Sign::Minus),
                    _ => None,
                })
            }
            _ => None,
        })
    }

    /// Whether a German verb means to occur rather than to fall: `es fallen 118 kg an`.
    fn is_occurring(&self, at: usize) -> bool {
        let word = self.reading.word(at);
        let is_verb = ["fallen", "fällt", "fiel", "fielen"].contains(&word);
        is_verb
            && self.tokens(at + 1..(at + 24).min(self.range.end)).any(|(place, _)| {
                let ends = self.reading.tokens.get(place + 1).is_none_or(|next| !next.is_word());
                ends && self.reading.word(place) == "an"
            })
    }

    pub(super) fn direction_before(&self, at: usize, less_is_better: bool) -> Option<Sign> {
        for (place, token) in self.tokens(at.saturating_sub(7)..at).rev() {
            if let Some(sign) = self.sign_of(place, token, less_is_better) {
                return Some(sign);
            }
            let passes = token.kind == Kind::Part
                || token.is_mark(&['*', '~', '≈', '(', '“', '"', '’', '\''])
                || token.meanings().any(|it| {
                    matches!(
                        it,
                        Meaning::Known
                            | Meaning::By
                            | Meaning::To
                            | Meaning::From
                            | Meaning::Count(_)
                            | Meaning::Above
                            | Meaning::Below
                            | Meaning::Until
                            | Meaning::Average
                    )
                });
            if !passes {
                return None;
            }
        }
        None
    }

    pub(super) fn direction_behind(&self, at: usize, less_is_better: bool) -> Option<Sign> {
        for (place, token) in self.tokens(at + 1..(at + 5).min(self.range.end)) {
            // `12 % over the last 30 days` has no direction.
            let is_span = || {
                ["over", "under", "über", "unter"].contains(&self.reading.word(place))
                    && self.leads_span(place + 1)
            };
            if token.is(Meaning::Above) && !is_span() {
                return Some(Sign::Plus);
            }
            if token.is(Meaning::Below) && !is_span() {
                return Some(Sign::Minus);
            }
            if let Some(sign) = self.sign_of(place, token, less_is_better) {
                return Some(sign);
            }
            let passes = matches!(token.kind, Kind::Part)
                || token.is_mark(&['*', '"', '”'])
                || token.is(Meaning::Known)
                || token.is(Meaning::By);
            if !passes {
                return None;
            }
        }
        None
    }

    /// Whether a span of its own begins here, not one to compare with: `30 days`, `the last month`, `a 7-day window`.
    fn leads_span(&self, at: usize) -> bool {
        let (mut is_counted, mut has_number) = (false, false);
        for (place, token) in self.tokens(at..(at + 6).min(self.range.end)) {
            let is_number = token.kind == Kind::Digits
                || token.meanings().any(|it| matches!(it, Meaning::Count(_)));
            if token.meanings().any(|it| matches!(it, Meaning::Time(_))) {
                let behind = place + 1..(place + 3).min(self.range.end);
                return is_counted
                    && ![Meaning::Previous, Meaning::Ago]
                        .into_iter()
                        .any(|it| self.has(behind.clone(), it));
            }
            has_number |= is_number;
            is_counted |= is_number || token.is(Meaning::Last) || token.is(Meaning::This);
            let passes = is_number
                || [Meaning::Last, Meaning::This, Meaning::Known, Meaning::Per]
                    .into_iter()
                    .any(|it| token.is(it))
                || token.is_mark(&['-', '‑']);
            if !passes {
                break;
            }
        }
        // `over the last 7`
        has_number && self.has(at..(at + 4).min(self.range.end), Meaning::Last)
    }

    /// Whether the number is what something reached rather than by how much it changed.
    pub(in super::super) fn is_reached(&self, at: usize) -> bool {
        for (_, token) in self.tokens(at.saturating_sub(6)..at).rev() {
            if token.is(Meaning::To) {
                return true;
            }
            // `rose to an average of 12`
            let passes = token.kind == Kind::Part
                || [
                    Meaning::Known,
                    Meaning::Average,
                    Meaning::By,
                    Meaning::Prep,
                    Meaning::Count(1),
                ]
                .into_iter()
                .any(|it| token.is(it))
                || token.is_mark(&['*', '~', '≈']);
            if !passes || self.sign_of(0, token, false).is_some() {
                return false;
            }
        }
        false
    }

    /// Whether a direction word and a word such as `to` lead to the number: `fell to 12 %`.
    pub(in super::super) fn direction_is_verb_to(&self, at: usize) -> bool {
        let before: Vec<usize> =
            self.tokens(at.saturating_sub(4)..at).map(|(place, _)| place).collect();
        before.windows(2).any(|pair| {
            self.sign_of(pair[0], self.token(pair[0]), false).is_some()
                && self.token(pair[1]).is(Meaning::To)
        })
    }

    /// Whether the number is what something was before: `from 12 to 13`.
    pub(in super::super) fn is_former(&self, at: usize) -> bool {
        let before = self
            .tokens(at.saturating_sub(2)..at)
            .rev()
            .find(|(_, token)| !token.is(Meaning::Known) || token.is(Meaning::From));
        let word = before.map(|(place, _)| self.reading.word(place)).unwrap_or_default();
        let is_from = before
            .is_some_and(|(_, token)| token.is(Meaning::From) || token.is(Meaning::By))
            && words::FROM.contains(word);
        let rest = self.tokens(at + 1..(at + 6).min(self.range.end));
        let then =
            rest.take_while(|(_, token)| !matches!(token.kind, Kind::Cite(_))).collect::<Vec<_>>();
        let goes_on = then.windows(2).any(|pair| {
            let is_to =
                pair[0].1.is(Meaning::To) || words::TO.contains(self.reading.word(pair[0].0));
            is_to && matches!(pair[1].1.kind, Kind::Claim(_))
        });
        // `de` and `di` also mean `of`.
        let is_plain =
            ["from", "von", "vom", "desde", "da", "dal", "dall", "depuis"].contains(&word);
        // `a rise of`, `ein Plus von`, but `fell from`, `fiel von`
        let is_size = before.is_some_and(|(place, _)| {
            let is_noun = || ["von", "vom"].contains(&word) && self.token(place - 1).is_capital;
            place > self.range.start
                && self.sign_of(place - 1, self.token(place - 1), false).is_some()
                && (!is_plain || is_noun())
        });
        if is_size && !goes_on {
            return false;
        }
        // `191,870 EUR from 3,914 sessions`
        let is_basis = self.taken.contains_key(&at)
            && !goes_on
            && self.directions(self.clause(at).start..at, false).is_empty();
        is_from && !is_basis && (is_plain || goes_on)
    }
}
