//! Fractions in words: `half of your sessions`, `fell by a third`, `zwei Drittel der Kunden`.
//!
//! `A third way`, `the next quarter` and `half the battle` are not fractions. A fraction must be of
//! something that a business measures, or be the size of a change.

use super::super::lexicon::{self, Meaning};
use super::near::{word_after, word_before};
use super::spelled::{Word, follows, is_free};
use super::standing::hedge;
use super::{Number, Reading, Sign, Standing, Unit, words};

/// Assumed precision of a fraction in words, in percentage points.
const STEP: f64 = 5.0;

/// Returns the fractions among the words of a text.
pub(super) fn numbers(text: &str, all: &[Word]) -> Vec<Number> {
    let mut found: Vec<Number> = Vec::new();
    for at in 0..all.len() {
        let is_part = found.last().is_some_and(|share| all[at].range.start < share.range.end);
        let rest = &all[at..];
        let number = share(text, rest).or_else(|| one_in(text, rest)).or_else(|| verb(&all[at]));
        found.extend(number.filter(|_| !is_part));
    }
    found
}

fn share(text: &str, all: &[Word]) -> Option<Number> {
    let first = all.first().filter(|word| is_free(text, word))?;
    let joined = |place: usize| {
        let (before, word) = (all.get(place.checked_sub(1)?)?, all.get(place)?);
        follows(text, before, word).then_some(word)
    };
    let part = |word: &Word| words::PARTS.get(word.lower.as_str()).copied();
    let count = words::SHARES.get(first.lower.as_str()).copied();
    let (value, last) = match (count, joined(1).and_then(part)) {
        (Some(count), Some(part)) => (count / part, 1),
        // `half`, `die Hälfte`, `la moitié` need no count.
        _ => (1.0 / part(first).filter(|part| *part == 2.0)?, 0),
    };
    if value >= 1.0 {
        return None;
    }
    let range = first.range.start..all[last].range.end;
    let number = Number {
        hedge: hedge(text, range.start),
        range,
        readings: vec![Reading::of_step(value * 100.0, STEP)],
        sign: None,
        unit: Unit::Percent,
        standing: Standing::Claim,
        starts_range: false,
        is_verb: false,
    };
    let mut behind = (last + 1..).map_while(joined).map(|word| word.lower.as_str());
    let next = behind.next();
    let is_of = next.is_some_and(|word| words::OF.contains(word)) && {
        let mut rest = behind.take(3).skip_while(|word| words::WHOSE.contains(word));
        rest.next().is_some_and(|word| words::MEASURED.contains(word))
    };
    let is_change = word_before(text, number.range.start)
        .filter(|(word, _)| ["by", "um"].contains(&word.as_str()))
        .and_then(|(_, at)| word_before(text, at))
        .is_some_and(|(word, _)| is_direction(&word) || word == "um");
    let is_change = is_change || behind_direction(text, number.range.start, number.range.end);
    let goes_on = text[number.range.end..].starts_with(['-', '‑'])
        || next.is_some_and(|word| words::TIMES.contains_key(word) || word == "party");
    (is_of || is_change && !goes_on).then_some(number)
}

/// `one in four sessions`, `einer von vier Kunden`, `un client sur quatre`: something measured must be next to it.
fn one_in(text: &str, all: &[Word]) -> Option<Number> {
    let words: Vec<&Word> = all.iter().take(5).collect();
    let first = words.first().filter(|word| is_free(text, word))?;
    let is_one = ["one", "einer", "eine", "eines", "un", "une", "uno", "una"]
        .contains(&first.lower.as_str());
    let joins = |word: &Word| ["in", "von", "sur", "su"].contains(&word.lower.as_str());
    let place = words.iter().skip(1).take(2).position(|word| joins(word))? + 1;
    let count = *words::SPELLED
        .get(words.get(place + 1)?.lower.as_str())
        .or_else(|| words::SPELLED_GERMAN.get(words.get(place + 1)?.lower.as_str()))?;
    let is_together =
        words.get(..=place + 1)?.windows(2).all(|pair| follows(text, pair[0], pair[1]));
    let beside = if place == 2 { words.get(1) } else { words.get(place + 2) };
    let is_measured = beside.is_some_and(|word| {
        let plural = format!("{}s", word.lower);
        words::MEASURED.contains(word.lower.as_str()) || words::MEASURED.contains(plural.as_str())
    });
    let range = first.range.start..words.get(place + 1)?.range.end;
    (is_one && count >= 2.0 && is_together && is_measured).then(|| Number {
        hedge: hedge(text, range.start),
        range,
        readings: vec![Reading::of_step(100.0 / count, STEP.min(100.0 / count / 5.0))],
        sign: None,
        unit: Unit::Percent,
        standing: Standing::Claim,
        starts_range: false,
        is_verb: false,
    })
}

fn is_direction(word: &str) -> bool {
    lexicon::phrases(word)
        .iter()
        .any(|it| it.rest.is_empty() && matches!(it.meaning, Meaning::Up | Meaning::Down))
}

/// `um ein Drittel gestiegen`
fn behind_direction(text: &str, start: usize, end: usize) -> bool {
    word_before(text, start).is_some_and(|(word, _)| word == "um")
        && word_after(text, end).is_some_and(|(word, _)| is_direction(&word))
}

/// `doubled`, `halbiert`: the change that it says.
fn verb(word: &Word) -> Option<Number> {
    let percent = *words::MULTIPLIED.get(word.lower.as_str())?;
    Some(Number {
        range: word.range.clone(),
        readings: vec![Reading::of_step(f64::abs(percent), STEP)],
        sign: Some(if percent < 0.0 { Sign::Minus } else { Sign::Plus }),
        unit: Unit::Percent,
        hedge: None,
        standing: Standing::Claim,
        starts_range: false,
        is_verb: true,
    })
}
