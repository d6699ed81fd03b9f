//! Computes the expected facts about imported months.

use std::collections::BTreeMap;

use super::business::Metric;
use super::calendar::{Day, day, month_length};
use super::truth::{Fraction, Truth};

const NAMES: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Months since year 0.
type Month = i64;

fn first(month: Month) -> Day {
    day(month / 12, month % 12 + 1, 1)
}

fn last(month: Month) -> Day {
    first(month) + month_length(month / 12, month % 12 + 1) - 1
}

fn name(month: Month) -> String {
    format!("{} {}", NAMES[(month % 12) as usize], month / 12)
}

/// How days make a month.
#[derive(Clone, Copy, PartialEq)]
enum Combined {
    Added,
    Averaged,
    /// The last day's value counts.
    Last,
    /// A person is in several days; a weighted mean needs the weights of its days.
    Not,
}

fn combined(metric: &Metric) -> Combined {
    match (metric.aggregation, metric.weight) {
        ("sum", _) => Combined::Added,
        ("last", _) => Combined::Last,
        ("mean", None) => Combined::Averaged,
        _ => Combined::Not,
    }
}

/// The value of a month, and whether its days make it.
#[derive(Clone, Copy)]
struct Value {
    is: Fraction,
    is_from_days: bool,
}

struct Months<'a> {
    metric: &'a Metric,
    stored: Day,
    today: Day,
}

impl Months<'_> {
    /// Returns the imported value of a month that was over when it was stored.
    fn imported(&self, month: Month) -> Option<Fraction> {
        let value = self.metric.months.get(&(month / 12, month % 12 + 1))?;
        (last(month) < self.stored).then(|| Fraction::new(*value, 1_000))
    }

    fn of_days(&self, month: Month) -> Option<Fraction> {
        let (mut total, mut end) = (0, 0);
        for day in first(month)..=last(month) {
            end = *self.metric.values.get(&day).filter(|_| day < self.today)?;
            total += end;
        }
        let days = i128::from(last(month) - first(month) + 1);
        match combined(self.metric) {
            Combined::Added => Some(Fraction::new(total, 1_000)),
            Combined::Averaged => Some(Fraction::new(total, 1_000 * days)),
            Combined::Last => Some(Fraction::new(end, 1_000)),
            Combined::Not => None,
        }
    }

    fn value(&self, month: Month) -> Option<Value> {
        match self.of_days(month) {
            Some(is) => Some(Value { is, is_from_days: true }),
            None => Some(Value { is: self.imported(month)?, is_from_days: false }),
        }
    }
}

/// Adds the facts about a metric's months.
pub fn facts(metric: &Metric, stored: Day, today: Day, facts: &mut BTreeMap<String, Truth>) {
    let months = Months { metric, stored, today };
    let all = metric.months.keys().map(|(year, month)| year * 12 + month - 1);
    let Some(begin) = all.filter(|month| months.imported(*month).is_some()).max() else { return };
    let over = (begin..).take_while(|month| last(*month) < today);
    let Some(newest) = over.filter(|month| months.value(*month).is_some()).max() else { return };
    let Some(now) = months.value(newest) else { return };
    let is_old = last(newest + 2) < today;
    let truth = |value: Fraction, unit, from: Month, says: &[String]| Truth {
        value,
        unit,
        first: first(from),
        last: last(newest),
        says: says.to_vec(),
        notes: is_old
            .then(|| format!("old, the newest month is {}", name(newest)))
            .into_iter()
            .collect(),
        known_of: None,
        age: if is_old { None } else { Some(None) },
    };
    let (year, month) = (newest / 12, newest % 12 + 1);
    let label = match metric.aggregation {
        "mean" => format!("{}, mean of the month", name(newest)),
        "last" => format!("{}, end of the month", name(newest)),
        _ => name(newest),
    };
    let mut level = truth(now.is, metric.unit, newest, &[label]);
    if now.is_from_days {
        level.notes.push(format!("from its {} days", last(newest) - first(newest) + 1));
    }
    facts.insert(format!("K.{}@{year}-{month:02}", metric.slug), level);
    let is_relative = ["%", "percent"].contains(&metric.unit);
    for (what, earlier) in [("change", newest - 1), ("year", newest - 12)] {
        let Some(then) = months.value(earlier) else { continue };
        let Some(change) = now.is.change(then.is) else { continue };
        let kind = if is_relative { ", relative change of " } else { ", change of " };
        let says = [format!("{kind}{}", name(newest)), format!("({})", name(earlier))];
        let mut truth = truth(change, "%", newest, &says);
        if now.is_from_days != then.is_from_days {
            truth.notes.push("one value is from days, the other is imported".to_owned());
        }
        facts.insert(format!("K.{}.month.{what}", metric.slug), truth);
    }
    if combined(metric) != Combined::Added {
        return;
    }
    let year: Option<Vec<Value>> =
        (newest - 11..=newest).map(|month| months.value(month)).collect();
    let Some(year) = year else { return };
    let total: i128 = year.iter().map(|value| value.is.over * (1_000 / value.is.under)).sum();
    let says = [format!("12 months to {}, total", name(newest))];
    let truth = truth(Fraction::new(total, 1_000), metric.unit, newest - 11, &says);
    facts.insert(format!("K.{}.12m", metric.slug), truth);
}
