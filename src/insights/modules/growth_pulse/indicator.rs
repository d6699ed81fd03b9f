//! Indicators: the metrics and ratios that are compared.

use time::Date;

use crate::analytics::model::{Aggregation, Measure, REVENUE};
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
/// day; for a weighted one, it is the weight. A level is read at the end of the days.
pub struct Indicator<'a> {
    pub slug: &'a str,
    pub name: &'a str,
    pub unit: &'a str,
    pub higher_is_better: bool,
    kind: Kind,
    is_own: bool,
    /// What the days of a weighted mean are divided by: `sessions`.
    weighted_by: Option<String>,
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
    /// An amount a day.
    Daily,
    /// The mean of rates or ratings.
    Mean,
    /// The value at the end.
    Level,
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
    let mean_of = |slug: &str| find(slug).map(|series| metric(series, None, false, today));
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
    let own = own.into_iter().map(|series| {
        let weight = series.0.weight.as_deref().and_then(find);
        metric(series, weight, true, today)
    });
    business.into_iter().flatten().chain(own).collect()
}

type Series = (Measure, Vec<Point>);

fn metric<'a>(
    (measure, points): &'a Series,
    weight: Option<&Series>,
    is_own: bool,
    today: Date,
) -> Indicator<'a> {
    let kind = match measure.aggregation {
        Aggregation::Sum | Aggregation::Distinct => Kind::Daily,
        Aggregation::Mean => Kind::Mean,
        Aggregation::Last => Kind::Level,
    };
    let weight_of = |day: i32| match weight {
        Some((_, weights)) => {
            let at = weights.binary_search_by_key(&day, |(day, _)| *day).ok()?;
            weights.get(at).map(|(_, weight)| *weight).filter(|weight| *weight > 0.0)
        }
        None => Some(1.0),
    };
    let weighted = points.iter().filter_map(|point| Some((*point, weight_of(point.0)?)));
    let weighted: Vec<(Point, f64)> = weighted.collect();
    Indicator {
        slug: &measure.slug,
        name: &measure.name,
        unit: &measure.unit,
        higher_is_better: measure.higher_is_better,
        kind,
        is_own,
        weighted_by: weight.map(|(measure, _)| measure.name.to_lowercase()),
        seen: &measure.slug,
        today,
        scale: 1.0,
        over: weighted.iter().map(|((day, value), weight)| (*day, value * weight)).collect(),
        under: weighted.iter().map(|((day, _), weight)| (*day, *weight)).collect(),
        daily: weighted.into_iter().map(|(point, _)| point).collect(),
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
        is_own: false,
        weighted_by: None,
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
        self.is_own
    }

    pub fn is_level(&self) -> bool {
        self.kind == Kind::Level
    }

    /// Returns the words between a value and its window.
    pub fn rate(&self) -> &'static str {
        if self.kind == Kind::Daily { " a day" } else { "" }
    }

    pub fn verb(&self) -> &'static str {
        match self.kind {
            Kind::Level | Kind::Quotient => "was",
            Kind::Daily | Kind::Mean => "averaged",
        }
    }

    /// `27 Oct to 25 Nov 2026`, `at the end of 25 Nov 2026`
    pub fn when(&self, reading: &Reading) -> String {
        let Window { first, last, end, .. } = reading.window;
        match self.is_level() {
            true => format!("at the end of {}", date::julian(end.0)),
            false => date::span(first, last),
        }
    }

    /// Formats `28 of 30 days known`; `None` if all are known, or if the end of the window is.
    pub fn known(&self, reading: &Reading) -> Option<String> {
        words::known(&reading.window).filter(|_| !self.is_level())
    }

    /// Reads the window of `days` days up to `last`. `None` if fewer than half of them are known or the
    /// divisor is zero. A level needs one of them.
    pub fn read(&self, last: i32, days: i32) -> Option<Reading> {
        let is_enough = |window: &Window| self.is_level() || window.is_telling();
        let over = window(&self.over, last, days).filter(is_enough)?;
        let under = window(&self.under, last, days).filter(|under| under.sum > 0.0)?;
        let mut daily: Vec<f64> =
            robust::inside(&self.daily, over.first, last).iter().map(|(_, value)| *value).collect();
        let median = robust::median(&mut daily)?;
        let value = match self.is_level() {
            true => over.end.1,
            false => over.sum / under.sum * self.scale,
        };
        Some(Reading { window: over, under, value, median })
    }

    /// Returns [`robust::daily_scatter`] over the last three months.
    pub fn scatter(&self) -> Option<f64> {
        let newest = self.newest()?;
        robust::daily_scatter(robust::inside(&self.daily, newest - SCATTER_DAYS + 1, newest))
    }

    /// `3,600 EUR ÷ 30 days`, `90 ÷ 3,600 × 100`; a level is no calculation.
    fn formula(&self, reading: &Reading) -> Option<String> {
        if self.is_level() {
            return None;
        }
        let is_plain = self.scale == 1.0 && self.weighted_by.is_none();
        let unit = if is_plain { self.unit } else { "" };
        let sum = in_unit(tidy(reading.window.sum), unit);
        let quotient = words::quotient(&sum, reading.under.sum, self.scale);
        Some(match (&self.weighted_by, self.kind) {
            (Some(weight), _) => format!("{quotient} {weight}"),
            (None, Kind::Quotient) => quotient,
            (None, _) => format!("{quotient} days"),
        })
    }

    pub fn basis(&self, reading: &Reading) -> Basis {
        let Window { first, last, .. } = reading.window;
        let mean = match self.kind {
            Kind::Quotient | Kind::Level => "",
            Kind::Daily | Kind::Mean => ", mean",
        };
        Basis {
            measure: self.slug.to_owned(),
            label: format!("{}{mean}{}, {}", self.name, self.rate(), self.when(reading)),
            value: tidy(reading.value),
            unit: self.unit.to_owned(),
            span: (date::iso(first), date::iso(last)),
            source: words::source(self.seen, first, self.today),
            note: self.known(reading),
            formula: self.formula(reading),
            before: None,
        }
    }
}
