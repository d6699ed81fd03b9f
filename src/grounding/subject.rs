//! What a fact states: of which metric, for which days, as a level or a change.

use std::collections::HashMap;

use time::{Date, Month};

use super::lexicon::{self, Meaning, Metric, Names};
use super::units::{Unit, unit_of};
use crate::analytics::model::{Grain, add_months};
use crate::facts::model::Fact;

/// A fact as the checker compares it with a statement.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// `None` if no name of a metric is known for it.
    pub metric: Option<Metric>,
    pub form: Form,
    pub value: f64,
    pub unit: Unit,
    pub span: Option<(Date, Date)>,
    /// The month that the change of a month is compared with.
    pub before: Option<(Date, Date)>,
    /// Days covered; 0 if unknown.
    pub days: u16,
    /// Whether it is a mean of days rather than their total.
    pub is_mean: bool,
    /// Whether it is the total of its days.
    pub is_total: bool,
    /// Whether it is the value at the end of its days, such as cash.
    pub is_end: bool,
    /// Whether it is a mean of what must not be added up, such as users: a statement of several days says so.
    pub is_each_day: bool,
    /// Whether it is of an unfinished day.
    pub is_so_far: bool,
    pub less_is_better: bool,
    /// Whether all of what it states is understood.
    pub is_plain: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Level,
    /// Compared with the days before.
    Change,
    /// Compared with a year earlier.
    YearChange,
}

/// The metrics of a business that the lexicon does not name, by the words of their names.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnNames {
    /// By slug.
    numbers: HashMap<String, u16>,
    /// The words of each name, by the stem of the first.
    names: HashMap<String, Vec<(Vec<String>, u16, bool)>>,
}

/// Words of names that too many things are called by.
const COMMON: [&str; 6] = ["time", "rate", "number", "total", "count", "value"];

impl OwnNames {
    pub fn of(facts: &[Fact]) -> Self {
        let mut own = Self::default();
        for fact in facts {
            let Some(slug) = slug(&fact.id).filter(|slug| built_in(slug).is_none()) else {
                continue;
            };
            if own.numbers.contains_key(slug) {
                continue;
            }
            let Some(name) = quoted(&fact.label) else { continue };
            let number = u16::try_from(own.numbers.len()).unwrap_or(u16::MAX);
            own.numbers.insert(slug.to_owned(), number);
            let words: Vec<String> = words(name).map(stem).collect();
            // The last word stands for a name of several, unless it is a common one.
            let short = words.last().filter(|last| words.len() > 1 && last.len() > 3);
            let short = short.filter(|last| {
                !COMMON.contains(&last.as_str()) && lexicon::phrases(last).is_empty()
            });
            for (words, is_whole) in
                [(Some(words.clone()), true), (short.map(|last| vec![last.clone()]), false)]
            {
                let Some(words) = words else { continue };
                let Some(first) = words.first().cloned() else { continue };
                own.names.entry(first).or_default().push((words, number, is_whole));
            }
        }
        for names in own.names.values_mut() {
            names.sort_by_key(|(words, ..)| std::cmp::Reverse(words.len()));
        }
        own
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns the metric that these lower-case words begin with, and how many words name it.
    pub fn find<'a>(
        &self,
        first: &str,
        rest: impl Iterator<Item = &'a str> + Clone,
    ) -> Option<(Names, usize)> {
        let named = self.names.get(stem_of(first))?;
        named.iter().find_map(|(words, number, is_whole)| {
            let tail = words.get(1..).unwrap_or_default();
            let fits =
                rest.clone().take(tail.len()).map(stem_of).eq(tail.iter().map(String::as_str));
            fits.then(|| {
                (Names::one(Metric::Own(*number), *is_whole || words.len() == 1), words.len())
            })
        })
    }

    fn number(&self, slug: &str) -> Option<Metric> {
        self.numbers.get(slug).map(|number| Metric::Own(*number))
    }
}

impl Subject {
    pub fn of(fact: &Fact, own: &OwnNames) -> Option<Self> {
        let number = fact.number.as_ref()?;
        let (metric, form, is_plain) = match slug(&fact.id) {
            Some(slug) => {
                let ends = fact
                    .id
                    .strip_prefix("K.")
                    .and_then(|id| id.strip_prefix(slug))
                    .unwrap_or_default();
                let metric = built_in(slug).or_else(|| own.number(slug));
                let metric = match metric {
                    Some(Metric::Conversions) if ends.contains(".rate") => Some(Metric::Rate),
                    Some(Metric::Revenue) if ends.contains(".per-user") => {
                        Some(Metric::RevenuePerUser)
                    }
                    metric => metric,
                };
                (metric, form_of(ends), is_known_end(ends))
            }
            None => of_insight(fact, own),
        };
        let span = fact.span.as_ref().and_then(|(from, to)| Some((date(from)?, date(to)?)));
        let days = span.and_then(|(from, to)| u16::try_from((to - from).whole_days() + 1).ok());
        let label = fact.label.as_str();
        let is_own = matches!(metric, Some(Metric::Own(_)));
        let is_mean = label.contains(", mean")
            || metric == Some(Metric::RevenuePerUser)
            || is_own && form != Form::Level && !is_of_period(&fact.id);
        let is_built_in = matches!(
            metric,
            Some(Metric::Revenue | Metric::Sessions | Metric::Users | Metric::Conversions)
        );
        Some(Self {
            metric,
            form,
            value: number.value,
            unit: unit_of(&number.unit),
            span,
            before: span.and_then(|(from, _)| compared_month(&fact.id, from)),
            days: days.unwrap_or(0),
            is_mean,
            is_total: label.ends_with(", total") || is_built_in && !is_mean,
            is_end: label.contains(", at the end of ") || label.contains(", end of the "),
            is_each_day: label.ends_with(", mean a day"),
            is_so_far: fact.label.ends_with("today so far"),
            less_is_better: fact.label.contains("(less is better)"),
            is_plain,
        })
    }

    pub fn is_change(&self) -> bool {
        self.form != Form::Level
    }
}

/// Returns the slug of a metric's fact: `K.revenue.30d.change`.
fn slug(id: &str) -> Option<&str> {
    let rest = id.strip_prefix("K.")?;
    Some(&rest[..rest.find(['.', '@']).unwrap_or(rest.len())])
}

pub(super) fn built_in(slug: &str) -> Option<Metric> {
    Some(match slug {
        "revenue" => Metric::Revenue,
        "sessions" => Metric::Sessions,
        "users" => Metric::Users,
        "conversions" => Metric::Conversions,
        _ => return None,
    })
}

fn form_of(ends: &str) -> Form {
    match ends {
        ends if ends.ends_with(".year") => Form::YearChange,
        ends if ends.ends_with(".change") => Form::Change,
        _ => Form::Level,
    }
}

/// The parts of ids that name a longer period: `K.payroll.week@2026-10-19`, `K.payroll.month.change`.
const PERIODS: [&str; 4] = [".week", ".month", ".quarter", ".year"];

/// Whether a fact is of an imported week, month, quarter or year, or of several months.
fn is_of_period(id: &str) -> bool {
    let Some(ends) = id.strip_prefix("K.").and_then(|id| id.find(['.', '@']).map(|at| &id[at..]))
    else {
        return false;
    };
    // `@2026-10` is a month, `@2026-10-31` a day.
    ends.len() == 8 && ends.starts_with('@')
        || PERIODS.iter().any(|period| ends.starts_with(period))
        || ends == ".12m"
}

/// Returns the month that a month's change is compared with. `from` is the month's first day.
fn compared_month(id: &str, from: Date) -> Option<(Date, Date)> {
    const BACK: [(&str, i32); 2] = [(".month.change", 1), (".month.year", 12)];
    let (_, back) = BACK.iter().find(|(end, _)| id.ends_with(end))?;
    let first = add_months(from, -back)?;
    Some((first, Grain::Month.last_day(first)))
}

/// Whether the end of an id is one whose statement is understood.
fn is_known_end(ends: &str) -> bool {
    let rest = ends.strip_suffix(".change").or_else(|| ends.strip_suffix(".year")).unwrap_or(ends);
    let rest =
        rest.strip_suffix(".rate").or_else(|| rest.strip_suffix(".per-user")).unwrap_or(rest);
    let window = rest.strip_prefix('.').and_then(|rest| rest.strip_suffix(['d', 'm']));
    let rest = PERIODS.iter().find_map(|period| rest.strip_prefix(period)).unwrap_or(rest);
    rest.is_empty()
        || rest.starts_with('@')
        || window.is_some_and(|days| !days.is_empty() && days.bytes().all(|b| b.is_ascii_digit()))
}

/// Reads the label of an insight's number: `Revenue, change against the 30 days before (from growth-pulse)`.
fn of_insight(fact: &Fact, own: &OwnNames) -> (Option<Metric>, Form, bool) {
    let label = fact.label.rsplit_once(" (from ").map_or(fact.label.as_str(), |(label, _)| label);
    let (name, about) = label.split_once(", ").unwrap_or((label, ""));
    let lower = name.to_lowercase();
    let all: Vec<&str> = words(&lower).collect();
    let metric = all.split_first().and_then(|(first, rest)| {
        let listed = lexicon::phrases(first).iter().find(|phrase| {
            phrase.language == lexicon::ENGLISH
                && phrase.rest == rest
                && matches!(phrase.meaning, Meaning::Metric(_))
        });
        let names = match listed.map(|phrase| phrase.meaning) {
            Some(Meaning::Metric(names)) => Some(names),
            _ => own
                .find(first, rest.iter().copied())
                .filter(|(_, count)| *count == all.len())
                .map(|(names, _)| names),
        };
        names.and_then(|names| names.iter().find(|(_, is_sure)| *is_sure).map(|(metric, _)| metric))
    });
    let (form, is_plain) = match about {
        about if about.starts_with("change against") && about.contains("year") => {
            (Form::YearChange, true)
        }
        about if about.starts_with("change against") && about.contains("days before") => {
            (Form::Change, true)
        }
        about if about.starts_with("mean") || about.starts_with("at the end of ") => {
            (Form::Level, true)
        }
        "" => (Form::Level, true),
        about => (Form::Level, about.starts_with(|c: char| c.is_ascii_digit())),
    };
    (metric, form, is_plain)
}

/// Returns the name within `“…”`.
fn quoted(label: &str) -> Option<&str> {
    label.strip_prefix('“').and_then(|rest| rest.split_once('”')).map(|(name, _)| name)
}

fn words(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Returns a word without the ending of its plural, in lower case.
pub(super) fn stem(word: &str) -> String {
    let lower = word.to_lowercase();
    stem_of(&lower).to_owned()
}

/// Like [`stem`], of a word in lower case.
pub(super) fn stem_of(lower: &str) -> &str {
    let end = ["es", "s", "en", "n", "e"]
        .iter()
        .find(|end| lower.len() > end.len() + 3 && lower.ends_with(**end));
    &lower[..lower.len() - end.map_or(0, |end| end.len())]
}

/// Parses an ISO date.
pub(super) fn date(iso: &str) -> Option<Date> {
    let mut parts = iso.splitn(3, '-');
    let mut part = || parts.next();
    let (year, month, day) =
        (part()?.parse().ok()?, part()?.parse::<u8>().ok()?, part()?.parse().ok()?);
    Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()
}
