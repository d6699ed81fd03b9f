//! Reads what the words around a number say of it: metric, period, comparison, direction, form.

mod certainty;
mod directions;
mod names;
mod periods;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use time::{Date, Month};

use super::lexicon::Names;
use super::reading::{Kind, Reading, Token};
use super::scan::Number;

/// How many tokens away words still belong to a number. Bounds the work on hostile replies.
const FAR: usize = 48;

/// How many tokens may stand between citations that belong together: `[K.a] and [K.b]`.
const JOINED: usize = 2;

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
    Month(MonthOf),
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

/// A month as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MonthOf {
    pub month: u8,
    pub year: Option<i32>,
}

impl MonthOf {
    /// Whether the days from `from` to `to` are exactly this month.
    pub fn is(self, from: Date, to: Date) -> bool {
        self.has(from)
            && self.has(to)
            && from.day() == 1
            && to.day() == Month::length(to.month(), to.year())
    }

    /// Whether a day is of this month.
    pub fn has(self, date: Date) -> bool {
        u8::from(date.month()) == self.month && self.year.is_none_or(|year| year == date.year())
    }
}

/// What a change is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    Year,
    /// `compared with September`
    Month(MonthOf),
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

    /// Returns the citations that belong to the number at `at`: those that follow it next, and those before it unless
    /// they follow another number.
    pub fn cites_of(&self, at: usize) -> Vec<usize> {
        let near = self.near(at);
        let is_cite = |token: &Token| matches!(token.kind, Kind::Cite(_));
        let mut own = Vec::new();
        let behind: Vec<(usize, &Token)> = self.tokens(at + 1..near.end).collect();
        let first = behind.iter().position(|(_, token)| is_cite(token)).unwrap_or(behind.len());
        let mut gap = 0;
        for (place, token) in &behind[first..] {
            match is_cite(token) {
                true => own.push(*place),
                false if matches!(token.kind, Kind::Claim(_)) || gap == JOINED => break,
                false => {}
            }
            gap = if is_cite(token) { 0 } else { gap + 1 };
        }
        let before: Vec<(usize, &Token)> = self.tokens(near.start..at).rev().collect();
        let Some(first) = before.iter().position(|(_, token)| is_cite(token)) else { return own };
        let (mut led, mut gap, mut is_of_other) = (Vec::new(), 0, false);
        for (place, token) in &before[first..] {
            match is_cite(token) {
                true if gap <= JOINED => led.push(*place),
                true => break,
                false => is_of_other |= matches!(token.kind, Kind::Claim(_)),
            }
            gap = if is_cite(token) { 0 } else { gap + 1 };
        }
        if !is_of_other {
            own.extend(led);
        }
        own
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
}

enum Found {
    Period(Period),
    Compared(Compared),
}
