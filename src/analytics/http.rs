//! The JSON API of observations, CSV downloads and uploads.

use axum::extract::multipart::Multipart;
use axum::extract::{DefaultBodyLimit, FromRef, FromRequest, Path, Query, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};

use super::Analytics;
use super::model::{MOST_FILE_BYTES, Metric, Snapshot, SnapshotList, SnapshotQuery};
use crate::accounts::Accounts;
use crate::accounts::guard::{self, Caller};
use crate::accounts::model::{Member, Role};
use crate::error::{AppError, Code};
use crate::platform::json::ValidJson;
use crate::platform::limits::{self, Limits, Tier};
use crate::platform::spool::{Arriving, Spool, Spooled};
use crate::ui::sign_in_path;

/// The form's target for uploads.
pub const UPLOAD: &str = "/analytics/upload";
/// Maximum overhead of a multipart form around its file, in bytes.
const FORM_BYTES: usize = 64 * 1024;
/// The page that shows the result of an upload.
const IMPORT_PAGE: &str = "/analytics/import";

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

/// Routes imports, which have their own rate limit.
pub fn import_router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Accounts: FromRef<S>,
    Analytics: FromRef<S>,
    Limits: FromRef<S>,
    Spool: FromRef<S>,
{
    Router::new()
        .route("/c-suite/analytics/import", post(import).layer(DefaultBodyLimit::disable()))
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
        .route("/analytics/upload", post(upload).layer(DefaultBodyLimit::disable()))
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

async fn remove(
    caller: Caller,
    State(analytics): State<Analytics>,
    Path(date): Path<String>,
) -> Result<StatusCode, AppError> {
    analytics.delete(&caller.member, &date).await?;
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

fn may_upload(member: &Member) -> Result<(), AppError> {
    guard::require(member, Role::Admin)?;
    guard::require_account(member, "upload files")
}

/// Imports a file: `text/csv` as the body, or a form with one file. The body is read only after the
/// permission and the rate limit were checked.
async fn import(
    caller: Caller,
    State(analytics): State<Analytics>,
    State(limits): State<Limits>,
    State(spool): State<Spool>,
    request: Request,
) -> Result<Response, AppError> {
    may_upload(&caller.member)?;
    let tenant = &caller.member.tenant_id;
    let allowance = limits.check(Tier::Strict, tenant)?;
    let content = match kind(request.headers()) {
        "multipart/form-data" => file(request, spool.begin(tenant).await?).await?.content,
        "text/csv" => {
            let body = request.into_body().into_data_stream();
            receive(body, spool.begin(tenant).await?).await?
        }
        _ => {
            return Err(AppError::invalid_field(
                "file",
                "Send the file with the header `Content-Type: text/csv`, or in a form.",
            ));
        }
    };
    let counts = analytics.import(&caller.member, content).await?;
    let mut response = Json(counts).into_response();
    limits::add_headers(response.headers_mut(), allowance);
    Ok(response)
}

/// Handles the page's form, and redirects to the page that shows the preview or the refusal.
async fn upload(
    caller: Result<Caller, AppError>,
    State(analytics): State<Analytics>,
    State(limits): State<Limits>,
    State(spool): State<Spool>,
    request: Request,
) -> Response {
    let Ok(caller) = caller else {
        return Redirect::to(&sign_in_path(Some(IMPORT_PAGE))).into_response();
    };
    let tenant = &caller.member.tenant_id;
    let allowed = async {
        may_upload(&caller.member)?;
        limits.check(Tier::Strict, tenant)?;
        spool.begin(tenant).await
    };
    let looked_at = async {
        let arriving = match allowed.await {
            Ok(arriving) => arriving,
            Err(refusal) => {
                discard(request).await;
                return Err(refusal);
            }
        };
        let File { name, content } = file(request, arriving).await?;
        if content.is_empty() && name.is_empty() {
            return Err(AppError::invalid_field("file", "Choose a file first."));
        }
        analytics.look_at(&caller.member, &name, content).await
    };
    match looked_at.await {
        Ok(()) => Redirect::to("/analytics/import#preview").into_response(),
        Err(error) => match analytics.refuse_upload(&caller.member, &error).await {
            Ok(()) => Redirect::to(IMPORT_PAGE).into_response(),
            Err(error) => error.into_response(),
        },
    }
}

/// Reads a body to its end and discards it. A browser whose form upload is cut off shows its own error
/// instead of the page with the reason.
async fn discard(request: Request) {
    let mut body = request.into_body().into_data_stream();
    while let Some(Ok(_)) = body.next().await {}
}

/// Returns the content type without parameters.
fn kind(headers: &HeaderMap) -> &str {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

struct File {
    name: String,
    content: Spooled,
}

/// Receives the form's first file. Errors: no file, incomplete, too large, or over a limit. A refused file is
/// read to its end.
async fn file(request: Request, arriving: Arriving) -> Result<File, AppError> {
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| broken())?;
    while let Some(field) = form.next_field().await.map_err(|_| broken())? {
        if let Some(name) = field.file_name() {
            let name = name.to_owned();
            return Ok(File { name, content: receive(field, arriving).await? });
        }
    }
    Err(AppError::invalid_field("file", "Choose a file first."))
}

/// Spools a body. A refused body is still read to its end: see [`discard`].
async fn receive<E>(
    body: impl Stream<Item = Result<Bytes, E>>,
    arriving: Arriving,
) -> Result<Spooled, AppError> {
    let mut body = std::pin::pin!(body);
    let mut arriving = Ok(arriving);
    while let Some(part) = body.next().await {
        let part = part.map_err(|_| broken())?;
        if let Ok(file) = &mut arriving {
            let fits = file.len() + part.len() as u64 <= MOST_FILE_BYTES as u64;
            let written = if fits { file.write(part).await } else { Err(too_large()) };
            if let Err(refusal) = written {
                // Dropping the file releases its share of the spool.
                arriving = Err(refusal);
            }
        }
    }
    arriving?.end().await
}

fn broken() -> AppError {
    AppError::invalid_field("file", "The file arrived incomplete. Send it again.")
}

fn too_large() -> AppError {
    let most = MOST_FILE_BYTES / 1024 / 1024;
    let reason =
        format!("This file is larger than {most} MB. Split it, and import one after another.");
    let details = [("file".to_owned(), reason.clone())].into();
    AppError { details, ..AppError::new(Code::PayloadTooLarge, reason) }
}
