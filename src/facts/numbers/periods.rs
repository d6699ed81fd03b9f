//! The facts of one metric about imported weeks, months, quarters and years: the newest whole period, its changes against
//! the period before and the same one a year earlier, and the total of the last 12 months.
//!
//! Days win over an imported value if they cover the whole period and can be combined to its value.

use time::Date;

use super::old_period;
use crate::analytics::model::{Aggregation, Grain, Measure, add_months};
use crate::analytics::series::Point;
use crate::analytics::service::{History, Periods};
use crate::analytics::windows::{percent_change, window};
use crate::facts::derivation::{Derivation, Derived, PeriodValue};
use crate::facts::model::{Fact, Missing, Number};
use crate::facts::wording::{amount, name, note, tidy, unit};
use crate::format::{date, number};
use crate::platform::clock;

/// How many months are added up.
const MONTHS: i32 = 12;

/// Returns whether a metric has a whole period of any grain.
pub fn any(history: &History, slug: &str) -> bool {
    history.periods.iter().any(|periods| !periods.of(slug).is_empty())
}

/// Returns the last day that a period's fact covers, by the fact's id: `K.payroll@2026-10`, `K.payroll.week@2026-10-19`.
pub fn last_day(id: &str) -> Option<Date> {
    let (before, at) = id.split_once('@')?;
    let named = before.rsplit_once('.').and_then(|(_, name)| Grain::parse(name));
    let grain = match (named, at.len()) {
        // A metric may have the name of a grain: `K.week@2026-10-19` is a day.
        (Some(grain), _) if before.matches('.').count() > 1 => grain,
        (_, 7) => Grain::Month,
        _ => Grain::Day,
    };
    let first = if at.len() == 7 { format!("{at}-01") } else { at.to_owned() };
    Some(grain.last_day(clock::parse_date(&first)?))
}

/// The periods of a metric, of one grain.
pub struct OfGrain<'a> {
    measure: &'a Measure,
    grain: Grain,
    /// The imported values by the first day, oldest first.
    imported: &'a [Point],
    /// The days that are over.
    days: &'a [Point],
    today: Date,
    name: String,
    unit: String,
}

impl<'a> OfGrain<'a> {
    /// Returns the periods of each grain in which the metric has any.
    pub fn all(history: &'a History, measure: &'a Measure, points: &'a [Point]) -> Vec<Self> {
        let today = history.today.to_julian_day();
        let days = points.get(..points.partition_point(|(day, _)| *day < today)).unwrap_or(&[]);
        let of = |periods: &'a Periods| Self {
            measure,
            grain: periods.grain,
            imported: periods.of(&measure.slug),
            days,
            today: history.today,
            name: name(measure),
            unit: unit(measure),
        };
        history.periods.iter().map(of).filter(|it| !it.imported.is_empty()).collect()
    }

    pub fn facts(&self) -> Vec<Derived> {
        let Some(newest) = self.newest() else { return Vec::new() };
        let mut facts = vec![self.level(&newest)];
        let grain = self.grain.name();
        let first = date::of_julian(newest.first);
        let before = self.grain.previous(first).and_then(|first| self.value(first));
        let than = format!("the {grain} before");
        facts.extend(self.change("change", &newest, before, &than));
        // The year before is a year earlier.
        if self.grain != Grain::Year {
            let year_ago = self.grain.year_before(first).and_then(|first| self.value(first));
            let than = format!("the same {grain} a year earlier");
            facts.extend(self.change("year", &newest, year_ago, &than));
        }
        if self.grain == Grain::Month && self.measure.aggregation == Aggregation::Sum {
            facts.extend(self.total(first));
        }
        facts
    }

    /// Returns the newest period whose value is known: the newest imported one, or a later one that its days cover.
    fn newest(&self) -> Option<PeriodValue> {
        let mut first = date::of_julian(self.imported.last()?.0);
        let mut newest = self.value(first);
        while let Some(next) = self.grain.next(first).filter(|next| self.is_over(*next)) {
            newest = self.value(next).or(newest);
            first = next;
        }
        newest
    }

    fn is_over(&self, first: Date) -> bool {
        self.grain.last_day(first) < self.today
    }

    /// Returns the value of a period: from its days if they cover it, or else as imported.
    fn value(&self, first: Date) -> Option<PeriodValue> {
        let last = self.grain.last_day(first).to_julian_day();
        let first = first.to_julian_day();
        let of = |value, is_from_days| PeriodValue { first, last, value, is_from_days };
        let from_days = self.made_of_days(first, last).map(|value| of(value, true));
        from_days.or_else(|| self.imported(first).map(|value| of(value, false)))
    }

    fn imported(&self, first: i32) -> Option<f64> {
        let at = self.imported.binary_search_by_key(&first, |(day, _)| *day).ok()?;
        self.imported.get(at).map(|(_, value)| *value)
    }

    /// Combines the days of a period. `None` if one is missing, or if days do not make its value: a month's users are not
    /// the sum of its days' users.
    fn made_of_days(&self, first: i32, last: i32) -> Option<f64> {
        let days = window(self.days, last, last - first + 1).filter(|it| it.is_whole())?;
        match self.measure.aggregation {
            Aggregation::Sum => Some(tidy(days.sum)),
            Aggregation::Mean if self.measure.weight.is_none() => Some(tidy(days.mean())),
            Aggregation::Last => {
                let at = self.days.binary_search_by_key(&last, |(day, _)| *day).ok()?;
                self.days.get(at).map(|(_, value)| *value)
            }
            Aggregation::Mean | Aggregation::Distinct => None,
        }
    }

    fn level(&self, of: &PeriodValue) -> Derived {
        let kind = match self.measure.aggregation {
            Aggregation::Last => format!(", end of the {}", self.grain.name()),
            Aggregation::Mean => format!(", mean of the {}", self.grain.name()),
            Aggregation::Sum | Aggregation::Distinct => String::new(),
        };
        let first = date::of_julian(of.first);
        let fact = Fact {
            id: self.id_of(first),
            label: format!("{}, {}{kind}", self.name, self.grain.label(first)),
            text: amount(of.value, &self.unit),
            number: Some(Number { value: of.value, unit: self.unit.clone() }),
            note: note([self.old(of), self.used(of)]),
            ..self.spanned(of)
        };
        self.derived(fact, Derivation::Period { of: self.slug(), grain: self.grain, value: *of })
    }

    /// `K.payroll@2026-10`, `K.payroll.week@2026-10-19`, `K.payroll.quarter@2026-07`
    fn id_of(&self, first: Date) -> String {
        let (slug, iso) = (&self.measure.slug, clock::iso_date(first));
        let month = iso.get(..7).unwrap_or(&iso);
        match self.grain {
            Grain::Month => format!("K.{slug}@{month}"),
            Grain::Day | Grain::Week => format!("K.{slug}.{}@{iso}", self.grain.name()),
            Grain::Quarter | Grain::Year => format!("K.{slug}.{}@{month}", self.grain.name()),
        }
    }

    /// Says whether the value is made of days, where a value was imported or days are known besides.
    fn used(&self, of: &PeriodValue) -> Option<String> {
        let (days, grain) = (of.last - of.first + 1, self.grain.name());
        if !of.is_from_days {
            let some = window(self.days, of.last, days)?;
            let known = some.known;
            return Some(format!("imported for the {grain}; {known} of its {days} days are known"));
        }
        let from = format!("from its {days} days");
        let text = |n: f64| amount(tidy(n), &self.unit);
        let other = self.imported(of.first).map(text).filter(|it| *it != text(of.value));
        Some(match other {
            Some(other) => format!("{from}; {other} was imported for the {grain}"),
            None => from,
        })
    }

    fn change(
        &self,
        what: &str,
        now: &PeriodValue,
        before: Option<PeriodValue>,
        than: &str,
    ) -> Option<Derived> {
        let before = before?;
        let percent = tidy(percent_change(now.value, before.value)?);
        // Prevents a relative change of a percentage from being read as percentage points.
        let relative = if self.measure.is_percentage() { "relative " } else { "" };
        let mixed = now.is_from_days != before.is_from_days;
        let fact = Fact {
            id: format!("K.{}.{}.{what}", self.measure.slug, self.grain.name()),
            label: format!(
                "{}, {relative}change of {} against {than} ({})",
                self.name,
                self.of_label(now),
                self.of_label(&before)
            ),
            text: number::percent(percent),
            number: Some(Number { value: percent, unit: "%".to_owned() }),
            note: note([
                self.old(now),
                mixed.then(|| "one value is from days, the other is imported".to_owned()),
            ]),
            ..self.spanned(now)
        };
        let (of, grain, now) = (self.slug(), self.grain, *now);
        Some(self.derived(fact, Derivation::PeriodChange { of, grain, now, before }))
    }

    /// `October 2026`, `the week of 19 Oct 2026`
    fn of_label(&self, of: &PeriodValue) -> String {
        let the = if self.grain == Grain::Week { "the " } else { "" };
        format!("{the}{}", self.grain.label(date::of_julian(of.first)))
    }

    /// Adds the last 12 months up, if all are known.
    fn total(&self, newest: Date) -> Option<Derived> {
        let month = |ago: i32| self.value(add_months(newest, -ago)?);
        let months: Vec<PeriodValue> = (0..MONTHS).rev().map(month).collect::<Option<_>>()?;
        let (first, last) = (months.first()?.first, months.last()?.last);
        let sum = crate::analytics::windows::sum(months.iter().map(|month| month.value));
        let whole = PeriodValue { first, last, value: tidy(sum), is_from_days: false };
        let from_days = months.iter().filter(|month| month.is_from_days).count();
        let used = (from_days > 0).then(|| format!("{from_days} of the months from their days"));
        let fact = Fact {
            id: format!("K.{}.{MONTHS}m", self.measure.slug),
            label: format!(
                "{}, {MONTHS} months to {}, total",
                self.name,
                Grain::Month.label(newest)
            ),
            text: amount(whole.value, &self.unit),
            number: Some(Number { value: whole.value, unit: self.unit.clone() }),
            note: note([months.last().and_then(|newest| self.old(newest)), used]),
            ..self.spanned(&whole)
        };
        Some(self.derived(fact, Derivation::PeriodTotal { of: self.slug(), months }))
    }

    /// Returns the span and source that all facts about a period share.
    fn spanned(&self, of: &PeriodValue) -> Fact {
        Fact {
            span: Some((date::iso(of.first), date::iso(of.last))),
            source: format!("/analytics#{}", self.grain.name()),
            ..Fact::default()
        }
    }

    fn derived(&self, fact: Fact, from: Derivation) -> Derived {
        Derived { entered: fact.source.clone(), fact, from }
    }

    fn slug(&self) -> String {
        self.measure.slug.clone()
    }

    /// Says that the newest period is old: a later one than the next is over too.
    fn old(&self, newest: &PeriodValue) -> Option<String> {
        let first = date::of_julian(newest.first);
        let later = self.grain.next(first).and_then(|next| self.grain.next(next))?;
        self.is_over(later).then(|| old_period(self.grain, first))
    }

    /// Returns what is missing if the newest period is old, or was never imported.
    pub fn missing(&self) -> Option<Missing> {
        let newest = self.newest()?;
        self.old(&newest)?;
        let what = format!("{} since {}", self.name, self.of_label(&newest));
        Some(Missing { what, source: "/analytics/import".to_owned() })
    }
}
