//! Serves facts per tenant, cached until their inputs change.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use time::Date;

use super::set::FactSet;
use super::store::{self, Versions};
use super::{build, numbers};
use crate::analytics::Analytics;
use crate::analytics::service::History;
use crate::analytics::zone::Zone;
use crate::business::Business;
use crate::error::AppError;
use crate::insights::Insights;
use crate::platform::clock;
use crate::platform::db::Db;

/// Maximum number of cached tenants. Each entry takes some tens of kilobytes.
const KEPT: NonZeroUsize = match NonZeroUsize::new(256) {
    Some(kept) => kept,
    None => NonZeroUsize::MIN,
};
/// How many insights become facts.
const INSIGHTS: i64 = 8;

/// Cheap to clone; clones share the cache.
#[derive(Clone)]
pub struct Facts {
    db: Db,
    business: Business,
    analytics: Analytics,
    insights: Insights,
    kept: Arc<Mutex<Kept>>,
}

/// The cache: per tenant, the facts and the inputs they were built from.
type Kept = LruCache<String, (Stamp, Arc<FactSet>)>;

/// Cache key: two equal stamps guarantee equal facts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    versions: Versions,
    /// In the tenant's time zone. Facts depend on the day because notes state ages.
    today: Date,
}

impl Facts {
    pub fn new(db: Db, business: Business, analytics: Analytics, insights: Insights) -> Self {
        let kept = Arc::new(Mutex::new(LruCache::new(KEPT)));
        Self { db, business, analytics, insights, kept }
    }

    /// Returns the tenant's current facts. Costs one small query while the inputs are unchanged.
    ///
    /// Errors: not found if the tenant does not exist.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn of(&self, tenant_id: &str) -> Result<Arc<FactSet>, AppError> {
        Ok(self.of_zone(tenant_id).await?.0)
    }

    /// Like [`of`](Self::of), with the time zone that delimits the tenant's days.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn of_zone(&self, tenant_id: &str) -> Result<(Arc<FactSet>, Zone), AppError> {
        // Read the stamp before the data: a change in between invalidates the entry at the next call.
        let stamp = self.stamp(tenant_id).await?;
        let zone = Zone::of(&stamp.versions.time_zone);
        if let Some(set) = self.kept(tenant_id, &stamp) {
            return Ok((set, zone));
        }
        let set = Arc::new(self.build(tenant_id).await?);
        self.lock().put(tenant_id.to_owned(), (stamp, set.clone()));
        Ok((set, zone))
    }

    /// Returns the time zone that delimits the tenant's days.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn zone(&self, tenant_id: &str) -> Result<Zone, AppError> {
        self.analytics.zone(tenant_id).await
    }

    async fn stamp(&self, tenant_id: &str) -> Result<Stamp, AppError> {
        let versions = store::find_versions(self.db.read(), tenant_id)
            .await?
            .ok_or_else(|| AppError::not_found("business"))?;
        let today = Zone::of(&versions.time_zone).date(clock::now());
        Ok(Stamp { versions, today })
    }

    fn kept(&self, tenant_id: &str, stamp: &Stamp) -> Option<Arc<FactSet>> {
        let mut kept = self.lock();
        let (of, set) = kept.get(tenant_id)?;
        (of == stamp).then(|| set.clone())
    }

    async fn build(&self, tenant_id: &str) -> Result<FactSet, AppError> {
        let profile = self.business.profile(tenant_id).await?.profile;
        let zone = self.zone(tenant_id).await?;
        let insights = self.insights.newest_in(tenant_id, INSIGHTS, &zone).await?;
        let history = self.history(tenant_id).await?;
        FactSet::new(build::build(&profile, &history, &insights))
    }

    /// Loads history far enough back from the newest day of every metric, however old that day is.
    async fn history(&self, tenant_id: &str) -> Result<History, AppError> {
        let today = self.analytics.today(tenant_id).await?;
        let newest = self.analytics.newest(tenant_id).await?;
        let newest = newest.and_then(|day| clock::parse_date(&day.date)).unwrap_or(today);
        let mut age = (today.to_julian_day() - newest.to_julian_day()).max(0);
        loop {
            let history = self.analytics.history(tenant_id, age + numbers::REACH + 1).await?;
            let oldest = numbers::oldest_age(&history);
            if oldest <= age {
                return Ok(history);
            }
            // A metric that ends earlier than the others needs its full reach from its own end.
            age = oldest;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
