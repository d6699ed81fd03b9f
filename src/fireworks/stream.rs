//! One reply: finding a model that answers, then its events.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::{Instant, sleep, timeout_at};

use super::client::{ChatRequest, Client, Shared};
use super::event::{Event, FinishReason, Usage};
use super::failure::{Failure, FailureKind, is_retryable_status, kind_of_status};
use super::reader::{Limits, Reader, describe};
use super::retry::parse_retry_after;
use super::wire::UpstreamError;

/// As many tokens a model may take to say nothing: its marks of the beginning and the end.
const TOKENS_OF_NOTHING: u64 = 8;
/// The most that is read of an answer with an error status.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// The events of one reply.
///
/// [`next`](Self::next) is cancel-safe: dropping its future loses nothing. Dropping the stream
/// itself closes the connection, which stops the generation and the bill for what was not
/// generated.
pub struct ReplyStream {
    state: State,
}

enum State {
    Opening(Pin<Box<dyn Future<Output = Result<Opened, Failure>> + Send>>),
    Reading(Box<Reader>),
    Over,
}

/// An answer whose first event is there.
struct Opened {
    model: String,
    reader: Reader,
}

impl ReplyStream {
    pub(super) fn new(client: Client, request: ChatRequest) -> Self {
        Self { state: State::Opening(Box::pin(open(client, request))) }
    }

    /// The next event. After [`Event::Finished`] or a failure, `None`.
    pub async fn next(&mut self) -> Option<Result<Event, Failure>> {
        match &mut self.state {
            State::Opening(opening) => {
                let opened = opening.await;
                Some(self.begin(opened))
            }
            State::Reading(reader) => {
                let next = reader.next().await;
                if let Some(Err(failure)) = &next {
                    tracing::warn!(
                        kind = failure.kind.as_str(),
                        detail = failure.detail,
                        "cut off"
                    );
                }
                if !matches!(next, Some(Ok(_))) {
                    self.state = State::Over;
                }
                next
            }
            State::Over => None,
        }
    }

    fn begin(&mut self, opened: Result<Opened, Failure>) -> Result<Event, Failure> {
        match opened {
            Ok(Opened { model, reader }) => {
                self.state = State::Reading(Box::new(reader));
                Ok(Event::Started { model })
            }
            Err(failure) => {
                self.state = State::Over;
                Err(failure)
            }
        }
    }
}

/// One try that did not lead to a first token.
struct Refusal {
    failure: Failure,
    /// Whether the same request may succeed a little later.
    retryable: bool,
    retry_after: Option<Duration>,
}

impl Refusal {
    fn of(failure: Failure) -> Self {
        // An error under HTTP 200 and a connection that broke are worth another try as long as
        // nothing was delivered.
        let retryable = matches!(
            failure.kind,
            FailureKind::Busy
                | FailureKind::Unreachable
                | FailureKind::Truncated
                | FailureKind::Empty
        );
        Self { failure, retryable, retry_after: None }
    }
}

async fn open(client: Client, request: ChatRequest) -> Result<Opened, Failure> {
    let shared = &client.shared;
    let whole_limit = Instant::now() + shared.settings.whole_reply_timeout;
    let opened = timeout_at(whole_limit, open_whole_or_trimmed(&client, &request, whole_limit))
        .await
        .unwrap_or_else(|_| {
            Err(Failure::new(FailureKind::TooSlow, "the time ended before the first token"))
        });
    match opened {
        Ok(opened) => {
            shared.health.answered(&opened.model);
            Ok(opened)
        }
        Err(failure) => {
            tracing::warn!(kind = failure.kind.as_str(), detail = failure.detail, "no reply");
            shared.health.failed(&failure);
            Err(failure)
        }
    }
}

/// Asks with the whole prompt, and where that is too long once more without its history.
async fn open_whole_or_trimmed(
    client: &Client,
    request: &ChatRequest,
    whole_limit: Instant,
) -> Result<Opened, Failure> {
    let opened = open_first_or_fallback(client, request, whole_limit).await;
    if let Err(failure) = &opened
        && failure.kind == FailureKind::PromptTooLong
        && let Some(trimmed) = request.without_history()
    {
        tracing::info!(
            left_out = request.history,
            "the prompt is too long: asking without its history"
        );
        return open_first_or_fallback(client, &trimmed, whole_limit).await;
    }
    opened
}

/// Asks the model, through its tries; then the fallback, once.
async fn open_first_or_fallback(
    client: &Client,
    request: &ChatRequest,
    whole_limit: Instant,
) -> Result<Opened, Failure> {
    let shared = &client.shared;
    let configured = shared.settings.model.as_str();
    let model = request.model.as_deref().unwrap_or(configured);
    // Where no fallback is set, the configured model stands in for one that a request asks for.
    let fallback = shared.settings.fallback_model.as_deref().unwrap_or(configured);
    let fallback = Some(fallback).filter(|other| *other != model);
    if let Some(fallback) = fallback
        && shared.health.is_missing(model)
    {
        return open_with_retries(client, request, fallback, whole_limit)
            .await
            .map_err(|refusal| refusal.failure);
    }
    let refusal = match open_with_retries(client, request, model, whole_limit).await {
        Ok(opened) => return Ok(opened),
        Err(refusal) => refusal,
    };
    // An address that cannot be reached is the fallback's too: only the model would change.
    let may_fall_back =
        matches!(refusal.failure.kind, FailureKind::ModelMissing | FailureKind::Busy);
    let Some(fallback) = fallback.filter(|_| may_fall_back) else {
        return Err(refusal.failure);
    };
    let opened = try_once(client, request, fallback, whole_limit).await;
    if opened.is_ok() && refusal.failure.kind == FailureKind::ModelMissing {
        // Only now: where the fallback is "missing" too, it is rather the address that is wrong.
        let memory = shared.settings.missing_model_memory;
        shared.health.model_is_missing(model, fallback, memory);
    }
    opened.map_err(|refusal| refusal.failure)
}

async fn open_with_retries(
    client: &Client,
    request: &ChatRequest,
    model: &str,
    whole_limit: Instant,
) -> Result<Opened, Refusal> {
    let mut tried = 0;
    loop {
        tried += 1;
        let refusal = match try_once(client, request, model, whole_limit).await {
            Ok(opened) => return Ok(opened),
            Err(refusal) => refusal,
        };
        let policy = client.shared.settings.retry;
        let wait = policy.wait(tried, refusal.retry_after, rand::random());
        let Some(wait) = wait.filter(|_| refusal.retryable) else {
            return Err(refusal);
        };
        tracing::info!(
            model,
            tried,
            kind = refusal.failure.kind.as_str(),
            detail = refusal.failure.detail,
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "asking again"
        );
        sleep(wait).await;
    }
}

/// Sends the request once, and reads until the first token is there.
async fn try_once(
    client: &Client,
    request: &ChatRequest,
    model: &str,
    whole_limit: Instant,
) -> Result<Opened, Refusal> {
    let shared = &client.shared;
    let http = shared
        .request(request, model)
        .map_err(|error| Refusal::of(Failure::new(FailureKind::BadRequest, error)))?;
    let (now, settings) = (Instant::now(), &shared.settings);
    let first_limit = now + settings.first_event_timeout;
    let first_token = now + settings.first_token_timeout.max(settings.first_event_timeout);
    let response = match timeout_at(first_limit, shared.send(http)).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            return Err(Refusal::of(Failure::new(FailureKind::Unreachable, describe(error))));
        }
        Err(_) => {
            let failure = Failure::new(FailureKind::FirstEventTimeout, "no answer in time");
            return Err(Refusal::of(failure));
        }
    };
    if !response.status().is_success() {
        return Err(read_refusal(shared, response, first_limit).await);
    }
    if !may_be_event_stream(&response) {
        return Err(not_a_stream(shared, response, first_limit).await);
    }
    let limits = Limits { silence: first_limit, chunk: first_token, whole: whole_limit };
    let mut reader = Reader::new(Arc::clone(shared), model, response.into(), limits);
    match reader.next().await {
        Some(Ok(Event::Finished { finish_reason, usage })) if is_nothing(finish_reason, usage) => {
            Err(Refusal::of(Failure::new(FailureKind::Empty, "an answer without text")))
        }
        Some(Ok(event)) => {
            reader.push_back(event);
            Ok(Opened { model: model.to_owned(), reader })
        }
        Some(Err(failure)) => Err(Refusal::of(failure)),
        None => Err(Refusal::of(Failure::new(FailureKind::Truncated, "an empty answer"))),
    }
}

/// Whether an end that comes before any token is worth another try: where reasoning was billed though none was
/// sent, it would be billed again.
fn is_nothing(reason: FinishReason, usage: Option<Usage>) -> bool {
    matches!(reason, FinishReason::Stop | FinishReason::Other)
        && usage.is_none_or(|usage| usage.completion_tokens <= TOKENS_OF_NOTHING)
}

/// Reads an answer with an error status.
async fn read_refusal(shared: &Shared, response: reqwest::Response, limit: Instant) -> Refusal {
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get(http::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| parse_retry_after(value, OffsetDateTime::now_utc()));
    log_rate_limits(&response);
    let error = UpstreamError::of_body(&read_some(response, limit).await);
    let detail = error.described(&format!("HTTP {status}"));
    Refusal {
        failure: shared.failure(kind_of_status(status, &error), &detail),
        retryable: is_retryable_status(status),
        retry_after,
    }
}

/// The units of these headers changed over time: they help a reader of the log, and decide nothing.
fn log_rate_limits(response: &reqwest::Response) {
    for (name, value) in response.headers() {
        if name.as_str().starts_with("x-ratelimit") {
            tracing::debug!(header = name.as_str(), value = ?value, "rate limit");
        }
    }
}

/// A missing or odd type is tolerated, and told by the first bytes; a page is surely no event stream.
fn may_be_event_stream(response: &reqwest::Response) -> bool {
    let content_type = response.headers().get(http::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    !content_type.starts_with("text/html")
}

async fn not_a_stream(shared: &Shared, response: reqwest::Response, limit: Instant) -> Refusal {
    let error = UpstreamError::of_body(&read_some(response, limit).await);
    let detail = error.described("no event stream");
    Refusal::of(shared.failure(FailureKind::Protocol, &detail))
}

/// The beginning of a body, as far as it comes in time.
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
