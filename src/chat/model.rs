//! Conversations and messages, shared by server, browser and API.

use serde::{Deserialize, Serialize};

use crate::personas::model::Card;

/// Maximum length of a message in characters, after trimming.
pub const MESSAGE_MAX_CHARS: usize = 5_000;
/// Maximum length of a conversation's title in characters.
pub const TITLE_MAX_CHARS: usize = 120;

/// The state of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A running reply.
    Streaming,
    Complete,
    /// Stopped by the member. Keeps its text.
    Stopped,
    /// Ended by a crash or a shutdown. Keeps its text.
    Interrupted,
    /// Ended by an error. Keeps its text.
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

/// The error of a reply, as in its `error` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyFailure {
    pub code: crate::error::Code,
    /// The message for the member.
    pub message: String,
    /// Whether Retry may help.
    pub retryable: bool,
    /// Whether there is some text.
    pub partial: bool,
}

/// A message on the page. The HTML in `blocks` and `reasoning` is sanitised or escaped on the
/// server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    pub id: String,
    pub author: Author,
    pub status: Status,
    /// The adviser's slug.
    pub persona: String,
    /// The plain text of a question. Empty for a reply, see `blocks`.
    pub text: String,
    /// The text of a reply so far as blocks of sanitised HTML.
    pub blocks: Vec<String>,
    /// Seconds since a running reply started to wait for text, `None` while text arrives.
    pub waiting: Option<u64>,
    /// The parent message on its branch, `None` for the first.
    pub parent_id: Option<String>,
    /// The ids of all versions including itself, oldest first.
    pub versions: Vec<String>,
    /// The question of a reply.
    pub question_id: Option<String>,
    pub failure: Option<ReplyFailure>,
    /// Whether the length limit ended it.
    pub cut: bool,
    /// Whether a number of a reply contradicts the fact that it cites.
    pub conflicts: bool,
    /// Suggested next questions, if it is a complete reply at the end of the branch.
    #[serde(default)]
    pub follow_ups: Vec<String>,
    /// Likewise, what the member may save in the profile.
    #[serde(default)]
    pub proposal: Option<Proposal>,
    /// The reasoning of an ended reply as a disclosure in HTML, if the adviser shows it.
    pub reasoning: Option<String>,
    /// For a reply: the last message that its prompt did not contain whole.
    pub memory_upto: Option<String>,
    /// The text of a line above the message, if the prompt of the branch's last reply contained
    /// this message and all later ones whole, but not the earlier ones.
    pub memory_line: Option<String>,
    /// `2026-11-23T06:32:00Z`
    pub created_at: String,
    /// `23 Nov 2026, 07:32 CET`, in the business's time zone.
    pub created_human: String,
}

impl MessageView {
    /// Returns whether it continues another reply.
    pub fn continues(&self) -> bool {
        self.question_id.is_some() && self.question_id != self.parent_id
    }

    /// Returns its index among its versions.
    pub fn version(&self) -> usize {
        self.versions.iter().position(|id| *id == self.id).unwrap_or(0)
    }
}

/// A passage of a reply's question that its member may save in the profile, or has saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub terms: ProposalTerms,
    /// The field's name for display.
    pub label: String,
    /// Whether it is saved, which can be undone.
    pub saved: bool,
}

/// What saving a proposal does to its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProposalAction {
    /// Fills an empty field.
    Fill,
    /// Adds to a list.
    Add,
    /// Replaces a list by a text with all of its items.
    Replace,
}

impl ProposalAction {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fill => "fill",
            Self::Add => "add",
            Self::Replace => "replace",
        }
    }
}

/// What a proposal would store. A form sends it back, so that nothing is saved but what was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalTerms {
    /// The name of the profile's field.
    pub field: String,
    /// The passage.
    pub text: String,
    pub action: ProposalAction,
    /// The whole field as it is, or as it was before the save.
    #[serde(default)]
    pub before: String,
}

/// A member's answer to a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    Save,
    /// Restores the field as it was before the save.
    Undo,
    /// Never proposes the text for the field again.
    Decline,
}

impl Decision {
    /// Returns the value of its button in a form.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Save => "save",
            Self::Undo => "undo",
            Self::Decline => "decline",
        }
    }
}

/// A part of a text that was searched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcerptPart {
    pub text: String,
    pub is_match: bool,
}

/// A conversation in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationView {
    pub id: String,
    /// The adviser's slug.
    pub persona: String,
    pub title: String,
    pub pinned: bool,
    pub archived: bool,
    /// `23 Nov 2026, 07:32 CET`, in the business's time zone.
    pub updated_human: String,
    /// Short enough for the list: `07:32` today, `23 Nov, 07:32` this year.
    pub updated_brief: String,
    /// A warning that the conversation is nearly full.
    pub quota_note: Option<String>,
}

/// A change of a conversation's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Pin,
    Unpin,
    Archive,
    Unarchive,
    Delete,
    /// Undoes a deletion.
    Restore,
}

impl Change {
    /// Returns the value of its button in a form.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Unpin => "unpin",
            Self::Archive => "archive",
            Self::Unarchive => "unarchive",
            Self::Delete => "delete",
            Self::Restore => "restore",
        }
    }
}

/// A deletion that can be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The deleted conversation.
    pub id: String,
    pub title: String,
}

/// The remaining messages of the rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remaining {
    pub limit: u32,
    pub remaining: u32,
    /// Seconds until the limit is fully restored.
    pub reset: u64,
}

/// The data of the chat page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatView {
    /// Pinned ones first, then the newest.
    pub conversations: Vec<ConversationView>,
    /// The open conversation, `None` for a new one.
    pub conversation: Option<ConversationView>,
    /// The slug of the current adviser.
    pub persona: String,
    /// All advisers, including archived ones.
    pub advisers: Vec<Card>,
    /// A short description of the adviser's field.
    pub introduction: String,
    pub messages: Vec<MessageView>,
    /// Suggested questions for this adviser, from the profile.
    pub suggestions: Vec<String>,
    /// Whether the profile has enough content to ground advice.
    pub profile_filled: bool,
    /// Whether replies come from the emulator.
    pub simulated: bool,
    /// The request id of the next send, so that submitting a form twice asks one question.
    pub next_request_id: String,
    /// The input of a refused form without JavaScript.
    pub draft: Option<Draft>,
    /// Like `draft`, for an edited question.
    pub edit: Option<EditDraft>,
    /// The deletion that the page was opened after.
    pub undo: Option<Undo>,
}

/// The input of a send that was refused or only kept, so that no typed text is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub message: String,
    /// `None` if the text was only kept.
    pub error: Option<crate::error::AppError>,
}

/// The input of an edit that was refused or only kept, so that no typed text is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditDraft {
    pub message_id: String,
    pub edited: String,
    /// `None` if the text was only kept.
    pub error: Option<crate::error::AppError>,
}

/// An accepted question, whose reply is running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub conversation: ConversationView,
    pub question: MessageView,
    pub answer: MessageView,
    pub remaining: Remaining,
    pub next_request_id: String,
}

/// An event of one reply on the page's feed (`GET /chat/feed`).
///
/// Finished blocks are sent once. The open block grows by `Splice`, or is sent again to pages of earlier versions, and an
/// open code block grows by `Append`, so that bytes and browser work are linear in the length of the reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PageEvent {
    /// Replaces block `index` with `html`.
    Block { index: u32, html: String },
    /// Replaces the middle of block `index` by `html`. `keep`: how much of its HTML stays at the start and at the end, in
    /// UTF-16 code units, which is how scripts count.
    Splice { index: u32, keep: [u32; 2], html: String },
    /// Appends escaped HTML to the open code block.
    Append { index: u32, html: String },
    /// The first token is awaited, or the model is reasoning. Ends with the next block.
    Wait { seconds: u64 },
    /// Voids all blocks so far, which were reasoning: the reply starts over.
    Reset {},
    /// The reply has ended. `reasoning` is a disclosure in HTML, if the adviser shows it.
    End {
        status: Status,
        failure: Option<ReplyFailure>,
        cut: bool,
        /// See [`MessageView::conflicts`].
        #[serde(default)]
        conflicts: bool,
        /// See [`MessageView::follow_ups`].
        #[serde(default)]
        follow_ups: Vec<String>,
        /// See [`MessageView::proposal`].
        #[serde(default)]
        proposal: Option<Proposal>,
        reasoning: Option<String>,
    },
}
