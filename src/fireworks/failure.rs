//! Why a reply did not start or did not complete.

use super::wire::UpstreamError;

/// A reply that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", .kind.as_str())]
pub struct Failure {
    /// The class. Callers react to it, and it determines the member's message.
    pub kind: FailureKind,
    /// The message of the upstream or the network, for logs and operators. It must not be shown to members or
    /// tenant admins, because it is upstream text and may name the account. Contains no secrets and no
    /// control characters, and has about 500 characters at most.
    pub detail: String,
}

impl Failure {
    pub(super) fn new(kind: FailureKind, detail: impl AsRef<str>) -> Self {
        Self { kind, detail: tidy(detail.as_ref()) }
    }
}

/// The classes of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The prompt does not fit the model's context.
    PromptTooLong,
    /// The upstream rejected the request as invalid.
    BadRequest,
    /// The API key was refused, or lacks a permission.
    KeyRefused,
    /// The account is suspended or out of credit.
    Suspended,
    /// Neither the model nor its fallback is served.
    ModelMissing,
    /// A rate limit, overload or an internal error of the upstream.
    Busy,
    /// The upstream is still loading the model.
    Loading,
    /// A firewall or proxy in front of the upstream refused the request.
    Blocked,
    /// The upstream redirects to another origin, to which the key must not be sent.
    Redirected,
    /// There is no chat completions API at the URL: a web page was returned, or the path does not exist.
    NotAnApi,
    /// The host name could not be resolved.
    UnknownHost,
    /// The connection was refused.
    ConnectionRefused,
    /// No TLS connection could be made.
    TlsFailed,
    /// The connection failed for another reason, or broke before the response started.
    Unreachable,
    /// The upstream accepted the request and sent no event in time.
    FirstEventTimeout,
    /// The reply started, then no event arrived in time.
    Stalled,
    /// The reply exceeded the time limit of a whole reply.
    TooSlow,
    /// The body ended without a finish reason.
    Truncated,
    /// The response does not follow the protocol.
    Protocol,
    /// An event exceeded the configured size limit.
    EventTooLong,
    /// The reply ended normally without any text.
    Empty,
    /// The model reasoned and wrote no answer text.
    OnlyReasoning,
    /// The model reached its token limit while reasoning.
    ReasoningLimit,
    /// The model tried to call a tool instead of writing a reply.
    NoAnswer,
    /// The provider's content filter stopped the reply.
    Filtered,
    /// The model declined to reply.
    Declined,
}

impl FailureKind {
    /// Returns a stable name for logs and the stored reply.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PromptTooLong => "prompt_too_long",
            Self::BadRequest => "bad_request",
            Self::KeyRefused => "key_refused",
            Self::Suspended => "suspended",
            Self::ModelMissing => "model_missing",
            Self::Busy => "busy",
            Self::Loading => "loading",
            Self::Blocked => "blocked",
            Self::Redirected => "redirected",
            Self::NotAnApi => "not_an_api",
            Self::UnknownHost => "unknown_host",
            Self::ConnectionRefused => "connection_refused",
            Self::TlsFailed => "tls_failed",
            Self::Unreachable => "unreachable",
            Self::FirstEventTimeout => "first_event_timeout",
            Self::Stalled => "stalled",
            Self::TooSlow => "too_slow",
            Self::Truncated => "truncated",
            Self::Protocol => "protocol",
            Self::EventTooLong => "event_too_long",
            Self::Empty => "empty",
            Self::OnlyReasoning => "only_reasoning",
            Self::ReasoningLimit => "reasoning_limit",
            Self::NoAnswer => "no_answer",
            Self::Filtered => "content_filter",
            Self::Declined => "declined",
        }
    }

    /// Returns the member's message: plain, without upstream text, and with what to do next. `partial`: some
    /// of the reply arrived.
    pub fn member_message(self, partial: bool) -> &'static str {
        match self {
            Self::Stalled | Self::Truncated if !partial => {
                "The connection broke off before the answer began. Try again."
            }
            Self::TooSlow if !partial => "The adviser took too long to answer. Try again.",
            Self::Filtered if partial => {
                "The model provider's content filter stopped this answer. Ask in other words."
            }
            Self::Filtered => {
                "The model provider's content filter blocked this answer. Ask in other words."
            }
            Self::Declined => "The model declined to answer this. Ask in other words.",
            Self::Empty => "The model sent an empty answer. Try again.",
            Self::OnlyReasoning => "The model thought about this but wrote no answer. Try again.",
            Self::ReasoningLimit => {
                "The model used its whole limit for thinking and wrote no answer."
            }
            Self::NoAnswer => {
                "The model tried to use a tool that it does not have, and wrote no answer. Try again."
            }
            Self::PromptTooLong => {
                "This question is too long to be answered together with the conversation. Shorten it, or start a new conversation."
            }
            Self::BadRequest => {
                "The model refused this question. The operator of this installation has been told. Try to put it in other words."
            }
            Self::KeyRefused
            | Self::Suspended
            | Self::ModelMissing
            | Self::Blocked
            | Self::Redirected
            | Self::NotAnApi
            | Self::UnknownHost
            | Self::ConnectionRefused
            | Self::TlsFailed => {
                "The advisers are not available at the moment. The operator of this installation has been told. Try again later."
            }
            Self::Loading => "The adviser's model is still starting. Try again in a minute.",
            Self::Busy => "The adviser is busy right now. Try again in a moment.",
            Self::Unreachable => {
                "The adviser could not be reached. The operator of this installation has been told. Try again in a moment."
            }
            Self::FirstEventTimeout => "The adviser took too long to begin. Try again.",
            Self::Stalled | Self::Truncated => {
                "The answer broke off before its end. What arrived is kept; try again."
            }
            Self::TooSlow => {
                "The answer took too long and was stopped. What arrived is kept; try again."
            }
            Self::Protocol | Self::EventTooLong => {
                "The answer could not be read to its end. Try again."
            }
        }
    }

    /// Returns whether the same question may succeed later. This includes outages that an operator must fix,
    /// because a member does not see when they end.
    pub fn retryable_by_member(self) -> bool {
        !matches!(self, Self::PromptTooLong | Self::BadRequest)
    }
}

/// Returns the class of a response with an error status.
pub(super) fn kind_of_status(status: u16, error: &UpstreamError) -> FailureKind {
    match status {
        300..=399 => FailureKind::Redirected,
        400 | 413 | 422 | 500 if error.is_about_context() => FailureKind::PromptTooLong,
        400 | 402 | 403 | 429 if error.is_about_credit() => FailureKind::Suspended,
        400 | 403 | 422 if error.is_about_model() => FailureKind::ModelMissing,
        400 if error.is_about_key() => FailureKind::KeyRefused,
        400 if error.wants_tls() => FailureKind::TlsFailed,
        401 | 403 if error.is_page() || error.is_blocked() => FailureKind::Blocked,
        407 => FailureKind::Blocked,
        400 if error.is_page() => FailureKind::NotAnApi,
        404 if error.is_about_address() => FailureKind::NotAnApi,
        405 => FailureKind::NotAnApi,
        413 => FailureKind::PromptTooLong,
        401 | 403 => FailureKind::KeyRefused,
        402 | 412 => FailureKind::Suspended,
        404 => FailureKind::ModelMissing,
        500 | 502 | 503 if error.is_loading() => FailureKind::Loading,
        408 | 429 | 500..=599 => FailureKind::Busy,
        400..=499 => FailureKind::BadRequest,
        _ => FailureKind::Protocol,
    }
}

/// Returns whether a request may be retried after this status. Includes the statuses of gateways such as
/// Cloudflare (520 to 524) and of overload (529).
pub(super) fn is_retryable_status(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504 | 520..=524 | 529)
}

/// Returns the class of an error object in a stream under HTTP 200. Its code may be a status number, a
/// Fireworks name, or missing; an unknown code counts as a temporary error of the upstream.
pub(super) fn kind_of_stream_error(error: &UpstreamError) -> FailureKind {
    if error.is_about_context() {
        return FailureKind::PromptTooLong;
    }
    let code = error.code.as_deref().unwrap_or_default();
    if let Ok(status @ 400..=599) = code.parse::<u16>() {
        return kind_of_status(status, error);
    }
    if error.is_about_credit() {
        return FailureKind::Suspended;
    }
    if error.is_loading() {
        return FailureKind::Loading;
    }
    match code.to_ascii_uppercase().as_str() {
        "UNAUTHORIZED" | "FORBIDDEN" | "PERMISSION_DENIED" => FailureKind::KeyRefused,
        "PAYMENT_REQUIRED" | "PRECONDITION_FAILED" => FailureKind::Suspended,
        "NOT_FOUND" | "MODEL_NOT_FOUND" => FailureKind::ModelMissing,
        "BAD_REQUEST" | "INVALID_REQUEST_ERROR" => FailureKind::BadRequest,
        _ => FailureKind::Busy,
    }
}

/// Maximum number of characters of upstream text that are kept.
const DETAIL_CHARS: usize = 500;

/// Prepares upstream text for a log line: removes control characters (a line break could forge log lines),
/// collapses white space, and truncates to [`DETAIL_CHARS`].
fn tidy(text: &str) -> String {
    let mut out = String::new();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    for word in words.filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
        if out.len() > DETAIL_CHARS * 4 {
            break;
        }
    }
    if let Some((end, _)) = out.char_indices().nth(DETAIL_CHARS) {
        out.truncate(end);
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(message: &str, code: Option<&str>) -> UpstreamError {
        UpstreamError { message: message.into(), code: code.map(Into::into) }
    }

    #[test]
    fn statuses_map_to_failure_kinds() {
        let plain = error("no", None);
        let cases = [
            (400, FailureKind::BadRequest),
            (401, FailureKind::KeyRefused),
            (402, FailureKind::Suspended),
            (403, FailureKind::KeyRefused),
            (404, FailureKind::ModelMissing),
            (408, FailureKind::Busy),
            (412, FailureKind::Suspended),
            (413, FailureKind::PromptTooLong),
            (422, FailureKind::BadRequest),
            (429, FailureKind::Busy),
            (500, FailureKind::Busy),
            (502, FailureKind::Busy),
            (503, FailureKind::Busy),
            (504, FailureKind::Busy),
            (302, FailureKind::Redirected),
            (405, FailureKind::NotAnApi),
            (529, FailureKind::Busy),
        ];
        for (status, kind) in cases {
            assert_eq!(kind_of_status(status, &plain), kind, "{status}");
        }
    }

    #[test]
    fn a_400_about_the_context_means_prompt_too_long() {
        let text = "The prompt is too long: 798932, model maximum context length: 262143";
        assert_eq!(kind_of_status(400, &error(text, None)), FailureKind::PromptTooLong);
    }

    #[test]
    fn a_400_about_model_or_key_is_not_a_bad_request() {
        for (text, code, kind) in [
            (
                "/chat/completions: Invalid model name passed in model=x. Call `/v1/models` to view them",
                Some("400"),
                FailureKind::ModelMissing,
            ),
            ("x is not a valid model ID", None, FailureKind::ModelMissing),
            ("no", Some("model_not_found"), FailureKind::ModelMissing),
            ("API key not valid. Please pass a valid API key.", None, FailureKind::KeyRefused),
            ("No connected db.", Some("400"), FailureKind::KeyRefused),
            ("Invalid value for temperature", Some("400"), FailureKind::BadRequest),
        ] {
            assert_eq!(kind_of_status(400, &error(text, code)), kind, "{text}");
        }
    }

    #[test]
    fn stream_errors_are_classified_by_number_or_name() {
        assert_eq!(kind_of_stream_error(&error("x", Some("401"))), FailureKind::KeyRefused);
        assert_eq!(kind_of_stream_error(&error("x", Some("not_found"))), FailureKind::ModelMissing);
        assert_eq!(
            kind_of_stream_error(&error("x", Some("RATE_LIMIT_EXCEEDED"))),
            FailureKind::Busy
        );
        assert_eq!(kind_of_stream_error(&error("x", None)), FailureKind::Busy);
    }

    #[test]
    fn foreign_text_cannot_write_log_lines_and_is_cut() {
        assert_eq!(tidy("a\r\nERROR forged\u{1b}[31m\0b"), "a ERROR forged [31m b");
        assert_eq!(tidy(&"é".repeat(2_000)).chars().count(), DETAIL_CHARS + 1);
    }

    #[test]
    fn messages_promise_kept_text_only_if_some_arrived() {
        for kind in [FailureKind::Stalled, FailureKind::Truncated, FailureKind::TooSlow] {
            assert!(kind.member_message(true).contains("What arrived is kept"), "{kind:?}");
            assert!(!kind.member_message(false).contains("kept"), "{kind:?}");
        }
    }

    #[test]
    fn only_transient_failures_are_retryable() {
        assert!(FailureKind::Busy.retryable_by_member());
        assert!(FailureKind::Truncated.retryable_by_member());
        assert!(FailureKind::KeyRefused.retryable_by_member());
        assert!(!FailureKind::PromptTooLong.retryable_by_member());
    }
}
