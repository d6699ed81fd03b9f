//! Conversations and messages as both halves and the API know them.

use serde::{Deserialize, Serialize};

use crate::personas::model::Card;

/// The most characters a message may have, after trimming.
pub const MESSAGE_MAX_CHARS: usize = 5_000;
/// The most characters a conversation's title may have.
pub const TITLE_MAX_CHARS: usize = 120;

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// An answer that is being written.
    Streaming,
    Complete,
    /// Ended by the member; keeps its text.
    Stopped,
    /// Ended by a crash or a shutdown; keeps its text.
    Interrupted,
    /// Ended by an error; keeps what text there was.
    Failed,
}

impl Status {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Streaming => "streaming",
            Self::Complete => "complete",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Streaming, Self::Complete, Self::Stopped, Self::Interrupted, Self::Failed]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    User,
    Assistant,
}

pub use crate::usage::model::Usage;

/// Why an answer ended badly: what its `error` event says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyFailure {
    pub code: crate::error::Code,
    /// For the member.
    pub message: String,
    /// Whether asking again may help.
    pub retryable: bool,
    /// Whether some text was written before it.
    pub partial: bool,
}

/// A message on the page. `html` is sanitised on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    pub id: String,
    pub author: Author,
    pub status: Status,
    /// The adviser's slug.
    pub persona: String,
    /// A question: its plain text. An answer: empty, see `blocks`.
    pub text: String,
    /// An answer's text so far, block by block, as sanitised HTML.
    pub blocks: Vec<String>,
    /// For how many seconds a running answer has had no new text, where it waits for some.
    pub waiting: Option<u64>,
    /// The message that this one follows on its branch; none at the beginning.
    pub parent_id: Option<String>,
    /// The ids of all its versions, oldest first, itself among them.
    pub versions: Vec<String>,
    /// The question an answer belongs to.
    pub question_id: Option<String>,
    pub failure: Option<ReplyFailure>,
    /// Cut by the length limit.
    pub cut: bool,
    /// How an answer that has ended was reasoned, as a disclosure in HTML, where its adviser shows it.
    pub reasoning: Option<String>,
    /// An answer: the last message that it was not given whole.
    pub memory_upto: Option<String>,
    /// A line above the message: from here on the branch's last answer was given every message whole.
    pub memory_line: Option<String>,
    /// `2026-11-23T06:32:00Z`
    pub created_at: String,
    /// `23 Nov 2026, 07:32 CET`: in the business's time zone.
    pub created_human: String,
}

impl MessageView {
    /// Whether it is an answer that goes on where another one was cut off.
    pub fn continues(&self) -> bool {
        self.question_id.is_some() && self.question_id != self.parent_id
    }

    /// Which of its versions it is, counted from 0.
    pub fn version(&self) -> usize {
        self.versions.iter().position(|id| *id == self.id).unwrap_or(0)
    }
}

/// A conversation in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationView {
    pub id: String,
    /// The adviser's slug.
    pub persona: String,
    pub title: String,
    pub pinned: bool,
    pub updated_human: String,
}

/// How many messages may still be sent, told before the limit is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remaining {
    pub limit: u32,
    pub remaining: u32,
    /// Seconds until the whole limit is there again.
    pub reset: u64,
}

/// What the chat page needs, in one piece.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatView {
    pub conversations: Vec<ConversationView>,
    /// The open conversation; none on a new one.
    pub conversation: Option<ConversationView>,
    /// The slug of the adviser who is asked.
    pub persona: String,
    /// Every adviser there is, archived ones too.
    pub advisers: Vec<Card>,
    /// What to come to this adviser for, in a sentence or two.
    pub introduction: String,
    pub messages: Vec<MessageView>,
    /// Questions worth asking this adviser, from the profile.
    pub suggestions: Vec<String>,
    /// Whether the profile holds enough to ground advice on.
    pub profile_filled: bool,
    /// Whether answers come from the emulator.
    pub simulated: bool,
    /// The id the next send carries, so that the same form sent twice is one question.
    pub next_request_id: String,
    /// What a form without JavaScript had in it when it was refused.
    pub draft: Option<Draft>,
    /// As `draft`, of a question that was edited.
    pub edit: Option<EditDraft>,
}

/// A refused send, kept so that nothing typed is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub message: String,
    /// `None` where the text was only kept.
    pub error: Option<crate::error::AppError>,
}

/// An edit that was refused or only kept, so that nothing typed is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditDraft {
    pub message_id: String,
    pub edited: String,
    /// `None` where the text was only kept.
    pub error: Option<crate::error::AppError>,
}

/// A question that was taken: its answer is being written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub conversation: ConversationView,
    pub question: MessageView,
    pub answer: MessageView,
    pub remaining: Remaining,
    pub next_request_id: String,
}

/// What the page's feed (`GET /chat/feed`) says of one reply.
///
/// Finished blocks come once; only the open block is sent again, and an open code block grows by
/// `Append`, so that bytes and browser work grow in line with the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PageEvent {
    /// Block `index` reads `html` now.
    Block { index: u32, html: String },
    /// Text to add at the end of the open code block, as escaped HTML.
    Append { index: u32, html: String },
    /// No text arrives: the first token is awaited, or the model is reasoning. Ends with the next block.
    Wait { seconds: u64 },
    /// All blocks so far were reasoning: the answer begins anew.
    Reset {},
    /// The answer has ended. `reasoning` is a disclosure in HTML, where the adviser shows it.
    End { status: Status, failure: Option<ReplyFailure>, cut: bool, reasoning: Option<String> },
}
