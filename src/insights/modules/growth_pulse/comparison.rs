//! One indicator's last days against others, as a sentence.

use super::indicator::{Indicator, Reading};
use crate::analytics::model::REVENUE;
use crate::analytics::page::figures::in_unit;
use crate::analytics::windows::{Window, percent_change, year_before};
use crate::insights::model::{Basis, Severity};
use crate::insights::modules::words;

/// In percent: a smaller change is not worth a sentence of its own.
const NOTABLE: f64 = 10.0;
/// In percent: from here on a change for the worse is noticed, warned of, critical (revenue alone).
const GRADES: [f64; 3] = [10.0, 25.0, 50.0];
/// As [`GRADES`], of own metrics.
const OWN_GRADES: [f64; 2] = [25.0, 50.0];
/// How many standard errors a change must have to be more than the days' own scatter.
const CLEAR: f64 = 2.0;

/// A sentence, and what it rests on.
pub struct Told {
    /// `Revenue: up 12.3% in the 30 days from 27 Oct to 25 Nov 2026 against the 30 days before.`
    pub short: String,
    pub sentence: String,
    /// The numbers of the sentence, in its order.
    pub basis: Vec<Basis>,
    pub severity: Severity,
    /// Whether the change is more than the days' own scatter, and large.
    pub is_notable: bool,
    pub newest: i32,
}

/// The `days` days up to `newest` against those before and those a year ago. None where there is nothing to
/// compare, or nothing to compare with.
pub fn tell(indicator: &Indicator, newest: i32, days: i32) -> Option<Told> {
    let now = indicator.read(newest, days)?;
    let before = indicator.read(newest - days, days);
    let year_ago = year_before(newest).and_then(|last| indicator.read(last, days));
    let mut basis = vec![indicator.basis(&now)];
    let mut changes = Vec::new();
    for (then, what) in [
        (&before, format!("the {days} days before")),
        (&year_ago, "the same days a year earlier".to_owned()),
    ] {
        if let Some(then) = then {
            changes.push(change(indicator, &now, then, &what, &mut basis));
        }
    }
    if changes.is_empty() {
        return None;
    }
    let (severity, is_notable) =
        before.as_ref().map_or((Severity::Info, false), |before| grade(indicator, &now, before));
    let Indicator { name, unit, .. } = indicator;
    let (value, rate) = (in_unit(now.value, unit), indicator.rate());
    let span = words::human_span(now.window.first, now.window.last);
    Some(Told {
        short: match &before {
            Some(before) => {
                let change = words_of(indicator, &now, before);
                format!(
                    "{name}: {change} in the {days} days from {span} against the {days} days before."
                )
            }
            None => format!("{name}: {value}{rate} from {span}."),
        },
        sentence: format!(
            "{name} {} {value}{rate} from {span}{}: {}.",
            indicator.verb(),
            words::aside(words::known(&now.window)),
            changes.join("; ")
        ),
        basis,
        severity,
        is_notable,
        newest,
    })
}

/// `up 12.3% against the 30 days before (1,099.29 EUR a day, 27 Sep to 26 Oct 2026)`
fn change(
    indicator: &Indicator,
    now: &Reading,
    then: &Reading,
    what: &str,
    basis: &mut Vec<Basis>,
) -> String {
    if let Some((_, value, unit)) = words::change(now.value, then.value, indicator.unit) {
        let label = format!("{}, change against {what}", indicator.name);
        basis.push(Basis { label, value, unit: unit.to_owned(), ..indicator.basis(now) });
    }
    basis.push(indicator.basis(then));
    let Window { first, last, .. } = then.window;
    format!(
        "{} against {what} ({}{}, {}{})",
        words_of(indicator, now, then),
        in_unit(then.value, indicator.unit),
        indicator.rate(),
        words::human_span(first, last),
        words::known(&then.window).map(|known| format!(", {known}")).unwrap_or_default()
    )
}

fn words_of(indicator: &Indicator, now: &Reading, then: &Reading) -> String {
    match words::change(now.value, then.value, indicator.unit) {
        Some((words, ..)) => words,
        None if now.value > then.value => "up".to_owned(),
        None if now.value < then.value => "down".to_owned(),
        None => "unchanged".to_owned(),
    }
}

/// How much a change asks for attention, and whether it is notable.
fn grade(indicator: &Indicator, now: &Reading, before: &Reading) -> (Severity, bool) {
    let by_mean = change_in_percent(now.value, before.value);
    let by_median = change_in_percent(now.median, before.median);
    // The smaller one of both, so that single odd days alarm nobody.
    let change = match by_mean.signum() == by_median.signum() {
        true => by_mean.abs().min(by_median.abs()).copysign(by_mean),
        false => 0.0,
    };
    let known = |reading: &Reading| 1.0 / f64::from(reading.window.known);
    let error = indicator.scatter().map(|scatter| scatter * (known(now) + known(before)).sqrt());
    let is_clear = error.is_some_and(|error| (now.value - before.value).abs() > CLEAR * error);
    let is_notable = is_clear && change.abs() >= NOTABLE;
    let is_worse = (change < 0.0) == indicator.higher_is_better;
    if !is_notable || !is_worse {
        return (Severity::Info, is_notable);
    }
    let grades: &[f64] = match indicator.slug {
        _ if indicator.is_own() => &OWN_GRADES,
        REVENUE => &GRADES,
        _ => &GRADES[..2],
    };
    let grade = grades.iter().filter(|least| change.abs() >= **least).count();
    (Severity::ALL.get(grade).copied().unwrap_or_default(), is_notable)
}

/// From nothing, or across it, a change is as large as can be.
fn change_in_percent(now: f64, before: f64) -> f64 {
    match percent_change(now, before) {
        Some(change) => change,
        None if now == before => 0.0,
        None => (now - before).signum() * 100.0,
    }
}
