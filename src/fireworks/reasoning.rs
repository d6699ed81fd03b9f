//! Telling a model's reasoning from its answer where both come as one text.
//!
//! Models write their reasoning between tags (`<think>…</think>` and its kin), or with the channel marks of
//! the harmony format, and not every server takes it out. The marks may be cut over chunks, and some
//! servers swallow the opening tag, because it is part of the prompt: then only the closing tag tells that
//! everything before it was reasoning. Marks inside Markdown code are text.

use std::collections::VecDeque;

use super::code::Code;
use super::event::{Event, FinishReason};

/// Splits the text of one reply.
#[derive(Debug)]
pub(super) struct Splitter {
    mode: Mode,
    /// What may be the beginning of a mark, or white space before the answer.
    held: String,
    code: Code,
    /// Something of the answer was passed on.
    begun: bool,
    /// Some reasoning was told from the answer, or came apart from it.
    reasoned: bool,
    /// The channel marks of the harmony format are in use.
    harmony: bool,
    habit: Habit,
}

#[derive(Debug)]
enum Mode {
    Answer,
    Reasoning,
    /// Reasoning or answer: a closing tag or the end will tell. Passed on as reasoning, and kept.
    Undecided(String),
    /// Between a mark of the harmony format and the text that it is about.
    Header(String),
}

/// What this reply shows about its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    Unknown,
    /// It begins to reason without an opening tag.
    BeginsUntold,
    /// It does not always.
    Answers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Open,
    Close,
    /// Harmony: what follows, up to `Message`, names the author or the channel.
    Header,
    /// Harmony: the text begins.
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

/// A harmony header longer than this is none.
const MOST_HEADER_BYTES: usize = 256;

/// What stands at a `<`.
enum Found {
    Mark(Mark, usize),
    /// The text ends before it can be told.
    Perhaps,
    Nothing,
}

impl Splitter {
    /// `begins_untold`: this model was seen to begin with reasoning that no tag opens.
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

    /// Takes a piece of text and adds what it turns out to be.
    pub fn push(&mut self, text: String, out: &mut VecDeque<Event>) {
        if text.is_empty() {
            return;
        }
        let is_plain = self.begun
            && self.held.is_empty()
            && matches!(self.mode, Mode::Answer)
            && !text.contains('<');
        if is_plain {
            // By far the most pieces: neither copied nor searched.
            self.code.read(&text);
            return out.push_back(Event::Delta(text));
        }
        let text = match self.held.as_str() {
            "" => text,
            _ => std::mem::take(&mut self.held) + &text,
        };
        self.split(&text, out);
    }

    /// Reasoning came in a field of its own: the server tells it from the answer.
    pub fn came_apart(&mut self) {
        self.reasoned = true;
        if matches!(&self.mode, Mode::Undecided(text) if text.is_empty()) {
            self.mode = Mode::Answer;
        }
    }

    /// The reply has ended; none where it broke off.
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
                    // White space before a mark is no part of the answer.
                    self.held.clear();
                    at += length;
                    from = at;
                }
                Found::Perhaps => {
                    self.pass(text.get(from..at).unwrap_or_default(), out);
                    // Before white space that `pass` may hold back too.
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

    /// Whether a mark here is one; `pending` is the text before it that was not passed on yet.
    fn counts(&self, mark: Mark, pending: Option<&str>) -> bool {
        let begins = !self.begun && pending.is_none_or(|pending| pending.trim().is_empty());
        match (&self.mode, mark) {
            (Mode::Reasoning | Mode::Undecided(_), Mark::Close) => true,
            (Mode::Undecided(text), Mark::Open) => text.trim().is_empty() && begins,
            (Mode::Answer, Mark::Open) => begins || self.code.begins_line(),
            // The opening tag was swallowed; or a tag closes a second time before the answer.
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

    /// All of the text so far was reasoning, though no tag said so.
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
                // The commentary channel is addressed to tools and to nobody.
                let is_reasoning = matches!(&self.mode, Mode::Header(header)
                    if header.contains("analysis") || header.contains("commentary"));
                self.reasoned |= is_reasoning;
                self.mode = if is_reasoning { Mode::Reasoning } else { Mode::Answer };
                self.code = Code::default();
            }
            Mark::End => self.mode = Mode::Answer,
        }
    }

    /// Passes text on as what the mode says.
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

    /// White space waits for the answer's first character, and behind reasoning it is not part of the answer.
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
mod tests;
