//! Parses one date, as written by any program, without deciding the order of day and month.

use time::{Date, Month};

use super::months::{is_weekday, month, plain};
use super::tokens::{FILLERS, Token, time_after, tokens};
use crate::analytics::model::{DateFormat, Grain};
use crate::format::zone::Zone;

/// A cell of a date column.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamp {
    pub what: What,
    /// Seconds since midnight.
    pub time: Option<u32>,
    /// Seconds east of UTC.
    pub offset: Option<i32>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Three numbers, of which the first may be the year. `short`: the year has two digits. `dotted`: with points
    /// between them.
    Triple {
        parts: [u16; 3],
        short: bool,
        dotted: bool,
    },
    Named(Date),
    Compact(Date),
    Month(Date),
    Quarter(Date),
    /// `Q3 FY26`, with its first day if the fiscal year is the calendar year.
    FiscalQuarter(Date),
    Week(Date),
    Year(Date),
    /// `FY26`, with its first day if the fiscal year is the calendar year.
    FiscalYear(Date),
    /// A number that may be a count of days.
    Serial(f64),
    Range(Date, Grain),
    /// A date cell of a workbook.
    Cell(Date),
}

impl What {
    pub const fn is_fiscal(&self) -> bool {
        matches!(self, Self::FiscalQuarter(_) | Self::FiscalYear(_))
    }
}

/// Longest date, in bytes.
const MOST_BYTES: usize = 64;

/// Returns whether a cell can only be a date.
pub fn is_like(text: &str) -> bool {
    parse(text).is_some_and(|stamp| match stamp.what {
        What::Year(_) | What::Serial(_) => false,
        // 8 digits can be an amount or an identifier.
        What::Compact(_) => true,
        What::Month(_) => !text.bytes().all(|byte| byte.is_ascii_digit()),
        _ => true,
    })
}

/// Parses a cell. `None` if it is no date.
pub fn parse(text: &str) -> Option<Stamp> {
    let text = text.trim().trim_start_matches('\'');
    if text.is_empty() || text.len() > MOST_BYTES || !text.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let text = plain(text);
    range(&text).or_else(|| single(&text))
}

/// Parses a date cell of a workbook, which is written as `2026-10-20T13:05:00`.
pub fn parse_cell(text: &str) -> Option<Stamp> {
    let stamp = parse(text)?;
    let (date, _) = stamp.resolve(DateFormat::YearFirst)?;
    Some(Stamp { what: What::Cell(date), ..stamp })
}

impl Stamp {
    fn day(what: What) -> Self {
        Self { what, time: None, offset: None }
    }

    /// Returns the formats that this cell may have.
    pub fn formats(&self) -> &'static [DateFormat] {
        use DateFormat::*;
        match &self.what {
            What::Triple { parts: [first, ..], .. } if *first > 31 => &[YearFirst, ShortYearFirst],
            What::Triple { short: false, .. } => &[DayFirst, MonthFirst],
            What::Triple { short: true, .. } => &[DayFirst, MonthFirst, ShortYearFirst],
            What::Named(_) => &[Named],
            What::Compact(_) => &[Compact],
            What::Month(_) => &[Month],
            What::Quarter(_) | What::FiscalQuarter(_) => &[Quarter],
            What::Week(_) => &[Week],
            What::Year(_) | What::FiscalYear(_) => &[Year],
            What::Serial(_) => &[Serial1900, Serial1904],
            What::Range(..) => &[Range],
            What::Cell(_) => &[DateCell],
        }
    }

    /// Returns the first day of the period, and its length, under a format.
    pub fn resolve(&self, format: DateFormat) -> Option<(Date, Grain)> {
        use DateFormat as F;
        let day = |date: Option<Date>| Some((date?, Grain::Day));
        match (&self.what, format) {
            (What::Triple { parts: [y, m, d], short: false, .. }, F::YearFirst) if *y > 31 => {
                day(date(*y, *m, *d))
            }
            (What::Triple { parts: [d, m, y], short, .. }, F::DayFirst) => {
                day(date(year(*y, *short)?, *m, *d))
            }
            (What::Triple { parts: [m, d, y], short, .. }, F::MonthFirst) => {
                day(date(year(*y, *short)?, *m, *d))
            }
            (What::Triple { parts: [y, m, d], short: true, .. }, F::ShortYearFirst) => {
                day(date(year(*y, true)?, *m, *d))
            }
            (What::Named(date), F::Named)
            | (What::Compact(date), F::Compact)
            | (What::Cell(date), F::DateCell) => Some((*date, Grain::Day)),
            (What::Month(date), F::Month) => Some((*date, Grain::Month)),
            (What::Quarter(date) | What::FiscalQuarter(date), F::Quarter) => {
                Some((*date, Grain::Quarter))
            }
            (What::Week(date), F::Week) => Some((*date, Grain::Week)),
            (What::Year(date) | What::FiscalYear(date), F::Year) => Some((*date, Grain::Year)),
            (What::Range(date, grain), F::Range) => Some((*date, *grain)),
            (What::Serial(days), F::Serial1900) => day(serial(*days, 2_415_019)),
            (What::Serial(days), F::Serial1904) => day(serial(*days, 2_416_481)),
            _ => None,
        }
    }

    /// Returns the day in the business's zone of a stamp that resolves to `date`.
    pub fn day_in(&self, date: Date, times_in_utc: bool, zone: &Zone) -> Date {
        self.micros(date, times_in_utc).map_or(date, |micros| zone.date(micros))
    }

    /// Returns whether the time of a stamp is of another zone than the business's.
    pub fn is_moved(&self, date: Date, times_in_utc: bool, zone: &Zone) -> bool {
        let Some(micros) = self.micros(date, times_in_utc) else { return false };
        let time = i64::from(self.time.unwrap_or(0)) * 1_000_000;
        // The first and the last moment of the written day are of that day in the zone only if both clocks agree.
        let midnight = micros - time;
        zone.date(midnight) != date || zone.date(midnight + 86_399_000_000) != date
    }

    /// Returns the time since 1970, if the stamp states its zone.
    fn micros(&self, date: Date, times_in_utc: bool) -> Option<i64> {
        let offset = self.offset.or(times_in_utc.then_some(0))?;
        let days = i64::from(date.to_julian_day()) - 2_440_588;
        let seconds = days * 86_400 + i64::from(self.time?) - i64::from(offset);
        Some(seconds * 1_000_000)
    }
}

/// Returns the day of a workbook's serial number. Serial 60 of the first system is 29 February 1900, which did not exist.
fn serial(days: f64, epoch: i32) -> Option<Date> {
    // From 1982 to 2173: smaller numbers are amounts rather than dates.
    if !(30_000.0..100_000.0).contains(&days) {
        return None;
    }
    Date::from_julian_day(epoch + days.floor() as i32).ok()
}

fn year(year: u16, short: bool) -> Option<u16> {
    match (year, short) {
        (0..=69, true) => Some(2_000 + year),
        (70..=99, true) => Some(1_900 + year),
        (1_000..=9_999, false) => Some(year),
        _ => None,
    }
}

fn date(year: u16, month: u16, day: u16) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()
}

/// Parses two dates: `2026-10-05 - 2026-10-11`.
fn range(text: &str) -> Option<Stamp> {
    const BETWEEN: [&str; 10] =
        [" - ", " – ", " — ", " to ", " bis ", " au ", " al ", " tot ", " a ", ","];
    let text = ["from ", "vom ", "du ", "del ", "dal "]
        .iter()
        .find_map(|word| text.strip_prefix(word))
        .unwrap_or(text);
    BETWEEN.iter().find_map(|between| {
        let (from, to) = text.split_once(between)?;
        let (from, to) = (single(from.trim())?, single(to.trim())?);
        let format = *from.formats().first()?;
        let stated =
            matches!(format, DateFormat::YearFirst | DateFormat::Named | DateFormat::Compact);
        if !stated || from.time.is_some() {
            return None;
        }
        let ((from, _), (to, _)) = (from.resolve(format)?, to.resolve(format)?);
        Some(Stamp::day(What::Range(from, Grain::of_days(from, to)?)))
    })
}

fn single(text: &str) -> Option<Stamp> {
    let tokens = tokens(text);
    let tokens = without_weekday(&tokens);
    digits(tokens).or_else(|| triple(tokens)).or_else(|| named(tokens)).or_else(|| period(text))
}

/// Returns whether three numbers of a date follow a weekday.
fn is_numeric(tokens: &[Token<'_>]) -> bool {
    let marks = tokens.iter().take_while(|it| matches!(it, Token::Mark(',' | '.' | ' '))).count();
    triple(&tokens[marks..]).is_some()
}

/// Drops a leading `Mon,` and a trailing `(Mon)`.
fn without_weekday<'a, 'b>(tokens: &'b [Token<'a>]) -> &'b [Token<'a>] {
    let mut tokens = tokens;
    // `mar` is March too, unless another month follows.
    let is_day = |word: &str, rest: &[Token<'_>]| {
        let is_month = |it: &Token<'_>| matches!(it, Token::Word(word) if month(word).is_some());
        is_weekday(word) && (month(word).is_none() || rest.iter().any(is_month) || is_numeric(rest))
    };
    if let [Token::Word(word), rest @ ..] = tokens
        && is_day(word, rest)
    {
        let rest = if let [Token::Mark('-'), Token::Word("feira"), rest @ ..] = rest {
            rest
        } else {
            rest
        };
        let marks =
            rest.iter().take_while(|token| matches!(token, Token::Mark(',' | '.' | ' '))).count();
        tokens = &rest[marks..];
    }
    if let [rest @ .., Token::Mark('('), Token::Word(word), Token::Mark(')')] = tokens
        && is_weekday(word)
    {
        tokens = rest;
    }
    while let [rest @ .., Token::Mark(' ')] = tokens {
        tokens = rest;
    }
    tokens
}

/// Parses digits alone: a compact date, or the number of a workbook's date.
fn digits(tokens: &[Token<'_>]) -> Option<Stamp> {
    let (text, fraction) = match tokens {
        [Token::Digits(text)] => (*text, None),
        [Token::Digits(text), Token::Mark('.' | ','), Token::Digits(fraction)]
            if text.len() == 5 =>
        {
            (*text, Some(*fraction))
        }
        _ => return None,
    };
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<u16>().ok();
    let is_year = |year: u16| (1_990..=2_100).contains(&year);
    match text.len() {
        8 | 10 | 12 | 14 => {
            let date = date(part(0, 4).filter(|year| is_year(*year))?, part(4, 6)?, part(6, 8)?)?;
            if text.len() == 8 {
                return Some(Stamp::day(What::Compact(date)));
            }
            let time = |from: usize| part(from, from + 2).map_or(0, u32::from);
            let (hour, minute, second) = (time(8), time(10), time(12));
            let is_time = hour < 24 && minute < 60 && second < 60;
            let time = Some(hour * 3_600 + minute * 60 + second);
            is_time.then_some(Stamp { what: What::Compact(date), time, offset: None })
        }
        6 => {
            let date = date(part(0, 4).filter(|year| is_year(*year))?, part(4, 6)?, 1)?;
            Some(Stamp::day(What::Month(date)))
        }
        5 => {
            let days: f64 = format!("{text}.{}", fraction.unwrap_or("0")).parse().ok()?;
            let time = fraction.map(|_| ((days.fract() * 86_400.0).round() as u32).min(86_399));
            Some(Stamp { what: What::Serial(days), time, offset: None })
        }
        4 => {
            let year = part(0, 4).filter(|year| is_year(*year))?;
            Some(Stamp::day(What::Year(date(year, 1, 1)?)))
        }
        _ => None,
    }
}

fn triple(tokens: &[Token<'_>]) -> Option<Stamp> {
    let spaced: Vec<Token<'_>>;
    // `1. 10. 2026`
    let tokens = if matches!(tokens, [_, Token::Mark('.'), Token::Mark(' '), Token::Digits(_), ..])
    {
        let mut before = None;
        spaced = tokens
            .iter()
            .copied()
            .filter(|token| {
                let drop = *token == Token::Mark(' ') && before == Some(Token::Mark('.'));
                before = Some(*token);
                !drop
            })
            .collect();
        &spaced[..]
    } else {
        tokens
    };
    let [a, Token::Mark(first @ ('-' | '/' | '.')), b, Token::Mark(second), c, rest @ ..] = tokens
    else {
        return None;
    };
    if first != second {
        return None;
    }
    let (Token::Digits(x), Token::Digits(y), Token::Digits(z)) = (a, b, c) else { return None };
    let year_first = x.len() == 4;
    let fits = y.len() <= 2
        && if year_first { z.len() <= 2 } else { x.len() <= 2 && matches!(z.len(), 2 | 4) };
    if !fits {
        return None;
    }
    let parts = [a.number()?, b.number()?, c.number()?];
    let short = !year_first && z.len() == 2;
    // `20.10.2026.` is how some countries end a date.
    let rest = if let [Token::Mark('.')] = rest { &[] } else { rest };
    let (time, offset) = time_after(rest)?;
    Some(Stamp { what: What::Triple { parts, short, dotted: *first == '.' }, time, offset })
}

/// Parses a date with a month's name: two numbers with it are a day, one number is a month.
fn named(tokens: &[Token<'_>]) -> Option<Stamp> {
    let at = tokens
        .iter()
        .position(|token| matches!(token, Token::Word(word) if month(word).is_some()))?;
    let Token::Word(word) = tokens[at] else { return None };
    let month = u16::from(month(word)?);
    let is_filler = |token: &Token<'_>| match token {
        Token::Mark(mark) => matches!(mark, ' ' | '.' | ',' | '-' | '/' | '\''),
        Token::Word(word) => FILLERS.contains(word),
        Token::Digits(_) => false,
    };
    let before: Vec<Token<'_>> =
        tokens[..at].iter().copied().filter(|token| !is_filler(token)).collect();
    let mut after = &tokens[at + 1..];
    let mut next = || {
        let skipped = after.iter().take_while(|token| is_filler(token)).count();
        let [Token::Digits(digits), rest @ ..] = &after[skipped..] else { return None };
        // `Oct 1 13:05`: these digits are hours.
        if matches!(rest, [Token::Mark(':'), ..]) {
            return None;
        }
        after = rest;
        Some(*digits)
    };
    let (day, year) = match before[..] {
        [] => {
            let first = next()?;
            match next() {
                Some(second) => (Some(first), second),
                None if first.len() == 4 => (None, first),
                None => return None,
            }
        }
        [Token::Digits(year)] if year.len() == 4 => (next(), year),
        [Token::Digits(day)] => (Some(day), next()?),
        _ => return None,
    };
    // Two digits of a year are read only beside a day: `Oct 26` may be the 26th.
    let year = match (year.len(), day) {
        (4, _) => year.parse().ok()?,
        (2, Some(_)) => self::year(year.parse().ok()?, true)?,
        _ => return None,
    };
    let what = match day {
        Some(day) if day.len() <= 2 => What::Named(date(year, month, day.parse().ok()?)?),
        Some(_) => return None,
        None => What::Month(date(year, month, 1)?),
    };
    let (time, offset) = time_after(after)?;
    Some(Stamp { what, time, offset })
}

/// Parses months in digits, quarters and weeks.
fn period(text: &str) -> Option<Stamp> {
    let words: Vec<Token<'_>> = tokens(text)
        .into_iter()
        .filter(|token| !matches!(token, Token::Mark(' ' | '-' | '/' | '.' | ',' | '\'')))
        .filter(|token| !matches!(token, Token::Word(word) if FILLERS.contains(word)))
        .collect();
    let is_year = |year: &u16| (1_990..=2_100).contains(year);
    let full = |token: Token<'_>| token.number().filter(is_year);
    if let [Token::Digits(a), Token::Digits(b)] = words[..] {
        let has_mark = text.contains(['-', '/', '.']);
        let (year, month) = if a.len() == 4 { (a, b) } else { (b, a) };
        let fits = has_mark && year.len() == 4 && month.len() <= 2;
        let year = fits.then(|| year.parse().ok()).flatten().filter(is_year)?;
        return Some(Stamp::day(What::Month(date(year, month.parse().ok()?, 1)?)));
    }
    if let Some(fiscal) = fiscal(&words) {
        return Some(Stamp::day(fiscal));
    }
    let (name, number, year) = match words[..] {
        [Token::Word(name), number, year] => (name, number, year),
        [year, Token::Word(name), number] if full(year).is_some() => (name, number, year),
        [number, Token::Word(name), year] => (name, number, year),
        _ => return None,
    };
    let (number, year) = (number.number()?, full(year)?);
    match name {
        name if is_quarter(name) && (1..=4).contains(&number) => {
            Some(Stamp::day(What::Quarter(date(year, number * 3 - 2, 1)?)))
        }
        "w" | "kw" | "wk" | "week" | "woche" | "semaine" | "sem" | "semana" | "settimana" => {
            let week = u8::try_from(number).ok()?;
            let monday = Date::from_iso_week_date(year.into(), week, time::Weekday::Monday).ok()?;
            Some(Stamp::day(What::Week(monday)))
        }
        _ => None,
    }
}

fn is_quarter(name: &str) -> bool {
    ["q", "t", "quartal", "trimestre", "quarter", "kwartaal", "qtr"].contains(&name)
}

/// Parses `FY26`, `FY 2026`, `Q3 FY26`, `FY2026 Q3`.
fn fiscal(words: &[Token<'_>]) -> Option<What> {
    let at = words.iter().position(|token| *token == Token::Word("fy"))?;
    let digits = match words.get(at + 1)? {
        Token::Digits(digits) if matches!(digits.len(), 2 | 4) => *digits,
        _ => return None,
    };
    let year = self::year(digits.parse().ok()?, digits.len() == 2)?;
    let others: Vec<Token<'_>> = [&words[..at], &words[at + 2..]].concat();
    match others[..] {
        [] => Some(What::FiscalYear(date(year, 1, 1)?)),
        [Token::Word(name), number] if is_quarter(name) => {
            let number = number.number().filter(|number| (1..=4).contains(number))?;
            Some(What::FiscalQuarter(date(year, number * 3 - 2, 1)?))
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "dates_tests.rs"]
mod tests;
