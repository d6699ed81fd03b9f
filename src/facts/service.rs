//! Serves facts per tenant, cached until their inputs change.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use time::Date;

use super::model::Fact;
use super::set::FactSet;
use super::store::{self, Versions};
use super::working::{self, Working};
use super::{build, numbers};
use crate::analytics::Analytics;
use crate::analytics::service::History;
use crate::business::Business;
use crate::business::model::Profile;
use crate::error::AppError;
use crate::format::zone::Zone;
use crate::insights::Insights;
use crate::insights::model::Insight;
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

/// A fact, and how it was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    pub fact: Fact,
    /// Where members can see and change what it was made from: a path on this site.
    pub entered: String,
    pub working: Working,
    /// Of a sentence of an insight: the insight's numbers.
    pub numbers: Vec<Fact>,
}

/// What facts are built from.
struct Inputs {
    profile: Profile,
    insights: Vec<Insight>,
    history: History,
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

    /// Explains the fact with this id that covers days up to `to` (or the newest, without it). Windows that
    /// ended earlier are computed from the stored days of today. `None` if there is no such fact: the metric
    /// was archived, its days were deleted, or the insight is outdated.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn explain(
        &self,
        tenant_id: &str,
        id: &str,
        to: Option<Date>,
    ) -> Result<Option<Explained>, AppError> {
        let inputs = self.inputs(tenant_id).await?;
        let newest = explained(&inputs, id, to);
        let to = to.or_else(|| numbers::last_day(id));
        let Some(to) = to.filter(|to| newest.is_none() && *to < inputs.history.today) else {
            return Ok(newest);
        };
        let age = inputs.history.today.to_julian_day() - to.to_julian_day();
        let reach = numbers::reach(&inputs.history);
        let history = self.analytics.history(tenant_id, age + reach + 1).await?;
        let Some(next) = to.next_day() else { return Ok(None) };
        // Insights cannot be computed anew: what was found depends on when it was looked for.
        let history = History { today: next, ..history }.without_today();
        let then = Inputs { history, insights: Vec::new(), ..inputs };
        Ok(explained(&then, id, Some(to)))
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
        let Inputs { profile, insights, history } = self.inputs(tenant_id).await?;
        FactSet::new(build::build(&profile, &history, &insights))
    }

    async fn inputs(&self, tenant_id: &str) -> Result<Inputs, AppError> {
        let profile = self.business.profile(tenant_id).await?.profile;
        let zone = self.zone(tenant_id).await?;
        let insights = self.insights.newest_in(tenant_id, INSIGHTS, &zone).await?;
        let history = self.history(tenant_id).await?;
        Ok(Inputs { profile, insights, history })
    }

    /// Loads history far enough back from the newest complete day of every metric, however old that day is.
    async fn history(&self, tenant_id: &str) -> Result<History, AppError> {
        let (mut age, mut reach) = (1, numbers::REACH);
        loop {
            let history = self.analytics.history(tenant_id, age + reach + 1).await?;
            let mut oldest = numbers::oldest_age(&history);
            let today = history.today.to_julian_day();
            for (measure, points) in &history.series {
                if numbers::newest_whole(points, today).is_none() {
                    // Ended before the loaded days, or never began.
                    let newest = self.analytics.newest_of(tenant_id, measure, history.today);
                    let newest = newest.await?.map(Date::to_julian_day);
                    oldest = oldest.max(newest.map_or(0, |newest| today - newest));
                }
            }
            let needed = numbers::reach(&history);
            if oldest <= age && needed <= reach {
                return Ok(history);
            }
            // A metric that ends earlier than the others needs its full reach from its own end.
            (age, reach) = (age.max(oldest), needed);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn explained(inputs: &Inputs, id: &str, to: Option<Date>) -> Option<Explained> {
    let Inputs { profile, insights, history } = inputs;
    let (all, _) = build::derive(profile, history, insights);
    let to = to.map(clock::iso_date);
    let covers = |fact: &Fact| match (&to, &fact.span) {
        (Some(to), Some((_, last))) => to == last,
        (Some(_), None) => false,
        (None, _) => true,
    };
    let derived = all.iter().find(|it| it.fact.id == id && covers(&it.fact))?;
    // An operand that has newer numbers than the formula is shown by the formula's table only.
    let is_same = |fact: &Fact| derived.fact.span.is_none() || fact.span == derived.fact.span;
    let ids = derived.from.numbers().into_iter();
    let numbers = ids.filter_map(|id| {
        let found = all.iter().find(|it| it.fact.id == id)?;
        is_same(&found.fact).then(|| found.fact.clone())
    });
    Some(Explained {
        fact: derived.fact.clone(),
        entered: derived.entered.clone(),
        working: working::of(derived, history),
        numbers: numbers.collect(),
    })
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
