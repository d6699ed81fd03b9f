//! Computes the expected numbers of insights: parses their labels, and reads the map of days.

use std::collections::BTreeMap;

use super::business::{Business, Metric};
use super::calendar::{Day, a_year_before, human, weekday};

/// A number of an insight, as the insight states it.
pub struct Told<'a> {
    pub measure: &'a str,
    pub label: &'a str,
    pub unit: &'a str,
    pub first: Day,
    pub last: Day,
    /// The day that the insight's numbers before this one are about.
    pub day: Day,
}

type Values = BTreeMap<Day, f64>;

/// Returns the values that a number of an insight may have: one, or several if rates that lie between two
/// decimals are subtracted. None if its label is not known here.
pub fn truths(business: &Business, today: Day, told: &Told<'_>) -> Vec<f64> {
    let change = change(business, today, told);
    let Some((now, then)) = change else {
        return value(business, today, told).into_iter().collect();
    };
    if told.unit != "points" {
        return vec![(now - then) / then.abs() * 100.0];
    }
    let differences = shown(now).map(|now| shown(then).map(|then| now - then));
    differences.into_iter().flatten().collect()
}

/// Returns the two values that a change is between.
fn change(business: &Business, today: Day, told: &Told<'_>) -> Option<(f64, f64)> {
    let Told { measure, label, first, last, .. } = *told;
    let (_, than) = label.split_once("change against the ")?;
    let length = last - first + 1;
    let of = |first: Day, last: Day| mean(business, measure, today, first, last);
    let year_ago = a_year_before(last);
    match than {
        _ if than.starts_with("usual") => {
            let metric = business.metric(measure);
            let now = values(metric, today).get(&last).copied();
            Some((now?, usual(metric, today, last)?.value))
        }
        _ if than.starts_with("same days") => {
            Some((of(first, last)?, of(year_ago - length + 1, year_ago)?))
        }
        _ => Some((of(first, last)?, of(first - length, first - 1)?)),
    }
}

fn value(business: &Business, today: Day, told: &Told<'_>) -> Option<f64> {
    let Told { measure, label, first, last, day, .. } = *told;
    let is_of = |what: &str| label.contains(what);
    if is_of("Days without any number") {
        let all = business.metrics.iter().flat_map(|metric| metric.values.keys());
        let newest = all.filter(|day| **day < today).max()?;
        let is_right = first == newest + 1 && last == today - 1;
        return is_right.then_some((last - first + 1) as f64);
    }
    if is_of("days without a number") {
        return days_without(business.metric(measure), today, first, last);
    }
    let metric = || business.metric(measure);
    if is_of("usual for a ") {
        return Some(usual(metric(), today, day)?.value);
    }
    if is_of("distance from the usual in usual variations") {
        let usual = usual(metric(), today, last)?;
        let value = *values(metric(), today).get(&last)?;
        let times = (value - usual.value).abs() / usual.scatter;
        return Some(if times >= 10.0 { times.round() } else { (times * 10.0).round() / 10.0 });
    }
    if is_of(", median, ") {
        return median(inside(&values(metric(), today), first, last, Some(day)));
    }
    if is_of(", mean") || is_of(", at the end of ") || measure.contains('-') {
        return mean(business, measure, today, first, last);
    }
    (first == last).then(|| values(metric(), today).get(&first).copied())?
}

/// Values of the days that are over.
fn values(metric: &Metric, today: Day) -> Values {
    metric.values.range(..today).map(|(day, value)| (*day, *value as f64 / 1_000.0)).collect()
}

fn inside(values: &Values, first: Day, last: Day, except: Option<Day>) -> Vec<f64> {
    let within = values.range(first..=last).filter(|(day, _)| Some(**day) != except);
    within.map(|(_, value)| *value).collect()
}

/// Returns the day of a level's value among these days, as it is written.
pub fn end_of(business: &Business, measure: &str, first: Day, last: Day) -> Option<String> {
    let metric = business.metrics.iter().find(|metric| metric.slug == measure)?;
    let end =
        metric.values.range(first..=last).next_back().filter(|_| metric.aggregation == "last");
    end.map(|(day, _)| human(*day))
}

/// The mean of the known days, the last of a level, or the ratio of the sums over the days that have both.
fn mean(business: &Business, measure: &str, today: Day, first: Day, last: Day) -> Option<f64> {
    let (of, per, scale) = match measure {
        "conversion-rate" => ("conversions", "sessions", 100.0),
        "revenue-per-user" => ("revenue", "users", 1.0),
        slug => {
            let metric = business.metric(slug);
            let values = values(metric, today);
            if metric.aggregation == "last" {
                return values.range(first..=last).next_back().map(|(_, value)| *value);
            }
            if let Some(weight) = metric.weight {
                return weighted(&values, business.metric(weight), first, last);
            }
            let days = inside(&values, first, last, None);
            return (!days.is_empty()).then(|| total(&days) / days.len() as f64);
        }
    };
    let [of, per] = [of, per].map(|slug| values(business.metric(slug), today));
    let (mut over, mut under) = (Vec::new(), Vec::new());
    for day in first..=last {
        if let (Some(of), Some(per)) = (of.get(&day), per.get(&day)) {
            over.push(*of);
            under.push(*per);
        }
    }
    (total(&under) > 0.0).then(|| total(&over) / total(&under) * scale)
}

/// The mean of the days that have a positive weight.
fn weighted(values: &Values, weight: &Metric, first: Day, last: Day) -> Option<f64> {
    let (mut over, mut under) = (0_i128, 0_i128);
    for (day, value) in values.range(first..=last) {
        if let Some(weight) = weight.values.get(day).filter(|weight| **weight > 0) {
            over += (value * 1_000.0).round() as i128 * weight;
            under += weight;
        }
    }
    (under > 0).then(|| over as f64 / under as f64 / 1_000.0)
}

/// Adds thousandths up exactly.
fn total(values: &[f64]) -> f64 {
    values.iter().map(|value| (value * 1_000.0).round() as i64).sum::<i64>() as f64 / 1_000.0
}

/// Rounds as numbers are shown: to two decimals, four below 1. A tie may be rounded either way.
fn shown(n: f64) -> [f64; 2] {
    let scale = if n.abs() < 1.0 { 1e4 } else { 1e2 };
    [n * scale - 1e-7, n * scale + 1e-7].map(|n| n.round() / scale)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let count = values.len();
    match count {
        0 => None,
        _ if count % 2 == 1 => Some(values[count / 2]),
        _ => Some((values[count / 2 - 1] + values[count / 2]) / 2.0),
    }
}

struct Usual {
    value: f64,
    scatter: f64,
}

/// The usual value of a day: the median of its weekday in the 13 weeks before, each day carried on along the
/// median slope between days of one weekday.
fn usual(metric: &Metric, today: Day, day: Day) -> Option<Usual> {
    let season: Vec<(Day, f64)> =
        values(metric, today).range(day - 91..day).map(|(day, value)| (*day, *value)).collect();
    let mut slopes = Vec::new();
    for (from, before) in &season {
        for (to, after) in &season {
            if to > from && weekday(*from) == weekday(*to) {
                slopes.push((after - before) / (to - from) as f64);
            }
        }
    }
    let slope = median(slopes)?;
    let carried = |(at, value): &(Day, f64)| value + slope * (day - at) as f64;
    let level =
        |of: i64| median(season.iter().filter(|(at, _)| weekday(*at) == of).map(carried).collect());
    let apart = season.iter().map(|it| (carried(it) - level(weekday(it.0)).unwrap()).abs());
    let is_count = ["sessions", "users", "conversions"].contains(&metric.slug);
    let level = level(weekday(day))?;
    let value = if is_count { level.max(0.0) } else { level };
    let counting = if is_count { value.max(1.0).sqrt() } else { 0.0 };
    let scatter = (median(apart.collect())? * 1.4826).max(value.abs() / 20.0).max(counting);
    Some(Usual { value, scatter })
}

/// Days without a number: all of them since a metric stopped, or those on whose weekday it usually has one.
fn days_without(metric: &Metric, today: Day, first: Day, last: Day) -> Option<f64> {
    let known = values(metric, today);
    let newest = *known.last_key_value()?.0;
    if first == newest + 1 {
        return Some((last - first + 1) as f64);
    }
    let mut missing = 0;
    for day in first..=last {
        let same: Vec<Day> = (first..=last).filter(|it| weekday(*it) == weekday(day)).collect();
        let with = same.iter().filter(|day| known.contains_key(day)).count();
        if with * 2 >= same.len() && !known.contains_key(&day) {
            missing += 1;
        }
    }
    Some(f64::from(missing))
}

/// Returns the days in a label's end as they are written.
pub fn written(first: Day, last: Day) -> String {
    let (from, to) = (human(first), human(last));
    let year = to.rsplit(' ').next().unwrap_or_default();
    match first == last {
        true => to,
        false => format!("{} to {to}", from.strip_suffix(&format!(" {year}")).unwrap_or(&from)),
    }
}
