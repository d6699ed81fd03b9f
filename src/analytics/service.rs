//! The rules of the tenant's observations. Every member reads them; owners and admins write them.

use std::collections::HashSet;
use std::sync::Arc;

use time::Date;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::model::{
    Calendar, DayView, Formula, Grain, Measure, Metric, Settings, Snapshot, SnapshotList,
    SnapshotQuery, TypedDay, formulas, measures,
};
use super::runs::Runs;
use super::series::Point;
use super::store::{changes, metrics, samples, snapshots};
use super::validation;
use super::windows::Daily;
use crate::accounts::guard;
use crate::accounts::model::{Member, Role};
use crate::error::AppError;
use crate::format::zone::Zone;
use crate::platform::clock::{self, Micros};
use crate::platform::db::{Db, DbError};
use crate::platform::limits::Limits;
use crate::platform::quotas::Quotas;
use crate::platform::shares::Shares;

/// Maximum number of files parsed concurrently. Each uses a core and memory.
const FILES_AT_ONCE: usize = 2;
/// Maximum and default number of days per page of the API.
const MOST_LISTED: i64 = 1_000;
const LISTED: i64 = 100;
/// Bounds before and after every date.
pub(super) const EVER: (&str, &str) = ("0000", "9999");

/// The observations of all tenants. Clones share the database.
#[derive(Clone)]
pub struct Analytics {
    pub(super) db: Db,
    pub(super) readers: Arc<Semaphore>,
    /// One file of each tenant at a time.
    pub(super) imports: Shares,
    pub(super) runs: Runs,
    pub(super) quotas: Quotas,
    /// Bounds imports. `None` in tests.
    pub(super) limits: Option<Limits>,
}

/// The observations of a tenant, as used by computations.
#[derive(Clone, Debug)]
pub struct History {
    /// In the tenant's time zone.
    pub today: Date,
    /// Each metric in use with its observations, oldest first. A metric without observations has an empty
    /// list.
    pub series: Vec<(Measure, Vec<Point>)>,
    /// The values of whole longer periods, of each grain that has any.
    pub periods: Vec<Periods>,
    /// The derived metrics in use.
    pub formulas: Vec<(Measure, Formula)>,
    /// Cancelled when the result of the computation is no longer needed.
    pub stop: CancellationToken,
}

/// The values of periods that were stored when these were over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Periods {
    pub grain: Grain,
    /// By slug: the first days of the periods and the values, oldest first. Metrics without a value are left out.
    pub series: Vec<(String, Vec<Point>)>,
}

impl Periods {
    pub fn of(&self, slug: &str) -> &[Point] {
        let found = self.series.iter().find(|(of, _)| of == slug);
        found.map_or(&[], |(_, points)| points)
    }
}

impl History {
    /// Returns the observations of a metric in use.
    pub fn points(&self, slug: &str) -> Option<&[Point]> {
        let found = self.series.iter().find(|(measure, _)| measure.slug == slug);
        found.map(|(_, points)| points.as_slice())
    }

    /// Returns the observations of a metric with what windows of them are made by. A weight that is no longer in use
    /// weights nothing, so that such a mean has no value.
    pub fn daily<'a>(&'a self, measure: &Measure, points: &'a [Point]) -> Daily<'a> {
        let weights = measure.weight.as_deref().map(|slug| self.points(slug).unwrap_or_default());
        Daily { points, aggregation: measure.aggregation, weights }
    }

    /// Removes today's observations and those of periods that are not over. They are incomplete, so they must not be
    /// compared.
    pub fn without_today(mut self) -> Self {
        let today = self.today.to_julian_day();
        for Periods { grain, series } in &mut self.periods {
            let is_over = |first: i32| {
                let first = Date::from_julian_day(first).unwrap_or(Date::MAX);
                grain.last_day(first) < self.today
            };
            for (_, points) in series {
                points.retain(|(first, _)| is_over(*first));
            }
        }
        for (_, points) in &mut self.series {
            points.retain(|(day, _)| *day < today);
        }
        self
    }
}

/// What a day's values are validated against.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub measures: Vec<Measure>,
    pub formulas: Vec<(Measure, Formula)>,
    /// In the tenant's time zone.
    pub today: Date,
    pub zone: Zone,
    pub calendar: Calendar,
}

impl Terms {
    /// Returns the slugs of the metrics in use.
    fn slugs(&self) -> HashSet<String> {
        self.measures.iter().map(|measure| measure.slug.clone()).collect()
    }
}

impl Analytics {
    pub fn new(db: Db) -> Self {
        let readers = Arc::new(Semaphore::new(FILES_AT_ONCE));
        let imports = Shares::new(1);
        Self {
            db,
            readers,
            imports,
            runs: Runs::default(),
            quotas: Quotas::default(),
            limits: None,
        }
    }

    /// Sets the storage quotas per tenant.
    pub fn with_quotas(self, quotas: Quotas) -> Self {
        Self { quotas, ..self }
    }

    /// Sets the limits of imports.
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits: Some(limits), ..self }
    }

    /// Returns the newest day, if any.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn newest(&self, tenant_id: &str) -> Result<Option<Snapshot>, AppError> {
        Ok(snapshots::list(self.db.read(), tenant_id, Grain::Day, EVER, (1, 0)).await?.pop())
    }

    /// Returns the newest day before `before` on which a metric has a number.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn newest_of(
        &self,
        tenant_id: &str,
        measure: &Measure,
        before: Date,
    ) -> Result<Option<Date>, AppError> {
        let (db, slug) = (self.db.read(), measure.slug.as_str());
        let values = snapshots::list_values(db, tenant_id, slug, EVER.0).await?;
        let days = values.iter().rev().filter_map(|(date, _)| clock::parse_date(date));
        Ok(days.into_iter().find(|day| *day < before))
    }

    /// Returns the days from `from` to `to` (ISO, both inclusive), oldest first.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn between(
        &self,
        tenant_id: &str,
        from: &str,
        to: &str,
    ) -> Result<Vec<Snapshot>, AppError> {
        let (span, all) = ((from, to), (i64::MAX, 0));
        let mut days = snapshots::list(self.db.read(), tenant_id, Grain::Day, span, all).await?;
        days.reverse();
        Ok(days)
    }

    /// Returns a version that increases with each change of the tenant's observations, custom metrics or
    /// settings; 0 before the first change.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn version(&self, tenant_id: &str) -> Result<i64, AppError> {
        Ok(changes::find_version(self.db.read(), tenant_id).await?)
    }

    /// Returns all observations of the `days` days up to today, and those of whole longer periods.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn history(&self, tenant_id: &str, days: i32) -> Result<History, AppError> {
        let Terms { measures, formulas, today, zone, .. } = self.terms(tenant_id).await?;
        let from = Date::from_julian_day(today.to_julian_day() - days + 1).unwrap_or(Date::MIN);
        let stored = self.between(tenant_id, &clock::iso_date(from), EVER.1).await?;
        let points = |slug: &str| -> Vec<Point> {
            let point = |day: &Snapshot| {
                Some((clock::parse_date(&day.date)?.to_julian_day(), day.value(slug)?))
            };
            stored.iter().filter_map(point).collect()
        };
        let series = measures.into_iter().map(|measure| (points(&measure.slug), measure));
        let series: Vec<_> = series.map(|(points, measure)| (measure, points)).collect();
        let slugs: Vec<&str> = series.iter().map(|(measure, _)| measure.slug.as_str()).collect();
        let periods = self.whole_periods(tenant_id, &slugs, (today, &zone)).await?;
        Ok(History { today, series, periods, formulas, stop: CancellationToken::new() })
    }

    /// Lists the tenant's custom metrics, including archived ones.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn metrics(&self, tenant_id: &str) -> Result<Vec<Metric>, AppError> {
        Ok(metrics::list(self.db.read(), tenant_id).await?)
    }

    /// Returns currency, time zone and calendar.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn settings(&self, tenant_id: &str) -> Result<Settings, AppError> {
        Ok(metrics::find_settings(self.db.read(), tenant_id).await?)
    }

    /// Returns the tenant's time zone.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn zone(&self, tenant_id: &str) -> Result<Zone, AppError> {
        Ok(Zone::of(&self.settings(tenant_id).await?.time_zone))
    }

    /// Returns today in the tenant's time zone.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn today(&self, tenant_id: &str) -> Result<Date, AppError> {
        Ok(self.terms(tenant_id).await?.today)
    }

    /// Returns when today ends in the tenant's time zone.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn day_end(&self, tenant_id: &str) -> Result<Micros, AppError> {
        Ok(self.zone(tenant_id).await?.day_end(clock::now()))
    }

    #[tracing::instrument(level = "debug", skip_all)]
    pub(super) async fn terms(&self, tenant_id: &str) -> Result<Terms, AppError> {
        let mut conn = self.db.read().acquire().await.map_err(DbError::from)?;
        let metrics = metrics::list(&mut *conn, tenant_id).await?;
        let settings = metrics::find_settings(&mut *conn, tenant_id).await?;
        let zone = Zone::of(&settings.time_zone);
        let today = zone.date(clock::now());
        let (measures, formulas) = (measures(&metrics, &settings), formulas(&metrics));
        let calendar = settings.calendar();
        Ok(Terms { measures, formulas, today, zone, calendar })
    }

    /// Lists snapshots of one grain for the API, newest first. Errors: `from`, `to`, `cursor`, `limit` or `grain`, by field.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn list(
        &self,
        tenant_id: &str,
        query: &SnapshotQuery,
    ) -> Result<SnapshotList, AppError> {
        let date = |field, text: &Option<String>, open: &str| match text.as_deref() {
            None | Some("") => Ok(open.to_owned()),
            Some(text) if clock::parse_date(text).is_some() => Ok(text.to_owned()),
            Some(_) => Err(AppError::invalid_field(
                field,
                "Write the date as 2026-11-23: year, month, day.",
            )),
        };
        let from = date("from", &query.from, EVER.0)?;
        let mut to = date("to", &query.to, EVER.1)?;
        let cursor = date("cursor", &query.cursor, "")?;
        let limit = limit(query.limit.as_deref())?;
        let grain = grain(query.grain.as_deref())?;
        if let Some(before) = clock::parse_date(&cursor).and_then(Date::previous_day) {
            to = to.min(clock::iso_date(before));
        }
        let span = (from.as_str(), to.as_str());
        let mut data =
            snapshots::list(self.db.read(), tenant_id, grain, span, (limit + 1, 0)).await?;
        let more = data.len() as i64 > limit;
        data.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let next_cursor = data.last().filter(|_| more).map(|day| day.date.clone());
        Ok(SnapshotList { grain, data, next_cursor })
    }

    /// Stores a day, replacing an existing one; its archived metrics keep their values. Removes sample data. Returns
    /// the stored day, and whether it replaced one.
    ///
    /// Errors: a reason per invalid field; [`crate::error::Code::Forbidden`] for members.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn save(
        &self,
        member: &Member,
        sent: Snapshot,
    ) -> Result<(Snapshot, bool), AppError> {
        guard::require(member, Role::Admin)?;
        let terms = self.terms(&member.tenant_id).await?;
        let day = validation::snapshot(sent, &terms.measures, terms.today)?;
        self.store(member, day, &terms).await
    }

    /// Stores a day as typed into its form; otherwise like [`Self::save`].
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn save_typed(&self, member: &Member, typed: &TypedDay) -> Result<bool, AppError> {
        guard::require(member, Role::Admin)?;
        let terms = self.terms(&member.tenant_id).await?;
        let day = validation::typed_day(typed, &terms.measures, terms.today)?;
        Ok(self.store(member, day, &terms).await?.1)
    }

    async fn store(
        &self,
        member: &Member,
        day: Snapshot,
        terms: &Terms,
    ) -> Result<(Snapshot, bool), AppError> {
        let (tenant, slugs) = (member.tenant_id.clone(), terms.slugs());
        let save = self.db.write(move |tx| {
            Box::pin(async move {
                samples::remove(&mut *tx, &tenant).await?;
                let before = snapshots::find(&mut *tx, &tenant, Grain::Day, &day.date).await?;
                let day = day.over(before.as_ref(), |slug| slugs.contains(slug));
                let days = std::slice::from_ref(&day);
                snapshots::save_all(tx, &tenant, (Grain::Day, days), clock::now()).await?;
                Ok((day, before.is_some()))
            })
        });
        Ok(save.await?)
    }

    /// Deletes a day or a longer period. Errors: not found; forbidden for members.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn delete(&self, member: &Member, grain: Grain, date: &str) -> Result<(), AppError> {
        guard::require(member, Role::Admin)?;
        let (tenant, date) = (member.tenant_id.clone(), date.to_owned());
        let delete = self.db.write(move |tx| {
            Box::pin(async move { snapshots::delete(tx, &tenant, grain, &date).await })
        });
        if delete.await? { Ok(()) } else { Err(AppError::not_found(grain.name())) }
    }

    /// Returns the form of a day, filled with the stored values, if any. An invalid or missing date means
    /// today.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn day(&self, member: &Member, date: Option<&str>) -> Result<DayView, AppError> {
        let terms = self.terms(&member.tenant_id).await?;
        let today = clock::iso_date(terms.today);
        let date = date.filter(|date| clock::parse_date(date).is_some()).unwrap_or(&today);
        let stored = snapshots::find(self.db.read(), &member.tenant_id, Grain::Day, date).await?;
        Ok(DayView {
            may_write: member.role >= Role::Admin,
            measures: terms.measures,
            stored: stored.is_some(),
            typed: stored.as_ref().map_or_else(
                || TypedDay { date: date.to_owned(), ..TypedDay::default() },
                TypedDay::from,
            ),
            error: None,
            today,
        })
    }
}

/// Parses the name of a grain; days without one. Errors: `grain`.
pub(super) fn grain(text: Option<&str>) -> Result<Grain, AppError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(Grain::Day) };
    Grain::parse(text).ok_or_else(|| {
        AppError::invalid_field("grain", "Ask for `day`, `week`, `month`, `quarter` or `year`.")
    })
}

fn limit(text: Option<&str>) -> Result<i64, AppError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(LISTED) };
    text.parse().ok().filter(|limit| (1..=MOST_LISTED).contains(limit)).ok_or_else(|| {
        AppError::invalid_field("limit", format!("Ask for 1 to {MOST_LISTED} days at a time."))
    })
}
