//! A conversation's branch as a prompt sees it.

use sha2::{Digest, Sha256};

/// A question and its answer, earlier in the conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    pub question: String,
    pub answer: String,
    /// The id of the answer's last message.
    pub end: String,
}

/// Who shortened the earlier messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryKind {
    /// A model, in the background.
    Summary,
    /// The program: the beginnings of the last questions and answers.
    Extract,
}

impl MemoryKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Extract => "extract",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Summary, Self::Extract].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What stands in for the messages from a conversation's beginning up to one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    pub id: String,
    pub kind: MemoryKind,
    /// The last message that it covers.
    pub upto: String,
    pub text: String,
}

impl Memory {
    /// An extract. The same text about the same messages has the same id.
    pub fn extract(upto: &str, text: String) -> Self {
        let mut hash = Sha256::new();
        hash.update((upto.len() as u64).to_le_bytes());
        hash.update(upto);
        hash.update(&text);
        let id = hex::encode(hash.finalize());
        Self { id, kind: MemoryKind::Extract, upto: upto.to_owned(), text }
    }
}

/// The exchanges before a question, with the stored memories on the way.
/// What was said before a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branch {
    /// Oldest first; each has an answer.
    pub exchanges: Vec<Exchange>,
    /// Each covers everything before the exchange at its place; in the order of the places.
    pub memories: Vec<(usize, Memory)>,
    /// The message before the first exchange, where that is not the conversation's first.
    pub before: Option<String>,
}

impl Branch {
    /// Whether it was read from the conversation's beginning.
    pub fn is_whole(&self) -> bool {
        self.before.is_none()
    }

    /// The last message before the exchange at a place; none at the conversation's beginning.
    pub fn upto(&self, place: usize) -> Option<&str> {
        match place.checked_sub(1) {
            None => self.before.as_deref(),
            Some(last) => self.exchanges.get(last).map(|exchange| exchange.end.as_str()),
        }
    }
}
