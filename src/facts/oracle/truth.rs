//! Computes the expected facts in fractions of whole numbers from a map of days.

use std::collections::BTreeMap;

use super::business::{Business, Metric, Rhythm};
use super::calendar::{Day, a_year_before, human};

/// An exact number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fraction {
    pub over: i128,
    /// Positive.
    pub under: i128,
}

impl Fraction {
    pub fn new(over: i128, under: i128) -> Self {
        if under < 0 { Self { over: -over, under: -under } } else { Self { over, under } }
    }

    /// Returns the change from `before` to `self` in percent. `None` from zero, or across it.
    pub fn change(self, before: Self) -> Option<Self> {
        let (now, then) = (self.over * before.under, before.over * self.under);
        let is_across = now.signum() * then.signum() < 0;
        (then != 0 && !is_across).then(|| Self::new((now - then) * 100, then.abs()))
    }
}

/// What a fact must say.
#[derive(Clone, Debug)]
pub struct Truth {
    pub value: Fraction,
    pub unit: &'static str,
    pub first: Day,
    pub last: Day,
    /// What the label must contain.
    pub says: Vec<String>,
    /// What the note must contain.
    pub notes: Vec<String>,
    /// Number of days with a value, where some are missing.
    pub known_of: Option<usize>,
    /// `Some(Some(days))` if it must be called old, `Some(None)` if not, `None` if the rhythm cannot be
    /// told from so few numbers.
    pub age: Option<Option<i64>>,
}

/// Returns every fact about metrics, by id.
pub fn facts(business: &Business, today: Day) -> BTreeMap<String, Truth> {
    let mut facts = BTreeMap::new();
    for metric in &business.metrics {
        let weights = metric.weight.map(|weight| business.metric(weight));
        of_metric(metric, weights, today, &mut facts);
        super::months::facts(metric, business.stored, today, &mut facts);
    }
    let conversion = [business.metric("conversions"), business.metric("sessions")];
    of_ratio(conversion, ("rate", "%", 100), today, &mut facts);
    let per_user = [business.metric("revenue"), business.metric("users")];
    of_ratio(per_user, ("per-user", "EUR", 1), today, &mut facts);
    facts
}

/// The sum of the values of consecutive days, in thousandths.
struct Sum {
    total: i128,
    known: usize,
    is_whole: bool,
}

impl Sum {
    fn mean(&self) -> Fraction {
        Fraction::new(self.total, self.known as i128 * 1_000)
    }
}

/// Adds up the days up to `last`. `None` if fewer than half of them are known.
fn sum(values: &BTreeMap<Day, i128>, last: Day, length: i64) -> Option<Sum> {
    let (mut total, mut known) = (0, 0);
    for day in last - length + 1..=last {
        if let Some(value) = values.get(&day) {
            total += value;
            known += 1;
        }
    }
    let is_whole = known as i64 == length;
    (known as i64 * 2 >= length).then_some(Sum { total, known, is_whole })
}

/// What a window says: its value, what it is compared by, and how many of its days are known.
struct Said {
    value: Fraction,
    compared: Fraction,
    known: usize,
    is_whole: bool,
    /// The day of a level's value.
    end: Option<Day>,
}

fn said(
    metric: &Metric,
    values: &BTreeMap<Day, i128>,
    weights: Option<&Metric>,
    last: Day,
    length: i64,
) -> Option<Said> {
    if metric.aggregation == "last" {
        let (&day, &value) = values.range(last - length + 1..=last).next_back()?;
        let value = Fraction::new(value, 1_000);
        return Some(Said { value, compared: value, known: 1, is_whole: true, end: Some(day) });
    }
    if let Some(weights) = weights {
        let (mut total, mut weight, mut known) = (0, 0, 0);
        for (day, value) in values.range(last - length + 1..=last) {
            if let Some(one) = weights.values.get(day).filter(|one| **one > 0) {
                total += value * one;
                weight += one;
                known += 1;
            }
        }
        let mean = (known as i64 * 2 >= length).then(|| Fraction::new(total, weight * 1_000))?;
        let is_whole = known as i64 == length;
        return Some(Said { value: mean, compared: mean, known, is_whole, end: None });
    }
    let sum = sum(values, last, length)?;
    let is_total = metric.aggregation == "sum";
    let value = if is_total { Fraction::new(sum.total, 1_000) } else { sum.mean() };
    let Sum { known, is_whole, .. } = sum;
    Some(Said { value, compared: sum.mean(), known, is_whole, end: None })
}

fn of_metric(
    metric: &Metric,
    weights: Option<&Metric>,
    today: Day,
    facts: &mut BTreeMap<String, Truth>,
) {
    let Metric { slug, unit, .. } = metric;
    let day = |value: i128, day: Day, says: &str, age| Truth {
        value: Fraction::new(value, 1_000),
        unit,
        first: day,
        last: day,
        says: vec![says.to_owned(), human(day)],
        notes: Vec::new(),
        known_of: None,
        age,
    };
    if let Some(value) = metric.values.get(&today) {
        let id = format!("K.{slug}@{}", super::calendar::iso(today));
        facts.insert(id, day(*value, today, "today so far", Some(None)));
    }
    let over: BTreeMap<Day, i128> = before(metric, today);
    let Some((&newest, &value)) = over.last_key_value() else { return };
    let age = age(metric, &over, today);
    let id = format!("K.{slug}@{}", super::calendar::iso(newest));
    let of_day = if metric.aggregation == "last" { "at the end of the day" } else { "one day" };
    facts.insert(id, day(value, newest, of_day, age));
    for length in [7, 30] {
        let Some(now) = said(metric, &over, weights, newest, length) else { continue };
        let window = |value, unit, is_whole: bool, says: &[&str]| Truth {
            value,
            unit,
            first: newest - length + 1,
            last: newest,
            says: says
                .iter()
                .map(|says| (*says).to_owned())
                .chain([format!("{length} days to {}", human(newest))])
                .collect(),
            notes: Vec::new(),
            known_of: (!is_whole).then_some(now.known),
            age,
        };
        let kind = match (metric.aggregation, metric.weight) {
            ("sum", _) => ", total".to_owned(),
            ("last", _) => format!(", at the end of {}", human(newest)),
            ("distinct", _) => ", mean a day".to_owned(),
            (_, Some(_)) => ", mean weighted by Sessions".to_owned(),
            _ => ", mean of the days".to_owned(),
        };
        let id = format!("K.{slug}.{length}d");
        facts.insert(id.clone(), window(now.value, unit, now.is_whole, &[&kind]));
        let year_ago = (length == 30).then(|| ("year", a_year_before(newest)));
        for (name, last) in [("change", newest - length)].into_iter().chain(year_ago) {
            let Some(then) = said(metric, &over, weights, last, length) else { continue };
            let Some(change) = now.compared.change(then.compared) else { continue };
            let days = format!("{length} days to {}", human(last));
            let is_relative = ["%", "percent"].contains(unit);
            let says = if is_relative { ", relative change of" } else { ", change of" };
            let is_whole = now.is_whole && then.is_whole;
            let ends = then.end.map(|end| format!("from the end of {} to", human(end)));
            let says = [says, days.as_str(), ends.as_deref().unwrap_or_default()];
            facts.insert(format!("{id}.{name}"), window(change, "%", is_whole, &says));
        }
    }
}

/// A ratio of sums over the days that have both numbers. One that ends eleven months before either of its
/// metrics is not stated.
fn of_ratio(
    [of, per]: [&Metric; 2],
    (name, unit, scale): (&str, &'static str, i128),
    today: Day,
    facts: &mut BTreeMap<String, Truth>,
) {
    let (mut over, mut under) = (before(of, today), before(per, today));
    let ends = [&over, &under].map(|values| values.last_key_value().map(|(day, _)| *day));
    over.retain(|day, _| under.contains_key(day));
    under.retain(|day, _| over.contains_key(day));
    let ([Some(a), Some(b)], Some((&newest, _))) = (ends, over.last_key_value()) else { return };
    if newest < a.min(b) - 336 {
        return;
    }
    let is_plain = |metric: &Metric| metric.gap_every == 0;
    let is_clear = of.rhythm == per.rhythm && is_plain(of) && is_plain(per);
    let age = if is_clear { age(of, &over, today) } else { None };
    for length in [7, 30] {
        let ratio = |last: Day| {
            let (of, per) = (sum(&over, last, length)?, sum(&under, last, length)?);
            (per.total > 0).then(|| (Fraction::new(of.total * scale, per.total), of))
        };
        let Some((value, now)) = ratio(newest) else { continue };
        let id = format!("K.{}.{length}d.{name}", of.slug);
        let truth = |value, unit, is_whole: bool, says: &str| Truth {
            value,
            unit,
            first: newest - length + 1,
            last: newest,
            says: vec![says.to_owned(), format!("{length} days to {}", human(newest))],
            notes: Vec::new(),
            known_of: (!is_whole).then_some(now.known),
            age,
        };
        let label = if name == "rate" { "Conversions per session" } else { "per user and day" };
        facts.insert(id.clone(), truth(value, unit, now.is_whole, label));
        let Some((earlier, then)) = ratio(newest - length) else { continue };
        let Some(change) = value.change(earlier) else { continue };
        let is_whole = now.is_whole && then.is_whole;
        facts.insert(format!("{id}.change"), truth(change, "%", is_whole, ", relative change of"));
    }
}

/// Returns the values of the days that are over.
fn before(metric: &Metric, today: Day) -> BTreeMap<Day, i128> {
    metric.values.range(..today).map(|(day, value)| (*day, *value)).collect()
}

/// Returns how old the newest number is, if the next one is overdue: the first day after it that is in the
/// metric's rhythm is over.
fn age(metric: &Metric, known: &BTreeMap<Day, i128>, today: Day) -> Option<Option<i64>> {
    let (&oldest, _) = known.first_key_value()?;
    let (&newest, _) = known.last_key_value()?;
    let is_short = known.len() < 8 || newest - oldest < 56;
    // Two weeks show which days are off, and an irregular number does not show when the next one is due.
    let is_unclear = metric.rhythm == Rhythm::Weekdays && newest - oldest < 13
        || !metric.rhythm.has(newest)
        || is_short && (metric.gap_every > 0 || metric.is_irregular);
    if is_unclear {
        return None;
    }
    let next = match known.len() {
        // Too few numbers for a rhythm.
        1 | 2 => newest + 3,
        _ => (newest + 1..).find(|day| metric.rhythm.has(*day))?,
    };
    Some((next < today).then_some(today - newest))
}
