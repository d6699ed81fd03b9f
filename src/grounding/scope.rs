//! Reads what the words around a number say of it: metric, period, comparison, direction, form.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use time::{Date, Month};

use super::lexicon::{Meaning, Metric, Names};
use super::reading::{Kind, Reading, Token};
use super::scan::{Number, Sign, Unit};

/// How many tokens away words still belong to a number. Bounds the work on hostile replies.
const FAR: usize = 48;

/// What is named as the metric of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Named {
    /// `None` if it is a quantity outside the metric model.
    pub names: Option<Names>,
    /// Whether the number's own part of the sentence names it.
    pub is_own: bool,
    /// Whether it is one of several names, or the whole of a share.
    pub is_grouped: bool,
    /// The token.
    pub at: usize,
}

/// A period that a sentence names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Period {
    Days(u16),
    /// For each so many days.
    Every(u16),
    On(DayOf),
    Until(DayOf),
    Since(DayOf),
    Month(u8),
    Year(i32),
    Weekday(u8),
    Today,
    Yesterday,
    /// One that no fact covers.
    Odd,
}

/// A date as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DayOf {
    pub day: u8,
    pub month: u8,
    pub year: Option<i32>,
    /// Whether day and month may be exchanged: `10/11`.
    pub is_ambiguous: bool,
}

impl DayOf {
    pub fn is(&self, date: Date) -> bool {
        let (day, month) = (date.day(), u8::from(date.month()));
        let fits = (self.day, self.month) == (day, month)
            || self.is_ambiguous && (self.month, self.day) == (day, month);
        fits && self.year.is_none_or(|year| year == date.year() || year + 2000 == date.year())
    }
}

/// What a change is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    Year,
    /// The days before: so many, 0 if unsaid.
    Before(u16),
}

/// Something found in a sentence, with its token.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<T> {
    pub what: T,
    pub at: usize,
}

/// A sentence, or a table row's cell with its headers.
#[derive(Debug)]
pub(super) struct Sentence<'a> {
    pub reading: &'a Reading,
    pub range: Range<usize>,
    pub periods: Vec<At<Period>>,
    pub compared: Vec<At<Compared>>,
    /// Names directly behind a number: `48,210 sessions`.
    taken: HashMap<usize, usize>,
    taken_names: HashSet<usize>,
}

impl<'a> Sentence<'a> {
    pub fn of(reading: &'a Reading, range: Range<usize>, numbers: &[Number]) -> Self {
        let mut sentence = Self {
            reading,
            range: range.clone(),
            periods: Vec::new(),
            compared: Vec::new(),
            taken: HashMap::new(),
            taken_names: HashSet::new(),
        };
        sentence.find_periods();
        for at in range {
            if let Kind::Claim(index) = sentence.token(at).kind
                && let Some(name) = sentence.name_behind(at, &numbers[index])
            {
                sentence.taken.insert(at, name);
                sentence.taken_names.insert(name);
            }
        }
        sentence
    }

    pub fn token(&self, at: usize) -> &'a Token {
        &self.reading.tokens[at]
    }

    fn tokens(&self, range: Range<usize>) -> impl DoubleEndedIterator<Item = (usize, &'a Token)> {
        let range = range.start.max(self.range.start)
            ..range.end.min(self.range.end).max(range.start.max(self.range.start));
        range.clone().zip(&self.reading.tokens[range])
    }

    /// Returns the tokens that are near enough to belong to a number.
    pub fn near(&self, at: usize) -> Range<usize> {
        at.saturating_sub(FAR).max(self.range.start)..(at + FAR).min(self.range.end)
    }

    /// Returns the tokens between the citations or semicolons around `at`. What follows the last number of a sentence
    /// belongs to it also behind its citation.
    pub fn segment(&self, at: usize) -> Range<usize> {
        let near = self.near(at);
        let ends = |token: &Token| matches!(token.kind, Kind::Cite(_)) || token.is_mark(&[';']);
        let start = self.tokens(near.start..at).rev().find(|(_, token)| ends(token));
        let start = start.map_or(near.start, |(at, _)| at + 1);
        let end =
            self.tokens(at..near.end).find(|(_, token)| ends(token)).map_or(near.end, |(at, _)| at);
        let is_last = !self
            .tokens(end..near.end)
            .any(|(_, token)| matches!(token.kind, Kind::Claim(_)) || token.is_mark(&[';']));
        start..if is_last { near.end } else { end }
    }

    /// Returns the tokens of the clause around `at`, between commas, brackets and other marks.
    fn clause(&self, at: usize) -> Range<usize> {
        let near = self.near(at);
        let ends = |token: &Token| {
            matches!(token.kind, Kind::Cite(_))
                || token.is_mark(&[',', ';', ':', '(', ')', '—', '–', '|'])
        };
        let start = self.tokens(near.start..at).rev().find(|(_, token)| ends(token));
        let end = self
            .tokens(at + 1..near.end)
            .find(|(_, token)| ends(token))
            .map_or(near.end, |(at, _)| at);
        start.map_or(near.start, |(at, _)| at + 1)..end
    }

    // ---- metric

    fn is_name(token: &Token) -> bool {
        token.meanings().any(|meaning| matches!(meaning, Meaning::Metric(_) | Meaning::Other))
    }

    fn named(&self, at: usize, is_own: bool) -> Named {
        let names = self.token(at).meanings().find_map(|meaning| match meaning {
            Meaning::Metric(names) => Some(names),
            _ => None,
        });
        Named { names, is_own, is_grouped: self.is_grouped(at), at }
    }

    /// Finds the name that a number counts or is an amount of: `48,210 sessions`, `12,345 EUR in revenue`, `a 12 % rise
    /// in sessions`.
    fn name_behind(&self, at: usize, number: &Number) -> Option<usize> {
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
    pub fn name_of(&self, at: usize, number: &Number) -> Option<Named> {
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
    fn share_of(&self, at: usize, segment: &Range<usize>) -> Option<Named> {
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
    fn is_grouped(&self, at: usize) -> bool {
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
    pub fn mentions(&self, at: usize, metric: Metric) -> bool {
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
    pub fn only_name(&self) -> Option<Names> {
        let mut all = self
            .tokens(self.range.start..(self.range.start + FAR).min(self.range.end))
            .filter(|(_, token)| Self::is_name(token));
        let first = all.next().map(|(at, _)| self.named(at, true))?.names?;
        all.all(|(at, _)| self.named(at, true).names == Some(first)).then_some(first)
    }

    // ---- certainty

    /// Whether words between the number and the name, or next to them, may change the statement.
    pub fn is_unclear(&self, at: usize, name: usize) -> bool {
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
    fn is_strange(&self, at: usize, token: &Token) -> bool {
        const ADVERBS: [&str; 4] = ["ly", "ment", "mente", "weise"];
        let is_german = self.reading.language == Some(super::lexicon::GERMAN);
        token.kind == Kind::Unknown
            && !(is_german && !token.is_capital)
            && !ADVERBS.iter().any(|end| self.reading.word(at).ends_with(end))
    }

    /// Whether a word directly before a name may narrow it: `wholesale revenue`.
    fn is_adjective(&self, at: usize) -> bool {
        let token = self.token(at);
        token.kind == Kind::Unknown
            && !["ly", "mente"].iter().any(|end| self.reading.word(at).ends_with(end))
    }

    /// Whether the clause of a number is negated or hypothetical.
    pub fn is_doubtful(&self, at: usize) -> bool {
        self.is_any_doubtful(self.clause(at))
    }

    fn is_any_doubtful(&self, range: Range<usize>) -> bool {
        self.tokens(range).any(|(at, token)| {
            let is_modal =
                token.is(Meaning::Month(5)) && self.reading.word(at) == "may" && !token.is_capital;
            token.is(Meaning::Doubt) || is_modal
        })
    }

    /// Whether the clause of a number has a word of this meaning.
    pub fn says_nearby(&self, at: usize, meaning: Meaning) -> bool {
        self.has(self.clause(at), meaning)
    }

    pub fn has(&self, range: Range<usize>, meaning: Meaning) -> bool {
        self.tokens(range).any(|(_, token)| token.is(meaning))
    }

    // ---- direction and form

    /// Returns the direction of change that the words give the number at `at`; the second value is whether they are next
    /// to it. `None` if there are none or they contradict each other.
    pub fn direction(
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
        let all = self.directions(self.segment(at), less_is_better);
        let first = *all.first()?;
        all.iter().all(|sign| *sign == first).then_some((first, false))
    }

    /// Returns all directions within a range.
    pub fn directions(&self, range: Range<usize>, less_is_better: bool) -> Vec<Sign> {
        self.tokens(range)
            .filter_map(|(place, token)| self.sign_of(place, token, less_is_better))
            .collect()
    }

    fn sign_of(&self, at: usize, token: &Token, less_is_better: bool) -> Option<Sign> {
        let judged =
            |is_good: bool| if is_good != less_is_better { Sign::Plus } else { Sign::Minus };
        if let Kind::Mark(c) = token.kind {
            return super::scan::arrow(c);
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

    fn direction_before(&self, at: usize, less_is_better: bool) -> Option<Sign> {
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

    fn direction_behind(&self, at: usize, less_is_better: bool) -> Option<Sign> {
        for (place, token) in self.tokens(at + 1..(at + 5).min(self.range.end)) {
            // `12 % over the last 30 days` has no direction.
            let is_span = || {
                ["over", "under", "über", "unter"].contains(&self.reading.word(place))
                    && self.has(place + 1..(place + 4).min(self.range.end), Meaning::Last)
                    && !self.has(place + 1..(place + 4).min(self.range.end), Meaning::Previous)
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

    /// Whether the number is what something reached rather than by how much it changed.
    pub fn is_reached(&self, at: usize) -> bool {
        for (_, token) in self.tokens(at.saturating_sub(4)..at).rev() {
            if token.is(Meaning::To) {
                return true;
            }
            let passes = token.kind == Kind::Part
                || token.is(Meaning::Known)
                || token.is_mark(&['*', '~', '≈']);
            if !passes || self.sign_of(0, token, false).is_some() {
                return false;
            }
        }
        false
    }

    /// Whether a direction word and a word such as `to` lead to the number: `fell to 12 %`.
    pub fn direction_is_verb_to(&self, at: usize) -> bool {
        let before: Vec<usize> =
            self.tokens(at.saturating_sub(4)..at).map(|(place, _)| place).collect();
        before.windows(2).any(|pair| {
            self.sign_of(pair[0], self.token(pair[0]), false).is_some()
                && self.token(pair[1]).is(Meaning::To)
        })
    }

    /// Whether the number is what something was before: `from 12 to 13`.
    pub fn is_former(&self, at: usize) -> bool {
        let before = self
            .tokens(at.saturating_sub(2)..at)
            .rev()
            .find(|(_, token)| !token.is(Meaning::Known) || token.is(Meaning::From));
        let word = before.map(|(place, _)| self.reading.word(place)).unwrap_or_default();
        let is_from = before
            .is_some_and(|(_, token)| token.is(Meaning::From) || token.is(Meaning::By))
            && super::words::FROM.contains(word);
        let rest = self.tokens(at + 1..(at + 6).min(self.range.end));
        let then =
            rest.take_while(|(_, token)| !matches!(token.kind, Kind::Cite(_))).collect::<Vec<_>>();
        let goes_on = then.windows(2).any(|pair| {
            let is_to = pair[0].1.is(Meaning::To)
                || super::words::TO.contains(self.reading.word(pair[0].0));
            is_to && matches!(pair[1].1.kind, Kind::Claim(_))
        });
        // `a rise of`: `ein Plus von`
        let is_size = before.is_some_and(|(place, _)| {
            place > self.range.start
                && self.sign_of(place - 1, self.token(place - 1), false).is_some()
        });
        if is_size && !goes_on {
            return false;
        }
        // `de` and `di` also mean `of`.
        let is_plain =
            ["from", "von", "vom", "desde", "da", "dal", "dall", "depuis"].contains(&word);
        is_from && (is_plain || goes_on)
    }

    // ---- periods

    fn find_periods(&mut self) {
        for at in self.range.clone() {
            let token = self.token(at);
            let mut found = None;
            for meaning in token.meanings() {
                found = found.or(match meaning {
                    Meaning::Time(unit) => self.span_at(at, unit),
                    Meaning::OddTime => Some(Found::Period(Period::Odd)),
                    Meaning::Every(days) => Some(Found::Period(Period::Every(days))),
                    Meaning::CompareYear => Some(Found::Compared(Compared::Year)),
                    Meaning::CompareBefore(days) => Some(Found::Compared(Compared::Before(days))),
                    Meaning::Today => Some(Found::Period(Period::Today)),
                    Meaning::Yesterday => Some(Found::Period(Period::Yesterday)),
                    Meaning::Weekday(day) => Some(Found::Period(Period::Weekday(day))),
                    Meaning::Month(month) => self.date_at(at, month),
                    _ => None,
                });
            }
            if token.kind == Kind::Digits {
                found = self
                    .numeric_date(at)
                    .or_else(|| self.short_span(at))
                    .or_else(|| self.year_at(at));
            }
            match found {
                Some(Found::Period(_)) if self.explains_comparison(at) => {}
                Some(Found::Period(what)) => self.periods.push(At { what, at }),
                Some(Found::Compared(what)) => self.compared.push(At { what, at }),
                None => {}
            }
        }
    }

    /// Whether `at` is in brackets behind a comparison: `against the days before (30 days to 1 Oct 2026)`. A period there is
    /// not the one of the number.
    fn explains_comparison(&self, at: usize) -> bool {
        let near = at.saturating_sub(FAR)..at;
        let bracket = self.tokens(near).rev().find(|(_, token)| token.is_mark(&['(', ')']));
        let Some((open, _)) = bracket.filter(|(_, token)| token.is_mark(&['('])) else {
            return false;
        };
        self.tokens(open.saturating_sub(7)..open)
            .rev()
            .take_while(|(_, token)| token.is_word() || token.kind == Kind::Digits)
            .any(|(_, token)| token.is(Meaning::Compare))
    }

    /// Reads a span such as `the last 30 days`, `a month`, `les 7 jours précédents`.
    fn span_at(&self, at: usize, unit: u16) -> Option<Found> {
        let mut count = None;
        let (mut is_previous, mut is_next, mut is_ago, mut is_this, mut is_same) =
            (false, false, false, false, false);
        let mut start = at;
        for (place, token) in self.tokens(at.saturating_sub(5)..at).rev() {
            let number = match token.kind {
                Kind::Digits => self.reading.word(place).parse::<u16>().ok(),
                _ => token
                    .meanings()
                    .find_map(|it| if let Meaning::Count(n) = it { Some(n) } else { None }),
            };
            let is_article = [
                "the", "der", "die", "den", "dem", "les", "des", "le", "la", "los", "las", "el",
                "gli", "i", "il", "l", "full", "calendar", "known", "complete",
            ]
            .contains(&self.reading.word(place));
            match number {
                Some(number) if count.is_none() => count = Some(number),
                Some(_) => break,
                None if token.is(Meaning::Previous) => is_previous = true,
                None if token.is(Meaning::Next) => is_next = true,
                None if token.is(Meaning::This) => is_this = true,
                None if token.is(Meaning::Same) => is_same = true,
                None if token.is(Meaning::Last)
                    || token.is_mark(&['-', '‑', '’', '\''])
                    || is_article => {}
                None => break,
            }
            start = place;
        }
        for (_, token) in self.tokens(at + 1..(at + 3).min(self.range.end)) {
            if token.is(Meaning::Previous) {
                is_previous = true;
            } else if token.is(Meaning::Next) {
                is_next = true;
            } else if token.is(Meaning::Ago) {
                is_ago = true;
            } else if !token.is(Meaning::Last) {
                break;
            }
        }
        if is_next {
            return None;
        }
        let days = count.unwrap_or(1).saturating_mul(unit);
        let unsaid = if count.is_none() && unit == 1 { 0 } else { days };
        if is_ago || is_previous || self.follows_comparison(start) {
            return Some(Found::Compared(if unit == 365 {
                Compared::Year
            } else {
                Compared::Before(unsaid)
            }));
        }
        if is_same {
            return None;
        }
        // `this month` and `this year` end today, not with the newest day.
        let is_calendar = is_this && count.is_none() && unit > 1;
        Some(Found::Period(if is_calendar && unit != 7 && unit != 30 {
            Period::Odd
        } else {
            Period::Days(days)
        }))
    }

    /// Whether a word such as `than` or `against` stands shortly before, with only words between.
    fn follows_comparison(&self, at: usize) -> bool {
        self.tokens(at.saturating_sub(4)..at)
            .rev()
            .take_while(|(_, token)| token.is_word() || token.kind == Kind::Digits)
            .take_while(|(_, token)| !Self::is_name(token) || token.is(Meaning::Compare))
            .any(|(place, token)| {
                let is_plain =
                    !["over", "under", "über", "unter"].contains(&self.reading.word(place));
                token.is(Meaning::Compare)
                    || is_plain && (token.is(Meaning::Above) || token.is(Meaning::Below))
            })
    }

    /// `in the last 30` without its unit.
    fn short_span(&self, at: usize) -> Option<Found> {
        let is_last = at > self.range.start && self.token(at - 1).is(Meaning::Last);
        let ends = at + 1 >= self.range.end || !self.token(at + 1).is_word();
        let days =
            self.reading.word(at).parse::<u16>().ok().filter(|days| (7..=366).contains(days))?;
        (is_last && ends).then_some(Found::Period(Period::Days(days)))
    }

    /// `in 2025`, but not the year of a date.
    fn year_at(&self, at: usize) -> Option<Found> {
        let year = self
            .reading
            .word(at)
            .parse::<i32>()
            .ok()
            .filter(|year| (1990..=2100).contains(year))?;
        let is_of_date = self
            .tokens(at.saturating_sub(4)..at)
            .any(|(_, token)| token.meanings().any(|it| matches!(it, Meaning::Month(_))));
        (!is_of_date).then_some(Found::Period(Period::Year(year)))
    }

    /// Reads a date with the name of its month at `at`, or the month alone.
    fn date_at(&self, at: usize, month: u8) -> Option<Found> {
        let number = |place: usize| {
            self.range
                .contains(&place)
                .then(|| self.reading.word(place).parse::<i32>().ok())
                .flatten()
        };
        let joins = |place: usize| {
            ["of", "de", "di", "del"].contains(&self.reading.word(place))
                || self.token(place).is_mark(&['.', ','])
        };
        let skip_back = |mut place: usize| {
            for _ in 0..2 {
                if place > self.range.start && joins(place - 1) {
                    place -= 1;
                }
            }
            place.checked_sub(1)
        };
        let before =
            skip_back(at).filter(|place| number(*place).is_some_and(|n| (1..=31).contains(&n)));
        let (day, start, mut behind) = match before {
            Some(place) => (number(place), place, at + 1),
            None => (number(at + 1).filter(|n| (1..=31).contains(n)), at, at + 2),
        };
        let Some(day) = day.and_then(|day| u8::try_from(day).ok()) else {
            // `may` and `march` are also verbs.
            let is_verb =
                ["may", "march"].contains(&self.reading.word(at)) && !self.token(at).is_capital;
            return (!is_verb).then_some(Found::Period(Period::Month(month)));
        };
        if self.range.contains(&behind) && joins(behind) {
            behind += 1;
        }
        let year = number(behind).filter(|year| (1900..=2100).contains(year));
        let date = DayOf { day, month, year, is_ambiguous: false };
        Some(Found::Period(self.with_role(start, date)))
    }

    /// Reads `2026-10-31`, `31.10.2026`, `31/10`.
    fn numeric_date(&self, at: usize) -> Option<Found> {
        let text = self.reading.word(at);
        let mark = text.chars().find(|c| !c.is_ascii_digit())?;
        let mut parts = text.split(mark).map(|part| part.parse::<i32>().ok());
        let (first, second, third) = (parts.next()??, parts.next()??, parts.next().flatten());
        let (day, month, year) = match (mark, third) {
            ('-', Some(day)) if first > 31 => (day, second, Some(first)),
            ('.' | '/', year) if mark == '.' && year.is_some() || mark == '/' => {
                (first, second, year)
            }
            _ => return None,
        };
        let (day, month) = if month > 12 { (month, day) } else { (day, month) };
        let fits = (1..=31).contains(&day) && (1..=12).contains(&month);
        let date = DayOf {
            day: u8::try_from(day).ok()?,
            month: u8::try_from(month).ok()?,
            year,
            is_ambiguous: mark == '/' && day <= 12,
        };
        fits.then(|| Found::Period(self.with_role(at, date)))
    }

    fn with_role(&self, start: usize, date: DayOf) -> Period {
        for (_, token) in self.tokens(start.saturating_sub(3)..start).rev() {
            if token.is(Meaning::Until) || token.is(Meaning::To) {
                return Period::Until(date);
            }
            if token.is(Meaning::From) {
                return Period::Since(date);
            }
            if !token.is(Meaning::Known)
                && !token.meanings().any(|it| matches!(it, Meaning::Weekday(_)))
                && token.kind != Kind::Part
                && !token.is_mark(&[','])
            {
                break;
            }
        }
        Period::On(date)
    }

    /// Returns the periods that belong to the number at `at`, and whether its own part of the sentence names them.
    pub fn periods_of(&self, at: usize) -> (Vec<Period>, bool) {
        let segment = self.segment(at);
        let own: Vec<&At<Period>> =
            self.periods.iter().filter(|period| segment.contains(&period.at)).collect();
        if own.is_empty() {
            return (self.periods.iter().map(|period| period.what).collect(), false);
        }
        let claims: Vec<usize> = self
            .tokens(segment.clone())
            .filter(|(_, token)| matches!(token.kind, Kind::Claim(_)))
            .map(|(place, _)| place)
            .collect();
        let spans: Vec<&&At<Period>> =
            own.iter().filter(|it| matches!(it.what, Period::Days(_) | Period::On(_))).collect();
        if claims.len() < 2 || spans.len() < 2 {
            return (own.iter().map(|it| it.what).collect(), true);
        }
        // Several numbers with a period each: all of them before, or all behind their number.
        let first_claim = claims.first().copied().unwrap_or(at);
        let leads = own.first().is_some_and(|period| period.at < first_claim);
        let bounds = match leads {
            true => {
                claims.iter().rev().find(|claim| **claim < at).copied().unwrap_or(segment.start)..at
            }
            false => at..claims.iter().find(|claim| **claim > at).copied().unwrap_or(segment.end),
        };
        let near: Vec<Period> =
            own.iter().filter(|it| bounds.contains(&it.at)).map(|it| it.what).collect();
        if near.is_empty() { (own.iter().map(|it| it.what).collect(), false) } else { (near, true) }
    }

    /// Returns what the number at `at` is compared with, and whether its own part of the sentence says so.
    pub fn compared_of(&self, at: usize) -> Option<(Compared, bool)> {
        let segment = self.segment(at);
        let own: Vec<Compared> =
            self.compared.iter().filter(|it| segment.contains(&it.at)).map(|it| it.what).collect();
        let all: Vec<Compared> = self.compared.iter().map(|it| it.what).collect();
        let (from, is_own) = if own.is_empty() { (all, false) } else { (own, true) };
        // `the same 30 days a year ago` is a year ago.
        let year = from.iter().find(|it| **it == Compared::Year);
        year.or_else(|| from.iter().find(|it| **it != Compared::Before(0)))
            .or(from.first())
            .map(|it| (*it, is_own))
    }
}

enum Found {
    Period(Period),
    Compared(Compared),
}

/// Returns whether the days from `from` to `to` are exactly a month.
pub(super) fn is_month(from: Date, to: Date, month: u8) -> bool {
    let is = |date: Date| u8::from(date.month()) == month;
    is(from) && is(to) && from.day() == 1 && to.day() == Month::length(to.month(), to.year())
}
