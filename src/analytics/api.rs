//! What the pages of the numbers begin with, and what their forms are posted to. Each form's function
//! sends the browser back to a page.

use leptos::prelude::*;
use serde::Serialize;

use super::Analytics;
use super::model::{
    AnalyticsView, Counts, DayView, ImportView, MetricsView, ProgressView, Settings, Stage,
    TypedDay, TypedMetric, ViewQuery,
};
use crate::accounts::guard;
use crate::error::AppError;
use crate::platform::forms;

const DAY: &str = "day";
const METRIC: &str = "metric";
const SETTINGS: &str = "analytics_settings";
const IMPORT: &str = "import";

/// Everything the page of the numbers shows.
pub async fn load_analytics(query: ViewQuery) -> Result<AnalyticsView, AppError> {
    let member = guard::member().await?;
    analytics()?.view(&member, &query).await
}

/// The form of a day, as it was typed where it was refused.
pub async fn load_day(date: Option<String>) -> Result<DayView, AppError> {
    let member = guard::member().await?;
    let mut view = analytics()?.day(&member, date.as_deref()).await?;
    if let Some(kept) = forms::take::<TypedDay>(DAY).await {
        (view.typed, view.error) = (kept.typed, Some(kept.error));
    }
    Ok(view)
}

/// The own metrics; `edit` is the slug of one that is to be changed.
pub async fn load_metrics(edit: Option<String>) -> Result<MetricsView, AppError> {
    let member = guard::member().await?;
    let mut view = analytics()?.metrics_view(&member).await?;
    if let Some(metric) = view.metrics.iter().find(|metric| Some(&metric.slug) == edit.as_ref()) {
        view.typed = TypedMetric {
            slug: metric.slug.clone(),
            name: metric.name.clone(),
            unit: metric.unit.clone(),
            better: if metric.higher_is_better { "higher" } else { "lower" }.to_owned(),
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

/// The file that waits, if one does; on to its page where it is being imported.
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

/// How far an import is; on to what it came to where it is done.
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

/// Stores a day as it was typed. Errors: each bad field by its name.
#[server(endpoint = "save_day")]
pub async fn save_day(#[server(flatten)] typed: TypedDay) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.save_typed(&member, &typed).await }.await;
    let saved = result.map(|replaced| if replaced { "replaced" } else { "added" });
    let to = |saved| format!("/analytics?{saved}={}", typed.date.trim());
    go(DAY, &typed, saved.map(to), "/analytics/day").await
}

/// Removes a day.
#[server(endpoint = "delete_day")]
pub async fn delete_day(date: String) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.delete(&member, &date).await }.await;
    let typed = TypedDay { date, ..TypedDay::default() };
    go(DAY, &typed, result.map(|()| "/analytics?removed=1".to_owned()), "/analytics/day").await
}

/// Adds or changes a metric. Errors: `name` or `unit`.
#[server(endpoint = "save_metric")]
pub async fn save_metric(#[server(flatten)] typed: TypedMetric) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.save_metric(&member, typed.clone()).await }.await;
    go(METRIC, &typed, result.map(|()| METRICS_SAVED.to_owned()), METRICS).await
}

/// Archives a metric, or brings it back.
#[server(endpoint = "archive_metric")]
pub async fn archive_metric(slug: String, archived: bool) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.archive_metric(&member, slug, archived).await }.await;
    go(METRIC, &TypedMetric::default(), result.map(|()| METRICS_SAVED.to_owned()), METRICS).await
}

/// Sets currency and time zone. Errors: each by its name.
#[server(endpoint = "save_analytics_settings")]
pub async fn save_analytics_settings(
    #[server(default)] currency: String,
    #[server(default)] time_zone: String,
) -> Result<(), AppError> {
    let member = guard::member().await?;
    let typed = Settings { currency, time_zone };
    let result = async { analytics()?.save_settings(&member, &typed).await }.await;
    go(SETTINGS, &typed, result.map(|()| METRICS_SAVED.to_owned()), METRICS).await
}

/// Imports the file that waits.
#[server(endpoint = "confirm_import")]
pub async fn confirm_import(id: String) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.confirm(&member, &id).await }.await;
    let to = result.map(|counts| counts.map_or_else(|| import_page(&id), imported));
    go(IMPORT, &(), to, "/analytics/import").await
}

/// The page that tells how far an import is.
fn import_page(id: &str) -> String {
    format!("/analytics/import/{id}")
}

/// The page that tells what an import came to.
fn imported(Counts { added, replaced, unchanged }: Counts) -> String {
    format!("/analytics?imported={added}.{replaced}.{unchanged}")
}

/// Forgets the file that waits.
#[server(endpoint = "discard_import")]
pub async fn discard_import(id: String) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async { analytics()?.discard(&member, &id).await }.await;
    let page = "/analytics/import";
    go(IMPORT, &(), result.map(|()| page.to_owned()), page).await
}

const METRICS: &str = "/analytics/metrics";
const METRICS_SAVED: &str = "/analytics/metrics?saved=1";

/// Ends a form: on to the page that success leads to, or back to `page` with what was typed.
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
