//! One reply: finding a model that replies, then reading its events.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::time::{Instant, sleep, timeout_at};
use tracing::Instrument;

use super::adjustments::{Adjustments, Change, Field};
use super::client::{ChatRequest, Client};
use super::event::{Event, FinishReason, Usage};
use super::failure::{Failure, FailureKind};
use super::network::kind_of_network;
use super::reader::{Limits, Reader, describe};
use super::refusal::{Refusal, not_an_api, read_refusal};

/// Maximum number of times the prompt is shortened per reply.
const MOST_SHORTENINGS: u32 = 4;
/// Maximum number of times per try that a request is changed because a field was refused.
const MOST_CHANGES: u32 = 12;
/// Completion tokens that an empty reply may use, for its start and end markers.
const TOKENS_OF_NOTHING: u64 = 8;

/// The events of one reply.
///
/// [`next`](Self::next) is cancel-safe: dropping its future loses no event. Dropping the stream closes the
/// connection, which stops the generation and its cost.
pub struct ReplyStream {
    state: State,
}

enum State {
    Opening(Pin<Box<dyn Future<Output = Result<Opened, Failure>> + Send>>),
    Reading(Box<Reader>),
    Over,
}

/// A response whose first event has arrived.
struct Opened {
    model: String,
    reader: Reader,
}

impl ReplyStream {
    pub(super) fn new(client: Client, request: ChatRequest) -> Self {
        Self { state: State::Opening(Box::pin(open(client, request))) }
    }

    /// Returns the next event, or `None` after [`Event::Finished`] or a failure.
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
                        "upstream stream cut off"
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

async fn open(client: Client, request: ChatRequest) -> Result<Opened, Failure> {
    let shared = &client.shared;
    let whole_limit = Instant::now() + shared.settings.whole_reply_timeout;
    let opened = timeout_at(whole_limit, open_whole_or_shortened(&client, &request, whole_limit))
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
            tracing::warn!(
                kind = failure.kind.as_str(),
                detail = failure.detail,
                "upstream sent no reply"
            );
            let model = request.model.as_deref().unwrap_or(&shared.settings.model);
            shared.health.failed(model, &failure);
            Err(failure)
        }
    }
}

/// Asks with the whole prompt. If it does not fit, asks for a shorter reply or drops history.
async fn open_whole_or_shortened(
    client: &Client,
    request: &ChatRequest,
    whole_limit: Instant,
) -> Result<Opened, Failure> {
    let mut request = Cow::Borrowed(request);
    let mut context = None;
    for _ in 0..MOST_SHORTENINGS {
        let context_said = context.as_ref();
        let opened = open_first_or_fallback(client, &request, context_said, whole_limit).await;
        let refusal = match opened {
            Ok(opened) => return Ok(opened),
            Err(refusal) => refusal,
        };
        let overflow = refusal.overflow.unwrap_or_default();
        let too_long = refusal.failure.kind == FailureKind::PromptTooLong;
        let Some(shorter) = overflow.shorten(&request).filter(|_| too_long) else {
            return Err(refusal.failure);
        };
        tracing::info!(
            history = shorter.history,
            max_tokens = shorter.max_tokens,
            "prompt too long, request shortened"
        );
        context = overflow.limit.map(|limit| (limit, refusal.failure.detail)).or(context);
        request = Cow::Owned(shorter);
    }
    let opened = open_first_or_fallback(client, &request, context.as_ref(), whole_limit).await;
    opened.map_err(|refusal| refusal.failure)
}

/// Asks the model, with retries, then the fallback once. `context`: the context size that the server just
/// reported, and its message.
async fn open_first_or_fallback(
    client: &Client,
    request: &ChatRequest,
    context: Option<&(u32, String)>,
    whole_limit: Instant,
) -> Result<Opened, Refusal> {
    let shared = &client.shared;
    let configured = shared.settings.model.as_str();
    let model = request.model.as_deref().unwrap_or(configured);
    // Without a configured fallback, the configured model is the fallback of a requested one.
    let fallback = shared.settings.fallback_model.as_deref().unwrap_or(configured);
    let fallback = Some(fallback).filter(|other| *other != model);
    let mut asking = Asking { client, request, whole_limit, context, patient: fallback.is_none() };
    if let Some(fallback) = fallback
        && shared.health.is_missing(model)
    {
        asking.patient = true;
        return asking.with_retries(fallback).await;
    }
    let refusal = match asking.with_retries(model).await {
        Ok(opened) => return Ok(opened),
        Err(refusal) => refusal,
    };
    // The fallback has the same base URL, so it does not help if the upstream is unreachable.
    let may_fall_back = matches!(
        refusal.failure.kind,
        FailureKind::ModelMissing | FailureKind::Busy | FailureKind::Loading
    );
    let Some(fallback) = fallback.filter(|_| may_fall_back) else {
        return Err(refusal);
    };
    let attempt = tracing::error_span!("attempt", model = fallback, number = 1);
    let opened = asking.adjusted(fallback).instrument(attempt).await;
    if opened.is_ok() && refusal.failure.kind == FailureKind::ModelMissing {
        // Recorded only now: if the fallback is missing too, the base URL is probably wrong.
        let memory = shared.settings.missing_model_memory;
        shared.health.model_is_missing(model, fallback, memory);
    }
    opened
}

/// A request in progress.
struct Asking<'a> {
    client: &'a Client,
    request: &'a ChatRequest,
    whole_limit: Instant,
    /// The context size that the server reported when it refused the prompt. Recorded if a reply starts.
    context: Option<&'a (u32, String)>,
    /// Whether to wait for a model that is loading. False if another model may reply instead.
    patient: bool,
}

impl Asking<'_> {
    /// Asks one model, with retries.
    async fn with_retries(&self, model: &str) -> Result<Opened, Refusal> {
        let policy = self.client.shared.settings.retry;
        let start = Instant::now();
        let mut tried = 0;
        loop {
            tried += 1;
            let attempt = tracing::error_span!("attempt", model, number = tried);
            let refusal = match self.adjusted(model).instrument(attempt).await {
                Ok(opened) => return Ok(opened),
                Err(refusal) => refusal,
            };
            let (asked, chance) = (refusal.retry_after, rand::random());
            let wait = if refusal.failure.kind == FailureKind::Loading && self.patient {
                policy.wait_for_loading(tried, start.elapsed(), asked, chance)
            } else {
                policy.wait(tried, asked, chance)
            };
            let Some(wait) = wait.filter(|_| refusal.retryable) else {
                return Err(refusal);
            };
            tracing::info!(
                model,
                tried,
                kind = refusal.failure.kind.as_str(),
                detail = refusal.failure.detail,
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                "upstream request retried"
            );
            sleep(wait).await;
        }
    }

    /// Asks once, and again immediately without the fields that the server refuses. Records the adjustments
    /// of a request that led to a reply.
    async fn adjusted(&self, model: &str) -> Result<Opened, Refusal> {
        let memory = &self.client.shared.adjustments;
        let mut adjustments = memory.of(model);
        let mut changes = 0;
        loop {
            let refusal = match self.once(model, &adjustments).await {
                Ok(opened) => {
                    if let Some((tokens, said)) = self.context {
                        adjustments.apply(Field::ContextTokens, Change::AtMost(*tokens), said);
                    }
                    memory.learn(model, &adjustments);
                    return Ok(opened);
                }
                Err(refusal) => refusal,
            };
            changes += 1;
            if refusal.changes.is_empty() || changes > MOST_CHANGES {
                return Err(refusal);
            }
            for (field, change) in &refusal.changes {
                adjustments.apply(*field, *change, &refusal.failure.detail);
            }
        }
    }

    /// Sends the request once, and reads up to the first token.
    async fn once(&self, model: &str, adjustments: &Adjustments) -> Result<Opened, Refusal> {
        let shared = &self.client.shared;
        let body = shared.body(self.request, model, adjustments);
        let http = shared
            .request(self.request, &body)
            .map_err(|error| Refusal::of(Failure::new(FailureKind::BadRequest, error)))?;
        let (now, settings) = (Instant::now(), &shared.settings);
        let first_limit = now + settings.first_event_timeout;
        let first_token = now + settings.first_token_timeout.max(settings.first_event_timeout);
        let response = match timeout_at(first_limit, shared.send(http)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let kind = kind_of_network(&error);
                return Err(Refusal::of(Failure::new(kind, describe(error))));
            }
            Err(_) => {
                let failure = Failure::new(FailureKind::FirstEventTimeout, "no answer in time");
                return Err(Refusal::of(failure));
            }
        };
        if !response.status().is_success() {
            let refused = read_refusal(shared, response, first_limit).await;
            return Err(refused.explained(self.request, &body, adjustments));
        }
        if !may_be_event_stream(&response) {
            return Err(not_an_api(shared, response, first_limit).await);
        }
        let limits = Limits { silence: first_limit, chunk: first_token, whole: self.whole_limit };
        let mut reader = Reader::new(Arc::clone(shared), model, response.into(), limits);
        match reader.next().await {
            Some(Ok(Event::Finished { finish_reason, usage }))
                if is_nothing(finish_reason, usage) =>
            {
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
}

/// Returns whether a reply that ended before any token may be retried. Reasoning that was billed though not
/// sent would be billed again, so such a reply may not.
fn is_nothing(reason: FinishReason, usage: Option<Usage>) -> bool {
    matches!(reason, FinishReason::Stop | FinishReason::Other)
        && usage.is_none_or(|usage| usage.completion_tokens <= TOKENS_OF_NOTHING)
}

/// Returns whether the body may be an event stream. A missing or unusual content type is accepted, since the
/// first bytes decide; an HTML page is not.
fn may_be_event_stream(response: &reqwest::Response) -> bool {
    let content_type = response.headers().get(http::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    !content_type.starts_with("text/html")
}
