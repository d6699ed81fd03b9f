//! Builds prompts from the adviser, the facts of the business, the conversation so far and the question.
//!
//! [`build`] is a pure function of these and the token budget. [`render`] renders its decisions, and renders the same
//! prompt again from what is stored of a reply. Text of members or programs appears only in facts, behind marks that
//! only we write (`facts::set`).
//!
//! Within the budget, messages are only appended: each prompt of a conversation starts with the whole previous one, so
//! that the upstream's prompt cache applies.

use sha2::{Digest, Sha256};

use crate::facts::FactSet;
use crate::fireworks::{Message, Role};
use crate::personas::model::Persona;

mod branch;
mod budget;
mod extract;
mod memory;
pub mod summary;
mod system;
#[cfg(test)]
mod tests;
pub mod title;

pub use branch::{Branch, Exchange, Memory, MemoryKind};
pub use budget::{Budget, Cut};
pub use memory::WHOLE_EXCHANGES;
pub use system::system;

/// The version of what [`render`] writes, stored with each reply. Must change whenever that changes.
pub const VERSION: &str = "2026-11-7";

/// Maximum bytes of a reply to continue. Of a longer one, the end is used.
pub const MOST_PARTIAL_BYTES: usize = 32_000;
/// The request to continue a reply.
pub const GO_ON: &str = "Your last message was cut off before its end. Go on exactly where it stops, even in the \
middle of a word, a list, a table or code: with the very next character, be it a space or a line break. Repeat \
nothing, and say nothing about the interruption.";
/// The heading of the summary or extract of earlier messages.
const EARLIER: &str = "What was said earlier in this conversation, shortened by the program. It may leave things out, \
and its figures may be old: the records hold.";
/// The adviser's message after it.
const EARLIER_NOTED: &str = "Noted.";

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    pub question: &'a str,
    /// The text of the reply to continue. Empty for a whole reply.
    pub partial: &'a str,
}

/// The part of the conversation in a prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window<'a> {
    /// Replaces everything before `exchanges`.
    pub memory: Option<&'a Memory>,
    /// The last exchanges, oldest first.
    pub exchanges: &'a [Exchange],
}

/// A prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The instructions with the facts; the memory of earlier messages; the last exchanges, oldest
    /// first; the question. To continue a reply, also the end of its text and the request to
    /// continue.
    pub messages: Vec<Message>,
    /// How many messages after the first are history.
    pub history: usize,
    /// What was left out.
    pub cut: Cut,
}

impl Prompt {
    /// SHA-256 of its messages, hexadecimal.
    pub fn digest(&self) -> String {
        digest_of(&self.messages)
    }
}

/// A prompt with the decisions about earlier messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    pub prompt: Prompt,
    /// Replaces the messages that the prompt does not contain whole.
    pub memory: Option<Memory>,
    /// The message up to which the branch should be summarised for later prompts.
    pub summary_due: Option<String>,
}

/// Builds the prompt for one question within the budget. The question is always whole. If the rest does not fit, the
/// facts that matter least to the adviser are omitted, and earlier exchanges are replaced by a stored summary, or else
/// by an extract.
pub fn build(
    persona: &Persona,
    facts: &FactSet,
    branch: &Branch,
    asked: Asked<'_>,
    budget: Budget,
) -> Built {
    let shares = budget.shares(persona, facts, branch, asked);
    let plan = memory::plan(branch, shares.history);
    let exchanges = branch.exchanges.get(plan.start..).unwrap_or_default();
    let upto = branch.upto(plan.start).map(str::to_owned);
    let cut = Cut { upto, facts_left_out: shares.facts_left_out };
    let window = Window { memory: plan.memory.as_ref(), exchanges };
    let prompt = render(persona, facts, window, asked, cut);
    Built { prompt, memory: plan.memory, summary_due: plan.summary_due }
}

/// Renders the prompt with this window of the conversation, without the facts that `cut` omits.
pub fn render(
    persona: &Persona,
    facts: &FactSet,
    window: Window<'_>,
    asked: Asked<'_>,
    cut: Cut,
) -> Prompt {
    let mut messages = vec![message(Role::System, &system(persona, facts, &cut))];
    if let Some(memory) = window.memory {
        messages.push(message(Role::User, &format!("{EARLIER}\n\n{}", memory.text)));
        messages.push(message(Role::Assistant, EARLIER_NOTED));
    }
    for exchange in window.exchanges {
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

/// Returns the end of a reply that the request to continue includes.
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
