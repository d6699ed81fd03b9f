//! The numbers in a line of text, with what stands around them and says what they are.

use std::ops::Range;

use super::words::{self, Words};
use crate::analytics::numbers::{self, Mark};

/// A number as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number {
    /// From its sign to its unit, in bytes.
    pub range: Range<usize>,
    /// What its digits can mean, without the sign: `1,234` can mean two numbers.
    pub readings: Vec<Reading>,
    /// As it is written before the digits.
    pub sign: Option<Sign>,
    pub unit: Unit,
    pub hedge: Option<Hedge>,
    pub standing: Standing,
    /// Whether it is the first of two such as `10–12 %`.
    pub starts_range: bool,
}

/// A value, and how finely it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reading {
    pub value: f64,
    /// What one more in the last digit would add.
    pub step: f64,
    /// The same of the last digit that is not 0.
    pub round: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
}

/// What a number counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Nothing that is known here: `12`, `12 customers`.
    None,
    Percent,
    /// By its code; `$` for every dollar.
    Money(String),
    /// By its stem, such as `day`.
    Time(&'static str),
    /// Any other that a fact has.
    Other,
}

/// A word that says that a number is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hedge {
    About,
    /// The true number is above.
    Above,
    /// The true number is below.
    Below,
}

/// Whether a number says how much there is of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Claim,
    /// Only where something is known that counts in this unit: `30 days` is mostly a span.
    Span,
    /// Only where one of these words near it names what is counted: `3 options`, `3 orders`.
    Few(Vec<String>),
    /// A date, a place in a row, a name.
    No,
}

/// Between the digits of a number and around it.
const SPACES: [char; 4] = [' ', '\u{a0}', '\u{202f}', '\u{2009}'];
const DASHES: [char; 4] = ['-', '–', '—', '‑'];
/// The largest whole number that is taken for a way of speaking.
const FEW: f64 = 10.0;
/// A whole number of so many digits is no count but the name of something.
const ID_DIGITS: usize = 9;
const YEARS: std::ops::RangeInclusive<f64> = 1900.0..=2100.0;

/// All numbers of a text, in their order.
pub(super) fn numbers(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(digit) = text[at..].find(|c: char| c.is_ascii_digit()).map(|next| at + next) {
        let before = found.last().map_or(0, |number: &Number| number.range.end);
        let (number, end) = read(text, digit, before);
        found.extend(number);
        at = end.max(digit + 1);
    }
    join_ranges(text, &mut found);
    found
}

/// In which direction the words around a number say that something went: `fell by 12 %`, `a 12 % rise`.
pub(super) fn trend(text: &str, number: &Number) -> Option<Sign> {
    let direction = |word: &str| match word {
        word if words::DOWN.contains(word) => Some(Sign::Minus),
        word if words::UP.contains(word) => Some(Sign::Plus),
        _ => None,
    };
    if let Some(arrow) = text[number.range.clone()].chars().find_map(arrow) {
        return Some(arrow);
    }
    let mut at = number.range.start;
    for _ in 0..5 {
        let Some((word, start)) = word_before(text, at) else { break };
        if !words::FILLERS.contains(word.as_str()) {
            if let Some(sign) = direction(&word) {
                return Some(sign);
            }
            break;
        }
        at = start;
    }
    let mut at = number.range.end;
    for _ in 0..2 {
        let (word, end) = word_after(text, at)?;
        if let Some(sign) = direction(&word) {
            return Some(sign);
        }
        at = end;
    }
    None
}

/// Whether a number of days, weeks and the like is a time to plan for or to look back over.
pub(super) fn is_span(text: &str, number: &Number) -> bool {
    word_before(text, number.range.start)
        .is_some_and(|(word, _)| words::SPANS.contains(word.as_str()))
}

fn arrow(c: char) -> Option<Sign> {
    match c {
        '▲' | '△' | '▴' | '↑' | '↗' => Some(Sign::Plus),
        '▼' | '▽' | '▾' | '↓' | '↘' => Some(Sign::Minus),
        _ => None,
    }
}

/// Reads the number whose first digit stands at `digit`; none where the digits are no number by
/// themselves. `floor`: where the number before ends. Also where to go on.
fn read(text: &str, digit: usize, floor: usize) -> (Option<Number>, usize) {
    let token_end = text[digit..].find(char::is_whitespace).map_or(text.len(), |n| digit + n);
    let token_start = text[..digit].len() - last_token(&text[..digit]).len();
    let token = &text[token_start..token_end];
    if token.contains("://") || token.contains("www.") || token.contains('@') {
        return (None, token_end);
    }
    if is_attached(text, digit) {
        return (None, name_end(text, digit));
    }
    let start = match before(text, digit) {
        Some('.') if !before(text, digit - 1).is_some_and(|c| c.is_alphanumeric()) => digit - 1,
        _ => digit,
    };
    let end = digits_end(text, digit);
    if let Some(end) = composite_end(text, digit, end) {
        return (None, end);
    }
    let raw = &text[start..end];
    let Some(readings) = readings(raw) else { return (None, name_end(text, end)) };
    let suffix = suffix(text, end, &readings);
    let Some(suffix) = suffix else { return (None, name_end(text, end)) };
    let prefix = prefix(text, start, floor);
    let unit = match (prefix.money, suffix.unit) {
        (Some(code), Unit::None) => Unit::Money(code),
        (_, unit) => unit,
    };
    let readings: Vec<Reading> = readings.into_iter().map(|r| r.times(suffix.scale)).collect();
    let range = prefix.start..suffix.end;
    let mut standing = suffix.standing;
    if prefix.names {
        standing = Standing::No;
    }
    if standing == Standing::Claim && unit == Unit::None && suffix.scale == 1.0 {
        standing = standing_of(text, &range, raw, &readings);
    }
    if standing == Standing::Claim && unit == Unit::Percent && raw == "100" {
        // As sure as can be: a way of speaking.
        standing = Standing::Few(near(text, &range));
    }
    let hedge = prefix.hedge.or_else(|| hedge(text, prefix.start));
    let end = range.end;
    let number =
        Number { range, readings, sign: prefix.sign, unit, hedge, standing, starts_range: false };
    (Some(number), end)
}

/// What stands behind the last white space.
fn last_token(text: &str) -> &str {
    text.rsplit(char::is_whitespace).next().unwrap_or_default()
}

/// Whether the digits belong to a name: `Q3`, `B2B`, `v2.1`, `COVID-19`, `K.revenue.30d`.
fn is_attached(text: &str, digit: usize) -> bool {
    let Some(c) = before(text, digit) else { return false };
    if c.is_alphabetic() || c == '_' {
        return code_before(text, digit).is_none();
    }
    let joins = matches!(c, '.' | '\'' | '’' | '_') || DASHES.contains(&c);
    joins && before(text, digit - c.len_utf8()).is_some_and(|c| c.is_alphabetic() || c == ']')
}

/// The end of the name that goes on at `at`.
fn name_end(text: &str, at: usize) -> usize {
    let mut end = at;
    for (offset, c) in text[at..].char_indices() {
        let joins = matches!(c, '.' | '-' | '_' | '/' | ':' | ',' | '\'');
        if !c.is_alphanumeric() && !joins {
            break;
        }
        if c.is_alphanumeric() {
            end = at + offset + c.len_utf8();
        }
    }
    end
}

/// The end of the digits that begin at `start`, with the marks between them.
fn digits_end(text: &str, start: usize) -> usize {
    let digits = |at: usize| text[at..].bytes().take_while(u8::is_ascii_digit).count();
    let mut group = digits(start);
    let mut end = start + group;
    let mut is_grouped = false;
    let mut has_decimals = false;
    while let Some(mark) = text[end..].chars().next() {
        let next = end + mark.len_utf8();
        let following = digits(next);
        let is_group = following == 3 && (group <= 3 && !is_grouped || is_grouped && group == 3);
        let goes_on = match mark {
            '.' | ',' => following > 0,
            '\'' | '’' => is_group,
            c if SPACES.contains(&c) => {
                is_group && !has_decimals && !text[start..].starts_with('0')
            }
            _ => false,
        };
        if !goes_on {
            break;
        }
        is_grouped = is_group;
        has_decimals |= matches!(mark, '.' | ',') && following != 3;
        group = following;
        end = next + following;
    }
    end
}

/// The end of what is a date, a time, a ratio or somebody's number rather than a number:
/// `2026-10-31`, `31/10`, `9:30`, `24/7`, `030-123-456`.
fn composite_end(text: &str, start: usize, end: usize) -> Option<usize> {
    let joined = |at: usize, marks: &[char]| {
        let mark = text[at..].chars().next().filter(|c| marks.contains(c))?;
        let next = at + mark.len_utf8();
        text[next..].starts_with(|c: char| c.is_ascii_digit()).then_some(next)
    };
    let run = |marks: &[char]| {
        let (mut at, mut joints) = (end, 0);
        while let Some(next) = joined(at, marks) {
            at = next + text[next..].bytes().take_while(u8::is_ascii_digit).count();
            joints += 1;
        }
        (joints > 0).then_some((at, joints))
    };
    if let Some(end) = phone_end(text, start) {
        return Some(end);
    }
    if let Some((at, _)) = run(&['/', ':', '\\']) {
        return Some(name_end(text, at));
    }
    let (at, joints) = run(&['-', '‑', '–'])?;
    let first = &text[start..end];
    let is_month = first.len() == 4 && at - end == 3 && year(first);
    (joints > 1 || is_month || is_name(first)).then_some(at)
}

/// The end of what is dialled: `+49 30 1234567`, `0800 123 456`. Groups of three behind a plus are a
/// number's, not a telephone's.
fn phone_end(text: &str, start: usize) -> Option<usize> {
    let digits = |at: usize| text[at..].bytes().take_while(u8::is_ascii_digit).count();
    let first = digits(start);
    let is_local = first > 1 && text[start..].starts_with('0');
    if !is_local && before(text, start) != Some('+') {
        return None;
    }
    let (mut end, mut count, mut in_threes) = (start + first, first, true);
    while let Some(mark) = text[end..].chars().next().filter(|c| is_gap(*c) || "-/()".contains(*c))
    {
        let next = end + mark.len_utf8();
        let following = digits(next);
        if following == 0 {
            break;
        }
        (end, count) = (next + following, count + following);
        in_threes &= following == 3;
    }
    (count >= 7 && end > start + first && (is_local || !in_threes)).then_some(end)
}

fn year(digits: &str) -> bool {
    digits.len() == 4 && digits.parse::<f64>().is_ok_and(|n| YEARS.contains(&n))
}

/// Whether these digits name something rather than count it.
fn is_name(raw: &str) -> bool {
    let all_digits = raw.bytes().all(|b| b.is_ascii_digit());
    let led_by_zero = raw.len() > 1 && raw.starts_with('0') && all_digits;
    led_by_zero || all_digits && raw.len() >= ID_DIGITS
}

fn readings(raw: &str) -> Option<Vec<Reading>> {
    let read = numbers::read(raw).ok()??;
    let decimals = |mark: Mark| {
        raw.rsplit_once(mark.as_char()).map_or(0, |(_, behind)| behind.len()).min(15) as i32
    };
    let whole = |value| Reading::new(value, 0);
    Some(match read {
        numbers::Reading::Plain(value) => vec![whole(value)],
        // More than one of the same mark stand between thousands.
        numbers::Reading::With(mark, value) if raw.matches(mark.as_char()).count() == 1 => {
            vec![Reading::new(value, decimals(mark))]
        }
        numbers::Reading::With(_, value) => vec![whole(value)],
        numbers::Reading::Either { mark, grouped, decimal } => {
            vec![whole(grouped), Reading::new(decimal, decimals(mark))]
        }
    })
}

impl Reading {
    fn new(value: f64, decimals: i32) -> Self {
        let step = 10f64.powi(-decimals);
        let mut round = step;
        // Far beyond what is ever counted, and an end for the loop.
        while value != 0.0 && round < 1e15 && is_whole(value / (round * 10.0)) {
            round *= 10.0;
        }
        Self { value, step, round }
    }

    pub fn times(self, scale: f64) -> Self {
        Self { value: self.value * scale, step: self.step * scale, round: self.round * scale }
    }
}

fn is_whole(n: f64) -> bool {
    (n - n.round()).abs() < 1e-9
}

/// What stands behind the digits.
struct Suffix {
    end: usize,
    scale: f64,
    unit: Unit,
    standing: Standing,
}

/// None where the digits go on as a name: `5G`, `3D`.
fn suffix(text: &str, digits_end: usize, readings: &[Reading]) -> Option<Suffix> {
    let mut suffix =
        Suffix { end: digits_end, scale: 1.0, unit: Unit::None, standing: Standing::Claim };
    let letters = letters_at(text, digits_end);
    if !letters.is_empty() && !suffix.take_attached(text, letters)? {
        return Some(suffix);
    }
    suffix.take_sign(text, suffix.end);
    suffix.take_joined_word(text);
    // A scale, then what is counted.
    for _ in 0..3 {
        if suffix.standing != Standing::Claim || suffix.unit != Unit::None {
            break;
        }
        let Some(space) = text[suffix.end..].chars().next().filter(|c| is_gap(*c)) else { break };
        let at = suffix.end + space.len_utf8();
        if suffix.take_sign(text, at) || !suffix.take_word(text, at, readings) {
            break;
        }
    }
    Some(suffix)
}

impl Suffix {
    /// Letters right behind the digits. False where nothing more can follow.
    fn take_attached(&mut self, text: &str, letters: &str) -> Option<bool> {
        let end = self.end + letters.len();
        let lower = letters.to_lowercase();
        let ends = !text[end..].starts_with(|c: char| c.is_alphanumeric());
        if !ends {
            return None;
        }
        if let Some(scale) = words::SHORT_SCALES.get(letters) {
            // `T€`, and no other T.
            if letters != "T" || text[end..].starts_with('€') {
                (self.scale, self.end) = (*scale, end);
                return Some(true);
            }
        }
        if words::CODES.contains(letters) {
            self.unit = Unit::Money(letters.to_owned());
        } else if let Some(code) = words::MONEY.get(lower.as_str()) {
            self.unit = Unit::Money((*code).to_owned());
        } else if words::PERCENT.contains(lower.as_str()) {
            self.unit = Unit::Percent;
        } else if let Some(stem) = words::TIMES.get(lower.as_str()) {
            self.unit = Unit::Time(stem);
            self.standing = Standing::Span;
        } else if lower == "x" || words::ORDINALS.contains(lower.as_str()) {
            let often = lower == "x"
                && word_after(text, end).is_some_and(|(word, _)| {
                    ["a", "per", "each", "pro", "par", "por"].contains(&word.as_str())
                });
            self.standing = if lower == "x" && !often { Standing::Claim } else { Standing::No };
        } else {
            return None;
        }
        self.end = end;
        Some(false)
    }

    /// A sign of percent or of money at `at`, unless it is that of the next number.
    fn take_sign(&mut self, text: &str, at: usize) -> bool {
        if self.unit != Unit::None {
            return false;
        }
        let Some(c) = text[at..].chars().next() else { return false };
        let end = at + c.len_utf8();
        if matches!(c, '%' | '٪' | '％' | '‰') {
            self.unit = Unit::Percent;
        } else if let Some(code) = money_sign(c)
            && !text[end..].starts_with(|c: char| c.is_ascii_digit())
        {
            self.unit = Unit::Money(code.to_owned());
        } else if matches!(c, '×') {
            self.unit = Unit::None;
        } else {
            return false;
        }
        self.end = end;
        true
    }

    /// `12-percent`, but `30-day` and `5-star` are names of something.
    fn take_joined_word(&mut self, text: &str) {
        let rest = &text[self.end..];
        let Some(dash) = rest.chars().next().filter(|c| DASHES.contains(c)) else { return };
        let letters = letters_at(text, self.end + dash.len_utf8());
        if letters.is_empty() || self.unit != Unit::None {
            return;
        }
        if words::PERCENT.contains(letters.to_lowercase().as_str()) {
            self.unit = Unit::Percent;
            self.end += dash.len_utf8() + letters.len();
        } else if self.scale == 1.0 {
            self.standing = Standing::No;
        }
    }

    /// A word behind a gap. False where it says nothing of the number.
    fn take_word(&mut self, text: &str, at: usize, readings: &[Reading]) -> bool {
        let letters = letters_at(text, at);
        let end = at + letters.len();
        let lower = letters.to_lowercase();
        let next = || word_after(text, end);
        let names_day =
            || readings.iter().any(|r| is_whole(r.value) && (1.0..=31.0).contains(&r.value));
        let shortens = letters.chars().count() == 1;
        if words::CODES.contains(letters) {
            self.unit = Unit::Money(letters.to_owned());
            self.end = end;
        } else if let Some(code) = words::MONEY.get(lower.as_str()) {
            self.unit = Unit::Money((*code).to_owned());
            self.end = end;
        } else if words::PERCENT.contains(lower.as_str()) {
            self.unit = Unit::Percent;
            self.end = end;
        } else if ["points", "pts", "punkte"].contains(&lower.as_str())
            && readings.iter().any(|reading| reading.step < 1.0)
        {
            // Of percent; `5 points` are things to think about.
            self.unit = Unit::Percent;
            self.end = end;
        } else if words::PER.contains(lower.as_str())
            && let Some((hundred, behind)) = next()
            && words::PER_HUNDRED.contains(hundred.as_str())
        {
            self.unit = Unit::Percent;
            self.end = behind;
        } else if let Some(scale) = words::SCALES.get(lower.as_str())
            && self.scale == 1.0
            && (!shortens || next_is_money(text, end))
        {
            self.scale = *scale;
            // `Mio.`
            let dot = text[end..].starts_with('.') && letters.len() <= 3 && lower != "mil";
            self.end = end + usize::from(dot);
            return true;
        } else if self.scale > 1.0 && ["de", "d"].contains(&lower.as_str()) {
            // `3 millions d'euros`
            let Some((word, behind)) = next() else { return false };
            let Some(code) = words::MONEY.get(word.as_str()) else { return false };
            self.unit = Unit::Money((*code).to_owned());
            self.end = behind;
        } else if self.scale == 1.0
            && let Some(stem) = time_at(&lower, next)
        {
            self.unit = Unit::Time(stem);
            self.standing = Standing::Span;
        } else if words::CLOCK.contains(lower.as_str())
            || words::OFTEN.contains(lower.as_str())
            || names_day() && is_month(&lower, next)
        {
            self.standing = Standing::No;
        } else {
            return false;
        }
        false
    }
}

/// The unit of time that these words are: `days`, `calendar days`.
fn time_at(word: &str, next: impl Fn() -> Option<(String, usize)>) -> Option<&'static str> {
    if let Some(stem) = words::TIMES.get(word) {
        return Some(stem);
    }
    if !words::KINDS_OF_TIME.contains(word) {
        return None;
    }
    words::TIMES.get(next()?.0.as_str()).copied()
}

/// `October`, `de octubre`, `of October`
fn is_month(word: &str, next: impl Fn() -> Option<(String, usize)>) -> bool {
    let joins = ["de", "of", "di", "d"].contains(&word);
    words::MONTHS.contains(word)
        || joins && next().is_some_and(|(word, _)| words::MONTHS.contains(word.as_str()))
}

fn next_is_money(text: &str, at: usize) -> bool {
    let rest = text[at..].trim_start_matches(is_gap);
    let letters = letters_at(rest, 0);
    rest.chars().next().is_some_and(|c| money_sign(c).is_some())
        || words::CODES.contains(letters)
        || words::MONEY.contains_key(letters.to_lowercase().as_str())
}

/// What stands before the digits.
struct Prefix {
    start: usize,
    sign: Option<Sign>,
    money: Option<String>,
    hedge: Option<Hedge>,
    /// It is the number of something: `#3`.
    names: bool,
}

fn prefix(text: &str, digits: usize, floor: usize) -> Prefix {
    let mut prefix = Prefix { start: digits, sign: None, money: None, hedge: None, names: false };
    for _ in 0..5 {
        let rest = &text[floor.min(prefix.start)..prefix.start];
        let Some(c) = rest.chars().next_back() else { break };
        let at = prefix.start - c.len_utf8();
        let outside = text[..at].chars().next_back();
        let opens = outside.is_none_or(|c| c.is_whitespace() || "([{|:~≈/„“\"".contains(c));
        let after_money = outside.is_some_and(|c| money_sign(c).is_some());
        if is_gap(c) {
            // Only towards something that belongs to the number in spite of the gap.
            let marks = |c: char| c == '−' || "~≈≃∼".contains(c) || arrow(c).is_some();
            let belongs = outside.is_some_and(|c| marks(c) || money_sign(c).is_some());
            if belongs && at > floor {
                prefix.start = at;
            } else if prefix.money.is_none()
                && let Some((code, start)) = code_before(text, at)
                && start >= floor
            {
                (prefix.money, prefix.start) = (Some(code), start);
            } else {
                break;
            }
        } else if let Some(code) = money_sign(c) {
            prefix.money = Some(code.to_owned());
            let letters = text[floor..at].len()
                - text[floor..at].trim_end_matches(|c: char| c.is_ascii_uppercase()).len();
            // `US$`, `R$`
            prefix.start = if letters <= 3 { at - letters } else { at };
        } else if matches!(c, '-' | '−' | '–' | '+') && (opens || after_money) {
            prefix.sign = Some(if c == '+' { Sign::Plus } else { Sign::Minus });
            prefix.start = at;
        } else if let Some(sign) = arrow(c) {
            prefix.sign = prefix.sign.or(Some(sign));
            prefix.start = at;
        } else if "~≈≃∼±".contains(c) {
            prefix.hedge = Some(Hedge::About);
            break;
        } else if matches!(c, '<' | '≤') {
            prefix.hedge = Some(Hedge::Below);
            break;
        } else if matches!(c, '>' | '≥') {
            prefix.hedge = Some(Hedge::Above);
            break;
        } else if matches!(c, '#' | '№' | '§') {
            prefix.names = true;
            break;
        } else if c.is_alphabetic() && prefix.money.is_none() {
            if let Some((code, start)) = code_before(text, prefix.start)
                && start >= floor
            {
                (prefix.money, prefix.start) = (Some(code), start);
            }
            break;
        } else {
            break;
        }
    }
    // A gap was taken for what did not come.
    let taken = &text[prefix.start..digits];
    prefix.start += taken.len() - taken.trim_start_matches(is_gap).len();
    prefix
}

/// A code of money that ends at `at`, and where it begins.
fn code_before(text: &str, at: usize) -> Option<(String, usize)> {
    let behind = text[..at].trim_end_matches('.');
    let letters = behind.len() - behind.trim_end_matches(char::is_alphabetic).len();
    let start = behind.len() - letters;
    let word = &behind[start..];
    if words::CODES.contains(word) {
        return Some((word.to_owned(), start));
    }
    let short = ["Rs", "Fr", "SFr", "Kč", "kr", "Kr", "zł"].contains(&word);
    let code = words::MONEY.get(word.to_lowercase().as_str()).filter(|_| short)?;
    Some(((*code).to_owned(), start))
}

fn money_sign(c: char) -> Option<&'static str> {
    words::SIGNS.iter().find(|(sign, _)| *sign == c).map(|(_, code)| *code)
}

/// What a number without a unit is.
fn standing_of(text: &str, range: &Range<usize>, raw: &str, readings: &[Reading]) -> Standing {
    let whole = raw.bytes().all(|b| b.is_ascii_digit());
    let value = readings.first().map_or(0.0, |r| r.value);
    let before_it = word_before(text, range.start).map(|(word, _)| word);
    let word_is = |words: &Words| before_it.as_deref().is_some_and(|word| words.contains(word));
    let plain = whole || raw.bytes().all(|b| b.is_ascii_digit() || b == b'.') && value < 1_000.0;
    if is_name(raw)
        || plain && word_is(&words::WHICH)
        || whole && value <= 31.0 && (word_is(&words::MONTHS) || is_german_date(text, range.end))
        || whole && value < 100.0 && is_list_number(text, range)
        || is_clock_or_date(text, range, raw, before_it.as_deref())
    {
        return Standing::No;
    }
    if whole && year(raw) {
        let dated = before_it.is_none() || word_is(&words::IN_A_YEAR) || word_is(&words::MONTHS);
        let counted = word_after(text, range.end).map(|(word, _)| word).filter(|_| !dated);
        return Standing::Few(counted.into_iter().collect());
    }
    if whole && value <= FEW {
        return Standing::Few(near(text, range));
    }
    Standing::Claim
}

/// `31. Oktober`, `3. Quartal`
fn is_german_date(text: &str, end: usize) -> bool {
    let Some(rest) = text[end..].strip_prefix(". ") else { return false };
    let word = letters_at(rest, 0).to_lowercase();
    words::MONTHS.contains(word.as_str())
        || ["quartal", "quartals", "platz"].contains(&word.as_str())
}

/// `1. `, `2) ` at the beginning of a line, `(3)` within one.
fn is_list_number(text: &str, range: &Range<usize>) -> bool {
    let (before_it, behind) = (&text[..range.start], &text[range.end..]);
    let line = before_it.trim_end_matches([' ', '\t', '(', '*', '•', '-']);
    let starts = line.is_empty() || line.ends_with('\n');
    let marked = behind.starts_with(['.', ')', ':']) && behind[1..].trim_start() != "";
    starts && marked || before_it.ends_with('(') && behind.starts_with(')')
}

/// `31.10.`, `9.30 Uhr`: read as decimals, they are not.
fn is_clock_or_date(text: &str, range: &Range<usize>, raw: &str, before_it: Option<&str>) -> bool {
    let Some((first, second)) = raw.split_once('.') else { return false };
    let two = |part: &str| (1..=2).contains(&part.len());
    let dated = before_it.is_some_and(|word| {
        ["am", "vom", "bis", "zum", "ab", "den", "seit", "dem"].contains(&word)
    });
    let next = word_after(text, range.end).map(|(word, _)| word);
    let timed = next.is_some_and(|word| words::CLOCK.contains(word.as_str()));
    two(first) && two(second) && (timed || dated && text[range.end..].starts_with('.'))
}

/// The words that may name what a number counts.
fn near(text: &str, range: &Range<usize>) -> Vec<String> {
    let mut near = Vec::new();
    let (mut start, mut end) = (range.start, range.end);
    for _ in 0..2 {
        let Some((word, behind)) = word_after(text, end) else { break };
        near.push(word);
        end = behind;
    }
    for _ in 0..3 {
        let Some((word, before)) = word_before(text, start) else { break };
        near.push(word);
        start = before;
    }
    near
}

fn hedge(text: &str, start: usize) -> Option<Hedge> {
    let (first, at) = word_before(text, start)?;
    let (word, _) = match words::THAN.contains(first.as_str()) {
        true => word_before(text, at)?,
        false => (first, at),
    };
    if words::BELOW.contains(word.as_str()) {
        Some(Hedge::Below)
    } else if words::ABOVE.contains(word.as_str()) {
        Some(Hedge::Above)
    } else {
        words::ABOUT.contains(word.as_str()).then_some(Hedge::About)
    }
}

/// Lets the two ends of `10–12 %` share what is written once.
fn join_ranges(text: &str, found: &mut [Number]) {
    for index in 1..found.len() {
        let (left, right) = found.split_at_mut(index);
        let (Some(low), Some(high)) = (left.last_mut(), right.first_mut()) else { continue };
        if !is_joint(text, low.range.clone(), high.range.start) {
            continue;
        }
        if low.unit == Unit::None {
            low.unit = high.unit.clone();
            let scale = scale_of(text, high);
            if scale > 1.0 && scale_of(text, low) == 1.0 {
                let scaled: Vec<Reading> = low.readings.iter().map(|r| r.times(scale)).collect();
                low.readings.extend(scaled);
            }
        } else if high.unit == Unit::None {
            high.unit = low.unit.clone();
        }
        let few = |standing: &Standing| matches!(standing, Standing::Few(_));
        match (&low.standing, &high.standing) {
            (_, Standing::No | Standing::Span) => low.standing = high.standing.clone(),
            (Standing::No | Standing::Span, _) => high.standing = low.standing.clone(),
            (low_standing, Standing::Claim) if few(low_standing) && high.unit != Unit::None => {
                low.standing = Standing::Claim;
            }
            (Standing::Claim, high_standing) if few(high_standing) && low.unit != Unit::None => {
                high.standing = Standing::Claim;
            }
            _ => {}
        }
        low.starts_range = true;
    }
}

/// By what a number's words multiply its digits.
fn scale_of(text: &str, number: &Number) -> f64 {
    let written = &text[number.range.clone()];
    let letters: Vec<&str> =
        written.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    letters
        .iter()
        .find_map(|word| {
            words::SHORT_SCALES
                .get(word)
                .or_else(|| words::SCALES.get(word.to_lowercase().as_str()))
        })
        .copied()
        .unwrap_or(1.0)
}

/// Whether what stands between two numbers makes a range of them.
fn is_joint(text: &str, low: Range<usize>, high: usize) -> bool {
    let Some(between) = text.get(low.end..high) else { return false };
    let between = between.trim().to_lowercase();
    let mut chars = between.chars();
    if let (Some(dash), None) = (chars.next(), chars.next()) {
        return DASHES.contains(&dash) || words::TO.contains(between.as_str());
    }
    let opened = || {
        word_before(text, low.start).is_some_and(|(word, at)| {
            words::BETWEEN.contains(word.as_str())
                || word_before(text, at).is_some_and(|(w, _)| words::BETWEEN.contains(w.as_str()))
        })
    };
    words::TO.contains(between.as_str()) || words::AND.contains(between.as_str()) && opened()
}

fn is_gap(c: char) -> bool {
    SPACES.contains(&c) || c == '\n'
}

fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

fn letters_at(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    &rest[..rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len())]
}

/// The word before `at` in the same clause, lower case, and where it begins.
fn word_before(text: &str, at: usize) -> Option<(String, usize)> {
    let skipped = |c: char| is_gap(c) || "([\"“„*'’:~≈#-–.€$£".contains(c);
    let rest = text[..at].trim_end_matches(is_gap);
    let rest = match rest.ends_with('.') {
        // The end of a sentence, unless it shortens a word: `No. 3`, `ca. 12 %`.
        true => {
            let word = rest.trim_end_matches('.');
            let letters = word.len() - word.trim_end_matches(char::is_alphabetic).len();
            let last = word[word.len() - letters..].to_lowercase();
            let shortened = [&words::WHICH, &words::MONTHS, &words::ABOUT];
            if letters > 6 || !shortened.iter().any(|words| words.contains(last.as_str())) {
                return None;
            }
            word
        }
        false => rest.trim_end_matches(skipped),
    };
    let start = rest.rfind(|c: char| !c.is_alphanumeric() && !"'’".contains(c));
    let start = start.map_or(0, |at| at + rest[at..].chars().next().map_or(1, char::len_utf8));
    let word = &rest[start..];
    (!word.is_empty()).then(|| (word.to_lowercase(), start))
}

/// The word behind `at` in the same clause, lower case, and where it ends.
fn word_after(text: &str, at: usize) -> Option<(String, usize)> {
    let rest = text[at..].trim_start_matches(|c: char| is_gap(c) || "*'’\"”)".contains(c));
    let start = text.len() - rest.len();
    let end =
        rest.find(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’').unwrap_or(rest.len());
    (end > 0).then(|| (rest[..end].to_lowercase(), start + end))
}
