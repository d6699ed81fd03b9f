//! Builds the data of the analytics page: selected, downsampled and formatted.

use time::{Date, Duration};

use super::model::{AnalyticsView, Card, Chart, Measure, Range, Snapshot, TablePage, ViewQuery};
use super::series::{self, Point};
use super::service::{Analytics, EVER, Terms};
use super::store::snapshots;
use crate::accounts::model::{Member, Role};
use crate::error::AppError;
use crate::format::date;
use crate::platform::clock;
use crate::platform::db::DbError;

/// Number of days for sparklines and their comparisons.
const CARD_DAYS: i64 = 90;
/// Maximum number of points in the chart, more than most screens can show.
const MOST_POINTS: i32 = 400;
/// Number of rows in the table beside the chart.
const LISTED: usize = 12;
const PAGE_ROWS: i64 = 50;

impl Analytics {
    /// Returns the data of the analytics page. Invalid query parameters fall back to defaults.
    pub async fn view(
        &self,
        member: &Member,
        query: &ViewQuery,
    ) -> Result<AnalyticsView, AppError> {
        let tenant = &member.tenant_id;
        let Terms { measures, today } = self.terms(tenant).await?;
        let range = query.range.as_deref().and_then(Range::parse).unwrap_or_default();
        let mut view = AnalyticsView {
            may_write: member.role >= Role::Admin,
            measures,
            cards: Vec::new(),
            chart: None,
            range,
            table: TablePage::default(),
        };
        let mut conn = self.db.read().acquire().await.map_err(DbError::from)?;
        let today_iso = clock::iso_date(today);
        let Some(extent) = snapshots::extent(&mut *conn, tenant, &today_iso).await? else {
            return Ok(view);
        };
        let from = back(stored(&extent.newest)?, Some(CARD_DAYS));
        let span = (from.as_str(), EVER.1);
        let recent = snapshots::list(&mut *conn, tenant, span, (CARD_DAYS, 0)).await?;
        view.cards = cards(&view.measures, &recent, today);
        if let Some(measure) = chosen(&view, query.metric.as_deref()) {
            let newest = extent.newest_whole.as_ref().unwrap_or(&extent.newest);
            let from = back(stored(newest)?, range.days());
            let values = snapshots::list_values(&mut *conn, tenant, &measure.slug, &from).await?;
            view.chart = chart(measure, &values, today);
        }
        let (page, pages) = page(query.page.as_deref(), extent.count);
        let rows = (PAGE_ROWS, i64::from(page - 1) * PAGE_ROWS);
        let days = snapshots::list(&mut *conn, tenant, EVER, rows).await?;
        let count = u32::try_from(extent.count).unwrap_or(u32::MAX);
        view.table = TablePage { days, today: today_iso, page, pages, count };
        Ok(view)
    }

    /// Returns one card for each metric with a recent observation.
    pub async fn cards(&self, tenant_id: &str) -> Result<Vec<Card>, AppError> {
        let Terms { measures, today } = self.terms(tenant_id).await?;
        let newest = self.newest(tenant_id).await?.and_then(|day| clock::parse_date(&day.date));
        let Some(newest) = newest else { return Ok(Vec::new()) };
        let from = back(newest, Some(CARD_DAYS));
        let span = (from.as_str(), EVER.1);
        let recent = snapshots::list(self.db.read(), tenant_id, span, (CARD_DAYS, 0)).await?;
        Ok(cards(&measures, &recent, today))
    }
}

fn stored(date: &str) -> Result<Date, AppError> {
    clock::parse_date(date).ok_or_else(|| AppError::internal("a stored date is none"))
}

/// Returns the first of the `days` days that end with `newest`.
fn back(newest: Date, days: Option<i64>) -> String {
    let first = days.and_then(|days| newest.checked_sub(Duration::days(days - 1)));
    first.map_or_else(|| EVER.0.to_owned(), clock::iso_date)
}

/// Returns the requested metric; otherwise revenue, or else another metric with observations.
fn chosen(view: &AnalyticsView, asked: Option<&str>) -> Option<Measure> {
    let with_numbers = || view.cards.iter().map(|card| &card.measure);
    let named = |slug: &str| view.measures.iter().find(|measure| measure.slug == slug);
    asked
        .and_then(named)
        .or_else(|| with_numbers().find(|measure| measure.slug == "revenue"))
        .or_else(|| with_numbers().next())
        .or(view.measures.first())
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
    let mut points: Vec<Point> = recent
        .iter()
        .rev()
        .filter_map(|day| {
            let date = clock::parse_date(&day.date)?;
            Some((date.to_julian_day(), day.value(&measure.slug)?))
        })
        .collect();
    let (day, last) = *points.last()?;
    points.retain(|(day, _)| *day < today);
    Some(Card {
        measure: measure.clone(),
        last,
        last_date: labelled(day, today),
        deltas: series::WINDOWS
            .into_iter()
            .filter_map(|days| series::delta(&points, days))
            .collect(),
        points,
    })
}

/// Builds a chart of the days that are over. Today's incomplete value is drawn apart.
pub(super) fn chart(measure: Measure, values: &[(String, f64)], today: Date) -> Option<Chart> {
    let today = today.to_julian_day();
    let points: Vec<Point> = values
        .iter()
        .filter_map(|(date, value)| Some((clock::parse_date(date)?.to_julian_day(), *value)))
        .collect();
    let ((first, _), (last, _)) = (*points.first()?, *points.last()?);
    let (whole, unfinished) = points.split_at(points.partition_point(|(day, _)| *day < today));
    let (thin, days_a_point) = series::thin_out(whole, MOST_POINTS);
    let placed = |(day, value): (f64, f64)| (day - f64::from(first), value);
    let so_far = unfinished.last().map(|(day, value)| placed((f64::from(*day), *value)));
    let drawn: Vec<(f64, f64)> = thin.into_iter().map(placed).collect();
    let values = || drawn.iter().map(|(_, value)| *value);
    let listed = points.iter().rev().take(LISTED);
    Some(Chart {
        measure,
        from: date::julian(first),
        to: labelled(last, today),
        lowest: values().reduce(f64::min).unwrap_or_default(),
        highest: values().reduce(f64::max).unwrap_or_default(),
        points: drawn,
        days_a_point,
        so_far,
        listed: listed.map(|(day, value)| (labelled(*day, today), *value)).collect(),
    })
}

/// Formats a day, and says of today that it is not over.
fn labelled(julian_day: i32, today: i32) -> String {
    let so_far = if julian_day < today { "" } else { ", so far" };
    format!("{}{so_far}", date::julian(julian_day))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

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

    fn users() -> Measure {
        Measure {
            slug: "users".into(),
            name: "Users".into(),
            unit: String::new(),
            higher_is_better: true,
            is_count: true,
        }
    }

    /// Returns a value for each of the days that end with yesterday.
    fn until_yesterday(days: i32, today: Date) -> Vec<(String, f64)> {
        let date = |ago| clock::iso_date(today - Duration::days(i64::from(ago)));
        (1..=days).rev().map(|ago| (date(ago), f64::from(days - ago))).collect()
    }

    #[test]
    fn a_chart_of_ten_years_has_few_points_and_tells_how_many_days_each_stands_for() {
        let today = Date::from_ordinal_date(2026, 1).unwrap_or(Date::MIN);
        let chart = chart(users(), &until_yesterday(3_653, today), today);
        let points = chart.as_ref().map(|chart| (chart.points.len(), chart.days_a_point));
        assert_eq!(points, Some((366, 10)));
        assert_eq!(
            chart.map(|chart| (chart.from, chart.to, chart.listed.len())),
            Some(("1 Jan 2016".into(), "31 Dec 2025".into(), 12))
        );
    }

    proptest! {
        #[test]
        fn what_there_is_of_today_changes_no_point_of_a_day_that_is_over(
            days in prop::sample::select(vec![1, 29, 30, 90, 365, 399, 400, 401, 3_650]),
            value in -1e12f64..1e12,
        ) {
            let today = Date::from_ordinal_date(2026, 60).unwrap_or(Date::MIN);
            let mut values = until_yesterday(days, today);
            let before = chart(users(), &values, today).unwrap();
            values.push((clock::iso_date(today), value));
            let after = chart(users(), &values, today).unwrap();
            prop_assert_eq!(&after.points, &before.points);
            prop_assert_eq!((after.lowest, after.highest), (before.lowest, before.highest));
            prop_assert_eq!(after.days_a_point, before.days_a_point);
            prop_assert_eq!(&after.from, &before.from);
            prop_assert_eq!(before.so_far, None);
            prop_assert_eq!(before.to, "28 Feb 2026");
            prop_assert_eq!(after.so_far, Some((f64::from(days), value)));
            prop_assert_eq!(after.to, "1 Mar 2026, so far");
            let listed: Vec<_> = before.listed.iter().take(LISTED - 1).cloned().collect();
            prop_assert_eq!(&after.listed[0], &("1 Mar 2026, so far".to_owned(), value));
            prop_assert_eq!(&after.listed[1..], &listed);
        }
    }

    #[test]
    fn a_chart_of_today_alone_has_no_line() {
        let today = Date::from_ordinal_date(2026, 60).unwrap_or(Date::MIN);
        let chart = chart(users(), &[(clock::iso_date(today), 3.0)], today).unwrap();
        assert_eq!((chart.points.as_slice(), chart.so_far), (&[][..], Some((0.0, 3.0))));
    }
}
