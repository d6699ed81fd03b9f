//! Joins two numbers into the ends of a range.

use std::ops::Range;

use super::near::{DASHES, word_before};
use super::{Number, Reading, Standing, Unit, words};

/// Lets the ends of a range such as `10–12 %` share a unit, scale or standing that is written once.
pub(super) fn join_ranges(text: &str, found: &mut [Number]) {
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

/// Returns the multiplier that is part of a number as written.
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

/// Whether the text between two numbers makes them a range.
fn is_joint(text: &str, low: Range<usize>, high: usize) -> bool {
    let Some(between) = text.get(low.end..high) else { return false };
    let between = between.trim().to_lowercase();
    // `from 3.9 % to 3.4 %` are two claims.
    let is_word = between.contains(char::is_alphabetic);
    if is_word
        && word_before(text, low.start).is_some_and(|(word, _)| words::FROM.contains(word.as_str()))
    {
        return false;
    }
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
