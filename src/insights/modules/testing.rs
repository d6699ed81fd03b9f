//! Test histories for modules.

use time::Date;
use time::macros::date;
use tokio_util::sync::CancellationToken;

use crate::analytics::model::{Measure, Metric, Settings, measures};
use crate::analytics::series::Point;
use crate::analytics::service::History;
use crate::insights::model::{Finding, Insight};

/// A Wednesday.
pub const TODAY: Date = date!(2026 - 11 - 25);

/// Returns the Julian day `days` days before [`TODAY`].
pub fn ago(days: i32) -> i32 {
    TODAY.to_julian_day() - days
}

/// Returns points from `from` to `to` days ago, oldest first. `value` maps days ago to a value, `None` for
/// a gap.
pub fn days(from: i32, to: i32, value: impl Fn(i32) -> Option<f64>) -> Vec<Point> {
    (to..=from).rev().filter_map(|back| Some((ago(back), value(back)?))).collect()
}

/// Returns the same value each day.
pub fn steady(from: i32, to: i32, value: f64) -> Vec<Point> {
    days(from, to, |_| Some(value))
}

/// Builds a history from slugs and points. Lower is better for slugs that begin with `low-`.
pub fn history(series: &[(&str, Vec<Point>)]) -> History {
    let settings = Settings { currency: "EUR".to_owned(), ..Settings::default() };
    let built_in = measures(&[], &settings);
    let measure = |slug: &str| -> Measure {
        let found = built_in.iter().find(|measure| measure.slug == slug);
        found.cloned().unwrap_or_else(|| own(slug, &settings))
    };
    let series = series.iter().map(|(slug, points)| (measure(slug), points.clone())).collect();
    History {
        today: TODAY,
        series,
        periods: Vec::new(),
        formulas: Vec::new(),
        stop: CancellationToken::new(),
    }
}

fn own(slug: &str, settings: &Settings) -> Measure {
    let metric = Metric {
        slug: slug.to_owned(),
        name: slug.to_uppercase(),
        higher_is_better: !slug.starts_with("low-"),
        ..Metric::default()
    };
    measures(&[metric], settings).swap_remove(4)
}

/// Returns every sentence of a finding, with plain spaces.
pub fn sentences(finding: &Finding) -> Vec<String> {
    let highlights = finding.highlights.iter();
    highlights.chain([&finding.summary]).map(|text| text.replace('\u{a0}', " ")).collect()
}

/// Returns the stored form of a finding, which must survive serialisation.
pub fn stored(finding: &Finding) -> Insight {
    Insight {
        summary: finding.summary.clone(),
        highlights: finding.highlights.clone(),
        basis: finding.basis.clone(),
        ..Insight::default()
    }
}
