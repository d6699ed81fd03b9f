//! The JSON API of the numbers, the file that can be taken along, and the one that is sent.

use axum::extract::multipart::{Field, Multipart};
use axum::extract::{DefaultBodyLimit, FromRef, FromRequest, Path, Query, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use bytes::{Bytes, BytesMut};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};

use super::Analytics;
use super::model::{MOST_FILE_BYTES, Metric, Snapshot, SnapshotList, SnapshotQuery};
use crate::accounts::Accounts;
use crate::accounts::guard::{self, Caller};
use crate::accounts::model::{Role, sign_in_path};
use crate::error::{AppError, Code};
use crate::platform::json::ValidJson;
use crate::platform::limits::{self, Limits, Tier};

/// Where the page sends a file.
pub const UPLOAD: &str = "/analytics/upload";
/// What stands around a file in its form, at most, in bytes.
const FORM_BYTES: usize = 64 * 1024;
/// The page that tells what came of a file.
const IMPORT_PAGE: &str = "/analytics/import";

/// The most bytes that an address of files takes; none where it is no such address.
pub fn most_bytes(path: &str) -> Option<usize> {
    match path {
        "/c-suite/analytics/import" => Some(MOST_FILE_BYTES + FORM_BYTES),
        // A browser whose form is cut off shows an error of its own; so what is too large is read to
        // its end, is not kept, and the page says why.
        UPLOAD => Some(20 * MOST_FILE_BYTES),
        _ => None,
    }
}

/// `/c-suite/analytics…`: every member reads, owners and admins write.
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

/// Imports, which have a limit of their own.
pub fn import_router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Accounts: FromRef<S>,
    Analytics: FromRef<S>,
    Limits: FromRef<S>,
{
    Router::new()
        .route("/c-suite/analytics/import", post(import).layer(DefaultBodyLimit::disable()))
}

/// What pages need that is no page: template and sample, and where the form with a file goes.
pub fn page_router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Accounts: FromRef<S>,
    Analytics: FromRef<S>,
    Limits: FromRef<S>,
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

/// `text/csv` as the body itself, or a form with one file.
async fn import(
    caller: Caller,
    State(analytics): State<Analytics>,
    State(limits): State<Limits>,
    request: Request,
) -> Result<Response, AppError> {
    guard::require(&caller.member, Role::Admin)?;
    let allowance = limits.check(Tier::Strict, &caller.member.tenant_id)?;
    let content = match kind(request.headers()) {
        "multipart/form-data" => file(request).await?.content,
        "text/csv" => Bytes::from_request(request, &()).await.map_err(|_| too_large())?,
        _ => {
            return Err(AppError::invalid_field(
                "file",
                "Send the file with the header `Content-Type: text/csv`, or in a form.",
            ));
        }
    };
    if content.len() > MOST_FILE_BYTES {
        return Err(too_large());
    }
    let counts = analytics.import(&caller.member, content).await?;
    let mut response = Json(counts).into_response();
    limits::add_headers(response.headers_mut(), allowance);
    Ok(response)
}

/// The page's form: the page that follows shows what the file would change, or why it was refused.
async fn upload(
    caller: Result<Caller, AppError>,
    State(analytics): State<Analytics>,
    State(limits): State<Limits>,
    request: Request,
) -> Response {
    let Ok(caller) = caller else {
        return Redirect::to(&sign_in_path(Some(IMPORT_PAGE))).into_response();
    };
    let looked_at = async {
        guard::require(&caller.member, Role::Admin)?;
        let File { name, content } = file(request).await?;
        if content.is_empty() && name.is_empty() {
            return Err(AppError::invalid_field("file", "Choose a file first."));
        }
        limits.check(Tier::Strict, &caller.member.tenant_id)?;
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

/// The content type without its parameters.
fn kind(headers: &HeaderMap) -> &str {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

struct File {
    name: String,
    content: Bytes,
}

/// The form's first file. Errors: none there, broken off, or too large, read to its end.
async fn file(request: Request) -> Result<File, AppError> {
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| broken())?;
    while let Some(field) = form.next_field().await.map_err(|_| broken())? {
        if let Some(name) = field.file_name() {
            let name = name.to_owned();
            return Ok(File { name, content: read(field).await? });
        }
    }
    Err(AppError::invalid_field("file", "Choose a file first."))
}

async fn read(mut field: Field<'_>) -> Result<Bytes, AppError> {
    let (mut content, mut whole) = (BytesMut::new(), true);
    while let Some(chunk) = field.chunk().await.map_err(|_| broken())? {
        whole &= content.len() + chunk.len() <= MOST_FILE_BYTES;
        if whole {
            content.extend_from_slice(&chunk);
        }
    }
    if whole { Ok(content.freeze()) } else { Err(too_large()) }
}

fn broken() -> AppError {
    AppError::invalid_field("file", "The file did not arrive whole. Send it again.")
}

fn too_large() -> AppError {
    let most = MOST_FILE_BYTES / 1024 / 1024;
    let reason =
        format!("This file is larger than {most} MB. Split it, and import one after another.");
    let details = [("file".to_owned(), reason.clone())].into();
    AppError { details, ..AppError::new(Code::PayloadTooLarge, reason) }
}
