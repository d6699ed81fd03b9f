//! What the model is given: the adviser, the facts of the business, the last exchanges, the question.
//!
//! [`build`] is a pure function of these and of how much fits; [`render`] writes down what it decided, and
//! writes the same again from what is stored of a reply. Whatever members or programs wrote about the
//! business stands in facts, behind marks that only we set (`facts::set`).

use sha2::{Digest, Sha256};

use crate::facts::FactSet;
use crate::fireworks::{Message, Role};
use crate::personas::model::Persona;

mod budget;
mod system;
#[cfg(test)]
mod tests;

pub use budget::{Budget, Cut};
pub use system::system;

/// Changes with every change of what [`render`] writes; stored with each reply.
pub const VERSION: &str = "2026-11-4";

/// How many of the last exchanges a prompt holds.
pub const MOST_EXCHANGES: usize = 5;
/// The most bytes of an answer whose rest is asked for: of a longer one, its end.
pub const MOST_PARTIAL_BYTES: usize = 32_000;
/// What asks for the rest of an answer.
pub const GO_ON: &str = "Your last message was cut off before its end. Go on exactly where it stops, even in the \
middle of a word, a list, a table or code: with the very next character, be it a space or a line break. Repeat \
nothing, and say nothing about the interruption.";

/// A question and its answer, earlier in the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub question: String,
    pub answer: String,
}

/// What is asked for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    pub question: &'a str,
    /// What there is of the answer whose rest is asked for; empty where a whole answer is.
    pub partial: &'a str,
}

/// The prompt for one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The instructions with the facts; the last exchanges, oldest first; the question; where the rest of
    /// an answer is asked for, what there is of it and the request to go on.
    pub messages: Vec<Message>,
    /// How many messages behind the first are history.
    pub history: usize,
    /// What of it was left out.
    pub cut: Cut,
}

impl Prompt {
    /// SHA-256 of its messages, hexadecimal.
    pub fn digest(&self) -> String {
        digest_of(&self.messages)
    }
}

/// The prompt for one question, as much of it as the budget allows: first the oldest exchanges are left
/// out, whole, then the facts that matter least to the adviser; the question never. `history` is oldest
/// first, and holds no exchange without an answer.
pub fn build(
    persona: &Persona,
    facts: &FactSet,
    history: &[Exchange],
    asked: Asked<'_>,
    budget: Budget,
) -> Prompt {
    let history = &history[history.len().saturating_sub(MOST_EXCHANGES)..];
    let cut = budget.cut(persona, facts, history, asked);
    render(persona, facts, history, asked, cut)
}

/// The prompt with what `cut` leaves of it.
pub fn render(
    persona: &Persona,
    facts: &FactSet,
    history: &[Exchange],
    asked: Asked<'_>,
    cut: Cut,
) -> Prompt {
    let mut messages = vec![message(Role::System, &system(persona, facts, &cut))];
    let kept = usize::try_from(cut.exchanges).unwrap_or(usize::MAX);
    for exchange in &history[history.len().saturating_sub(kept)..] {
        messages.push(message(Role::User, &exchange.question));
        messages.push(message(Role::Assistant, &exchange.answer));
    }
    let history = messages.len() - 1;
    messages.push(message(Role::User, asked.question));
    if !asked.partial.is_empty() {
        messages.push(message(Role::Assistant, end_of(asked.partial)));
        messages.push(message(Role::User, GO_ON));
    }
    Prompt { messages, history, cut }
}

/// As much of the end of an answer as is asked with.
fn end_of(partial: &str) -> &str {
    let from = partial.ceil_char_boundary(partial.len().saturating_sub(MOST_PARTIAL_BYTES));
    partial.get(from..).unwrap_or(partial)
}

fn message(role: Role, content: &str) -> Message {
    Message { role, content: content.to_owned() }
}

fn digest_of(messages: &[Message]) -> String {
    let mut hash = Sha256::new();
    for Message { role, content } in messages {
        let role: &[u8] = match role {
            Role::System => b"s",
            Role::User => b"u",
            Role::Assistant => b"a",
        };
        hash.update(role);
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(content);
    }
    hex::encode(hash.finalize())
}
