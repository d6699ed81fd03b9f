//! From the bytes of one answer to its events.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use tokio::time::Instant;

use super::client::Shared;
use super::failure::{Failure, FailureKind, kind_of_stream_error};
use super::sse::{Block, Name, Parser, TooLong};
use super::wire::{Chunk, Said, UpstreamError};

/// What a reply consists of, in this order: `Started`, then any mix of `Delta` and `Reasoning`,
/// then `Finished`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The first token is about to come.
    Started {
        /// The model that answers: the one asked for, or the fallback.
        model: String,
    },
    /// A piece of the answer, never empty.
    Delta(String),
    /// A piece of reasoning: billed, kept apart from the answer, never sent back.
    Reasoning(String),
    /// The end. Nothing follows.
    Finished {
        /// Why the model stopped.
        finish_reason: FinishReason,
        /// What the provider bills, where it said so.
        usage: Option<Usage>,
    },
}

/// The provider's count of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// All tokens of the prompt, those from the cache included.
    pub prompt_tokens: u64,
    /// Those of them that came from the prompt cache, at a lower price.
    pub cached_tokens: u64,
    /// Tokens of the answer, reasoning included.
    pub completion_tokens: u64,
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// It met `max_tokens`.
    Length,
    /// Another reason, or none was given.
    Other,
}

impl FinishReason {
    fn of(reason: &str) -> Self {
        match reason {
            "stop" => Self::Stop,
            "length" => Self::Length,
            _ => Self::Other,
        }
    }
}

/// Reads one answer. Cancel-safe: everything it knows between two packets is in here.
pub(super) struct Reader {
    shared: Arc<Shared>,
    /// Without the head of the response: its headers are slices of the connection's first read buffer.
    /// Gone once the answer is over.
    body: Option<reqwest::Body>,
    parser: Parser,
    ready: VecDeque<Event>,
    finish_reason: Option<FinishReason>,
    /// The last one that was not null. They are totals: never added up.
    usage: Option<Usage>,
    had_event: bool,
    /// When the next event, or after the finish the usage, must have come.
    limit: Instant,
    whole_limit: Instant,
}

/// What one block of the stream turned out to be.
enum Read {
    /// A ping or the like: no sign that the model is at work, so no limit moves.
    Nothing,
    Said(Said),
    /// `[DONE]`.
    Done,
    NotJson(String),
    Error(UpstreamError),
}

impl Reader {
    pub fn new(
        shared: Arc<Shared>,
        body: reqwest::Body,
        first_event_limit: Instant,
        whole_limit: Instant,
    ) -> Self {
        let parser = Parser::new(shared.settings.max_event_bytes);
        Self {
            shared,
            body: Some(body),
            parser,
            ready: VecDeque::new(),
            finish_reason: None,
            usage: None,
            had_event: false,
            limit: first_event_limit,
            whole_limit,
        }
    }

    /// Puts an event back to the front.
    pub fn push_back(&mut self, event: Event) {
        self.ready.push_front(event);
    }

    /// The next event; after `Finished` or a failure, `None`.
    pub async fn next(&mut self) -> Option<Result<Event, Failure>> {
        while self.ready.is_empty() {
            self.body.as_ref()?;
            if let Err(failure) = self.advance().await {
                if self.finish_reason.is_none() {
                    // Closes the connection: what would still come is of no use.
                    self.body = None;
                    return Some(Err(failure));
                }
                // The answer was complete; only its usage may be missing.
                self.finish();
            }
        }
        self.ready.pop_front().map(Ok)
    }

    /// Reads one block, or one more packet.
    async fn advance(&mut self) -> Result<(), Failure> {
        let read = match self.parser.next_block() {
            Ok(Some(block)) => read_block(&block),
            Ok(None) => return self.next_packet().await,
            Err(TooLong) => {
                return Err(Failure::new(FailureKind::EventTooLong, "an event over the size cap"));
            }
        };
        match read {
            Read::Nothing => {}
            Read::Said(said) => self.take(said),
            Read::Done => self.finish(),
            Read::NotJson(error) => {
                return Err(Failure::new(FailureKind::Protocol, format!("a chunk: {error}")));
            }
            Read::Error(error) => {
                let kind = kind_of_stream_error(&error);
                return Err(self.shared.failure(kind, &error.described("in the stream")));
            }
        }
        Ok(())
    }

    async fn next_packet(&mut self) -> Result<(), Failure> {
        let Some(body) = self.body.as_mut() else {
            return Ok(());
        };
        let limit = self.limit.min(self.whole_limit);
        match tokio::time::timeout_at(limit, body.frame()).await {
            // Trailers say nothing of the answer.
            Ok(Some(Ok(frame))) => self.parser.feed(frame.into_data().unwrap_or_default()),
            Ok(None) => return Err(Failure::new(FailureKind::Truncated, "the body ended")),
            Ok(Some(Err(error))) => {
                return Err(Failure::new(FailureKind::Truncated, describe(error)));
            }
            Err(_) => return Err(self.too_late()),
        }
        Ok(())
    }

    fn take(&mut self, said: Said) {
        if let Some(reasoning) = said.reasoning {
            self.ready.push_back(Event::Reasoning(reasoning));
        }
        if let Some(text) = said.text {
            self.ready.push_back(Event::Delta(text));
        }
        self.usage = said.usage.or(self.usage);
        self.had_event = true;
        if self.finish_reason.is_some() {
            return;
        }
        let now = Instant::now();
        self.limit = now + self.shared.settings.between_events_timeout;
        if let Some(reason) = said.finish_reason {
            self.finish_reason = Some(FinishReason::of(&reason));
            self.limit = now + self.shared.settings.usage_grace;
        }
    }

    fn finish(&mut self) {
        let finish_reason = self.finish_reason.unwrap_or(FinishReason::Other);
        self.ready.push_back(Event::Finished { finish_reason, usage: self.usage });
        if let Some(body) = self.body.take() {
            tokio::spawn(drain(body));
        }
    }

    fn too_late(&self) -> Failure {
        let kind = if self.limit > self.whole_limit {
            FailureKind::TooSlow
        } else if self.had_event {
            FailureKind::Stalled
        } else {
            FailureKind::FirstEventTimeout
        };
        Failure::new(kind, "no event in time")
    }
}

/// Reads the few bytes between `[DONE]` and the end of the body: only then can the connection
/// serve the next request. Nobody waits for it, and a server that never ends loses its connection.
async fn drain(mut body: reqwest::Body) {
    let to_the_end = async { while let Some(Ok(_)) = body.frame().await {} };
    let _ = tokio::time::timeout(Duration::from_secs(1), to_the_end).await;
}

fn read_block(block: &Block<'_>) -> Read {
    let data = block.data.trim();
    if block.name == Name::Other || data.is_empty() {
        return Read::Nothing;
    }
    if data == "[DONE]" {
        return Read::Done;
    }
    match Chunk::parse(data) {
        Ok(Said { error: Some(error), .. }) => Read::Error(error),
        _ if block.name == Name::Error => Read::Error(UpstreamError::of_body(data.as_bytes())),
        Ok(said) => Read::Said(said),
        Err(error) => Read::NotJson(error),
    }
}

/// A network error with its causes, without the address, which may hold credentials.
pub(super) fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
