//! Sample data of a fictional business, to try the product with.

use std::f64::consts::TAU;
use std::fmt::Write;

use time::{Date, Duration, Weekday};

use super::chart::chart;
use super::exports;
use super::model::{Chart, Settings, Snapshot, measures};
use super::series::Point;
use super::service::Analytics;
use super::store::samples;
use super::windows::{Window, percent_change, window};
use crate::accounts::guard;
use crate::accounts::model::{Member, Role};
use crate::error::{AppError, Code};
use crate::platform::clock;

/// Enough to compare a month with the same days a year earlier.
const DAYS: i64 = 427;
/// Days before today without data, and the day of a spike. Both produce insights.
const MISSING: [i64; 2] = [51, 52];
const FAMOUS: i64 = 9;
/// Number of days in the chart of the [`Exhibit`].
const CHART_DAYS: i32 = 90;

impl Analytics {
    /// Returns whether the tenant's numbers are sample data.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn has_sample(&self, tenant_id: &str) -> Result<bool, AppError> {
        Ok(samples::is_loaded(self.db.read(), tenant_id).await?)
    }

    /// Loads the sample data. Has no effect if it is loaded already.
    ///
    /// Errors: [`Code::EditConflict`] if the business has numbers of its own; forbidden for members.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn load_sample(&self, member: &Member) -> Result<(), AppError> {
        guard::require(member, Role::Admin)?;
        let today = self.today(&member.tenant_id).await?;
        let built_in = measures(&[], &Settings::default());
        let sheet = exports::read_plain(sample_csv(today).as_bytes(), &built_in, today);
        let days = sheet.map_err(|_| AppError::internal("the sample data cannot be read"))?.periods;
        let tenant_id = member.tenant_id.clone();
        let save = self.db.write(move |tx| {
            Box::pin(async move { samples::load(tx, &tenant_id, &days, clock::now()).await })
        });
        if save.await? {
            return Ok(());
        }
        Err(AppError::new(
            Code::EditConflict,
            "Sample data was not loaded, because your business has numbers of its own and the two never mix.",
        ))
    }

    /// Removes the sample data, if it is loaded. Errors: forbidden for members.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn remove_sample(&self, member: &Member) -> Result<(), AppError> {
        guard::require(member, Role::Admin)?;
        let tenant_id = member.tenant_id.clone();
        self.db
            .write(move |tx| Box::pin(async move { samples::remove(tx, &tenant_id).await }))
            .await?;
        Ok(())
    }
}

/// Figures of the sample data, for the landing page.
#[derive(Clone, Debug, PartialEq)]
pub struct Exhibit {
    /// Revenue of the last 90 days.
    pub chart: Chart,
    pub week: Compared,
    pub month: Compared,
    /// The mean of the daily conversions, in the last 30 days and in the 30 before.
    pub conversions: Compared,
    /// The day of the spike, and its sessions in relation to those a week before.
    pub spike: (i32, f64),
}

/// A window of days and the one before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    pub now: Window,
    pub before: Window,
}

impl Compared {
    /// Returns the change of the daily mean in percent, because days may be missing; 0 if there is nothing to compare with.
    pub fn change(&self) -> f64 {
        percent_change(self.now.mean(), self.before.mean()).unwrap_or_default()
    }
}

/// Returns figures of the sample data up to yesterday. `None` if the data lacks days, which it does not.
pub fn exhibit(today: Date) -> Option<Exhibit> {
    let built_in = measures(&[], &Settings { currency: "EUR".to_owned(), ..Settings::default() });
    let days = exports::read_plain(sample_csv(today).as_bytes(), &built_in, today).ok()?.periods;
    let values = |slug: &str| -> Vec<Point> {
        let point = |day: &Snapshot| {
            Some((clock::parse_date(&day.date)?.to_julian_day(), day.value(slug)?))
        };
        days.iter().filter_map(point).collect()
    };
    let last = today.to_julian_day() - 1;
    let compared = |points: &[Point], days| {
        let now = window(points, last, days)?;
        Some(Compared { now, before: window(points, last - days, days)? })
    };
    let (revenue, sessions) = (values("revenue"), values("sessions"));
    let on = |day| window(&sessions, day, 1).map(|it| it.sum);
    let spike = today.to_julian_day() - FAMOUS as i32;
    let measure = built_in.into_iter().find(|it| it.slug == "revenue")?;
    Some(Exhibit {
        chart: chart(measure, &revenue, None, last - CHART_DAYS + 1, today)?,
        week: compared(&revenue, 7)?,
        month: compared(&revenue, 30)?,
        conversions: compared(&values("conversions"), 30)?,
        spike: (spike, on(spike)? / on(spike - 7)?),
    })
}

/// Returns the days up to yesterday as CSV: growth, a weekly pattern, seasons, two missing days and one spike.
/// Deterministic per date of `today`.
pub fn sample_csv(today: Date) -> String {
    let mut text = String::from("date,sessions,users,conversions,revenue\r\n");
    for back in (1..=DAYS).rev().filter(|back| !MISSING.contains(back)) {
        let Some(date) = today.checked_sub(Duration::days(back)) else { continue };
        let sessions = sessions(date, back);
        let users = (sessions * (0.74 + 0.05 * jitter(date, 1))).round();
        let conversions = (users * (0.071 + 0.012 * jitter(date, 2))).round();
        let revenue = conversions * (31.5 + 4.0 * jitter(date, 3));
        let _ = write!(text, "{date},{sessions},{users},{conversions},{revenue:.2}\r\n");
    }
    text
}

fn sessions(date: Date, back: i64) -> f64 {
    let week = match date.weekday() {
        Weekday::Saturday => 1.45,
        Weekday::Friday => 1.2,
        Weekday::Sunday => 0.6,
        _ => 1.0,
    };
    let season = 1.0 + 0.12 * (TAU * f64::from(date.ordinal()) / 365.0).cos();
    let growth = 1.0 + 0.3 * (DAYS - back) as f64 / DAYS as f64;
    let fame = if back == FAMOUS { 2.4 } else { 1.0 };
    (210.0 * week * season * growth * fame * (1.0 + 0.08 * jitter(date, 0))).round()
}

/// Returns a pseudo-random value from -1 to 1, deterministic per date and `salt`.
fn jitter(date: Date, salt: i64) -> f64 {
    let seed = i64::from(date.to_julian_day()) * 4 + salt;
    (seed as f64 * 12.9898).sin() * (seed as f64 * 78.233).cos()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_sample_is_read_as_any_file_and_reaches_from_a_year_ago_to_yesterday() {
        let today = Date::from_calendar_date(2026, time::Month::November, 25).unwrap();
        let measures = measures(&[], &Settings::default());
        let sheet = exports::read_plain(sample_csv(today).as_bytes(), &measures, today).unwrap();
        assert_eq!(sheet.periods.len() as i64, DAYS - MISSING.len() as i64);
        assert_eq!(sheet.periods.last().unwrap().date, "2026-11-24");
        for day in &sheet.periods {
            assert!(day.users <= day.sessions && day.conversions <= day.users, "{day:?}");
            assert!(day.revenue.unwrap() > 0.0, "{day:?}");
        }
        assert_eq!(sample_csv(today), sample_csv(today));
    }
}
