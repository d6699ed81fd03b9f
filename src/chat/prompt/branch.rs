//! The branch of a conversation as input of a prompt.

use sha2::{Digest, Sha256};

/// An earlier question with its reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    pub question: String,
    pub answer: String,
    /// The id of the reply's last message.
    pub end: String,
}

/// How earlier messages were shortened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryKind {
    /// By a model, in the background.
    Summary,
    /// By the beginnings of the last questions and replies.
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

/// Replaces the messages of a conversation up to one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    pub id: String,
    pub kind: MemoryKind,
    /// The last message that it covers.
    pub upto: String,
    pub text: String,
}

impl Memory {
    /// Creates an extract. The same text about the same messages has the same id.
    pub fn extract(upto: &str, text: String) -> Self {
        let mut hash = Sha256::new();
        hash.update((upto.len() as u64).to_le_bytes());
        hash.update(upto);
        hash.update(&text);
        let id = hex::encode(hash.finalize());
        Self { id, kind: MemoryKind::Extract, upto: upto.to_owned(), text }
    }
}

/// The conversation before a question: its exchanges and stored memories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branch {
    /// Oldest first. Each has a reply.
    pub exchanges: Vec<Exchange>,
    /// Ordered by index. Each covers everything before the exchange at its index.
    pub memories: Vec<(usize, Memory)>,
    /// The message before the first exchange, if that is not the first of the conversation.
    pub before: Option<String>,
}

impl Branch {
    /// Whether it was read from the conversation's beginning.
    pub fn is_whole(&self) -> bool {
        self.before.is_none()
    }

    /// Returns the last message before the exchange at index `place`, `None` at the conversation's
    /// beginning.
    pub fn upto(&self, place: usize) -> Option<&str> {
        match place.checked_sub(1) {
            None => self.before.as_deref(),
            Some(last) => self.exchanges.get(last).map(|exchange| exchange.end.as_str()),
        }
    }
}
