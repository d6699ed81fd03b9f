//! Reads what follows the digits of a number: scale, unit, or a word that makes it a name.

use super::near::{DASHES, is_cjk, is_gap, letters_at, word_after};
use super::prefix::money_sign;
use super::{Reading, Standing, Unit, cjk, is_whole, words};

pub(super) struct Suffix {
    pub end: usize,
    pub scale: f64,
    pub unit: Unit,
    pub standing: Standing,
}

/// Returns `None` where the digits continue as a name: `5G`, `3D`.
pub(super) fn suffix(text: &str, digits_end: usize, readings: &[Reading]) -> Option<Suffix> {
    let mut suffix =
        Suffix { end: digits_end, scale: 1.0, unit: Unit::None, standing: Standing::Claim };
    let letters = letters_at(text, digits_end);
    if letters.starts_with(is_cjk) {
        suffix.take_cjk(text);
        return Some(suffix);
    }
    if !letters.is_empty() && !suffix.take_attached(text, letters)? {
        return Some(suffix);
    }
    suffix.take_sign(text, suffix.end);
    suffix.take_joined_word(text);
    // A scale may be followed by a unit.
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
    /// Consumes a scale and a unit of a script without spaces: `1.2万円`.
    fn take_cjk(&mut self, text: &str) {
        for c in text[self.end..].chars().take(2) {
            if let Some(scale) = cjk::scale(c).filter(|_| self.scale == 1.0) {
                self.scale = scale;
            } else if let Some(unit) = cjk::unit(c) {
                self.unit = unit;
            } else {
                break;
            }
            self.end += c.len_utf8();
        }
        let sign = text[self.end..].chars().next();
        if sign.is_some_and(|c| matches!(c, '%' | '％')) {
            self.take_sign(text, self.end);
        }
    }

    /// Consumes letters attached to the digits. Returns `Some(false)` if nothing more can follow, `None`
    /// for a name.
    fn take_attached(&mut self, text: &str, letters: &str) -> Option<bool> {
        let end = self.end + letters.len();
        let lower = letters.to_lowercase();
        let ends = !text[end..].starts_with(|c: char| c.is_alphanumeric());
        if !ends {
            return None;
        }
        if let Some(scale) = words::SHORT_SCALES.get(letters) {
            // `T` means thousand only in `T€`.
            if letters != "T" || text[end..].starts_with('€') {
                (self.scale, self.end) = (*scale, end);
                return Some(true);
            }
        }
        if words::CODES.contains(letters) {
            self.unit = Unit::Money(letters.to_owned());
        } else if let Some(code) = words::MONEY.get(lower.as_str()) {
            self.unit = Unit::Money((*code).to_owned());
        } else if words::POINTS.contains(lower.as_str()) {
            self.unit = Unit::Points;
        } else if words::PERCENT.contains(lower.as_str()) {
            self.unit = Unit::Percent;
        } else if let Some(sign) = words::MEASURES.get(lower.as_str()) {
            self.unit = Unit::Measure(sign);
        } else if let Some(stem) = words::TIMES.get(lower.as_str()) {
            self.unit = Unit::Time(stem);
            self.standing = Standing::Span;
        } else if lower == "x" || words::ORDINALS.contains(lower.as_str()) {
            let often = lower == "x"
                && word_after(text, end).is_some_and(|(word, _)| {
                    ["a", "per", "each", "pro", "par", "por"].contains(&word.as_str())
                });
            let is_factor = continues(text, end);
            if lower == "x" && !often && !is_factor {
                self.unit = Unit::Times;
            }
            self.standing = if lower == "x" && !often { Standing::Claim } else { Standing::No };
        } else {
            return None;
        }
        self.end = end;
        Some(false)
    }

    /// Consumes a percent or currency sign at `at`, unless it belongs to the next number.
    fn take_sign(&mut self, text: &str, at: usize) -> bool {
        if self.unit != Unit::None {
            return false;
        }
        let Some(c) = text[at..].chars().next() else { return false };
        let end = at + c.len_utf8();
        if c == '‰' {
            self.unit = Unit::Permille;
        } else if matches!(c, '%' | '٪' | '％') {
            self.unit = Unit::Percent;
        } else if let Some(code) = money_sign(c)
            && !text[end..].starts_with(|c: char| c.is_ascii_digit())
        {
            self.unit = Unit::Money(code.to_owned());
        } else if c == '×' && !continues(text, end) {
            self.unit = Unit::Times;
        } else {
            return false;
        }
        self.end = end;
        true
    }

    /// `12-percent` has a unit; `30-day` and `5-star` are names.
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

    /// Consumes a word after a gap. Returns false if no further word can matter.
    fn take_word(&mut self, text: &str, at: usize, readings: &[Reading]) -> bool {
        let word = Word::at(text, at);
        let is_scaled = self.scale > 1.0;
        if let Some((scale, end)) = word.scale().filter(|_| !is_scaled) {
            (self.scale, self.end) = (scale, end);
            return true;
        }
        if let Some((unit, end)) = word.money(is_scaled).or_else(|| word.percent(readings)) {
            (self.unit, self.end) = (unit, end);
        } else if let Some(sign) = words::MEASURES.get(word.lower.as_str()).filter(|_| !is_scaled) {
            (self.unit, self.end) = (Unit::Measure(sign), word.end);
        } else if let Some((stem, end)) = word.time().filter(|_| !is_scaled) {
            (self.unit, self.standing) = (Unit::Time(stem), Standing::Span);
            self.end = end.unwrap_or(self.end);
        } else if word.makes_a_name(readings) {
            self.standing = Standing::No;
        }
        false
    }
}

/// A word after a number.
struct Word<'a> {
    text: &'a str,
    letters: &'a str,
    lower: String,
    end: usize,
}

impl<'a> Word<'a> {
    fn at(text: &'a str, at: usize) -> Self {
        let letters = letters_at(text, at);
        Self { text, letters, lower: letters.to_lowercase(), end: at + letters.len() }
    }

    fn next(&self) -> Option<(String, usize)> {
        word_after(self.text, self.end)
    }

    /// `thousand`, `Mio.`. A single letter counts only before a currency, because `5 m` may be metres.
    fn scale(&self) -> Option<(f64, usize)> {
        let scale = *words::SCALES.get(self.lower.as_str())?;
        let stands = self.letters.chars().count() > 1 || next_is_money(self.text, self.end);
        let shortened = ["mio", "mrd", "tsd", "tys"].contains(&self.lower.as_str());
        let dot = shortened && self.text[self.end..].starts_with('.');
        stands.then_some((scale, self.end + usize::from(dot)))
    }

    /// `EUR`, `euros`; after a scale also `de pesos`, `d'euros`.
    fn money(&self, is_scaled: bool) -> Option<(Unit, usize)> {
        let code = |word: &str| words::MONEY.get(word).map(|code| Unit::Money((*code).to_owned()));
        if words::CODES.contains(self.letters) {
            return Some((Unit::Money(self.letters.to_owned()), self.end));
        }
        if is_scaled && ["de", "d"].contains(&self.lower.as_str()) {
            let (word, end) = self.next()?;
            return Some((code(&word)?, end));
        }
        Some((code(&self.lower)?, self.end))
    }

    /// `percent`, `per cent`, `percentage points`, `0.4 points`. Whole points (`5 points`) are items.
    fn percent(&self, readings: &[Reading]) -> Option<(Unit, usize)> {
        let lower = self.lower.as_str();
        let finely = || readings.iter().any(|reading| reading.step < 1.0);
        if words::POINTS.contains(lower) {
            return Some((Unit::Points, self.end));
        }
        if words::POINT.contains(lower) {
            // `points de pourcentage`, `puntos porcentuales`
            let (next, end) = self.next().unwrap_or_default();
            let (next, end) = if next == "de" { word_after(self.text, end)? } else { (next, end) };
            if words::OF_PERCENTAGE.contains(next.as_str()) {
                return Some((Unit::Points, end));
            }
            return finely().then_some((Unit::Points, self.end));
        }
        if words::PERCENT.contains(lower) {
            let points = self.next().filter(|(next, _)| words::POINT.contains(next.as_str()));
            return Some(points.map_or((Unit::Percent, self.end), |(_, end)| (Unit::Points, end)));
        }
        let (word, end) = self.next().filter(|_| words::PER.contains(lower))?;
        words::PER_HUNDRED.contains(word.as_str()).then_some((Unit::Percent, end))
    }

    /// The stem of `days` and its end. In `calendar days` the end is `None`.
    fn time(&self) -> Option<(&'static str, Option<usize>)> {
        if let Some(stem) = words::TIMES.get(self.lower.as_str()) {
            return Some((stem, Some(self.end)));
        }
        let (word, _) = self.next().filter(|_| words::KINDS_OF_TIME.contains(&*self.lower))?;
        words::TIMES.get(word.as_str()).map(|stem| (*stem, None))
    }

    /// `5 pm`, `3 times`, `31 October`, `31 de octubre` are not amounts.
    fn makes_a_name(&self, readings: &[Reading]) -> bool {
        let is_day = |r: &Reading| is_whole(r.value) && (1.0..=31.0).contains(&r.value);
        let is_month = |word: &str| words::MONTHS.contains(word);
        let joins = ["de", "of", "di", "d"].contains(&self.lower.as_str());
        let month =
            || is_month(&self.lower) || joins && self.next().is_some_and(|it| is_month(&it.0));
        words::CLOCK.contains(self.lower.as_str())
            || words::ERRORS.contains(self.lower.as_str())
            || words::OFTEN.contains(self.lower.as_str())
            || readings.iter().any(is_day) && month()
    }
}

/// Whether a sign of multiplication at `at` is followed by its second factor.
fn continues(text: &str, at: usize) -> bool {
    text[at..]
        .trim_start_matches(is_gap)
        .starts_with(|c: char| c.is_ascii_digit() || "(€$£".contains(c))
}

fn next_is_money(text: &str, at: usize) -> bool {
    let rest = text[at..].trim_start_matches(is_gap);
    let letters = letters_at(rest, 0);
    rest.chars().next().is_some_and(|c| money_sign(c).is_some())
        || words::CODES.contains(letters)
        || words::MONEY.contains_key(letters.to_lowercase().as_str())
}
