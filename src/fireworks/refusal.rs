//! A failed try: one that led to no first token.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::{Instant, timeout_at};

use super::adjustments::{Adjustments, Change, Field};
use super::client::{ChatRequest, Shared, redirect_target};
use super::failure::{Failure, FailureKind, is_retryable_status, kind_of_status};
use super::overflow::Overflow;
use super::refused::Complaint;
use super::request::Body;
use super::retry::asked_wait;
use super::wire::UpstreamError;

/// Maximum number of bytes read from an error response.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// Why a try failed, and what to do about it.
pub(super) struct Refusal {
    pub failure: Failure,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    pub retry_after: Option<Duration>,
    /// How to change the request if the server refused a part of it.
    pub changes: Vec<(Field, Change)>,
    /// By how much the prompt is too long.
    pub overflow: Option<Overflow>,
}

impl Refusal {
    pub fn of(failure: Failure) -> Self {
        // An error under HTTP 200 and a broken connection may be retried because nothing was delivered yet. A
        // restarting server refuses connections for a moment.
        let retryable = matches!(
            failure.kind,
            FailureKind::Busy
                | FailureKind::Loading
                | FailureKind::ConnectionRefused
                | FailureKind::UnknownHost
                | FailureKind::Unreachable
                | FailureKind::Truncated
                | FailureKind::Empty
        );
        Self { failure, retryable, retry_after: None, changes: Vec::new(), overflow: None }
    }
}

/// A response with an error status.
pub(super) struct ErrorAnswer {
    status: u16,
    bytes: Vec<u8>,
    failure: Failure,
    retry_after: Option<Duration>,
}

pub(super) async fn read_refusal(
    shared: &Shared,
    response: reqwest::Response,
    limit: Instant,
) -> ErrorAnswer {
    let status = response.status().as_u16();
    let retry_after = asked_wait(response.headers(), OffsetDateTime::now_utc());
    let target = redirect_target(&response);
    log_rate_limits(&response);
    let bytes = read_some(response, limit).await;
    let error = UpstreamError::of_body(&bytes);
    let detail = match target {
        Some(target) => format!("HTTP {status}: redirects to {}", base_address(target)),
        None => error.described(&format!("HTTP {status}")),
    };
    let failure = shared.failure(kind_of_status(status, &error), &detail);
    let retry_after = retry_after.or_else(|| estimated_time(&bytes));
    ErrorAnswer { status, bytes, failure, retry_after }
}

impl ErrorAnswer {
    /// Interprets the error for the request that caused it.
    pub fn explained(
        self,
        request: &ChatRequest,
        body: &Body<'_>,
        adjustments: &Adjustments,
    ) -> Refusal {
        let Self { status, bytes, failure, retry_after } = self;
        let kind = failure.kind;
        let passing = matches!(kind, FailureKind::Busy | FailureKind::Loading);
        let may_be_about_fields = matches!(kind, FailureKind::BadRequest | FailureKind::Busy);
        let changes = if may_be_about_fields {
            Complaint::of(&bytes).changes(status, request, body, adjustments)
        } else {
            Vec::new()
        };
        Refusal {
            retryable: passing && is_retryable_status(status),
            retry_after,
            changes,
            overflow: (kind == FailureKind::PromptTooLong).then(|| Overflow::of(&bytes)),
            failure,
        }
    }
}

/// Describes a response under HTTP 200 that is not a reply, such as a web page.
pub(super) async fn not_an_api(
    shared: &Shared,
    response: reqwest::Response,
    limit: Instant,
) -> Refusal {
    let error = UpstreamError::of_body(&read_some(response, limit).await);
    let kind = if error.is_page() { FailureKind::NotAnApi } else { FailureKind::Protocol };
    Refusal::of(shared.failure(kind, &error.described("HTTP 200")))
}

/// Returns the `FIREWORKS_BASE_URL` that would lead to the redirect target, without parts that may be secret.
fn base_address(mut target: url::Url) -> String {
    // Neither call fails for a URL with a host.
    let _ = target.set_username("");
    let _ = target.set_password(None);
    target.set_query(None);
    target.set_fragment(None);
    let address = target.to_string();
    address.trim_end_matches('/').trim_end_matches("/chat/completions").to_owned()
}

/// Returns the remaining load time of a model, as reported by Hugging Face's servers in seconds.
fn estimated_time(body: &[u8]) -> Option<Duration> {
    let document: Value = serde_json::from_slice(body).ok()?;
    Duration::try_from_secs_f64(document.get("estimated_time")?.as_f64()?).ok()
}

/// Logs rate limit headers. Their units have changed over time, so no decision depends on them.
fn log_rate_limits(response: &reqwest::Response) {
    for (name, value) in response.headers() {
        if name.as_str().starts_with("x-ratelimit") {
            tracing::debug!(header = name.as_str(), value = ?value, "rate limit");
        }
    }
}

/// Reads up to [`ERROR_BODY_BYTES`] of the body, as far as they arrive in time.
async fn read_some(mut response: reqwest::Response, limit: Instant) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < ERROR_BODY_BYTES
        && let Ok(Ok(Some(packet))) = timeout_at(limit, response.chunk()).await
    {
        let room = ERROR_BODY_BYTES - body.len();
        body.extend_from_slice(packet.get(..room).unwrap_or(&packet));
    }
    body
}
