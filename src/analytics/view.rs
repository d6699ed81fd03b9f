//! Builds the data of the analytics page and of the trend, which the dashboard shows as well.

use time::{Date, Duration};

use super::chart::{chart, labelled, period_chart};
use super::model::{
    AnalyticsView, Card, Grain, Measure, Range, Snapshot, TablePage, Trend, ViewQuery,
};
use super::reading;
use super::series::{self, Point};
use super::service::{Analytics, EVER, Periods, Terms};
use super::store::snapshots::{self, Extent};
use super::windows::Daily;
use crate::accounts::model::{Member, Role};
use crate::error::AppError;
use crate::platform::clock;
use crate::platform::db::DbError;

/// Number of days for sparklines and their comparisons.
const CARD_DAYS: i64 = 90;
/// Days read beyond the chart's range. A metric whose newest day lags behind the business's by more than that is read again.
const LATE_DAYS: i64 = 31;
const PAGE_ROWS: i64 = 50;

impl Analytics {
    /// Returns the data of the analytics page. Invalid query parameters fall back to defaults.
    pub async fn view(
        &self,
        member: &Member,
        query: &ViewQuery,
    ) -> Result<AnalyticsView, AppError> {
        let tenant = &member.tenant_id;
        let terms = self.terms(tenant).await?;
        let today = terms.today;
        let today_iso = clock::iso_date(today);
        let extent = snapshots::extent(self.db.read(), tenant, &today_iso).await?;
        let mut table = TablePage::default();
        if let Some(extent) = &extent {
            let (page, pages) = page(query.page.as_deref(), extent.count);
            let rows = (PAGE_ROWS, i64::from(page - 1) * PAGE_ROWS);
            let days = snapshots::list(self.db.read(), tenant, Grain::Day, EVER, rows).await?;
            let count = u32::try_from(extent.count).unwrap_or(u32::MAX);
            table = TablePage { days, today: today_iso, page, pages, count };
        }
        Ok(AnalyticsView {
            may_write: member.role >= Role::Admin,
            trend: self.trend_of(tenant, terms, extent, query).await?,
            table,
            periods: self.period_pages(tenant).await?,
        })
    }

    /// Returns the trend alone. Invalid query parameters fall back to defaults.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn trend(&self, tenant_id: &str, query: &ViewQuery) -> Result<Trend, AppError> {
        let terms = self.terms(tenant_id).await?;
        let today = clock::iso_date(terms.today);
        let extent = snapshots::extent(self.db.read(), tenant_id, &today).await?;
        self.trend_of(tenant_id, terms, extent, query).await
    }

    async fn trend_of(
        &self,
        tenant: &str,
        Terms { measures, today, zone, .. }: Terms,
        extent: Option<Extent>,
        query: &ViewQuery,
    ) -> Result<Trend, AppError> {
        let range = query.range.as_deref().and_then(Range::parse).unwrap_or_default();
        let mut trend = Trend { measures, range, ..Trend::default() };
        let slugs: Vec<&str> = trend.measures.iter().map(|it| it.slug.as_str()).collect();
        let periods = self.whole_periods(tenant, &slugs, (today, &zone)).await?;
        let Some(extent) = extent else {
            trend.cards = period_cards(&trend.measures, &periods);
            if let Some(measure) =
                chosen(&trend, query.metric.as_deref()).filter(|_| !periods.is_empty())
            {
                trend.shown.clone_from(&measure.slug);
                show_periods(&mut trend, measure, &periods);
            }
            return Ok(trend);
        };
        let mut conn = self.db.read().acquire().await.map_err(DbError::from)?;
        let from = back(stored(&extent.newest)?, Some(CARD_DAYS));
        let span = (from.as_str(), EVER.1);
        let recent = snapshots::list(&mut *conn, tenant, Grain::Day, span, (CARD_DAYS, 0)).await?;
        trend.cards = cards(&trend.measures, &recent, today);
        let has_card = |it: &&Measure| trend.cards.iter().any(|card| card.measure == **it);
        let others: Vec<Measure> =
            trend.measures.iter().filter(|it| !has_card(it)).cloned().collect();
        trend.cards.extend(period_cards(&others, &periods));
        let Some(measure) = chosen(&trend, query.metric.as_deref()) else { return Ok(trend) };
        trend.shown.clone_from(&measure.slug);
        let newest = stored(extent.newest_whole.as_ref().unwrap_or(&extent.newest))?;
        // The range, the one before it, and what may be missing at the end.
        let from = back(newest, range.days().map(|days| 2 * days + LATE_DAYS));
        let mut values =
            points(&snapshots::list_values(&mut *conn, tenant, &measure.slug, &from).await?);
        let is_late = |values: &[Point]| {
            let newest = newest.to_julian_day();
            let own = newest_whole(values, today);
            own.is_none_or(|own| i64::from(newest - own) > LATE_DAYS)
        };
        if range.days().is_some() && is_late(&values) {
            let all = snapshots::list_values(&mut *conn, tenant, &measure.slug, EVER.0);
            values = points(&all.await?);
        }
        if values.is_empty() {
            show_periods(&mut trend, measure, &periods);
            return Ok(trend);
        }
        let whole = values.partition_point(|(day, _)| *day < today.to_julian_day());
        let weights = match &measure.weight {
            Some(weight) => {
                let stored = snapshots::list_values(&mut *conn, tenant, weight, EVER.0);
                Some(points(&stored.await?))
            }
            None => None,
        };
        let weights = weights.as_deref();
        let daily = Daily {
            points: values.get(..whole).unwrap_or(&[]),
            aggregation: measure.aggregation,
            weights,
        };
        trend.reading = reading::read(&measure, daily, range, today);
        let last = newest_whole(&values, today).or(values.first().map(|(day, _)| *day));
        let first = match (range.days().and_then(|days| i32::try_from(days).ok()), last) {
            (Some(days), Some(last)) => last - days + 1,
            _ => i32::MIN,
        };
        trend.chart = chart(measure, &values, weights, first, today);
        Ok(trend)
    }
}

/// Returns the shortest longer periods in which a metric has values.
fn shortest<'a>(periods: &'a [Periods], slug: &str) -> Option<(Grain, &'a [Point])> {
    let of = |it: &'a Periods| (it.grain, it.of(slug));
    periods.iter().map(of).find(|(_, points)| !points.is_empty())
}

/// Shows a metric that has no days by its longer periods.
fn show_periods(trend: &mut Trend, measure: Measure, periods: &[Periods]) {
    let Some((grain, points)) = shortest(periods, &measure.slug) else { return };
    trend.reading = reading::read_period(&measure, grain, points);
    trend.chart = period_chart(measure, grain, points);
}

/// Builds the cards of metrics by their longer periods.
fn period_cards(measures: &[Measure], periods: &[Periods]) -> Vec<Card> {
    let card = |measure: &Measure| {
        let (grain, points) = shortest(periods, &measure.slug)?;
        let (first, last) = *points.last()?;
        Some(Card {
            measure: measure.clone(),
            last,
            last_date: grain.sentence(first),
            points: points.to_vec(),
            deltas: Vec::new(),
        })
    };
    measures.iter().filter_map(card).collect()
}

fn stored(date: &str) -> Result<Date, AppError> {
    clock::parse_date(date).ok_or_else(|| AppError::internal("a stored date is none"))
}

fn points(values: &[(String, f64)]) -> Vec<Point> {
    let point = |(date, value): &(String, f64)| Some((julian(date)?, *value));
    values.iter().filter_map(point).collect()
}

fn julian(date: &str) -> Option<i32> {
    Some(clock::parse_date(date)?.to_julian_day())
}

/// Returns the newest day before today.
fn newest_whole(points: &[Point], today: Date) -> Option<i32> {
    points.iter().rev().map(|(day, _)| *day).find(|day| *day < today.to_julian_day())
}

/// Returns the first of the `days` days that end with `newest`.
fn back(newest: Date, days: Option<i64>) -> String {
    let first = days.and_then(|days| newest.checked_sub(Duration::days(days - 1)));
    first.map_or_else(|| EVER.0.to_owned(), clock::iso_date)
}

/// Returns the requested metric; otherwise revenue, or else another metric with observations.
fn chosen(trend: &Trend, asked: Option<&str>) -> Option<Measure> {
    let with_numbers = || trend.cards.iter().map(|card| &card.measure);
    let named = |slug: &str| trend.measures.iter().find(|measure| measure.slug == slug);
    asked
        .and_then(named)
        .or_else(|| with_numbers().find(|measure| measure.slug == "revenue"))
        .or_else(|| with_numbers().next())
        .or(trend.measures.first())
        .cloned()
}

fn page(asked: Option<&str>, count: i64) -> (u32, u32) {
    let pages = u32::try_from((count + PAGE_ROWS - 1) / PAGE_ROWS).unwrap_or(u32::MAX).max(1);
    let page = asked.and_then(|page| page.parse().ok()).unwrap_or(1);
    (std::cmp::Ord::clamp(page, 1, pages), pages)
}

/// `recent` is newest first.
fn cards(measures: &[Measure], recent: &[Snapshot], today: Date) -> Vec<Card> {
    measures.iter().filter_map(|measure| card(measure, recent, today.to_julian_day())).collect()
}

/// Builds a card. Today's incomplete value is shown as the newest, but excluded from comparisons.
fn card(measure: &Measure, recent: &[Snapshot], today: i32) -> Option<Card> {
    let points_of = |slug: &str| -> Vec<Point> {
        let point = |day: &Snapshot| Some((julian(&day.date)?, day.value(slug)?));
        recent.iter().rev().filter_map(point).collect()
    };
    let mut points = points_of(&measure.slug);
    let weights = measure.weight.as_deref().map(points_of);
    let (day, last) = *points.last()?;
    points.retain(|(day, _)| *day < today);
    let (aggregation, weights) = (measure.aggregation, weights.as_deref());
    let daily = Daily { points: &points, aggregation, weights };
    Some(Card {
        measure: measure.clone(),
        last,
        last_date: labelled(day, today),
        deltas: series::WINDOWS.into_iter().filter_map(|days| series::delta(daily, days)).collect(),
        points: points.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_not_there_is_the_nearest_one() {
        assert_eq!(page(None, 3_650), (1, 73));
        assert_eq!(page(Some("74"), 3_650), (73, 73));
        assert_eq!(page(Some("0"), 51), (1, 2));
        assert_eq!(page(Some("two"), 1), (1, 1));
    }

    #[test]
    fn what_there_is_of_today_is_shown_and_compared_with_nothing() {
        let today = Date::from_ordinal_date(2026, 60).unwrap_or(Date::MIN);
        let recent: Vec<Snapshot> = (0..20)
            .map(|ago| Snapshot {
                date: clock::iso_date(today - Duration::days(ago)),
                revenue: Some(if ago == 0 { 3.0 } else { 10.0 }),
                ..Snapshot::default()
            })
            .collect();
        let measures =
            crate::analytics::model::measures(&[], &crate::analytics::model::Settings::default());
        let cards = cards(&measures, &recent, today);
        let told =
            cards.first().map(|card| (card.last, card.last_date.as_str(), card.points.len()));
        assert_eq!(told, Some((3.0, "1 Mar 2026, so far", 19)));
        let delta = cards.first().and_then(|card| card.deltas.first().copied());
        assert_eq!(delta.map(|delta| (delta.mean, delta.mean_before)), Some((10.0, 10.0)));
    }
}
