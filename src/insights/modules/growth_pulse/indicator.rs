//! Indicators: the metrics and ratios that are compared.

use time::Date;

use crate::analytics::model::{Measure, REVENUE};
use crate::analytics::series::Point;
use crate::analytics::service::History;
use crate::analytics::windows::{Window, window};
use crate::format::date;
use crate::format::number::{in_unit, tidy};
use crate::insights::model::Basis;
use crate::insights::modules::{robust, words};

/// How many of the newest days are used to estimate the daily scatter.
const SCATTER_DAYS: i32 = 91;

/// The sum of `over` divided by the sum of `under`, times `scale`, over the same days. For a daily mean, `under` is 1 each
/// day.
pub struct Indicator<'a> {
    pub slug: &'a str,
    pub name: &'a str,
    pub unit: &'a str,
    pub higher_is_better: bool,
    kind: Kind,
    /// Slug of the metric whose chart shows the indicator.
    seen: &'a str,
    today: Date,
    /// What a quotient is multiplied by.
    scale: f64,
    over: Vec<Point>,
    under: Vec<Point>,
    /// The quotient of each day on which `under` is positive.
    daily: Vec<Point>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The daily mean of a built-in metric.
    Mean,
    Own,
    Quotient,
}

/// An indicator's value over a window with at least half of its days known.
pub struct Reading {
    pub window: Window,
    /// The window of the divisor.
    under: Window,
    pub value: f64,
    /// Median of the daily values. Unlike the mean, it is robust against outliers.
    pub median: f64,
}

/// Returns the indicators by importance, custom metrics last, independent of the input order.
pub fn indicators(history: &History) -> Vec<Indicator<'_>> {
    let today = history.today;
    let find = |slug: &str| history.series.iter().find(|(measure, _)| measure.slug == slug);
    let mean_of = |slug: &str| find(slug).map(|series| mean(series, Kind::Mean, today));
    let rate = find("conversions").zip(find("sessions")).map(|(over, under)| {
        quotient(("conversion-rate", "Conversion rate", "%"), (over, 100.0), under, today)
    });
    let per_user = find(REVENUE).zip(find("users")).map(|(over, under)| {
        quotient(
            ("revenue-per-user", "Revenue per user and day", &over.0.unit),
            (over, 1.0),
            under,
            today,
        )
    });
    let business = [
        mean_of(REVENUE),
        rate,
        per_user,
        mean_of("users"),
        mean_of("conversions"),
        mean_of("sessions"),
    ];
    let is_own = |measure: &Measure| !measure.is_count && measure.slug != REVENUE;
    let mut own: Vec<&Series> =
        history.series.iter().filter(|(measure, _)| is_own(measure)).collect();
    own.sort_by(|a, b| a.0.slug.cmp(&b.0.slug));
    let own = own.into_iter().map(|series| mean(series, Kind::Own, today));
    business.into_iter().flatten().chain(own).collect()
}

type Series = (Measure, Vec<Point>);

fn mean<'a>((measure, points): &'a Series, kind: Kind, today: Date) -> Indicator<'a> {
    Indicator {
        slug: &measure.slug,
        name: &measure.name,
        unit: &measure.unit,
        higher_is_better: measure.higher_is_better,
        kind,
        seen: &measure.slug,
        today,
        scale: 1.0,
        over: points.clone(),
        under: points.iter().map(|(day, _)| (*day, 1.0)).collect(),
        daily: points.clone(),
    }
}

/// Uses only days on which both metrics are known. The quotient is multiplied by `scale`.
fn quotient<'a>(
    (slug, name, unit): (&'static str, &'static str, &'a str),
    (over, scale): (&'a Series, f64),
    under: &Series,
    today: Date,
) -> Indicator<'a> {
    let both = |(day, value): &Point| {
        let at = under.1.binary_search_by_key(day, |(day, _)| *day).ok()?;
        Some(((*day, *value), *under.1.get(at)?))
    };
    let (sums, under): (Vec<Point>, Vec<Point>) = over.1.iter().filter_map(both).unzip();
    let daily = sums.iter().zip(&under).filter(|(_, (_, under))| *under > 0.0);
    let daily = daily.map(|((day, over), (_, under))| (*day, over / under * scale)).collect();
    Indicator {
        slug,
        name,
        unit,
        higher_is_better: true,
        kind: Kind::Quotient,
        seen: &over.0.slug,
        today,
        scale,
        over: sums,
        under,
        daily,
    }
}

impl Indicator<'_> {
    pub fn newest(&self) -> Option<i32> {
        self.over.last().map(|(day, _)| *day)
    }

    pub fn is_own(&self) -> bool {
        self.kind == Kind::Own
    }

    /// Returns the words between a value and its window.
    pub fn rate(&self) -> &'static str {
        if self.kind == Kind::Mean { " a day" } else { "" }
    }

    pub fn verb(&self) -> &'static str {
        if self.kind == Kind::Quotient { "was" } else { "averaged" }
    }

    /// Reads the window of `days` days up to `last`. `None` if fewer than half of them are known or the
    /// divisor is zero.
    pub fn read(&self, last: i32, days: i32) -> Option<Reading> {
        let over = window(&self.over, last, days).filter(Window::is_telling)?;
        let under = window(&self.under, last, days).filter(|under| under.sum > 0.0)?;
        let mut daily: Vec<f64> =
            robust::inside(&self.daily, over.first, last).iter().map(|(_, value)| *value).collect();
        let median = robust::median(&mut daily)?;
        let value = over.sum / under.sum * self.scale;
        Some(Reading { window: over, under, value, median })
    }

    /// Returns [`robust::daily_scatter`] over the last three months.
    pub fn scatter(&self) -> Option<f64> {
        let newest = self.newest()?;
        robust::daily_scatter(robust::inside(&self.daily, newest - SCATTER_DAYS + 1, newest))
    }

    /// `3,600 EUR ÷ 30 days`, `90 ÷ 3,600 × 100`
    fn formula(&self, reading: &Reading) -> String {
        let unit = if self.scale == 1.0 { self.unit } else { "" };
        let sum = in_unit(tidy(reading.window.sum), unit);
        let quotient = words::quotient(&sum, reading.under.sum, self.scale);
        if self.kind == Kind::Quotient { quotient } else { format!("{quotient} days") }
    }

    pub fn basis(&self, reading: &Reading) -> Basis {
        let Window { first, last, .. } = reading.window;
        let mean = if self.kind == Kind::Quotient { "" } else { ", mean" };
        Basis {
            measure: self.slug.to_owned(),
            label: format!("{}{mean}{}, {}", self.name, self.rate(), date::span(first, last)),
            value: tidy(reading.value),
            unit: self.unit.to_owned(),
            span: (date::iso(first), date::iso(last)),
            source: words::source(self.seen, first, self.today),
            note: words::known(&reading.window),
            formula: Some(self.formula(reading)),
            before: None,
        }
    }
}
