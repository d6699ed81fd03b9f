//! Streams one reply: when each chunk is due, and which faults occur.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::counters::Counters;
use super::directives::StreamFault;
use super::render::{Renderer, TokenCounts};
use super::socket::Tear;
use super::text::Text;

/// Maximum number of due deltas per packet.
const DELTAS_A_PACKET: u64 = 64;
/// How often a stalled reply checks whether the emulator was stopped.
const SLICE: Duration = Duration::from_millis(50);
/// Time between two tokens of reasoning.
const THOUGHT_GAP: Duration = Duration::from_millis(100);
/// Time between two packets. Long enough to keep them from being merged.
const PACKET_GAP: Duration = Duration::from_millis(1);

/// The parameters of a reply.
pub(super) struct Score {
    /// The request's `prompt_cache_key`.
    pub conversation: String,
    pub text: Text,
    pub renderer: Renderer,
    pub faults: Vec<StreamFault>,
    pub prompt_tokens: u64,
    pub cached_tokens: u64,
    pub max_tokens: u64,
    /// 0 for no delay.
    pub tokens_per_second: f64,
    pub first_token: Duration,
    /// Duration of the reasoning before the first token of the reply's text.
    pub thinking: Duration,
}

/// The body of a reply.
pub(super) struct Playback {
    score: Score,
    stage: Stage,
    /// Number of deltas of the whole reply, and number of deltas sent.
    total: u64,
    sent: u64,
    reasoning_tokens: u64,
    interruption: Option<Interruption>,
    first_due: Instant,
    /// The next action is due at this time.
    resume_at: Option<Instant>,
    sleep: Pin<Box<Sleep>>,
    /// Rendered bytes that were not returned yet.
    out: BytesMut,
    counters: Arc<Counters>,
    stopping: Arc<AtomicBool>,
    tear: Tear,
}

#[derive(Clone, Copy)]
struct Interruption {
    /// The fault occurs before this delta.
    at: u64,
    fault: StreamFault,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Opening,
    /// Reasoning is sent, one token at a time.
    Thinking,
    Deltas,
    /// No more data is sent, and the body stays open.
    Stalled,
    /// The connection is about to be reset.
    Tearing,
    Torn,
    Closed,
}

impl Playback {
    pub fn new(
        score: Score,
        counters: Arc<Counters>,
        stopping: Arc<AtomicBool>,
        tear: Tear,
    ) -> Self {
        let first_due = Instant::now() + score.first_token;
        let total = score.text.len().min(score.max_tokens);
        counters.open_replies.add(1);
        Self {
            stage: Stage::Opening,
            total,
            sent: 0,
            reasoning_tokens: 0,
            interruption: interruption(&score.faults, total),
            first_due,
            resume_at: Some(first_due),
            sleep: Box::pin(sleep_until(first_due)),
            out: BytesMut::new(),
            score,
            counters,
            stopping,
            tear,
        }
    }

    fn has(&self, fault: StreamFault) -> bool {
        self.score.faults.contains(&fault)
    }

    fn open(&mut self) {
        self.stage = Stage::Deltas;
        if !self.score.thinking.is_zero() {
            self.stage = Stage::Thinking;
            self.first_due = Instant::now() + self.score.thinking;
        }
        if let Some(Interruption { at: 0, fault }) = self.interruption {
            return self.interrupt(fault);
        }
        if self.has(StreamFault::Bom) {
            self.out.extend_from_slice(b"\xEF\xBB\xBF");
        }
        if self.has(StreamFault::Comments) {
            self.score.renderer.comments(&mut self.out);
        }
        self.score.renderer.role(&mut self.out);
        if self.has(StreamFault::Reasoning) {
            for thought in ["The member asks", " something;", " I think it over."] {
                self.score.renderer.reasoning(&mut self.out, thought);
                self.reasoning_tokens += 1;
            }
            self.counters.tokens.add(self.reasoning_tokens);
        }
    }

    fn think(&mut self) {
        self.score.renderer.reasoning(&mut self.out, "Hm. ");
        self.reasoning_tokens += 1;
        self.counters.tokens.add(1);
    }

    /// Returns how many deltas may have been sent by `now`. The schedule is absolute, so delays do not add
    /// up.
    fn due(&self, now: Instant) -> u64 {
        if self.score.tokens_per_second <= 0.0 {
            return self.total;
        }
        let since = now.saturating_duration_since(self.first_due).as_secs_f64();
        // The cast saturates, which is correct here.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let due = (since * self.score.tokens_per_second) as u64;
        due.saturating_add(1).min(self.total)
    }

    /// Returns when the next delta is due.
    fn next_due(&self) -> Instant {
        #[allow(clippy::cast_precision_loss)]
        let seconds = self.sent as f64 / self.score.tokens_per_second.max(0.001);
        // The microsecond keeps rounding in `due` from finding this moment too early.
        self.first_due + Duration::from_secs_f64(seconds) + Duration::from_micros(1)
    }

    /// Renders the due deltas. Returns false if the next delta is not due yet.
    fn play(&mut self) -> bool {
        let one_by_one = self.has(StreamFault::Split);
        let limit = if one_by_one { 1 } else { DELTAS_A_PACKET };
        let due = self.due(Instant::now()).min(self.sent + limit);
        let before = self.sent;
        while self.sent < due {
            if let Some(Interruption { at, fault }) = self.interruption
                && at == self.sent
            {
                self.interruption = None;
                self.interrupt(fault);
                break;
            }
            self.score.text.write(self.sent, &self.score.renderer, &mut self.out);
            self.sent += 1;
        }
        self.counters.deltas.add(self.sent - before);
        self.counters.tokens.add(self.sent - before);
        if self.stage == Stage::Deltas && self.sent == self.total {
            self.end();
        }
        self.stage != Stage::Deltas || self.sent > before
    }

    fn interrupt(&mut self, fault: StreamFault) {
        match fault {
            StreamFault::ErrorFirst | StreamFault::ErrorMid => {
                self.score.renderer.error(&mut self.out);
                self.stage = Stage::Closed;
            }
            StreamFault::ErrorEmptyChoices => {
                self.score.renderer.error_on_chunk(&mut self.out);
                self.stage = Stage::Closed;
            }
            StreamFault::StallFirst | StreamFault::StallMid => self.stage = Stage::Stalled,
            StreamFault::Reset => self.stage = Stage::Tearing,
            StreamFault::Malformed => self.score.renderer.malformed(&mut self.out),
            StreamFault::LongEvent => {
                self.score.renderer.content(&mut self.out, &"long ".repeat(500_000));
            }
            _ => self.stage = Stage::Closed,
        }
    }

    fn end(&mut self) {
        self.stage = Stage::Closed;
        let counts = TokenCounts {
            prompt: self.score.prompt_tokens,
            cached: self.score.cached_tokens,
            completion: self.sent + self.reasoning_tokens,
        };
        let cut_short = self.has(StreamFault::Length) || self.total < self.score.text.len();
        let reason = if cut_short { "length" } else { "stop" };
        let extra = self.has(StreamFault::UsageExtra);
        let in_finish = !extra && !self.has(StreamFault::UsageNone);
        self.score.renderer.finish(&mut self.out, reason, in_finish.then_some(counts));
        if extra {
            self.score.renderer.usage(&mut self.out, counts);
        }
        if !self.has(StreamFault::NoDone) {
            self.score.renderer.done(&mut self.out);
        }
    }

    /// Takes a packet out of the rendered bytes.
    fn packet(&mut self) -> Bytes {
        let packet = if self.has(StreamFault::Split) {
            let at = awkward_cut(&self.out);
            self.out.split_to(at)
        } else {
            self.out.split()
        };
        self.counters.bytes.add(packet.len() as u64);
        packet.freeze()
    }

    fn poll_resume(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.resume_at else {
            return Poll::Ready(());
        };
        if self.sleep.deadline() != at {
            self.sleep.as_mut().reset(at);
        }
        ready!(self.sleep.as_mut().poll(cx));
        self.resume_at = None;
        Poll::Ready(())
    }

    fn resume_in(&mut self, time: Duration) {
        self.resume_at = Some(Instant::now() + time);
    }
}

impl Stream for Playback {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if this.stopping.load(Ordering::Relaxed) {
                return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
            }
            ready!(this.poll_resume(cx));
            if !this.out.is_empty() {
                if this.has(StreamFault::Split) {
                    this.resume_in(PACKET_GAP);
                }
                return Poll::Ready(Some(Ok(this.packet())));
            }
            match this.stage {
                Stage::Opening => {
                    this.open();
                    if this.stage == Stage::Deltas {
                        this.play();
                    }
                }
                Stage::Thinking if Instant::now() >= this.first_due => this.stage = Stage::Deltas,
                Stage::Thinking => {
                    this.think();
                    this.resume_in(THOUGHT_GAP);
                }
                Stage::Deltas => {
                    if !this.play() {
                        this.resume_at = Some(this.next_due());
                    }
                }
                Stage::Stalled => this.resume_in(SLICE),
                Stage::Tearing => {
                    // A reset discards data that was not sent yet, so the data before it needs time to leave.
                    this.resume_in(SLICE);
                    this.stage = Stage::Torn;
                }
                Stage::Torn => {
                    this.tear.when_closed();
                    this.stage = Stage::Closed;
                    return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
                }
                Stage::Closed => return Poll::Ready(None),
            }
        }
    }
}

impl Drop for Playback {
    fn drop(&mut self) {
        self.counters.open_replies.subtract(1);
        self.counters.reply_ended(&self.score.conversation, self.sent + self.reasoning_tokens);
    }
}

fn interruption(faults: &[StreamFault], total: u64) -> Option<Interruption> {
    let middle = (total / 2).clamp(1, 12);
    faults.iter().find_map(|&fault| {
        let at = match fault {
            StreamFault::ErrorFirst | StreamFault::CutFirst | StreamFault::StallFirst => 0,
            StreamFault::ErrorMid
            | StreamFault::ErrorEmptyChoices
            | StreamFault::Cut
            | StreamFault::Reset
            | StreamFault::StallMid
            | StreamFault::Malformed
            | StreamFault::LongEvent => middle,
            _ => return None,
        };
        Some(Interruption { at, fault })
    })
}

/// Returns a packet boundary inside the last multi-byte character, otherwise inside the trailing line
/// endings.
fn awkward_cut(bytes: &[u8]) -> usize {
    let inside_character = bytes.iter().rposition(|byte| byte & 0xC0 == 0x80);
    let at = inside_character.filter(|at| *at > 0);
    at.unwrap_or(bytes.len().saturating_sub(1)).max(1).min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_fall_inside_characters_or_line_endings() {
        assert_eq!(awkward_cut("ab🥐c\n\n".as_bytes()), 5);
        assert_eq!(awkward_cut(b"ab\r\n\r\n"), 5);
        assert_eq!(awkward_cut(b"\n"), 1);
        assert_eq!(awkward_cut(b"\x90c\n\n"), 3);
    }
}
