//! JSON bodies with errors in the API's format.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::error::{AppError, Code, MOST_DETAILS};

/// Maximum number of faults in one error.
const MOST_FAULTS: usize = MOST_DETAILS;
/// Maximum length of a field's name in an error, in characters.
const MOST_NAME_CHARS: usize = 100;
/// Maximum number of names in a message.
const MOST_NAMES: usize = 5;
/// Bodies from this size on are parsed apart.
const LARGE_BYTES: usize = 32 * 1024;

const UNKNOWN: &str = "There is no field with this name.";

/// Like `axum::Json`, but rejects with an [`AppError`]: [`Code::InvalidJson`], [`Code::ValidationError`] with every
/// invalid field, or [`Code::PayloadTooLarge`].
///
/// Rejects all unknown fields together, so `T` needs no `deny_unknown_fields`. `T` must not use `flatten`, which hides
/// unknown fields.
#[derive(Clone, Copy, Debug)]
pub struct ValidJson<T>(pub T);

impl<T, S> FromRequest<S> for ValidJson<T>
where
    T: DeserializeOwned + Send + 'static,
    S: Send + Sync,
{
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        if !is_json(request.headers()) {
            return Err(not_called_json());
        }
        parse_apart(read_body(request, state).await?).await.map(Self)
    }
}

/// A request with an empty body is `None`, whatever its content type says.
impl<T, S> OptionalFromRequest<S> for ValidJson<T>
where
    T: DeserializeOwned + Send + 'static,
    S: Send + Sync,
{
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, AppError> {
        // Without a content type, the body is read as JSON.
        let may_be_json =
            is_json(request.headers()) || !request.headers().contains_key(header::CONTENT_TYPE);
        let body = read_body(request, state).await?;
        if body.trim_ascii().is_empty() {
            return Ok(None);
        }
        if !may_be_json {
            return Err(not_called_json());
        }
        parse_apart(body).await.map(|body| Some(Self(body)))
    }
}

/// Returns whether the type is `application/json` or `application/…+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    let subtype = kind.strip_prefix("application/").unwrap_or_default();
    subtype == "json" || subtype.ends_with("+json")
}

fn not_called_json() -> AppError {
    AppError::new(
        Code::InvalidJson,
        "Send the body as JSON, with the header `Content-Type: application/json`.",
    )
}

async fn read_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, AppError> {
    Bytes::from_request(request, state).await.map_err(|rejection: BytesRejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            AppError::new(Code::PayloadTooLarge, "The request body is too large. Send less.")
        } else {
            AppError::new(Code::InvalidJson, "The request body could not be read to its end.")
        }
    })
}

/// Like [`parse`], on a blocking thread for a large body, and one such body at a time: a body full of faults takes
/// tens of milliseconds.
async fn parse_apart<T: DeserializeOwned + Send + 'static>(body: Bytes) -> Result<T, AppError> {
    static TURN: Semaphore = Semaphore::const_new(1);
    if body.len() < LARGE_BYTES {
        return parse(&body);
    }
    let _turn = TURN.acquire().await.map_err(AppError::internal)?;
    tokio::task::spawn_blocking(move || parse(&body)).await.map_err(AppError::internal)?
}

/// Parses a whole body. Errors: [`Code::InvalidJson`]; [`Code::ValidationError`] with every invalid field, unknown ones
/// included.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, AppError> {
    let mut faults = Faults::default();
    let mut json = serde_json::Deserializer::from_slice(body);
    match read::<T, _>(&mut json, &mut faults) {
        Ok(value) => {
            json.end().map_err(|error| syntax_refusal(&error))?;
            if faults.is_empty() { Ok(value) } else { Err(faults.refusal()) }
        }
        Err(Stop::Syntax(error)) => Err(syntax_refusal(&error)),
        Err(Stop::Field { field, reason }) => {
            let at = faults.add(&field, reason);
            faults.add_rest::<T>(body, at);
            Err(faults.refusal())
        }
    }
}

/// Why parsing stopped.
enum Stop {
    Syntax(serde_json::Error),
    Field { field: String, reason: String },
}

/// Parses one value and notes unknown fields.
fn read<'de, T, D>(from: D, faults: &mut Faults) -> Result<T, Stop>
where
    T: Deserialize<'de>,
    D: Deserializer<'de, Error = serde_json::Error>,
{
    let mut note = |path: serde_ignored::Path<'_>| faults.add_unknown(&name(&path));
    let from = serde_ignored::Deserializer::new(from, &mut note);
    serde_path_to_error::deserialize(from).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        if !error.is_data() {
            return Stop::Syntax(error);
        }
        let (field, reason) = explain(path.trim_matches(['.', '?']), &fault(&error));
        Stop::Field { field, reason }
    })
}

/// The faults of a body by path.
#[derive(Default)]
struct Faults {
    unknown: BTreeSet<String>,
    others: BTreeMap<String, String>,
}

impl Faults {
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len(&self) -> usize {
        self.unknown.len() + self.others.len()
    }

    fn add_unknown(&mut self, field: &str) {
        // Bounded, so that the error does not grow with the request.
        if self.len() < MOST_FAULTS {
            self.unknown.insert(field.chars().take(MOST_NAME_CHARS).collect());
        }
    }

    /// Keeps the first fault of a field. Returns the top-level field that contains it.
    fn add(&mut self, field: &str, reason: String) -> String {
        let cut = field.chars().take(MOST_NAME_CHARS).collect();
        self.others.entry(cut).or_insert(reason);
        field.split(['.', '[']).next().unwrap_or_default().to_owned()
    }

    /// Finds further faults. The parser stops at the first one, so the body is parsed again without the faulty field.
    fn add_rest<T: DeserializeOwned>(&mut self, body: &[u8], mut at: String) {
        let Ok(Value::Object(mut rest)) = serde_json::from_slice(body) else { return };
        while self.len() < MOST_FAULTS && rest.remove(&at).is_some() {
            let value = Value::Object(rest);
            let Err(Stop::Field { field, reason }) = read::<T, _>(&value, self) else { return };
            at = self.add(&field, reason);
            let Value::Object(less) = value else { return };
            rest = less;
        }
    }

    fn refusal(self) -> AppError {
        let Self { unknown, others: mut details } = self;
        let room = MOST_FAULTS.saturating_sub(details.len());
        details.extend(unknown.into_iter().take(room).map(|field| (field, UNKNOWN.to_owned())));
        let message = match details.iter().next() {
            Some((field, reason)) if details.len() == 1 => format!("{field}: {reason}"),
            _ => {
                let names: Vec<&str> =
                    details.keys().take(MOST_NAMES).map(String::as_str).collect();
                let more = if details.len() > MOST_NAMES { ", …" } else { "" };
                format!("{} fields have errors: {}{more}.", details.len(), names.join(", "))
            }
        };
        AppError { message, ..AppError::invalid(details) }
    }
}

/// Formats the path of a field: `goals[2].name`.
fn name(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;
    match path {
        Path::Root => String::new(),
        Path::Seq { parent, index } => format!("{}[{index}]", name(parent)),
        Path::Map { parent, key } => match name(parent) {
            parent if parent.is_empty() => key.clone(),
            parent => format!("{parent}.{key}"),
        },
        Path::Some { parent }
        | Path::NewtypeStruct { parent }
        | Path::NewtypeVariant { parent } => name(parent),
    }
}

fn syntax_refusal(error: &serde_json::Error) -> AppError {
    let message = match (error.line(), error.column()) {
        (0, _) => "The request body is not valid JSON.".to_owned(),
        (1, 0) => "The request has no body. Send it as JSON.".to_owned(),
        (line, column) => {
            format!("The request body is not valid JSON at line {line}, column {column}.")
        }
    };
    AppError::new(Code::InvalidJson, message)
}

/// Returns the parser's message without ` at line 2 column 7`.
fn fault(error: &serde_json::Error) -> String {
    let told = error.to_string();
    told.rsplit_once(" at line ").map_or(told.as_str(), |(told, _)| told).to_owned()
}

/// Returns the field and our message. The parser's own message names Rust types.
fn explain(path: &str, fault: &str) -> (String, String) {
    if let Some(name) = quoted_after(fault, "missing field ") {
        let field = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        return (field, "This field is required.".to_owned());
    }
    if let Some(name) = quoted_after(fault, "duplicate field ") {
        return (name.to_owned(), "This field appears twice.".to_owned());
    }
    let reason = match fault.rsplit_once(", expected ") {
        Some((_, expected)) => format!("This must be {}.", kind(expected)),
        None => "This value is not accepted.".to_owned(),
    };
    (if path.is_empty() { "body" } else { path }.to_owned(), reason)
}

fn quoted_after<'a>(fault: &'a str, start: &str) -> Option<&'a str> {
    fault.strip_prefix(start)?.strip_prefix('`')?.split('`').next()
}

/// Returns the expected type in terms of JSON.
fn kind(expected: &str) -> &str {
    match expected {
        "a string" => "text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "u8" | "u16" | "u32" | "u64" => "a whole number that is not negative",
        "f32" | "f64" => "a number",
        // The list of accepted values, as in the API.
        words if words.starts_with('`') || words.starts_with("one of `") => words,
        shape if shape.starts_with("struct ") || shape == "a map" => "an object",
        _ => "of another kind",
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
