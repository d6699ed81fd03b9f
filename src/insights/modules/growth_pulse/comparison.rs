//! Compares an indicator's last days with earlier ones and words the result.

use std::cmp::Ordering;

use super::indicator::{Indicator, Reading};
use crate::analytics::model::REVENUE;
use crate::analytics::windows::{percent_change, year_before};
use crate::format::date;
use crate::format::number::{in_unit, tidy};
use crate::insights::model::{Basis, Severity};
use crate::insights::modules::words;

/// In percent. Smaller changes are not notable.
const NOTABLE: f64 = 10.0;
/// In percent: the size of a change for the worse that makes a notice, a warning, and (for revenue only) a
/// critical finding.
const GRADES: [f64; 3] = [10.0, 25.0, 50.0];
/// Like [`GRADES`], for custom metrics.
const OWN_GRADES: [f64; 2] = [25.0, 50.0];
/// Minimum size of a change in standard errors, so that it exceeds the daily scatter.
const CLEAR: f64 = 2.0;

/// A comparison in words, with its basis.
pub struct Told {
    pub name: String,
    /// Length of the window in days.
    pub days: i32,
    /// `27 Oct to 25 Nov 2026`
    span: String,
    /// The change against the preceding days: `up 12.3%`.
    change: Option<String>,
    /// Its direction; equal if it is stated as unchanged.
    way: Ordering,
    /// `Revenue: up 12.3% in the 30 days from 27 Oct to 25 Nov 2026 against the 30 days before.`
    pub short: String,
    pub sentence: String,
    /// The numbers in the sentence, in order.
    pub basis: Vec<Basis>,
    pub severity: Severity,
    /// Whether the change is large and exceeds the daily scatter.
    pub is_notable: bool,
    pub newest: i32,
}

impl Told {
    /// Says in one sentence that this window and a shorter one that ends with it went in opposite directions. `None` if they
    /// did not.
    pub fn but(&self, shorter: &Self) -> Option<String> {
        let (Some(change), Some(other)) = (&self.change, &shorter.change) else { return None };
        let is_opposite = self.way != Ordering::Equal && self.way == shorter.way.reverse();
        let Self { name, days, span, .. } = self;
        is_opposite.then(|| {
            format!(
                "{name}: {change} in the {days} days from {span}, but {other} in the last {} of them, each compared \
                 with the period before it.",
                shorter.days
            )
        })
    }

    /// Adds another indicator's comparison, so that both are one sentence.
    pub fn and(&self, other: &Self) -> String {
        let first = self.short.trim_end_matches('.');
        match &other.change {
            Some(change) if self.span == other.span && self.days == other.days => {
                format!("{first}; {}: {change} in the same days.", other.name)
            }
            _ => format!("{first}; {}", other.short),
        }
    }
}

/// Compares the `days` days up to `newest` with the preceding days and with a year ago. `None` if either
/// side of every comparison is missing.
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
    let (value, rate) = (in_unit(tidy(now.value), unit), indicator.rate());
    let span = date::span(now.window.first, now.window.last);
    let when = match indicator.is_level() {
        true => indicator.when(&now),
        false => format!("from {span}"),
    };
    let change = before.as_ref().map(|before| words_of(indicator, &now, before));
    let way = match (&before, change.as_deref()) {
        (None, _) | (_, Some("unchanged")) => Ordering::Equal,
        (Some(before), _) => now.value.total_cmp(&before.value),
    };
    Some(Told {
        name: (*name).to_owned(),
        days,
        short: match &change {
            Some(change) => {
                format!(
                    "{name}: {change} in the {days} days from {span} against the {days} days before."
                )
            }
            None => format!("{name}: {value}{rate} {when}."),
        },
        sentence: format!(
            "{name} {} {value}{rate} {when}{}: {}.",
            indicator.verb(),
            words::aside(indicator.known(&now)),
            changes.join("; ")
        ),
        span,
        change,
        way,
        basis,
        severity,
        is_notable,
        newest,
    })
}

/// Formats `up 12.3% against the 30 days before (1,099.29 EUR a day, 27 Sep to 26 Oct 2026)`, and adds its
/// numbers to `basis`.
fn change(
    indicator: &Indicator,
    now: &Reading,
    then: &Reading,
    what: &str,
    basis: &mut Vec<Basis>,
) -> String {
    if let Some((_, value, unit)) = words::change(now.value, then.value, indicator.unit) {
        let label = format!("{}, change against {what}", indicator.name);
        basis.push(Basis {
            label,
            value,
            unit: unit.to_owned(),
            formula: Some(words::formula(now.value, then.value, indicator.unit)),
            before: Some(indicator.basis(then).span),
            ..indicator.basis(now)
        });
    }
    basis.push(indicator.basis(then));
    format!(
        "{} against {what} ({}{}, {}{})",
        words_of(indicator, now, then),
        in_unit(tidy(then.value), indicator.unit),
        indicator.rate(),
        indicator.when(then),
        indicator.known(then).map(|known| format!(", {known}")).unwrap_or_default()
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

/// Returns the severity of a change, and whether it is notable.
fn grade(indicator: &Indicator, now: &Reading, before: &Reading) -> (Severity, bool) {
    let by_mean = change_in_percent(now.value, before.value);
    let by_median = change_in_percent(now.median, before.median);
    // Take the smaller of both changes, so that a single outlier does not raise an alarm.
    let change = match by_mean.signum() == by_median.signum() {
        true => by_mean.abs().min(by_median.abs()).copysign(by_mean),
        false => 0.0,
    };
    let known = |reading: &Reading| match indicator.is_level() {
        true => 1.0,
        false => 1.0 / f64::from(reading.window.known),
    };
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

/// Returns the change in percent; ±100 where the percentage is undefined, from zero or across it.
fn change_in_percent(now: f64, before: f64) -> f64 {
    match percent_change(now, before) {
        Some(change) => change,
        None if now == before => 0.0,
        None => (now - before).signum() * 100.0,
    }
}
