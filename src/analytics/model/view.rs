//! The data of the analytics pages.

use serde::{Deserialize, Serialize};

use super::{Grain, Measure, Metric, Settings, Snapshot, TypedDay, TypedMetric};
use crate::analytics::series::Bucket;
use crate::analytics::windows::percent_change;
use crate::error::AppError;

/// The notice that the numbers are sample data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleNotice {
    pub may_remove: bool,
}

/// The length of a chart, counted back from the newest day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Range {
    Month,
    #[default]
    Quarter,
    Year,
    All,
}

impl Range {
    pub const ALL: [Self; 4] = [Self::Month, Self::Quarter, Self::Year, Self::All];

    /// Returns the name used in URLs.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Month => "30",
            Self::Quarter => "90",
            Self::Year => "365",
            Self::All => "all",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Month => "30 days",
            Self::Quarter => "90 days",
            Self::Year => "365 days",
            Self::All => "All",
        }
    }

    /// Returns the number of days; `None` for all.
    pub const fn days(self) -> Option<i64> {
        match self {
            Self::Month => Some(30),
            Self::Quarter => Some(90),
            Self::Year => Some(365),
            Self::All => None,
        }
    }

    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|range| range.slug() == slug)
    }
}

/// The query parameters of the analytics page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewQuery {
    pub metric: Option<String>,
    pub range: Option<String>,
    pub page: Option<String>,
}

/// The data of the analytics page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnalyticsView {
    /// Whether the member may change the observations.
    pub may_write: bool,
    pub trend: Trend,
    pub table: TablePage,
    /// The longer periods that are stored, by grain.
    pub periods: Vec<PeriodPage>,
}

/// The newest longer periods of a grain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PeriodPage {
    pub grain: Grain,
    /// Newest first.
    pub periods: Vec<Period>,
    /// How many are stored.
    pub count: u32,
}

/// The values of a longer period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Period {
    pub snapshot: Snapshot,
    /// The day on which they were stored, if the period was not over: `23 Nov 2026`. `None` for values of the whole period.
    pub so_far: Option<String>,
}

/// The chart of one metric over a range, and what else can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    pub measures: Vec<Measure>,
    /// One card for each metric with an observation.
    pub cards: Vec<Card>,
    /// The slug of the shown metric; empty if there are no observations.
    pub shown: String,
    /// `None` if the metric has no observations in the range.
    pub chart: Option<Chart>,
    /// The range in one sentence.
    pub reading: Option<String>,
    pub range: Range,
}

/// A metric's newest observation and its recent trend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub measure: Measure,
    pub last: f64,
    /// `1 Nov 2026`
    pub last_date: String,
    /// Julian day and value, oldest first.
    pub points: Vec<(i32, f64)>,
    /// Comparisons of the last 7 and 30 days with the 7 and 30 days before.
    pub deltas: Vec<Delta>,
}

/// The mean of a metric's newest days, compared with the mean of the same number of days before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    pub days: i32,
    pub mean: f64,
    pub mean_before: f64,
}

impl Delta {
    /// Returns the change in percent of the earlier mean; `None` if that is 0 or has the other sign.
    pub fn percent(&self) -> Option<f64> {
        percent_change(self.mean, self.mean_before)
    }
}

/// One metric over time. Positions are in days from the first day of the axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// What a point stands for. Longer periods are at their first days.
    pub grain: Grain,
    pub measure: Measure,
    /// Formatted dates.
    pub from: String,
    pub to: String,
    /// The first day of the axis, Julian.
    pub first: i32,
    /// Length of the axis.
    pub days: f64,
    /// The days that are over, oldest first.
    pub points: Vec<Bucket>,
    /// Number of days that a point averages; 1 if each day has its own point.
    pub days_a_point: i32,
    /// Stretches in which expected days are missing, from the last known day to the next one.
    pub gaps: Vec<(f64, f64)>,
    /// Today and its value so far, drawn apart: it is incomplete, and no point averages it.
    pub so_far: Option<(f64, f64)>,
    /// The extremes of `points`.
    pub lowest: f64,
    pub highest: f64,
    /// The newest observations, newest first: formatted date and value.
    pub listed: Vec<(String, f64)>,
}

impl Chart {
    /// Returns the position of a Julian day.
    pub fn place(&self, day: f64) -> f64 {
        day - f64::from(self.first)
    }
}

/// A page of the table of days, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TablePage {
    pub days: Vec<Snapshot>,
    /// Today in the tenant's time zone, as `2026-11-26`.
    pub today: String,
    /// From 1.
    pub page: u32,
    pub pages: u32,
    pub count: u32,
}

/// The data of a day's form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayView {
    pub may_write: bool,
    pub measures: Vec<Measure>,
    pub typed: TypedDay,
    pub error: Option<AppError>,
    /// The newest day that can be entered: today in the tenant's time zone.
    pub today: String,
    /// Whether the day is already stored.
    pub stored: bool,
}

/// The data of the page of custom metrics and settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricsView {
    pub may_write: bool,
    pub metrics: Vec<Metric>,
    pub typed: TypedMetric,
    pub error: Option<AppError>,
    pub settings: Settings,
    pub settings_error: Option<AppError>,
    pub time_zones: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_from_nothing_has_no_percentage() {
        let delta = |mean, mean_before| Delta { days: 7, mean, mean_before }.percent();
        assert_eq!(delta(110.0, 100.0), Some(10.0));
        assert_eq!(delta(-50.0, -100.0), Some(50.0), "less of a loss is more");
        assert_eq!(delta(5.0, 0.0), None);
        assert_eq!(delta(5.0, -5.0), None, "as in the facts");
    }
}
