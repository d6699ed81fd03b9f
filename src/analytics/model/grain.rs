//! Periods: days, weeks, months, quarters and years, each named by its first day.

use serde::{Deserialize, Serialize};
use time::{Date, Duration, Month, Weekday};

use crate::format::date;
use crate::platform::clock;

/// The period that a row's values belong to.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Grain {
    #[default]
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Grain {
    /// The grains longer than a day, shortest first.
    pub const PERIODS: [Self; 4] = [Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// Returns `day`, `week`, …: the name in JSON, in forms, in the database and in sentences.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// Returns `Days`, `Weeks`, …: the heading of a table.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Day => "Days",
            Self::Week => "Weeks",
            Self::Month => "Months",
            Self::Quarter => "Quarters",
            Self::Year => "Years",
        }
    }

    /// Returns `Day`, `Week`, …: the start of a sentence.
    pub const fn capitalized(self) -> &'static str {
        match self {
            Self::Day => "Day",
            Self::Week => "Week",
            Self::Month => "Month",
            Self::Quarter => "Quarter",
            Self::Year => "Year",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Day].into_iter().chain(Self::PERIODS).find(|grain| grain.name() == name)
    }

    /// Formats a number of periods: `1 day`, `1,200 days`.
    pub fn counted(self, count: u32) -> String {
        let s = if count == 1 { "" } else { "s" };
        format!("{} {}{s}", crate::format::number::grouped(f64::from(count)), self.name())
    }

    const fn months(self) -> Option<i32> {
        match self {
            Self::Day | Self::Week => None,
            Self::Month => Some(1),
            Self::Quarter => Some(3),
            Self::Year => Some(12),
        }
    }

    /// Returns the first day of the period `by` periods later.
    fn moved(self, first: Date, by: i32) -> Option<Date> {
        match (self, self.months()) {
            (_, Some(months)) => add_months(first, months * by),
            (Self::Week, _) => first.checked_add(Duration::weeks(by.into())),
            _ => first.checked_add(Duration::days(by.into())),
        }
    }

    /// Returns the first day of the next period.
    pub fn next(self, first: Date) -> Option<Date> {
        self.moved(first, 1)
    }

    /// Returns the first day of the period before.
    pub fn previous(self, first: Date) -> Option<Date> {
        self.moved(first, -1)
    }

    /// Returns the last day of the period that begins with `first`.
    pub fn last_day(self, first: Date) -> Date {
        self.next(first).and_then(Date::previous_day).unwrap_or(Date::MAX)
    }

    /// Returns the first day of the same period a year earlier. A week's is the one 52 weeks earlier.
    pub fn year_before(self, first: Date) -> Option<Date> {
        match self {
            Self::Day => None,
            Self::Week => first.checked_sub(Duration::weeks(52)),
            _ => add_months(first, -12),
        }
    }

    /// Returns the first day of the period that contains `date`.
    pub fn containing(self, date: Date, calendar: Calendar) -> Option<Date> {
        match self {
            Self::Day => Some(date),
            Self::Week => {
                let start = calendar.week_start.weekday().number_days_from_monday();
                let back = (7 + date.weekday().number_days_from_monday() - start) % 7;
                date.checked_sub(Duration::days(back.into()))
            }
            Self::Month => date.replace_day(1).ok(),
            Self::Quarter | Self::Year => {
                let back = (12 + i32::from(u8::from(date.month()))
                    - i32::from(calendar.fiscal_year_start))
                    % self.months().unwrap_or(12);
                add_months(date.replace_day(1).ok()?, -back)
            }
        }
    }

    /// Returns the grain of the days from `first` to `last`. `None` if they are no whole period.
    pub fn of_days(first: Date, last: Date) -> Option<Self> {
        let is_whole = |grain: &Self| {
            let begins = grain.months().is_none() || first.day() == 1;
            begins && grain.last_day(first) == last
        };
        [Self::Day].into_iter().chain(Self::PERIODS).find(is_whole)
    }

    /// Names the period that begins with a Julian day, as the start of a sentence: `Week of 19 Oct 2026`.
    pub fn sentence(self, first: i32) -> String {
        let label = self.label(date::of_julian(first));
        let mut letters = label.chars();
        letters.next().map_or_else(String::new, |first| {
            format!("{}{}", first.to_uppercase(), letters.as_str())
        })
    }

    /// Names the period that begins with an ISO date, as [`Self::label`]. Days stay ISO dates, as in forms and files.
    pub fn label_iso(self, date: &str) -> String {
        match clock::parse_date(date).filter(|_| self != Self::Day) {
            Some(first) => self.label(first),
            None => date.to_owned(),
        }
    }

    /// Names the period that begins with `first`: `October 2026`, `July to September 2026`, `2026`,
    /// `week of 19 Oct 2026`.
    pub fn label(self, first: Date) -> String {
        let last = self.last_day(first);
        match self {
            Self::Day => date::day(first),
            Self::Week => format!("week of {}", date::day(first)),
            Self::Month => month_year(first),
            Self::Year if first.month() == Month::January => first.year().to_string(),
            Self::Quarter if first.year() == last.year() => {
                format!("{} to {}", first.month(), month_year(last))
            }
            Self::Quarter | Self::Year => format!("{} to {}", month_year(first), month_year(last)),
        }
    }
}

fn month_year(date: Date) -> String {
    format!("{} {}", date.month(), date.year())
}

/// Returns the first day of the month `months` months after that of `date`.
pub fn add_months(date: Date, months: i32) -> Option<Date> {
    let month = date.year() * 12 + i32::from(u8::from(date.month())) - 1 + months;
    let of_year = Month::try_from(u8::try_from(month.rem_euclid(12)).ok()? + 1).ok()?;
    Date::from_calendar_date(month.div_euclid(12), of_year, 1).ok()
}

/// The day on which the weeks of a business begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WeekStart {
    #[default]
    Monday,
    Saturday,
    Sunday,
}

impl WeekStart {
    pub const ALL: [Self; 3] = [Self::Monday, Self::Saturday, Self::Sunday];

    /// Returns the name in JSON, in forms and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
        }
    }

    pub const fn weekday(self) -> Weekday {
        match self {
            Self::Monday => Weekday::Monday,
            Self::Saturday => Weekday::Saturday,
            Self::Sunday => Weekday::Sunday,
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|start| start.name() == name)
    }
}

/// How a business counts weeks and years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Calendar {
    pub week_start: WeekStart,
    /// The month in which the fiscal year begins, from 1.
    pub fiscal_year_start: u8,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { week_start: WeekStart::Monday, fiscal_year_start: 1 }
    }
}

#[cfg(test)]
#[path = "grain_tests.rs"]
mod tests;
