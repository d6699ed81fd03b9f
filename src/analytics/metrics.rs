//! The rules of custom metrics, and of currency, time zone and calendar.

use super::model::{MOST_METRICS, MOST_METRICS_EVER, Metric, MetricsView, Settings, TypedMetric};
use super::service::Analytics;
use super::store::metrics;
use super::validation::{self, Checked};
use crate::accounts::guard;
use crate::accounts::model::{Member, Role};
use crate::error::AppError;
use crate::format::zone;
use crate::platform::clock;

impl Analytics {
    /// Returns the data of the metrics page.
    pub async fn metrics_view(&self, member: &Member) -> Result<MetricsView, AppError> {
        Ok(MetricsView {
            may_write: member.role >= Role::Admin,
            metrics: self.metrics(&member.tenant_id).await?,
            typed: TypedMetric::default(),
            error: None,
            settings: self.settings(&member.tenant_id).await?,
            settings_error: None,
            time_zones: zone::names(),
        })
    }

    /// Adds a metric, or changes the one with the slug in `typed`. The slug of a metric never changes.
    ///
    /// Errors: `name`, `unit`, `aggregation` or `weight`; not found; forbidden for members.
    pub async fn save_metric(&self, member: &Member, typed: TypedMetric) -> Result<(), AppError> {
        self.change(member, move |stored| {
            let old = match typed.slug.as_str() {
                "" => None,
                slug => Some(find(stored, slug)?),
            };
            let others: Vec<&Metric> = stored.iter().filter(|m| Some(*m) != old).collect();
            let Checked { name, unit, aggregation, weight } =
                validation::metric(&typed, old, &others)?;
            if old.is_none() {
                check_room(stored, true)?;
            }
            Ok(Metric {
                slug: old.map_or_else(|| slug(&name, stored), |old| old.slug.clone()),
                name,
                unit,
                higher_is_better: typed.better != "lower",
                aggregation,
                weight,
                archived: old.is_some_and(|old| old.archived),
            })
        })
        .await
    }

    /// Archives a metric with all its values, or restores it.
    ///
    /// Errors: `name` if too many metrics are in use; not found; forbidden for members.
    pub async fn archive_metric(
        &self,
        member: &Member,
        slug: String,
        archived: bool,
    ) -> Result<(), AppError> {
        self.change(member, move |stored| {
            let metric = find(stored, &slug)?;
            if metric.archived && !archived {
                check_room(stored, false)?;
            }
            Ok(Metric { archived, ..metric.clone() })
        })
        .await
    }

    async fn change(
        &self,
        member: &Member,
        change: impl FnOnce(&[Metric]) -> Result<Metric, AppError> + Send + 'static,
    ) -> Result<(), AppError> {
        guard::require(member, Role::Admin)?;
        let tenant = member.tenant_id.clone();
        let save = self.db.write(move |tx| {
            Box::pin(async move {
                let metric = change(&metrics::list(&mut *tx, &tenant).await?)?;
                metrics::save(tx, &tenant, &metric, clock::now()).await
            })
        });
        Ok(save.await?)
    }

    /// Stores currency, time zone and calendar. Errors: a reason per invalid field; forbidden for members.
    pub async fn save_settings(&self, member: &Member, typed: &Settings) -> Result<(), AppError> {
        guard::require(member, Role::Admin)?;
        let (tenant, settings) = (member.tenant_id.clone(), validation::settings(typed)?);
        let save = self.db.write(move |tx| {
            Box::pin(
                async move { metrics::save_settings(tx, &tenant, &settings, clock::now()).await },
            )
        });
        Ok(save.await?)
    }
}

fn find<'a>(stored: &'a [Metric], slug: &str) -> Result<&'a Metric, AppError> {
    stored.iter().find(|metric| metric.slug == slug).ok_or_else(|| AppError::not_found("metric"))
}

pub(super) fn check_room(stored: &[Metric], is_new: bool) -> Result<(), AppError> {
    let in_use = stored.iter().filter(|metric| !metric.archived).count();
    if in_use >= MOST_METRICS {
        let reason = format!("{MOST_METRICS} metrics are in use. Archive one first.");
        return Err(AppError::invalid_field("name", reason));
    }
    if is_new && stored.len() >= MOST_METRICS_EVER {
        let reason = "Too many metrics were created. Restore an archived one and rename it.";
        return Err(AppError::invalid_field("name", reason));
    }
    Ok(())
}

/// Returns a unique slug for a name: `net-promoter-score` for `Net promoter score`.
pub(super) fn slug(name: &str, stored: &[Metric]) -> String {
    let words: Vec<String> = name
        .to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let first = match words.join("-") {
        slug if slug.is_empty() || slug == "date" || validation::is_built_in(&slug) => {
            "metric".to_owned()
        }
        slug => slug,
    };
    let is_free = |slug: &String| stored.iter().all(|metric| metric.slug != *slug);
    std::iter::once(first.clone())
        .chain((2_u32..).map(|number| format!("{first}-{number}")))
        .find(is_free)
        .unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_plain_and_unique() {
        let metric = |slug: &str| Metric { slug: slug.to_owned(), ..Metric::default() };
        assert_eq!(slug("Net promoter score (0–10)", &[]), "net-promoter-score-0-10");
        let stored = [metric("churn"), metric("churn-2"), metric("metric")];
        assert_eq!(slug("Churn", &stored), "churn-3");
        assert_eq!(slug("שיעור", &stored), "metric-2");
        assert_eq!(slug("¡Revenue!", &[]), "metric");
    }
}
