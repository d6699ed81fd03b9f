//! What went wrong, as far as a browser or a program may learn it.
//!
//! Every fallible path that a request can reach ends in [`AppError`]: a stable code, a sentence that
//! says what to do, and for bad input a reason for each field. Causes (database texts, upstream texts)
//! are logged where they happen, through [`AppError::internal`], and never become part of it.

use std::collections::BTreeMap;
use std::fmt;

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// The stable name of an error: clients branch on it. One for each row of the table in `docs/API.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    ValidationError,
    InvalidJson,
    Unauthenticated,
    BudgetExceeded,
    Forbidden,
    NotFound,
    ConversationNotFound,
    PersonaNotFound,
    /// The address exists, but not for this HTTP method; `Allow` lists those it takes.
    MethodNotAllowed,
    /// The request's body came too slowly.
    RequestTimeout,
    /// The adviser takes no more questions.
    PersonaArchived,
    /// The conversation belongs to another adviser.
    PersonaMismatch,
    ReplyInProgress,
    RequestIdReused,
    /// Somebody else saved the same thing first.
    EditConflict,
    /// The business has as many of something as it may have.
    QuotaExceeded,
    PayloadTooLarge,
    /// The request is for a host name that is not the installation's.
    MisdirectedRequest,
    RateLimitExceeded,
    ApiRateLimitExceeded,
    StrictRateLimitExceeded,
    Internal,
    LlmDisabled,
    UpstreamUnavailable,
    /// More at once than the server takes.
    Overloaded,
    /// Free disk space is below the operator's mark.
    StorageLow,
    ShuttingDown,
    /// The database does not answer; nothing was stored.
    DatabaseUnavailable,
    /// The browser could not reach the server; made on the client only.
    Offline,
}

impl Code {
    /// The HTTP status that goes with the code.
    pub const fn status(self) -> u16 {
        match self {
            Self::ValidationError | Self::InvalidJson => 400,
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

/// The most details that an answer names.
pub const MOST_DETAILS: usize = 50;
/// The most bytes of an error's JSON.
pub const MOST_BODY_BYTES: usize = 64 * 1024;
const MOST_MESSAGE_CHARS: usize = 2_000;
const MOST_NAME_CHARS: usize = 200;
const MOST_REASON_CHARS: usize = 2_000;

/// An error as it is sent: to a page by a server function, to a program as the JSON of `docs/API.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppError {
    pub code: Code,
    /// One or two sentences for the person who caused it: what happened, what to do.
    pub message: String,
    /// Field name → reason, for [`Code::ValidationError`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
    /// Seconds to wait before the same request can succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The limit that was hit, for the `RateLimit-*` headers.
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

    /// Bad input with a reason for each field; [`Self::bounded`].
    pub fn invalid(details: BTreeMap<String, String>) -> Self {
        let count = details.len();
        Self::invalid_of(count, details)
    }

    /// As [`Self::invalid`], of `count` bad fields of which `details` names the first ones.
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

    /// Cuts what would let an answer grow with its request: keeps the first [`MOST_DETAILS`] details and
    /// cuts long texts, so that the JSON of the error stays below [`MOST_BODY_BYTES`].
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

    /// Bad input in one field.
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

    /// The address takes other methods; the `Allow` header, which the caller sets, lists them.
    pub fn method_not_allowed() -> Self {
        Self::new(
            Code::MethodNotAllowed,
            "This address doesn't take requests of this method. The Allow header lists those it takes.",
        )
    }

    /// Too many requests in the tier that `code` names; `seconds` until the next one may pass.
    pub fn limited(code: Code, message: impl Into<String>, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(code, message) }
    }

    /// The reason at one field, if there is one.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.details.get(name).map(String::as_str)
    }

    /// A service that is not in reach: the visitor has gone while the page was being made, and what belongs
    /// to the request went too. Nobody reads this.
    #[cfg(feature = "ssr")]
    pub fn abandoned(service: &str) -> Self {
        tracing::debug!(service, "the visitor has gone");
        Self::new(Code::Internal, "This page was left while it was being made. Load it again.")
    }

    /// An unforeseen failure: logs the cause here, once, and tells the browser nothing of it.
    #[cfg(feature = "ssr")]
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(error.cause = %cause, "internal error");
        Self::new(
            Code::Internal,
            "Something went wrong on our side. Try again; if it stays, tell your administrator.",
        )
    }
}

#[cfg(feature = "ssr")]
impl AppError {
    /// The HTTP status of this error.
    pub fn http_status(&self) -> http::StatusCode {
        http::StatusCode::from_u16(self.code.status())
            .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Gives the response of a page or a server function this error's status.
    pub fn set_status(&self) {
        if let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() {
            response.set_status(self.http_status());
        }
    }
}

/// Whether the request comes from a browser's own form post rather than from our script.
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

/// Shortens a text to `most` characters, and shows that it did.
fn cut(text: &mut String, most: usize) {
    if let Some((at, _)) = text.char_indices().nth(most) {
        text.truncate(at);
        text.push('…');
    }
}

/// The bytes of a text as a JSON string, at most: `\u0000` takes six.
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
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::new(
                Code::ValidationError,
                "The form was incomplete. Reload the page and try again.",
            ),
            _ => Self::new(Code::Internal, "Something went wrong. Reload the page and try again."),
        };
        // A browser that posted a form itself is sent back to its page instead.
        #[cfg(feature = "ssr")]
        if !wants_html() {
            error.set_status();
        }
        error
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
        fn no_error_is_larger_than_its_bound_whatever_a_request_put_in_it(
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
    fn a_cut_list_says_how_many_there_are() {
        let details =
            (0..47_000).map(|n| (format!("metrics.{n}"), "Unknown.".to_owned())).collect();
        let error = AppError::invalid(details);
        assert_eq!(error.details.len(), MOST_DETAILS);
        assert_eq!(error.message, "47000 fields have errors. The first 50 are listed.");
    }
}
