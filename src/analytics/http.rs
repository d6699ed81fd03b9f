//! The JSON API of observations, CSV downloads and uploads.

use axum::extract::{DefaultBodyLimit, FromRef, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;

use super::model::{MOST_FILE_BYTES, Metric, Snapshot, SnapshotList, SnapshotQuery};
use super::service::grain;
use super::{Analytics, import_http};
use crate::accounts::Accounts;
use crate::accounts::guard::Caller;
use crate::error::AppError;
use crate::platform::json::ValidJson;
use crate::platform::limits::Limits;
use crate::platform::spool::Spool;

/// The form's target for uploads.
pub const UPLOAD: &str = "/analytics/upload";
/// Maximum overhead of a multipart form around its file, in bytes.
pub(super) const FORM_BYTES: usize = 64 * 1024;
/// The form's target for decisions about an upload.
pub const DECIDE: &str = "/analytics/reading";

/// Returns the body limit of an upload path in bytes; `None` for other paths.
pub fn most_bytes(path: &str) -> Option<usize> {
    match path {
        "/c-suite/analytics/import" => Some(MOST_FILE_BYTES + FORM_BYTES),
        // A browser shows its own error if its form upload is cut off. An oversized file is therefore read to
        // its end and discarded, so that the page can show the reason.
        UPLOAD => Some(20 * MOST_FILE_BYTES),
        _ => None,
    }
}

/// Routes `/c-suite/analytics…`: every member reads, owners and admins write.
pub fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Accounts: FromRef<S>,
    Analytics: FromRef<S>,
{
    Router::new()
        .route("/c-suite/analytics", get(list).post(save))
        .route("/c-suite/analytics/metrics", get(metrics))
        .route("/c-suite/analytics/{date}", delete(remove))
}

/// Routes imports, which have their own rate limits.
pub fn import_router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Accounts: FromRef<S>,
    Analytics: FromRef<S>,
    Limits: FromRef<S>,
    Spool: FromRef<S>,
{
    Router::new().route(
        "/c-suite/analytics/import",
        post(import_http::import).layer(DefaultBodyLimit::disable()),
    )
}

/// Routes what the pages need besides pages: CSV template and sample, and the form's target.
pub fn page_router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Accounts: FromRef<S>,
    Analytics: FromRef<S>,
    Limits: FromRef<S>,
    Spool: FromRef<S>,
{
    Router::new()
        .route("/analytics/template.csv", get(template))
        .route("/analytics/sample.csv", get(sample))
        .route("/analytics/upload", post(import_http::upload).layer(DefaultBodyLimit::disable()))
        .route("/analytics/reading", post(import_http::decide))
}

async fn list(
    caller: Caller,
    State(analytics): State<Analytics>,
    Query(query): Query<SnapshotQuery>,
) -> Result<Json<SnapshotList>, AppError> {
    Ok(Json(analytics.list(&caller.member.tenant_id, &query).await?))
}

async fn metrics(
    caller: Caller,
    State(analytics): State<Analytics>,
) -> Result<Json<serde_json::Value>, AppError> {
    let data: Vec<Metric> = analytics.metrics(&caller.member.tenant_id).await?;
    Ok(Json(serde_json::json!({ "data": data })))
}

async fn save(
    caller: Caller,
    State(analytics): State<Analytics>,
    ValidJson(day): ValidJson<Snapshot>,
) -> Result<(StatusCode, Json<Snapshot>), AppError> {
    let (day, replaced) = analytics.save(&caller.member, day).await?;
    Ok((if replaced { StatusCode::OK } else { StatusCode::CREATED }, Json(day)))
}

/// The query parameter of the deletion of a period.
#[derive(Debug, Default, Deserialize)]
struct OfGrain {
    grain: Option<String>,
}

async fn remove(
    caller: Caller,
    State(analytics): State<Analytics>,
    Path(date): Path<String>,
    Query(query): Query<OfGrain>,
) -> Result<StatusCode, AppError> {
    let grain = grain(query.grain.as_deref())?;
    analytics.delete(&caller.member, grain, &date).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn template(
    caller: Caller,
    State(analytics): State<Analytics>,
) -> Result<Response, AppError> {
    let content = analytics.template(&caller.member.tenant_id).await?;
    Ok(download("c-suite-numbers.csv", content))
}

async fn sample(caller: Caller, State(analytics): State<Analytics>) -> Result<Response, AppError> {
    let content = analytics.sample(&caller.member.tenant_id).await?;
    Ok(download("c-suite-sample.csv", content))
}

fn download(name: &str, content: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, content).into_response()
}
