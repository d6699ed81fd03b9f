//! Reads the events of one reply from the bytes of its response.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame};
use tokio::time::{Instant, Sleep, sleep_until};

use super::body::{Framing, Sniffed};
use super::chunk::{self, Said};
use super::client::Shared;
use super::event::{Event, FinishReason, Usage};
use super::failure::{Failure, FailureKind, kind_of_stream_error};
use super::reasoning::Splitter;
use super::sse::{Block, Name, Parser, TooLong};
use super::surrogates::Halves;
use super::wire::UpstreamError;

/// Deadlines of a reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// For any byte. Extended by each packet, even if it only holds a comment.
    pub silence: Instant,
    /// For the next chunk.
    pub chunk: Instant,
    /// For the end of the reply.
    pub whole: Instant,
}

impl Limits {
    /// Returns the earliest one.
    fn first(self) -> Instant {
        self.silence.min(self.chunk).min(self.whole)
    }
}

/// Reads one reply. Cancel-safe: all state between two packets is stored here.
pub(super) struct Reader {
    shared: Arc<Shared>,
    model: String,
    /// Without the response's head, because its headers are slices of the connection's first read buffer and
    /// would keep it alive. `None` once the reply has ended.
    body: Option<reqwest::Body>,
    framing: Framing,
    parser: Parser,
    splitter: Splitter,
    text_halves: Halves,
    reasoning_halves: Halves,
    ready: VecDeque<Event>,
    /// Returned after the events in `ready`.
    failure: Option<Failure>,
    finish: Finish,
    /// Each usage is a total, so usages replace each other and are never added up.
    usage: Option<Usage>,
    had_chunk: bool,
    had_token: bool,
    limits: Limits,
    /// Fires at an earlier state of `limits` and is then set again, so that a packet sets no timer.
    timer: Pin<Box<Sleep>>,
}

/// What the chunks say about the end of the reply.
#[derive(Clone, Copy, Debug, Default)]
struct Finish {
    reason: Option<FinishReason>,
    refused: bool,
    /// Text followed the finish reason: this server sends one in every chunk, so it does not mark the end.
    is_habit: bool,
    /// The reply is complete; only a usage may follow.
    is_settled: bool,
}

/// The meaning of one block of the stream.
enum Read {
    /// A ping or similar.
    Nothing,
    Said(Said),
    /// `[DONE]`.
    Done,
    NotJson(String),
    Error(UpstreamError),
}

/// Why reading ends.
enum Break {
    /// The body ended normally.
    End,
    Failed(Failure),
}

impl Reader {
    pub fn new(shared: Arc<Shared>, model: &str, body: reqwest::Body, limits: Limits) -> Self {
        let max_event_bytes = shared.settings.max_event_bytes;
        let splitter = Splitter::new(shared.habits.begins_untold(model));
        Self {
            shared,
            model: model.to_owned(),
            body: Some(body),
            framing: Framing::new(max_event_bytes),
            parser: Parser::new(max_event_bytes),
            splitter,
            text_halves: Halves::default(),
            reasoning_halves: Halves::default(),
            ready: VecDeque::new(),
            failure: None,
            finish: Finish::default(),
            usage: None,
            had_chunk: false,
            had_token: false,
            limits,
            timer: Box::pin(sleep_until(limits.first())),
        }
    }

    /// Puts an event back at the front of the queue.
    pub fn push_back(&mut self, event: Event) {
        self.ready.push_front(event);
    }

    /// Returns the next event, or `None` after `Finished` or a failure.
    pub async fn next(&mut self) -> Option<Result<Event, Failure>> {
        while self.ready.is_empty() {
            if let Some(failure) = self.failure.take() {
                return Some(Err(failure));
            }
            self.body.as_ref()?;
            if let Err(broken) = self.advance().await {
                self.ended_by(broken);
            }
        }
        self.ready.pop_front().map(Ok)
    }

    /// Reads one block, or another packet if no block is complete.
    async fn advance(&mut self) -> Result<(), Break> {
        let read = match self.parser.next_block() {
            Ok(Some(block)) => read_block(&block),
            Ok(None) => return self.next_packet().await,
            Err(TooLong) => return Err(too_long()),
        };
        self.take(read)
    }

    fn take(&mut self, read: Read) -> Result<(), Break> {
        match read {
            Read::Nothing => {}
            Read::Said(said) => self.say(said),
            Read::Done => self.end(),
            Read::NotJson(error) => {
                return Err(failed(FailureKind::Protocol, format!("a chunk: {error}")));
            }
            Read::Error(error) => {
                let kind = kind_of_stream_error(&error);
                let failure = self.shared.failure(kind, &error.described("in the stream"));
                return Err(Break::Failed(failure));
            }
        }
        Ok(())
    }

    async fn next_packet(&mut self) -> Result<(), Break> {
        match poll_fn(|context| self.poll_frame(context)).await {
            // Trailers are ignored.
            Some(Some(Ok(frame))) => self.receive(frame.into_data().unwrap_or_default()),
            Some(None) => self.body_ended(),
            Some(Some(Err(error))) => Err(failed(FailureKind::Truncated, describe(error))),
            None => Err(self.too_late()),
        }
    }

    /// Returns the next frame of the body, or `None` when a limit has passed.
    #[allow(clippy::type_complexity)]
    fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Option<reqwest::Result<Frame<Bytes>>>>> {
        let Some(body) = self.body.as_mut() else { return Poll::Ready(Some(None)) };
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(context) {
            return Poll::Ready(Some(frame));
        }
        let limit = self.limits.first();
        // A limit may also have become earlier.
        if limit < self.timer.deadline() {
            self.timer.as_mut().reset(limit);
        }
        while self.timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= limit {
                return Poll::Ready(None);
            }
            self.timer.as_mut().reset(limit);
        }
        Poll::Pending
    }

    fn receive(&mut self, packet: Bytes) -> Result<(), Break> {
        if !self.finish.is_settled {
            self.limits.silence = Instant::now() + self.patience();
        }
        match self.framing.sniff(packet) {
            Ok(Sniffed::Events(packet)) => self.parser.feed(packet),
            Ok(Sniffed::Kept) => {}
            Err(TooLong) => return Err(too_long()),
        }
        Ok(())
    }

    /// Returns how long the upstream may be silent.
    fn patience(&self) -> Duration {
        let settings = &self.shared.settings;
        if self.had_chunk { settings.between_events_timeout } else { settings.first_event_timeout }
    }

    /// Reads the block that the body's end completes.
    fn body_ended(&mut self) -> Result<(), Break> {
        if let Some(document) = self.framing.take_document() {
            return self.read_document(&document);
        }
        let Some(last) = self.parser.last_block().map(|block| read_block(&block)) else {
            return Err(Break::End);
        };
        // More blocks may follow, which the next call reads.
        self.take(last)
    }

    /// Reads a body that is not an event stream: a whole completion, an error or a page.
    fn read_document(&mut self, document: &[u8]) -> Result<(), Break> {
        let text = String::from_utf8_lossy(document);
        match read_data(text.trim_start_matches('\u{FEFF}').trim()) {
            // It may hold one object per line.
            Read::NotJson(_) if self.framing.becomes_events(document) => {
                self.parser.feed(Bytes::copy_from_slice(document));
                Ok(())
            }
            Read::NotJson(_) => {
                let error = UpstreamError::of_body(document);
                let is_page = error.is_page();
                let kind = if is_page { FailureKind::NotAnApi } else { FailureKind::Protocol };
                Err(Break::Failed(self.shared.failure(kind, &error.described("no event stream"))))
            }
            read => {
                self.take(read)?;
                if self.finish.reason.is_none() && self.had_token {
                    self.finish.reason = Some(FinishReason::Other);
                }
                match self.finish.reason {
                    Some(_) => Err(Break::End),
                    None => Err(failed(FailureKind::Protocol, "no event stream, and no answer")),
                }
            }
        }
    }

    fn say(&mut self, mut said: Said) {
        if said.torn || self.text_halves.waits() || self.reasoning_halves.waits() {
            said.text = self.text_halves.join(&said.text);
            said.reasoning = self.reasoning_halves.join(&said.reasoning);
        }
        let Said { text, reasoning, .. } = said;
        let has_text = !text.is_empty();
        if !reasoning.is_empty() {
            self.splitter.came_apart();
            self.ready.push_back(Event::Reasoning(reasoning));
        }
        if has_text {
            self.splitter.push(text, &mut self.ready);
        }
        self.usage = said.usage.map(|usage| usage.after(self.usage)).or(self.usage);
        self.had_chunk = true;
        self.had_token |= has_text || !self.ready.is_empty();
        self.finish.refused |= said.refused;
        self.finish.is_habit |= has_text && self.finish.reason.is_some();
        self.finish.reason = said.finish.or(self.finish.reason);
        // A finish reason in the same chunk as text may be this server's habit. Only a usage confirms the
        // end.
        self.finish.is_settled = self.finish.reason.is_some()
            && if has_text {
                self.usage.is_some() && !self.finish.is_habit
            } else {
                self.usage.is_some() || !self.finish.is_habit
            };
        self.move_limits();
    }

    fn move_limits(&mut self) {
        let settings = &self.shared.settings;
        let now = Instant::now();
        self.limits.silence = now + self.patience();
        if self.finish.is_settled {
            self.limits.chunk = now + settings.usage_grace;
        } else if self.had_token {
            let longest = settings.first_token_timeout.max(settings.between_events_timeout);
            self.limits.chunk = now + longest;
        }
    }

    /// Ends the reply, either as complete or as interrupted.
    fn ended_by(&mut self, broken: Break) {
        let said_end = self.finish.reason.is_some();
        match broken {
            // A body that ends without a finish reason was cut off.
            Break::End if said_end => self.end(),
            Break::End => self.fail(Failure::new(FailureKind::Truncated, "the body ended")),
            // The reply is complete, and only its usage may be missing. If the server sends a finish reason
            // in every chunk, a stall counts as the end, but a broken connection does not.
            Break::Failed(_) if self.finish.is_settled => self.end(),
            Break::Failed(Failure { kind: FailureKind::Stalled, .. }) if said_end => self.end(),
            Break::Failed(failure) => self.fail(failure),
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.splitter.finish(None, &mut self.ready);
        self.failure = Some(failure);
        // Closes the connection, because the rest of the body is not needed.
        self.body = None;
    }

    fn end(&mut self) {
        let Finish { reason, refused, .. } = self.finish;
        if reason == Some(FinishReason::Error) {
            return self.fail(Failure::new(FailureKind::Busy, "the finish reason is an error"));
        }
        let finish_reason = if refused { Some(FinishReason::Refusal) } else { reason };
        let finish_reason = finish_reason.unwrap_or(FinishReason::Other);
        self.splitter.finish(Some(finish_reason), &mut self.ready);
        self.shared.habits.note(&self.model, self.splitter.habit());
        self.ready.push_back(Event::Finished { finish_reason, usage: self.usage });
        if let Some(body) = self.body.take() {
            tokio::spawn(drain(body));
        }
    }

    fn too_late(&self) -> Break {
        let Limits { silence, chunk, whole } = self.limits;
        let (kind, detail) = if whole <= silence && whole <= chunk {
            (FailureKind::TooSlow, "the time for a whole reply is over")
        } else if self.had_token {
            (FailureKind::Stalled, "no event in time")
        } else if chunk < silence {
            (FailureKind::FirstEventTimeout, "signs of life, but no token in time")
        } else {
            (FailureKind::FirstEventTimeout, "no event in time")
        };
        failed(kind, detail)
    }
}

fn failed(kind: FailureKind, detail: impl AsRef<str>) -> Break {
    Break::Failed(Failure::new(kind, detail))
}

fn too_long() -> Break {
    failed(FailureKind::EventTooLong, "an event over the size cap")
}

/// Reads the few bytes between `[DONE]` and the end of the body, so that the connection can be reused. Runs
/// in the background. Closes the connection of a server that does not end the body within a second.
async fn drain(mut body: reqwest::Body) {
    let to_the_end = async { while let Some(Ok(_)) = body.frame().await {} };
    let _ = tokio::time::timeout(Duration::from_secs(1), to_the_end).await;
}

fn read_block(block: &Block<'_>) -> Read {
    let data = block.data.trim();
    // Some servers send a comment after `data:`.
    if block.name == Name::Other || data.is_empty() || data.starts_with(':') {
        return Read::Nothing;
    }
    match read_data(data) {
        Read::Error(error) => Read::Error(error),
        _ if block.name == Name::Error => Read::Error(UpstreamError::of_body(data.as_bytes())),
        read => read,
    }
}

fn read_data(data: &str) -> Read {
    if data == "[DONE]" {
        return Read::Done;
    }
    match chunk::parse(data) {
        Ok(Said { error: Some(error), .. }) => Read::Error(error),
        Ok(said) => Read::Said(said),
        Err(error) => Read::NotJson(error),
    }
}

/// Describes a network error with its causes, without the URL, which may contain credentials.
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
