//! The error type that browsers and API clients see.
//!
//! Every fallible path that a request can reach returns [`AppError`]: a stable code, a message that
//! says what to do, and for invalid input one reason per field. Causes (database and upstream error
//! texts) are logged where they occur, through [`AppError::internal`], and never become part of it.

use std::collections::BTreeMap;
use std::fmt;

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// Stable error code that clients branch on. `docs/API.md` lists the codes by status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    ValidationError,
    InvalidJson,
    /// A file can be read in several ways; the answer has the proposed one.
    NeedsDecision,
    Unauthenticated,
    BudgetExceeded,
    Forbidden,
    NotFound,
    ConversationNotFound,
    PersonaNotFound,
    /// The path exists but does not support the HTTP method; the `Allow` header lists the supported ones.
    MethodNotAllowed,
    /// The request body arrived too slowly.
    RequestTimeout,
    /// The persona is archived and accepts no new messages.
    PersonaArchived,
    /// The conversation belongs to another persona.
    PersonaMismatch,
    ReplyInProgress,
    RequestIdReused,
    /// Another save changed the same object first.
    EditConflict,
    /// The tenant has reached a quota.
    QuotaExceeded,
    PayloadTooLarge,
    /// The request names a host that this installation does not serve.
    MisdirectedRequest,
    RateLimitExceeded,
    ApiRateLimitExceeded,
    StrictRateLimitExceeded,
    Internal,
    LlmDisabled,
    UpstreamUnavailable,
    /// The number of concurrent requests exceeds a cap.
    Overloaded,
    /// Free disk space is below `MIN_FREE_DISK`, or the disk is full.
    StorageLow,
    ShuttingDown,
    /// The database is unavailable; nothing was stored.
    DatabaseUnavailable,
    /// The browser could not reach the server. Created on the client only.
    Offline,
}

impl Code {
    /// Returns the HTTP status of the code.
    pub const fn status(self) -> u16 {
        match self {
            Self::ValidationError | Self::InvalidJson | Self::NeedsDecision => 400,
            Self::Unauthenticated => 401,
            Self::BudgetExceeded => 402,
            Self::Forbidden => 403,
            Self::NotFound | Self::ConversationNotFound | Self::PersonaNotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::PersonaArchived
            | Self::PersonaMismatch
            | Self::ReplyInProgress
            | Self::RequestIdReused
            | Self::EditConflict
            | Self::QuotaExceeded => 409,
            Self::PayloadTooLarge => 413,
            Self::MisdirectedRequest => 421,
            Self::RateLimitExceeded
            | Self::ApiRateLimitExceeded
            | Self::StrictRateLimitExceeded => 429,
            Self::Internal => 500,
            Self::LlmDisabled
            | Self::UpstreamUnavailable
            | Self::Overloaded
            | Self::StorageLow
            | Self::ShuttingDown
            | Self::DatabaseUnavailable
            | Self::Offline => 503,
        }
    }
}

/// Maximum number of details in one error.
pub const MOST_DETAILS: usize = 50;
/// Maximum size of an error's JSON, in bytes.
pub const MOST_BODY_BYTES: usize = 64 * 1024;
/// The detail that holds the page on which a budget can be raised.
pub const RAISE: &str = "raise";
const MOST_MESSAGE_CHARS: usize = 2_000;
const MOST_NAME_CHARS: usize = 200;
const MOST_REASON_CHARS: usize = 2_000;

/// An error as sent to a page by a server function, or to an API client as the JSON of `docs/API.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppError {
    pub code: Code,
    /// One or two sentences for the user: what happened, what to do.
    pub message: String,
    /// Field name → reason, for [`Code::ValidationError`]. `raise` → path, for [`Code::BudgetExceeded`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
    /// Seconds to wait before the same request can succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The rate limit that was exceeded, for the `RateLimit-*` headers.
    #[serde(skip)]
    pub limit: Option<u32>,
}

impl AppError {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: BTreeMap::new(),
            retry_after: None,
            limit: None,
        }
    }

    /// Returns a validation error with one reason per field, cut by [`Self::bounded`].
    pub fn invalid(details: BTreeMap<String, String>) -> Self {
        let count = details.len();
        Self::invalid_of(count, details)
    }

    /// Like [`Self::invalid`], for `count` invalid fields of which `details` holds the first ones.
    pub fn invalid_of(count: usize, details: BTreeMap<String, String>) -> Self {
        let message = match details.values().next() {
            Some(reason) if count == 1 => reason.clone(),
            _ if count > MOST_DETAILS => {
                format!("{count} fields have errors. The first {MOST_DETAILS} are listed.")
            }
            _ => format!("{count} fields have errors. Correct them and send again."),
        };
        Self { details, ..Self::new(Code::ValidationError, message) }.bounded()
    }

    /// Bounds the response size independently of the request: keeps the first [`MOST_DETAILS`] details
    /// and truncates long texts, so that the error's JSON stays below [`MOST_BODY_BYTES`].
    pub fn bounded(mut self) -> Self {
        cut(&mut self.message, MOST_MESSAGE_CHARS);
        let mut room = MOST_BODY_BYTES / 2;
        let details = std::mem::take(&mut self.details).into_iter().take(MOST_DETAILS);
        self.details = details
            .map(|(mut name, mut reason)| {
                cut(&mut name, MOST_NAME_CHARS);
                cut(&mut reason, MOST_REASON_CHARS);
                (name, reason)
            })
            .take_while(|(name, reason)| {
                let bytes = json_bytes(name) + json_bytes(reason);
                let fits = bytes <= room;
                room = room.saturating_sub(bytes);
                fits
            })
            .collect();
        self
    }

    /// Returns a validation error for one field.
    pub fn invalid_field(field: &str, reason: impl Into<String>) -> Self {
        Self::invalid(BTreeMap::from([(field.to_owned(), reason.into())]))
    }

    pub fn unauthenticated() -> Self {
        Self::new(Code::Unauthenticated, "Sign in to go on.")
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Code::Forbidden, message)
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}."))
    }

    /// Returns a 405 error. The caller sets the `Allow` header, which lists the supported methods.
    pub fn method_not_allowed() -> Self {
        Self::new(
            Code::MethodNotAllowed,
            "This address doesn't take requests of this method. The Allow header lists those it takes.",
        )
    }

    /// Returns a rate limit error for the tier that `code` names. The next request may pass in `seconds`.
    pub fn limited(code: Code, message: impl Into<String>, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(code, message) }
    }

    /// Returns the reason for one field, if there is one.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.details.get(name).map(String::as_str)
    }

    /// Returns the page on which the member can raise the budget that refused the request; `None` for other errors and for
    /// members who may not raise it.
    pub fn raised_at(&self) -> Option<&str> {
        if self.code == Code::BudgetExceeded { self.field(RAISE) } else { None }
    }

    /// Returns the error for a missing context service: the client disconnected while the page was
    /// rendering, and the request's context was dropped. The response is never delivered.
    #[cfg(feature = "ssr")]
    pub fn abandoned(service: &str) -> Self {
        tracing::debug!(service, "client disconnected");
        Self::new(Code::Internal, "This page was left while it was being made. Load it again.")
    }

    /// Logs the cause of an unexpected failure once and returns an error that does not reveal it.
    #[cfg(feature = "ssr")]
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(error.cause = %cause, "internal error");
        Self::new(
            Code::Internal,
            "Something went wrong on our side. Try again; if it happens again, tell the operator of this installation.",
        )
    }
}

#[cfg(feature = "ssr")]
impl AppError {
    /// Returns the HTTP status of this error.
    pub fn http_status(&self) -> http::StatusCode {
        http::StatusCode::from_u16(self.code.status())
            .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Sets this error's status on the response of the current page or server function.
    pub fn set_status(&self) {
        if let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() {
            response.set_status(self.http_status());
        }
    }
}

/// Returns whether the request accepts `text/html`: a page load or a form post without JavaScript, rather
/// than a fetch by our script.
#[cfg(feature = "ssr")]
pub fn wants_html() -> bool {
    leptos::prelude::use_context::<http::request::Parts>().is_some_and(|parts| {
        let accept = parts.headers.get(http::header::ACCEPT);
        accept.and_then(|it| it.to_str().ok()).is_some_and(|it| it.contains("text/html"))
    })
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AppError {}

/// Truncates a text to `most` characters and marks the cut with an ellipsis.
fn cut(text: &mut String, most: usize) {
    if let Some((at, _)) = text.char_indices().nth(most) {
        text.truncate(at);
        text.push('…');
    }
}

/// Returns an upper bound of a text's size as a JSON string, in bytes: `\u0000` takes six.
fn json_bytes(text: &str) -> usize {
    let bytes = |c: char| match c {
        '"' | '\\' => 2,
        c if c.is_control() => 6,
        c => c.len_utf8(),
    };
    text.chars().map(bytes).sum::<usize>() + 6
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let error = match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self::new(
                Code::Offline,
                "The server could not be reached. Check your connection and try again.",
            ),
            // The last one: bytes that are no text.
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => Self::new(
                Code::ValidationError,
                "The form was incomplete. Reload the page and try again.",
            ),
            _ => Self::new(Code::Internal, "Something went wrong. Reload the page and try again."),
        };
        // A form post without JavaScript is redirected to its page instead, so its status must stay unset.
        #[cfg(feature = "ssr")]
        if !wants_html() {
            error.set_status();
        }
        error
    }

    /// Encodes an error that a server function returned, and sets its status: the default is 500 for all errors.
    #[cfg(feature = "ssr")]
    fn ser(&self) -> bytes::Bytes {
        if !wants_html() {
            self.set_status();
        }
        bytes::Bytes::from(serde_json::to_vec(self).unwrap_or_default())
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::response::IntoResponse;
    use proptest::prelude::*;

    use super::*;

    fn text(most: usize) -> impl Strategy<Value = String> {
        let c = prop_oneof![any::<char>(), Just('\0'), Just('"'), Just('\u{10ffff}'), Just('a')];
        (c, 0..most).prop_map(|(c, length)| c.to_string().repeat(length))
    }

    async fn body(error: AppError) -> Vec<u8> {
        let body = error.into_response().into_body();
        axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

        #[test]
        fn error_size_is_bounded_for_any_request(
            message in text(100_000),
            mut details in prop::collection::btree_map(text(5_000), text(20_000), 0..20),
            more in 0..2_000_usize,
        ) {
            details.extend((0..more).map(|n| (format!("field {n}"), "No.".repeat(n))));
            let count = details.len();
            let error = AppError { details: details.clone(), ..AppError::new(Code::Forbidden, message) };
            for error in [error, AppError::invalid(details)] {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let body = runtime.block_on(body(error));
                prop_assert!(body.len() <= MOST_BODY_BYTES, "{} bytes", body.len());
                let sent: AppError = serde_json::from_slice(&body).unwrap();
                prop_assert!(sent.details.len() <= MOST_DETAILS);
                prop_assert!(count == 0 || !sent.details.is_empty());
            }
        }
    }

    #[test]
    fn a_truncated_list_gives_the_total() {
        let details =
            (0..47_000).map(|n| (format!("metrics.{n}"), "Unknown.".to_owned())).collect();
        let error = AppError::invalid(details);
        assert_eq!(error.details.len(), MOST_DETAILS);
        assert_eq!(error.message, "47000 fields have errors. The first 50 are listed.");
    }
}
