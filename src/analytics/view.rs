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
        let Some((newest, count)) = snapshots::extent(&mut *conn, tenant).await? else {
            return Ok(view);
        };
        let Some(newest) = clock::parse_date(&newest) else {
            return Err(AppError::internal("a stored date is none"));
        };
        let from = back(newest, Some(CARD_DAYS));
        let span = (from.as_str(), EVER.1);
        let recent = snapshots::list(&mut *conn, tenant, span, (CARD_DAYS, 0)).await?;
        view.cards = cards(&view.measures, &recent, today);
        if let Some(measure) = chosen(&view, query.metric.as_deref()) {
            let from = back(newest, range.days());
            let values = snapshots::list_values(&mut *conn, tenant, &measure.slug, &from).await?;
            view.chart = chart(measure, &values);
        }
        let (page, pages) = page(query.page.as_deref(), count);
        let rows = (PAGE_ROWS, i64::from(page - 1) * PAGE_ROWS);
        let days = snapshots::list(&mut *conn, tenant, EVER, rows).await?;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        view.table = TablePage { days, page, pages, count };
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
    let so_far = if day == today { ", so far" } else { "" };
    points.retain(|(day, _)| *day < today);
    Some(Card {
        measure: measure.clone(),
        last,
        last_date: format!("{}{so_far}", date::julian(day)),
        deltas: series::WINDOWS
            .into_iter()
            .filter_map(|days| series::delta(&points, days))
            .collect(),
        points,
    })
}

fn chart(measure: Measure, values: &[(String, f64)]) -> Option<Chart> {
    let points: Vec<Point> = values
        .iter()
        .filter_map(|(date, value)| Some((clock::parse_date(date)?.to_julian_day(), *value)))
        .collect();
    let ((first, _), (last, _)) = (*points.first()?, *points.last()?);
    let (thin, days_a_point) = series::thin_out(&points, MOST_POINTS);
    let values = || thin.iter().map(|(_, value)| *value);
    let listed =
        points.iter().rev().take(LISTED).map(|(day, value)| (date::julian(*day), *value)).collect();
    Some(Chart {
        measure,
        from: date::julian(first),
        to: date::julian(last),
        lowest: values().fold(f64::INFINITY, f64::min),
        highest: values().fold(f64::NEG_INFINITY, f64::max),
        points: thin.iter().map(|(day, value)| (day - f64::from(first), *value)).collect(),
        days_a_point,
        listed,
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

    #[test]
    fn a_chart_of_ten_years_has_few_points_and_tells_how_many_days_each_stands_for() {
        let first = Date::from_ordinal_date(2016, 1).map(|date| date.to_julian_day()).unwrap_or(0);
        let date = |day| Date::from_julian_day(first + day).map(clock::iso_date);
        let values: Vec<(String, f64)> =
            (0..3_650).filter_map(|day| Some((date(day).ok()?, f64::from(day)))).collect();
        let chart = chart(
            Measure {
                slug: "users".into(),
                name: "Users".into(),
                unit: String::new(),
                higher_is_better: true,
                is_count: true,
            },
            &values,
        );
        let points = chart.as_ref().map(|chart| (chart.points.len(), chart.days_a_point));
        assert_eq!(points, Some((365, 10)));
        assert_eq!(
            chart.map(|chart| (chart.from, chart.listed.len())),
            Some(("1 Jan 2016".into(), 12))
        );
    }
}
