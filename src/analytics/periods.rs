//! The stored weeks, months, quarters and years.

use time::Date;

use super::model::{Grain, Period, PeriodPage};
use super::series::Point;
use super::service::{Analytics, EVER, Periods};
use super::store::snapshots::{self, Stored};
use crate::error::AppError;
use crate::format::date;
use crate::format::zone::Zone;
use crate::platform::clock;

/// Maximum number of periods in a table of the page.
const MOST_SHOWN: i64 = 60;
/// Maximum number of periods of a grain that computations use: 40 years of weeks.
const MOST_LOADED: i64 = 2_080;

impl Analytics {
    /// Returns the newest periods of each grain but days, of those that have any.
    pub(super) async fn period_pages(&self, tenant_id: &str) -> Result<Vec<PeriodPage>, AppError> {
        let counts = snapshots::count_periods(self.db.read(), tenant_id).await?;
        if counts.is_empty() {
            return Ok(Vec::new());
        }
        let zone = self.zone(tenant_id).await?;
        let mut pages = Vec::new();
        for (grain, count) in counts {
            let (db, page) = (self.db.read(), (MOST_SHOWN, 0));
            let stored = snapshots::list_stored(db, tenant_id, grain, EVER, page).await?;
            let period = |stored: Stored| Period {
                so_far: so_far(grain, &stored, &zone),
                snapshot: stored.snapshot,
            };
            let periods = stored.into_iter().map(period).collect();
            pages.push(PeriodPage { grain, periods, count });
        }
        Ok(pages)
    }
}

impl Analytics {
    /// Returns the values of the longer periods that were over when they were stored.
    pub(super) async fn whole_periods(
        &self,
        tenant_id: &str,
        slugs: &[&str],
        (today, zone): (Date, &Zone),
    ) -> Result<Vec<Periods>, AppError> {
        let mut all = Vec::new();
        for (grain, _) in snapshots::count_periods(self.db.read(), tenant_id).await? {
            let (db, page) = (self.db.read(), (MOST_LOADED, 0));
            let mut stored = snapshots::list_stored(db, tenant_id, grain, EVER, page).await?;
            stored.retain(|it| so_far(grain, it, zone).is_none());
            stored.reverse();
            let whole = |it: &Stored| {
                let first = clock::parse_date(&it.snapshot.date)?;
                (grain.last_day(first) < today).then(|| first.to_julian_day())
            };
            let points = |slug: &str| -> Vec<Point> {
                let point = |it: &Stored| Some((whole(it)?, it.snapshot.value(slug)?));
                stored.iter().filter_map(point).collect()
            };
            let series = slugs.iter().map(|slug| ((*slug).to_owned(), points(slug)));
            let series = series.filter(|(_, points)| !points.is_empty()).collect();
            all.push(Periods { grain, series });
        }
        Ok(all)
    }
}

/// Today, and the zone that delimits the tenant's days.
pub(super) struct Clock {
    pub today: Date,
    pub zone: Zone,
}

impl Clock {
    /// Returns whether a longer period was stored before its end, and is over.
    pub fn has_ended_since(&self, grain: Grain, stored: &Stored) -> bool {
        let first = clock::parse_date(&stored.snapshot.date);
        let is_over = first.is_some_and(|first| grain.last_day(first) < self.today);
        grain != Grain::Day && is_over && so_far(grain, stored, &self.zone).is_some()
    }
}

/// Returns the day on which a period was stored if it was not over then.
fn so_far(grain: Grain, stored: &Stored, zone: &Zone) -> Option<String> {
    let last = grain.last_day(clock::parse_date(&stored.snapshot.date)?);
    let on = zone.date(stored.at);
    (on <= last).then(|| date::day(on))
}
