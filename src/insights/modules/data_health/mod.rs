//! *Data health*: finds observations that are late, have stopped, are missing, or look mistyped.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use time::Date;
use tokio_util::sync::CancellationToken;

use super::{Module, robust, words};
use crate::analytics::model::{Measure, REVENUE};
use crate::analytics::rhythm;
use crate::analytics::series::Point;
use crate::analytics::service::History;
use crate::format::date;
use crate::format::number::in_unit;
use crate::insights::model::{Basis, Finding, Severity};

/// How many of the newest days are checked for gaps and typing errors.
const LOOKED_AT: i32 = 90;
/// Minimum delay in days before a report: of all metrics, then of one metric behind the others.
const LEAST_LATE: i32 = 3;
const LEAST_BEHIND: i32 = 7;
/// A metric with at least this many observations is expected to continue.
const HABIT: usize = 5;
/// Gaps are only reported for metrics that span more than this many days.
const LEAST_DAYS: i32 = 14;
/// From this share of missing days on, the severity is notice.
const MANY: f64 = 0.1;
/// Days on each side that define the level around an observation, and how many of them must be known.
const AROUND: i32 = 14;
const LEAST_AROUND: usize = 8;
/// A typing error is suspected if the deviation is this many times the level, and this many times the
/// scatter.
const TIMES_USUAL: f64 = 4.0;
const TIMES_SCATTER: f64 = 10.0;
const MOST_HIGHLIGHTS: usize = 8;
const MOST_NAMED: usize = 6;

pub struct DataHealth;

impl Module for DataHealth {
    fn slug(&self) -> &'static str {
        "data-health"
    }

    fn name(&self) -> &'static str {
        "Data health"
    }

    fn reads(&self) -> &'static str {
        "Which days have numbers, and the last 90 days of every metric."
    }

    fn emits(&self) -> &'static str {
        "Numbers that are overdue, metrics that stopped while others continue, missing days \
         among the last 90 (except weekdays that never have numbers), and numbers so far from \
         those around them that they may be typing errors."
    }

    fn examine(&self, history: &History) -> Vec<Finding> {
        let mut series: Vec<&(Measure, Vec<Point>)> =
            history.series.iter().filter(|(_, points)| !points.is_empty()).collect();
        series.sort_by(|a, b| a.0.slug.cmp(&b.0.slug));
        let check = Check { series, today: history.today, stop: &history.stop };
        let checks = [Check::late, Check::stopped, Check::gaps, Check::slips];
        let checks = checks.iter().take_while(|_| !history.stop.is_cancelled());
        checks.filter_map(|find| find(&check)).collect()
    }
}

/// The checks over all metrics with observations, sorted by slug.
struct Check<'a> {
    series: Vec<&'a (Measure, Vec<Point>)>,
    today: Date,
    stop: &'a CancellationToken,
}

impl Check<'_> {
    fn newest(&self) -> Option<i32> {
        self.series.iter().filter_map(|(_, points)| Some(points.last()?.0)).max()
    }

    /// Builds the basis for a count of days. `measure` is a slug, or [`ALL`].
    fn basis(&self, measure: &str, label: String, (first, last): (i32, i32), days: i32) -> Basis {
        let source = match measure {
            ALL => "/analytics#days".to_owned(),
            measure => words::source(measure, first, self.today),
        };
        Basis {
            measure: measure.to_owned(),
            label,
            value: f64::from(days),
            unit: "days".to_owned(),
            span: (date::iso(first), date::iso(last)),
            source,
            note: None,
            formula: None,
            before: None,
        }
    }

    /// Reports that no metric has had an observation for longer than usual.
    fn late(&self) -> Option<Finding> {
        let newest = self.newest()?;
        let today = self.today.to_julian_day();
        let mut days: Vec<i32> =
            self.series.iter().flat_map(|(_, points)| rhythm::days(points)).collect();
        days.sort_unstable();
        days.dedup();
        let (late, grace) = (today - newest, rhythm::grace(&days, LEAST_LATE));
        if late <= grace {
            return None;
        }
        let severity = if late > 4 * grace { Severity::Warning } else { Severity::Notice };
        // Today is not over, so its number is not missing yet.
        let (late, yesterday) = (late - 1, today - 1);
        let since = date::span(newest + 1, yesterday);
        Some(Finding {
            subject: format!("late@{}", date::iso(newest)),
            severity,
            summary: format!(
                "The newest number is of {}: there is none of the {} from {since}.",
                date::julian(newest),
                words::days(late.into())
            ),
            highlights: vec![format!(
                "What is said of the last days, here and by your advisers, ends with {}.",
                date::julian(newest)
            )],
            basis: vec![self.basis(
                ALL,
                format!("Days without any number, {since}"),
                (newest + 1, yesterday),
                late,
            )],
        })
    }

    /// Reports metrics that have no new observations while others do.
    fn stopped(&self) -> Option<Finding> {
        let newest = self.newest()?;
        let stopped: Vec<(&Measure, i32)> = self
            .series
            .iter()
            .filter_map(|(measure, points)| {
                let days = rhythm::days(points);
                let last = *days.last()?;
                let grace = rhythm::grace(&days, LEAST_BEHIND);
                (days.len() >= HABIT && newest - last > grace).then_some((measure, last))
            })
            .collect();
        let is_of_revenue = stopped.iter().any(|(measure, _)| measure.slug == REVENUE);
        let names: Vec<String> = stopped.iter().map(|(measure, _)| measure.name.clone()).collect();
        let subject: Vec<String> = stopped
            .iter()
            .map(|(measure, last)| format!("{}@{}", measure.slug, date::iso(*last)))
            .collect();
        let told = stopped.iter().map(|(measure, last)| {
            let (name, since) = (&measure.name, date::span(last + 1, newest));
            let sentence = format!(
                "{name} ends with {}: there is no number of the {} from {since}, while others go on.",
                date::julian(*last),
                words::days((newest - last).into())
            );
            let label = format!("{name}, days without a number, {since}");
            (sentence, self.basis(&measure.slug, label, (last + 1, newest), newest - last))
        });
        let (highlights, basis): (Vec<String>, Vec<Basis>) = told.take(MOST_HIGHLIGHTS).unzip();
        (!stopped.is_empty()).then(|| Finding {
            subject: format!("stopped@{}", subject.join(",")),
            severity: if is_of_revenue { Severity::Warning } else { Severity::Notice },
            summary: format!(
                "No newer numbers of {}, while others go on to {}.",
                words::list(&names, MOST_NAMED),
                date::julian(newest)
            ),
            highlights,
            basis,
        })
    }

    /// Reports days without an observation on which there usually is one. Groups metrics with the same
    /// gaps.
    fn gaps(&self) -> Option<Finding> {
        let mut gaps: BTreeMap<(Vec<i32>, u32, i32, i32), Vec<&Measure>> = BTreeMap::new();
        for (measure, points) in &self.series {
            if self.stop.is_cancelled() {
                return None;
            }
            let days = rhythm::days(points);
            let (oldest, last) = (*days.first()?, *days.last()?);
            let first = oldest.max(last - LOOKED_AT + 1);
            let (missing, expected) = rhythm::missing(&days, first, last);
            if rhythm::step(&days) == Some(1) && last - first >= LEAST_DAYS && !missing.is_empty() {
                gaps.entry((missing, expected, first, last)).or_default().push(measure);
            }
        }
        let newest = *gaps.keys().filter_map(|(missing, ..)| missing.last()).max()?;
        let many = gaps
            .keys()
            .any(|(missing, expected, ..)| missing.len() as f64 >= f64::from(*expected) * MANY);
        let mut names: Vec<String> =
            gaps.values().flatten().map(|measure| measure.name.clone()).collect();
        names.sort();
        let told = gaps.iter().map(|((missing, expected, first, last), measures)| {
            self.gap(missing, *expected, (*first, *last), measures)
        });
        let (highlights, basis): (Vec<String>, Vec<Basis>) = told.take(MOST_HIGHLIGHTS).unzip();
        Some(Finding {
            subject: format!("gaps@{}", date::iso(newest)),
            severity: if many { Severity::Notice } else { Severity::Info },
            summary: format!(
                "Days are missing in {}, the last one {}.",
                words::list(&names, MOST_NAMED),
                date::julian(newest)
            ),
            highlights,
            basis,
        })
    }

    fn gap(
        &self,
        missing: &[i32],
        expected: u32,
        (first, last): (i32, i32),
        measures: &[&Measure],
    ) -> (String, Basis) {
        let names: Vec<String> = measures.iter().map(|measure| measure.name.clone()).collect();
        let names = words::list(&names, MOST_NAMED);
        let spans: Vec<String> = missing
            .chunk_by(|a, b| a + 1 == *b)
            .rev()
            .filter_map(|run| Some(date::span(*run.first()?, *run.last()?)))
            .collect();
        let (count, window) = (missing.len() as i32, date::span(first, last));
        let sentence = format!(
            "{names}: no number on {count} of the {expected} days that usually have one from {window} ({}).",
            words::list(&spans, MOST_NAMED)
        );
        let slug = measures.first().map_or(ALL, |measure| measure.slug.as_str());
        let label = format!("{names}, days without a number, {window}");
        let formula = Some(format!(
            "{expected} days that usually have a number − {} that have one",
            i64::from(expected) - i64::from(count)
        ));
        (sentence, Basis { formula, ..self.basis(slug, label, (first, last), count) })
    }

    /// Reports observations far from those around them.
    fn slips(&self) -> Option<Finding> {
        let mut slips: Vec<(&Measure, i32, f64, f64)> = self
            .series
            .iter()
            .flat_map(|(measure, points)| {
                slips(points)
                    .into_iter()
                    .map(move |(day, value, usual)| (measure, day, value, usual))
            })
            .collect();
        slips.sort_by_key(|(_, day, ..)| -day);
        let newest = slips.first()?.1;
        let mut names: Vec<String> =
            slips.iter().map(|(measure, ..)| measure.name.clone()).collect();
        names.sort();
        names.dedup();
        slips.truncate(MOST_HIGHLIGHTS);
        Some(Finding {
            subject: format!("slips@{}", date::iso(newest)),
            severity: Severity::Notice,
            summary: format!(
                "Look again at {}: a number is far from those around it, the last one of {}.",
                words::list(&names, MOST_NAMED),
                date::julian(newest)
            ),
            highlights: slips.iter().map(|slip| self.slip(slip).0).collect(),
            basis: slips.iter().flat_map(|slip| self.slip(slip).1).collect(),
        })
    }

    fn slip(
        &self,
        (measure, day, value, usual): &(&Measure, i32, f64, f64),
    ) -> (String, [Basis; 2]) {
        let Measure { slug, name, unit, .. } = measure;
        let around = (day - AROUND, (day + AROUND).min(self.today.to_julian_day() - 1));
        let span = date::span(around.0, around.1);
        let sentence = format!(
            "{name} is {} on {}, where {} is usual from {span}: see whether it was typed right.",
            in_unit(*value, unit),
            date::julian(*day),
            in_unit(*usual, unit)
        );
        let basis = |label: String, value: f64, span: (i32, i32)| Basis {
            value,
            unit: unit.clone(),
            ..self.basis(slug, label, span, 0)
        };
        let on_day = basis(format!("{name}, {}", date::julian(*day)), *value, (*day, *day));
        let median = Basis {
            formula: Some(format!("median of the other days from {span}")),
            ..basis(format!("{name}, median, {span}"), *usual, around)
        };
        (sentence, [on_day, median])
    }
}

/// The value of [`Basis::measure`] that stands for every metric.
const ALL: &str = "all";

/// Returns day, value and surrounding level of each suspected typing error.
fn slips(points: &[Point]) -> Vec<(i32, f64, f64)> {
    let newest = points.last().map_or(0, |(day, _)| *day);
    robust::inside(points, newest - LOOKED_AT + 1, newest)
        .iter()
        .filter_map(|(day, value)| {
            let mut around: Vec<f64> = robust::inside(points, day - AROUND, day + AROUND)
                .iter()
                .filter(|(other, _)| other != day)
                .map(|(_, value)| *value)
                .collect();
            if around.len() < LEAST_AROUND {
                return None;
            }
            let usual = robust::median(&mut around).filter(|usual| *usual != 0.0)?;
            let scatter = robust::scatter(around.iter().copied(), usual)?.max(usual.abs() / 20.0);
            let apart = (value - usual).abs();
            (apart >= TIMES_USUAL * usual.abs() && apart > TIMES_SCATTER * scatter)
                .then_some((*day, *value, usual))
        })
        .collect()
}
