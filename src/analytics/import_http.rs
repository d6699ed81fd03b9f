//! Receives files of numbers, from the page's form and from the API.

use axum::Json;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{FromRequest, Query, RawForm, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use tower_sessions::Session;

use super::Analytics;
use super::api_import::{Failure, Mapping};
use super::http::FORM_BYTES;
use super::model::{
    Aggregation, Decision, METRIC_NAME_MAX_CHARS, MOST_FILE_BYTES, Proposal, Role, UNIT_MAX_CHARS,
};
use super::server_fns::IMPORT;
use crate::accounts::guard::{self, Caller};
use crate::accounts::model::{self as accounts, Member};
use crate::error::{AppError, Code};
use crate::platform::forms;
use crate::platform::limits::{self, Limits, Tier};
use crate::platform::spool::{Arriving, Spool, Spooled};
use crate::ui::sign_in_path;

/// The page that shows the result of an upload.
const IMPORT_PAGE: &str = "/analytics/import";
/// The types of bodies that are a file.
const BODIES: [&str; 6] = [
    "text/csv",
    "text/tab-separated-values",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel.sheet.macroenabled.12",
    "application/vnd.ms-excel",
    "application/vnd.oasis.opendocument.spreadsheet",
];

/// The query parameters of an import.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportQuery {
    /// `true`: nothing is stored.
    dry_run: Option<String>,
    /// JSON: a reading, or answers and roles of columns.
    mapping: Option<String>,
}

impl ImportQuery {
    fn is_dry(&self) -> bool {
        self.dry_run.as_deref() == Some("true")
    }
}

fn may_upload(member: &Member) -> Result<(), AppError> {
    guard::require(member, accounts::Role::Admin)?;
    guard::require_account(member, "upload files")
}

/// Imports a file: `text/csv` or a workbook as the body, or a form with one file. The body is read only after the
/// permission and the rate limits were checked. An import that stores nothing does not count.
pub async fn import(
    caller: Caller,
    State(analytics): State<Analytics>,
    State(limits): State<Limits>,
    State(spool): State<Spool>,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Result<Response, AppError> {
    may_upload(&caller.member)?;
    let tenant = caller.member.tenant_id.clone();
    limits.check(Tier::Files, &tenant)?;
    // A dry run stores nothing, so that it neither needs nor takes a part of the limit.
    let allowance = if query.is_dry() { None } else { Some(limits.check(Tier::Strict, &tenant)?) };
    let result = receive_import(&caller.member, &analytics, &spool, query, request).await;
    if allowance.is_some() && !matches!(result, Ok((_, true))) {
        limits.refund(Tier::Strict, &tenant);
    }
    match result {
        Ok((body, _)) => {
            let mut response = Json(body).into_response();
            if let Some(allowance) = allowance {
                limits::add_headers(response.headers_mut(), allowance);
            }
            Ok(response)
        }
        Err(Failure::Error(error)) => Err(error),
        Err(Failure::NeedsDecision(proposal)) => Ok(needs_decision(&proposal)),
    }
}

/// Receives and imports a file. Returns the answer, and whether days were stored.
async fn receive_import(
    member: &Member,
    analytics: &Analytics,
    spool: &Spool,
    query: ImportQuery,
    request: Request,
) -> Result<(serde_json::Value, bool), Failure> {
    let arriving = spool.begin(&member.tenant_id).await?;
    let is_dry = query.is_dry();
    let (content, in_form) = match kind(request.headers()).as_str() {
        "multipart/form-data" => {
            let file = file(request, arriving).await?;
            (file.content, file.mapping)
        }
        kind if BODIES.contains(&kind) => {
            let body = request.into_body().into_data_stream();
            (receive(body, arriving).await?, None)
        }
        _ => {
            return Err(AppError::invalid_field(
                "file",
                "Send the file with the header `Content-Type: text/csv`, or in a form.",
            )
            .into());
        }
    };
    let mapping = mapping(in_form.or(query.mapping).as_deref())?;
    analytics.import(member, content, mapping, is_dry).await
}

/// Parses a mapping: a complete reading, or answers and roles of columns. Errors: `mapping`.
fn mapping(text: Option<&str>) -> Result<Mapping, AppError> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(Mapping::None) };
    let invalid = |_: serde_json::Error| {
        AppError::invalid_field(
            "mapping",
            "Send the `reading` of a proposal, or an object with `answers` and `columns`.",
        )
    };
    let value: serde_json::Value = serde_json::from_str(text).map_err(invalid)?;
    if value.get("columns").is_some_and(serde_json::Value::is_array) {
        return serde_json::from_value(value)
            .map(|reading| Mapping::Reading(Box::new(reading)))
            .map_err(invalid);
    }
    serde_json::from_value(value).map(Mapping::Decision).map_err(invalid)
}

/// Answers that a file can be read in several ways, with the proposed one.
fn needs_decision(proposal: &Proposal) -> Response {
    let questions: Vec<&str> = proposal
        .questions
        .iter()
        .filter(|it| it.chosen.is_empty())
        .map(|it| it.text.as_str())
        .collect();
    let message = format!(
        "This file can be read in several ways. Nothing was imported. {}",
        questions.join(" ")
    );
    let members = [("proposal".to_owned(), serde_json::json!(proposal))];
    AppError::new(Code::NeedsDecision, message).with(members.into_iter().collect())
}

/// Handles the form with a member's decisions about the waiting file.
pub async fn decide(
    caller: Result<Caller, AppError>,
    State(analytics): State<Analytics>,
    State(limits): State<Limits>,
    session: Result<Session, (StatusCode, &'static str)>,
    RawForm(form): RawForm,
) -> Response {
    let Ok(caller) = caller else {
        return Redirect::to(&sign_in_path(Some(IMPORT_PAGE))).into_response();
    };
    let mut decision = Decision::default();
    let mut id = String::new();
    for (name, value) in url::form_urlencoded::parse(&form) {
        match name.split_once(':') {
            _ if name == "id" => id = value.into_owned(),
            Some(("answer", key)) => {
                decision.answers.insert(key.to_owned(), value.into_owned());
            }
            Some(("column", column)) => {
                if let Some(role) = role(column, &value) {
                    decision.columns.insert(column.to_owned(), role);
                }
            }
            _ => {}
        }
    }
    let decided = async {
        may_upload(&caller.member)?;
        limits.check(Tier::Files, &caller.member.tenant_id)?;
        analytics.decide(&caller.member, &id, decision).await
    };
    match decided.await {
        Ok(()) => Redirect::to("/analytics/import#preview").into_response(),
        // The file still waits, so that the reason is a notice above it.
        Err(error) => match session {
            Ok(session) => {
                forms::keep_error(&session, IMPORT, &error).await;
                Redirect::to(IMPORT_PAGE).into_response()
            }
            Err(_) => error.into_response(),
        },
    }
}

/// Parses the role that a form chose for a column: `leaveOut`, `metric:revenue`, `new-mean:%`.
fn role(column: &str, value: &str) -> Option<Role> {
    match value.split_once(':') {
        None if value == "leaveOut" => Some(Role::LeaveOut),
        None if value == "date" => Some(Role::Date),
        Some(("metric", slug)) => Some(Role::Metric { slug: slug.to_owned() }),
        Some(("subtract", slug)) => Some(Role::Subtract { slug: slug.to_owned() }),
        Some((new, unit)) => {
            let aggregation = Aggregation::parse(new.strip_prefix("new-")?)?;
            let name = column.chars().take(METRIC_NAME_MAX_CHARS).collect();
            let unit = unit.chars().take(UNIT_MAX_CHARS).collect();
            Some(Role::NewMetric { name, unit, aggregation })
        }
        _ => None,
    }
}

/// Handles the page's form, and redirects to the page that shows the preview or the refusal.
pub async fn upload(
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
        limits.check(Tier::Files, tenant)?;
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
        let File { name, content, .. } = file(request, arriving).await?;
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

/// Returns the content type without parameters, in lower case.
fn kind(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

struct File {
    name: String,
    content: Spooled,
    /// The form's field `mapping`, if it stands before or after the file.
    mapping: Option<String>,
}

/// Receives the form's first file. Errors: no file, incomplete, too large, or over a limit. A refused file is
/// read to its end.
async fn file(request: Request, arriving: Arriving) -> Result<File, AppError> {
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| broken())?;
    let (mut arriving, mut found, mut mapping) = (Some(arriving), None, None);
    while let Some(field) = form.next_field().await.map_err(|_| broken())? {
        match field.file_name().map(str::to_owned) {
            Some(name) => {
                if let Some(arriving) = arriving.take() {
                    found = Some((name, receive(field, arriving).await?));
                }
            }
            None if field.name() == Some("mapping") => mapping = Some(text_of(field).await?),
            None => {}
        }
    }
    let (name, content) =
        found.ok_or_else(|| AppError::invalid_field("file", "Choose a file first."))?;
    Ok(File { name, content, mapping })
}

/// Reads a text field of a form. Errors: it is too long.
async fn text_of(mut field: Field<'_>) -> Result<String, AppError> {
    let mut bytes = Vec::new();
    while let Some(part) = field.chunk().await.map_err(|_| broken())? {
        bytes.extend_from_slice(&part);
        if bytes.len() > FORM_BYTES {
            return Err(AppError::invalid_field("mapping", "This mapping is too long."));
        }
    }
    String::from_utf8(bytes).map_err(|_| broken())
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
