//! Reads the periods and dates that a sentence names, and what it compares with.

use super::super::lexicon::Meaning;
use super::super::reading::Kind;
use super::{At, Compared, DayOf, FAR, Found, MonthOf, Period, Sentence};

impl Sentence<'_> {
    pub(super) fn find_periods(&mut self) {
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
    pub(super) fn span_at(&self, at: usize, unit: u16) -> Option<Found> {
        let mut count = None;
        let (mut is_previous, mut is_next, mut is_ago, mut is_this, mut is_same, mut is_last) =
            (false, false, false, false, false, false);
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
                None if token.is(Meaning::Last) => is_last = true,
                None if token.is_mark(&['-', '‑', '’', '\'']) || is_article => {}
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
        // `the same 30 days last year`
        let follows_same =
            || self.has(at.saturating_sub(7).max(self.range.start)..at, Meaning::Same);
        if unit == 365 && is_last && count.is_none() && follows_same() {
            return Some(Found::Compared(Compared::Year));
        }
        if is_same && !is_ago && !is_previous {
            return None;
        }
        let is_compared = !self.is_attribute(at) && self.follows_comparison(start);
        if is_ago || is_previous || is_compared {
            return Some(Found::Compared(if unit == 365 {
                Compared::Year
            } else {
                Compared::Before(unsaid)
            }));
        }
        // `this month` and `this year` end today, not with the newest day.
        let is_calendar = is_this && count.is_none() && unit > 1;
        Some(Found::Period(if is_calendar && unit != 7 && unit != 30 {
            Period::Odd
        } else {
            Period::Days(days)
        }))
    }

    /// Whether a span tells what a number is: `above its 30-day mean of 6.4 %`.
    fn is_attribute(&self, at: usize) -> bool {
        let is_joined = at > self.range.start && self.token(at - 1).is_mark(&['-', '‑']);
        let behind = at + 1..(at + 6).min(self.range.end);
        let claim = self
            .tokens(behind.clone())
            .find(|(_, token)| matches!(token.kind, Kind::Claim(_)))
            .map(|(place, _)| place);
        is_joined && claim.is_some_and(|claim| self.has(behind.start..claim, Meaning::Average))
    }

    /// Whether a word such as `than` or `against` stands shortly before, with only words between.
    pub(super) fn follows_comparison(&self, at: usize) -> bool {
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
    pub(super) fn short_span(&self, at: usize) -> Option<Found> {
        let is_last = at > self.range.start && self.token(at - 1).is(Meaning::Last);
        let ends = at + 1 >= self.range.end || !self.token(at + 1).is_word();
        let days =
            self.reading.word(at).parse::<u16>().ok().filter(|days| (7..=366).contains(days))?;
        (is_last && ends).then_some(Found::Period(Period::Days(days)))
    }

    /// `in 2025`, but not the year of a date.
    pub(super) fn year_at(&self, at: usize) -> Option<Found> {
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
    pub(super) fn date_at(&self, at: usize, month: u8) -> Option<Found> {
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
            let behind =
                if self.range.contains(&(at + 1)) && joins(at + 1) { at + 2 } else { at + 1 };
            let year = number(behind).filter(|year| (1900..=2100).contains(year));
            let of = MonthOf { month, year };
            let is_compared = !is_verb && self.follows_comparison(at);
            return (!is_verb).then_some(match is_compared {
                true => Found::Compared(Compared::Month(of)),
                false => Found::Period(Period::Month(of)),
            });
        };
        if self.range.contains(&behind) && joins(behind) {
            behind += 1;
        }
        let year = number(behind).filter(|year| (1900..=2100).contains(year));
        let date = DayOf { day, month, year, is_ambiguous: false };
        Some(Found::Period(self.with_role(start, date)))
    }

    /// Reads `2026-10-31`, `31.10.2026`, `31/10`.
    pub(super) fn numeric_date(&self, at: usize) -> Option<Found> {
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

    pub(super) fn with_role(&self, start: usize, date: DayOf) -> Period {
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
    pub(in super::super) fn periods_of(&self, at: usize) -> (Vec<Period>, bool) {
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
    pub(in super::super) fn compared_of(&self, at: usize) -> Option<(Compared, bool)> {
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
