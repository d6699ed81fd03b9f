//! Loaders of the analytics pages, and the server functions of their forms. Each server function redirects
//! the browser to a page.

use leptos::prelude::*;
use serde::Serialize;

use super::Analytics;
use super::model::{
    AnalyticsView, Counts, DERIVED, DayView, Grain, ImportView, MetricsView, ProgressView,
    SampleNotice, Settings, Stage, TypedDay, TypedMetric, Undone, ViewQuery, WeekStart,
};
use crate::accounts::guard;
use crate::accounts::model::Role;
use crate::error::AppError;
use crate::platform::forms;

const DAY: &str = "day";
const METRIC: &str = "metric";
const SETTINGS: &str = "analytics_settings";
pub(super) const IMPORT: &str = "import";

/// Loads the analytics page.
pub async fn load_analytics(query: ViewQuery) -> Result<AnalyticsView, AppError> {
    let member = guard::member().await?;
    analytics()?.view(&member, &query).await
}

/// Loads the form of a day. After a rejected submit it holds what was typed.
pub async fn load_day(date: Option<String>) -> Result<DayView, AppError> {
    let member = guard::member().await?;
    let mut view = analytics()?.day(&member, date.as_deref()).await?;
    if let Some(kept) = forms::take::<TypedDay>(DAY).await {
        (view.typed, view.error) = (kept.typed, Some(kept.error));
    }
    Ok(view)
}

/// Loads the page of custom metrics; `edit` is the slug of the metric to edit.
pub async fn load_metrics(edit: Option<String>) -> Result<MetricsView, AppError> {
    let member = guard::member().await?;
    let mut view = analytics()?.metrics_view(&member).await?;
    if let Some(metric) = view.metrics.iter().find(|metric| Some(&metric.slug) == edit.as_ref()) {
        view.typed = TypedMetric {
            slug: metric.slug.clone(),
            name: metric.name.clone(),
            unit: metric.unit.clone(),
            better: if metric.higher_is_better { "higher" } else { "lower" }.to_owned(),
            aggregation: match metric.formula {
                Some(_) => DERIVED.to_owned(),
                None => metric.aggregation.name().to_owned(),
            },
            weight: metric.weight.clone().unwrap_or_default(),
            formula: metric.formula.clone().unwrap_or_default(),
        };
    }
    if let Some(kept) = forms::take::<TypedMetric>(METRIC).await {
        (view.typed, view.error) = (kept.typed, Some(kept.error));
    }
    if let Some(kept) = forms::take::<Settings>(SETTINGS).await {
        (view.settings, view.settings_error) = (kept.typed, Some(kept.error));
    }
    Ok(view)
}

/// Loads the import page with the upload that awaits confirmation. Redirects to its progress page if it is
/// being imported.
pub async fn load_import() -> Result<ImportView, AppError> {
    let member = guard::member().await?;
    let analytics = analytics()?;
    let mut view = analytics.import_view(&member).await?;
    if let Some(upload) = view.upload.as_ref().filter(|it| analytics.imports(&member, &it.id)) {
        leptos_axum::redirect(&import_page(&upload.id));
    }
    view.error = forms::take::<()>(IMPORT).await.map(|kept| kept.error);
    Ok(view)
}

/// Loads the progress of an import. Redirects to its result when it is complete.
pub async fn load_progress(id: String) -> Result<ProgressView, AppError> {
    let member = guard::member().await?;
    let view = analytics()?.progress(&member, &id).await;
    match &view {
        Ok(ProgressView { stage: Stage::Done(counts), .. }) => {
            leptos_axum::redirect(&imported(*counts));
        }
        Ok(_) => {}
        Err(error) => error.set_status(),
    }
    view
}

/// Stores a day as typed. Errors: a reason per invalid field.
#[server(endpoint = "save_day")]
pub async fn save_day(#[server(flatten)] typed: TypedDay) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.save_typed(&member, &typed).await }.await;
    let saved = result.map(|replaced| if replaced { "replaced" } else { "added" });
    let to = |saved| format!("/analytics?{saved}={}", typed.date.trim());
    go(DAY, &typed, saved.map(to), "/analytics/day").await
}

/// Deletes a day.
#[server(endpoint = "delete_day")]
pub async fn delete_day(date: String) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.delete(&member, Grain::Day, &date).await }.await;
    let typed = TypedDay { date, ..TypedDay::default() };
    go(DAY, &typed, result.map(|()| "/analytics?removed=1".to_owned()), "/analytics/day").await
}

/// Deletes a longer period.
#[server(endpoint = "delete_period")]
pub async fn delete_period(grain: Grain, date: String) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.delete(&member, grain, &date).await }.await;
    let to = result.map(|()| format!("/analytics?removed={}", grain.name()));
    go(IMPORT, &(), to, "/analytics/import").await
}

/// Adds or changes a custom metric. Errors: a reason per invalid field.
#[server(endpoint = "save_metric")]
pub async fn save_metric(#[server(flatten)] typed: TypedMetric) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.save_metric(&member, typed.clone()).await }.await;
    let to = result.map(|anew| match anew {
        Some((slug, days)) => format!("{METRICS_SAVED}&anew={slug}&days={days}"),
        None => METRICS_SAVED.to_owned(),
    });
    go(METRIC, &typed, to, METRICS).await
}

/// Switches a standard metric on.
#[server(endpoint = "add_standard_metric")]
pub async fn add_standard_metric(slug: String) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.add_standard(&member, &slug).await }.await;
    go(METRIC, &TypedMetric::default(), result.map(|()| STANDARD_ADDED.to_owned()), METRICS).await
}

/// Archives or restores a custom metric.
#[server(endpoint = "archive_metric")]
pub async fn archive_metric(slug: String, archived: bool) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.archive_metric(&member, slug, archived).await }.await;
    go(METRIC, &TypedMetric::default(), result.map(|()| METRICS_SAVED.to_owned()), METRICS).await
}

/// Sets currency, time zone and calendar. A calendar that is not sent stays as it is. Errors: a reason per invalid field.
#[server(endpoint = "save_analytics_settings")]
pub async fn save_analytics_settings(
    #[server(default)] currency: String,
    #[server(default)] time_zone: String,
    #[server(default)] week_start: Option<WeekStart>,
    #[server(default)] fiscal_year_start: Option<u8>,
) -> Result<(), AppError> {
    let member = guard::member().await?;
    let stored = analytics()?.settings(&member.tenant_id).await?;
    let typed = Settings {
        currency,
        time_zone,
        week_start: week_start.unwrap_or(stored.week_start),
        fiscal_year_start: fiscal_year_start.unwrap_or(stored.fiscal_year_start),
    };
    let result = async { analytics()?.save_settings(&member, &typed).await }.await;
    go(SETTINGS, &typed, result.map(|()| METRICS_SAVED.to_owned()), METRICS).await
}

/// Imports the upload that awaits confirmation.
#[server(endpoint = "confirm_import")]
pub async fn confirm_import(id: String, #[server(default)] revision: u32) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.confirm(&member, &id, revision).await }.await;
    let to = result.map(|counts| counts.map_or_else(|| import_page(&id), imported));
    go(IMPORT, &(), to, "/analytics/import").await
}

/// Undoes the newest import.
#[server(endpoint = "undo_import")]
pub async fn undo_import(id: String) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.undo_import(&member, &id).await }.await;
    let to = result.map(|Undone { grain, removed, restored, kept }| {
        format!("/analytics?undone={removed}.{restored}.{kept}{}", ending(grain))
    });
    go(IMPORT, &(), to, "/analytics/import").await
}

/// Loads sample data and shows it on the dashboard.
#[server(endpoint = "load_sample")]
pub async fn load_sample() -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.load_sample(&member).await }.await;
    go(IMPORT, &(), result.map(|()| "/dashboard".to_owned()), "/analytics/import").await
}

/// Removes the sample data.
#[server(endpoint = "remove_sample")]
pub async fn remove_sample() -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.remove_sample(&member).await }.await;
    go(IMPORT, &(), result.map(|()| "/analytics".to_owned()), "/analytics/import").await
}

/// Returns whether the numbers of the visitor's business are sample data, and whether the visitor may remove them.
pub async fn sample_notice() -> Result<Option<SampleNotice>, AppError> {
    let Some(member) = guard::maybe_member().await? else { return Ok(None) };
    let loaded = analytics()?.has_sample(&member.tenant_id).await?;
    Ok(loaded.then_some(SampleNotice { may_remove: member.role >= Role::Admin }))
}

/// Returns the URL of an import's progress page.
fn import_page(id: &str) -> String {
    format!("/analytics/import/{id}")
}

/// Returns the URL of the page that shows an import's result.
fn imported(Counts { grain, added, replaced, unchanged }: Counts) -> String {
    format!("/analytics?imported={added}.{replaced}.{unchanged}{}", ending(grain))
}

/// Returns the end of a result's counts: `.month`. Those of days have none.
fn ending(grain: Grain) -> String {
    if grain == Grain::Day { String::new() } else { format!(".{}", grain.name()) }
}

/// Removes the upload that awaits confirmation.
#[server(endpoint = "discard_import")]
pub async fn discard_import(id: String) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.discard(&member, &id).await }.await;
    let page = "/analytics/import";
    go(IMPORT, &(), result.map(|()| page.to_owned()), page).await
}

const METRICS: &str = "/analytics/metrics";
const METRICS_SAVED: &str = "/analytics/metrics?saved=1";
const STANDARD_ADDED: &str = "/analytics/metrics?added=1#catalogue";

/// Finishes a form: redirects to the URL in `result`, or back to `page` with what was typed.
async fn go<V: Serialize>(
    form: &str,
    typed: &V,
    result: Result<String, AppError>,
    page: &str,
) -> Result<(), AppError> {
    leptos_axum::redirect(result.as_deref().unwrap_or(page));
    forms::answer(form, typed, result.map(|_| ())).await
}

fn analytics() -> Result<Analytics, AppError> {
    use_context().ok_or_else(|| AppError::abandoned("analytics"))
}
