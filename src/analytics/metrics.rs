//! The rules of custom metrics, and of currency, time zone and calendar.

use super::model::{
    Formula, MOST_METRICS, MOST_METRICS_EVER, Metric, MetricsView, Settings, Standard, TypedMetric,
};
use super::service::{Analytics, EVER};
use super::store::{metrics, snapshots};
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
    /// Returns the slug of a metric whose windows are computed anew because its aggregation or weight changed, and the
    /// number of its days.
    ///
    /// Errors: a reason per invalid field; not found; forbidden for members.
    pub async fn save_metric(
        &self,
        member: &Member,
        typed: TypedMetric,
    ) -> Result<Option<(String, usize)>, AppError> {
        let before = self.metrics(&member.tenant_id).await?;
        let before = before.into_iter().find(|metric| metric.slug == typed.slug);
        let saved = self.change(member, move |stored| {
            let old = match typed.slug.as_str() {
                "" => None,
                slug => Some(find(stored, slug)?),
            };
            let others: Vec<&Metric> = stored.iter().filter(|m| Some(*m) != old).collect();
            let Checked { name, unit, aggregation, weight, formula } =
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
                formula,
                archived: old.is_some_and(|old| old.archived),
            })
        });
        let saved = saved.await?;
        let combined = |metric: &Metric| (metric.aggregation, metric.weight.clone());
        if before.is_none_or(|before| combined(&before) == combined(&saved)) {
            return Ok(None);
        }
        let db = self.db.read();
        let days = snapshots::list_values(db, &member.tenant_id, &saved.slug, EVER.0).await?;
        Ok((!days.is_empty()).then_some((saved.slug, days.len())))
    }

    /// Switches a standard metric on, and the metrics that its formula needs. Restores archived ones.
    ///
    /// Errors: not found; `name` if another metric has its name, or too many are in use; forbidden for members.
    pub async fn add_standard(&self, member: &Member, slug: &str) -> Result<(), AppError> {
        guard::require(member, Role::Admin)?;
        let standard = Standard::find(slug).ok_or_else(|| AppError::not_found("metric"))?;
        let tenant = member.tenant_id.clone();
        let save = self.db.write(move |tx| {
            Box::pin(async move {
                let currency = metrics::find_settings(&mut *tx, &tenant).await?.currency;
                let mut stored = metrics::list(&mut *tx, &tenant).await?;
                // Each gets a moment of its own, so that the list keeps their order.
                for (metric, moment) in with_operands(standard, &currency, &stored).iter().zip(0..)
                {
                    let metric = switched_on(metric, &stored)?;
                    metrics::save(tx, &tenant, &metric, clock::now() + moment).await?;
                    stored.retain(|it| it.slug != metric.slug);
                    stored.push(metric);
                }
                Ok(())
            })
        });
        Ok(save.await?)
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
        .await?;
        Ok(())
    }

    async fn change(
        &self,
        member: &Member,
        change: impl FnOnce(&[Metric]) -> Result<Metric, AppError> + Send + 'static,
    ) -> Result<Metric, AppError> {
        guard::require(member, Role::Admin)?;
        let tenant = member.tenant_id.clone();
        let save = self.db.write(move |tx| {
            Box::pin(async move {
                let metric = change(&metrics::list(&mut *tx, &tenant).await?)?;
                metrics::save(tx, &tenant, &metric, clock::now()).await?;
                Ok(metric)
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

/// Returns a standard metric that is not in use, behind the operands of its formula that are not either.
fn with_operands(standard: &'static Standard, currency: &str, stored: &[Metric]) -> Vec<Metric> {
    let is_used = |slug: &str| stored.iter().any(|metric| metric.slug == slug && !metric.archived);
    if is_used(standard.slug) {
        return Vec::new();
    }
    // An archived one is restored as it was.
    let archived = stored.iter().find(|metric| metric.slug == standard.slug);
    let formula = match archived {
        Some(archived) => archived.formula.clone(),
        None => standard.formula(stored),
    };
    let parsed = formula.and_then(|formula| Formula::parse(&formula).ok());
    let operands = parsed.iter().flat_map(Formula::metrics).filter(|slug| !is_used(slug));
    let operands = operands.filter_map(Standard::find);
    operands.chain([standard]).map(|it| it.metric(currency, stored)).collect()
}

/// Checks that a metric can be switched on. Returns an archived one with its slug as it was.
fn switched_on(metric: &Metric, stored: &[Metric]) -> Result<Metric, AppError> {
    if let Some(archived) = stored.iter().find(|it| it.slug == metric.slug) {
        check_room(stored, false)?;
        return Ok(Metric { archived: false, ..archived.clone() });
    }
    check_room(stored, true)?;
    let is_named = |it: &&Metric| it.name.to_lowercase() == metric.name.to_lowercase();
    match stored.iter().find(is_named) {
        Some(_) => {
            let reason = format!(
                "You already have a metric that is called {}. Rename it, and add this one again.",
                metric.name
            );
            Err(AppError::invalid_field("name", reason))
        }
        None => Ok(metric.clone()),
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
