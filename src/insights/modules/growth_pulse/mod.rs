//! *Growth pulse*: compares the last 7 and 30 days with the preceding window and with the same days a year
//! ago.

mod comparison;
mod indicator;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use super::{Module, words};
use crate::analytics::service::History;
use crate::insights::model::{Finding, Severity};
use comparison::Told;
use indicator::{Indicator, indicators};

const MONTH: i32 = 30;
const WEEK: i32 = 7;
/// Metrics older than this are skipped. Data health reports them.
const FRESH_DAYS: i32 = 31;
const MOST_HIGHLIGHTS: usize = 10;

pub struct GrowthPulse;

impl Module for GrowthPulse {
    fn slug(&self) -> &'static str {
        "growth-pulse"
    }

    fn name(&self) -> &'static str {
        "Growth pulse"
    }

    fn reads(&self) -> &'static str {
        "Revenue, users, conversions and sessions of each day, and your own metrics."
    }

    fn emits(&self) -> &'static str {
        "How the last 7 and 30 days compare with the period before them and with the same days a year earlier, \
         also for the conversion rate (conversions by sessions) and for revenue per user. A \
         change for the worse is a notice or a warning only if it exceeds the usual variation \
         from day to day."
    }

    fn examine(&self, history: &History) -> Vec<Finding> {
        let oldest = history.today.to_julian_day() - FRESH_DAYS;
        let told: Vec<Told> = indicators(history)
            .iter()
            .take_while(|_| !history.stop.is_cancelled())
            .filter(|indicator| indicator.newest().is_some_and(|day| day >= oldest))
            .flat_map(tell)
            .collect();
        finding(told).into_iter().collect()
    }
}

/// Returns the 30-day comparison, and the 7-day one if it is notable or the only one. Custom metrics are
/// averaged although their mean may be meaningless, so only their notable changes are returned. If both go in opposite
/// directions, the short sentence of each states both.
fn tell(indicator: &Indicator) -> Vec<Told> {
    let Some(newest) = indicator.newest() else { return Vec::new() };
    let month = comparison::tell(indicator, newest, MONTH);
    let week = comparison::tell(indicator, newest, WEEK);
    let alone = month.is_none();
    let mut month = month.filter(|told| told.is_notable || !indicator.is_own());
    let mut week = week.filter(|told| told.is_notable || (alone && !indicator.is_own()));
    if let (Some(month), Some(week)) = (&mut month, &mut week)
        && let Some(both) = month.but(week)
    {
        week.short.clone_from(&both);
        month.short = both;
    }
    month.into_iter().chain(week).collect()
}

/// Builds the finding. `told` is sorted by importance.
fn finding(mut told: Vec<Told>) -> Option<Finding> {
    let subject = words::week(told.iter().map(|told| told.newest).max()?);
    let summary = summary(&told)?;
    told.sort_by_key(|told| Reverse(told.severity));
    told.truncate(MOST_HIGHLIGHTS);
    Some(Finding {
        subject,
        severity: told.first().map_or(Severity::Info, |told| told.severity),
        summary,
        highlights: told.iter().map(|told| told.sentence.clone()).collect(),
        basis: told.into_iter().flat_map(|told| told.basis).collect(),
    })
}

/// Returns one sentence: the most important comparison, after the most severe one if that is another.
fn summary(told: &[Told]) -> Option<String> {
    let headline = told.first()?;
    // The first of the most severe ones: `max_by_key` would return the last.
    let worst = told.iter().rev().max_by_key(|told| told.severity)?;
    Some(match worst.severity > headline.severity && worst.short != headline.short {
        true => worst.and(headline),
        false => headline.short.clone(),
    })
}
