//! Separates a model's reasoning from its answer text where both arrive as one text.
//!
//! Models write reasoning between tags (`<think>…</think>` and similar) or with the channel markers of the
//! harmony format, and not every server removes them. A mark may be split over chunks. Some servers drop the
//! opening tag, because it is part of the prompt; then only the closing tag shows that all text before it was
//! reasoning. Marks inside Markdown code are text.

use std::collections::VecDeque;

use super::code::Code;
use super::event::{Event, FinishReason};

/// Splits the text of one reply.
#[derive(Debug)]
pub(super) struct Splitter {
    mode: Mode,
    /// Text that may be the start of a mark, or white space before the answer text.
    held: String,
    code: Code,
    /// Some answer text was emitted.
    begun: bool,
    /// Some reasoning was recognised, or arrived in its own field.
    reasoned: bool,
    /// The reply uses the channel markers of the harmony format.
    harmony: bool,
    habit: Habit,
}

#[derive(Debug)]
enum Mode {
    Answer,
    Reasoning,
    /// Reasoning or answer text; decided by a closing tag or the end. Emitted as reasoning, and kept.
    Undecided(String),
    /// Between a harmony marker and the text it describes.
    Header(String),
}

/// What this reply shows about its model's behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    Unknown,
    /// The model starts to reason without an opening tag.
    BeginsUntold,
    /// The model does not always start with reasoning.
    Answers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Open,
    Close,
    /// Harmony: the text up to `Message` names the author or the channel.
    Header,
    /// Harmony: the text starts.
    Message,
    /// Harmony: the text has ended.
    End,
}

const MARKS: [(&str, Mark); 17] = [
    ("<think>", Mark::Open),
    ("<thinking>", Mark::Open),
    ("<mm:think>", Mark::Open),
    ("<seed:think>", Mark::Open),
    ("<thought>", Mark::Open),
    ("</think>", Mark::Close),
    ("</thinking>", Mark::Close),
    ("</mm:think>", Mark::Close),
    ("</seed:think>", Mark::Close),
    ("</thought>", Mark::Close),
    ("<|start|>", Mark::Header),
    ("<|channel|>", Mark::Header),
    ("<|constrain|>", Mark::Header),
    ("<|message|>", Mark::Message),
    ("<|end|>", Mark::End),
    ("<|return|>", Mark::End),
    ("<|call|>", Mark::End),
];

/// Maximum length of a harmony header. Longer text is not a header.
const MOST_HEADER_BYTES: usize = 256;

/// What was found at a `<`.
enum Found {
    Mark(Mark, usize),
    /// The text ends before this can be decided.
    Perhaps,
    Nothing,
}

impl Splitter {
    /// `begins_untold`: this model was observed to start its reasoning without an opening tag.
    pub fn new(begins_untold: bool) -> Self {
        let mode = if begins_untold { Mode::Undecided(String::new()) } else { Mode::Answer };
        Self {
            mode,
            held: String::new(),
            code: Code::default(),
            begun: false,
            reasoned: false,
            harmony: false,
            habit: Habit::Unknown,
        }
    }

    /// Adds a chunk of text and emits what it is recognised as.
    pub fn push(&mut self, text: String, out: &mut VecDeque<Event>) {
        if text.is_empty() {
            return;
        }
        let is_plain = self.begun
            && self.held.is_empty()
            && matches!(self.mode, Mode::Answer)
            && !text.contains('<');
        if is_plain {
            // The common case: neither copied nor searched.
            self.code.read(&text);
            return out.push_back(Event::Delta(text));
        }
        let text = match self.held.as_str() {
            "" => text,
            _ => std::mem::take(&mut self.held) + &text,
        };
        self.split(&text, out);
    }

    /// Notes that reasoning arrived in its own field, so the server separates it from the answer text.
    pub fn came_apart(&mut self) {
        self.reasoned = true;
        if matches!(&self.mode, Mode::Undecided(text) if text.is_empty()) {
            self.mode = Mode::Answer;
        }
    }

    /// Ends the reply. `reason` is `None` if the reply was interrupted.
    pub fn finish(&mut self, reason: Option<FinishReason>, out: &mut VecDeque<Event>) {
        let held = std::mem::take(&mut self.held);
        match std::mem::replace(&mut self.mode, Mode::Answer) {
            Mode::Answer if self.begun || !held.trim().is_empty() => self.answer(held, out),
            Mode::Answer | Mode::Header(_) => {}
            Mode::Reasoning => self.reasoning(held, out),
            Mode::Undecided(mut text) => {
                let is_answer = matches!(reason, Some(FinishReason::Stop | FinishReason::Other));
                if is_answer && !(text.trim().is_empty() && held.trim().is_empty()) {
                    text.push_str(&held);
                    self.habit = Habit::Answers;
                    out.push_back(Event::ReasoningWasAnswer(text));
                } else {
                    self.reasoning(held, out);
                }
            }
        }
    }

    pub fn habit(&self) -> Habit {
        self.habit
    }

    fn split(&mut self, text: &str, out: &mut VecDeque<Event>) {
        let (mut from, mut at) = (0, 0);
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let step = rest.find('<').unwrap_or(rest.len());
            if let Some(end) = self.end_of_header(text, from).filter(|end| at + step >= *end) {
                self.pass(text.get(from..end).unwrap_or_default(), out);
                (from, at) = (end, end);
                continue;
            }
            if self.follows_code() {
                self.code.read(rest.get(..step).unwrap_or_default());
            }
            at += step;
            let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) else { break };
            let found = if self.follows_code() && self.code.is_open() {
                Found::Nothing
            } else {
                find(rest)
            };
            match found {
                Found::Mark(mark, length) if self.counts(mark, text.get(from..at)) => {
                    if mark == Mark::Close && matches!(self.mode, Mode::Answer) && !self.reasoned {
                        self.opening_was_swallowed(out);
                    }
                    self.pass(text.get(from..at).unwrap_or_default(), out);
                    self.take(mark);
                    // White space before a mark is not part of the answer text.
                    self.held.clear();
                    at += length;
                    from = at;
                }
                Found::Perhaps => {
                    self.pass(text.get(from..at).unwrap_or_default(), out);
                    // After `pass`, which may hold back white space that precedes this.
                    self.held.push_str(rest);
                    return;
                }
                Found::Mark(..) | Found::Nothing => {
                    if self.follows_code() {
                        self.code.step(b'<');
                    }
                    at += 1;
                }
            }
        }
        self.pass(text.get(from..).unwrap_or_default(), out);
    }

    /// Returns whether a mark takes effect here. `pending`: the text before it that was not emitted yet.
    fn counts(&self, mark: Mark, pending: Option<&str>) -> bool {
        let begins = !self.begun && pending.is_none_or(|pending| pending.trim().is_empty());
        match (&self.mode, mark) {
            (Mode::Reasoning | Mode::Undecided(_), Mark::Close) => true,
            (Mode::Undecided(text), Mark::Open) => text.trim().is_empty() && begins,
            (Mode::Answer, Mark::Open) => begins || self.code.begins_line(),
            // The opening tag was dropped, or a second closing tag precedes the answer text.
            (Mode::Answer, Mark::Close) => !self.reasoned || begins,
            (Mode::Reasoning, Mark::Header | Mark::End) => self.harmony,
            (Mode::Answer | Mode::Undecided(_), Mark::Header) => {
                self.harmony || begins || self.code.begins_line()
            }
            (Mode::Answer, Mark::End | Mark::Message) => self.harmony,
            (Mode::Header(_), Mark::Header | Mark::Message | Mark::End) => true,
            _ => false,
        }
    }

    /// Reclassifies all text so far as reasoning.
    fn opening_was_swallowed(&mut self, out: &mut VecDeque<Event>) {
        if self.begun {
            out.push_back(Event::AnswerWasReasoning);
        }
        self.begun = false;
        self.habit = Habit::BeginsUntold;
        self.mode = Mode::Reasoning;
    }

    fn take(&mut self, mark: Mark) {
        match mark {
            Mark::Open => self.mode = Mode::Reasoning,
            Mark::Close => {
                self.mode = Mode::Answer;
                self.reasoned = true;
                self.code = Code::default();
            }
            Mark::Header => {
                self.harmony = true;
                match &mut self.mode {
                    Mode::Header(header) => header.push(' '),
                    mode => *mode = Mode::Header(String::new()),
                }
            }
            Mark::Message => {
                // The commentary channel is meant for tools, not for the member.
                let is_reasoning = matches!(&self.mode, Mode::Header(header)
                    if header.contains("analysis") || header.contains("commentary"));
                self.reasoned |= is_reasoning;
                self.mode = if is_reasoning { Mode::Reasoning } else { Mode::Answer };
                self.code = Code::default();
            }
            Mark::End => self.mode = Mode::Answer,
        }
    }

    /// Returns where `text`, whose header continues at `from`, is too long for one. Independent of how the text was
    /// cut into chunks: a header that became text there is read for code and marks from there on.
    fn end_of_header(&self, text: &str, from: usize) -> Option<usize> {
        let Mode::Header(header) = &self.mode else { return None };
        let room = MOST_HEADER_BYTES.saturating_sub(header.len());
        let mut ends = text.get(from..)?.char_indices().map(|(at, c)| at + c.len_utf8());
        ends.find(|end| *end > room).map(|end| from + end)
    }

    /// Emits text according to the mode.
    fn pass(&mut self, text: &str, out: &mut VecDeque<Event>) {
        if text.is_empty() {
            return;
        }
        match &mut self.mode {
            Mode::Answer => self.answer(text.to_owned(), out),
            Mode::Reasoning => self.reasoning(text.to_owned(), out),
            Mode::Undecided(undecided) => {
                undecided.push_str(text);
                out.push_back(Event::Reasoning(text.to_owned()));
            }
            Mode::Header(header) => {
                header.push_str(text);
                if header.len() > MOST_HEADER_BYTES {
                    let text = std::mem::take(header);
                    self.mode = Mode::Answer;
                    self.answer(text, out);
                }
            }
        }
    }

    /// Emits answer text. Leading white space is held until the first visible character, and is dropped after
    /// reasoning.
    fn answer(&mut self, text: String, out: &mut VecDeque<Event>) {
        if self.begun {
            if !text.is_empty() {
                out.push_back(Event::Delta(text));
            }
            return;
        }
        let visible = text.trim_start();
        let kept = if self.reasoned { visible } else { &text };
        if visible.is_empty() {
            self.held.push_str(kept);
        } else {
            self.begun = true;
            out.push_back(Event::Delta(kept.to_owned()));
        }
    }

    fn reasoning(&mut self, text: String, out: &mut VecDeque<Event>) {
        self.reasoned = true;
        if !text.is_empty() {
            out.push_back(Event::Reasoning(text));
        }
    }

    fn follows_code(&self) -> bool {
        matches!(self.mode, Mode::Answer)
    }
}

fn find(text: &str) -> Found {
    for (mark, kind) in MARKS {
        if text.starts_with(mark) {
            return Found::Mark(kind, mark.len());
        }
    }
    let begins = MARKS.iter().any(|(mark, _)| mark.starts_with(text));
    if begins { Found::Perhaps } else { Found::Nothing }
}

#[cfg(test)]
#[path = "reasoning_tests.rs"]
mod tests;
