//! SQL for conversations and messages.

mod branches;
mod citations;
mod conversations;
mod deletions;
mod messages;
mod prompts;
mod proposals;
mod quick_sends;
mod reasonings;
mod replies;
mod search;
mod sends;
mod summaries;

pub use branches::{Selection, select_branch};
pub use citations::{CitingReply, list_citing};
pub use conversations::{
    ConversationChange, ConversationRow, ListFilter, MOST_PINNED, find_conversation,
    insert_conversation, list_conversations, set_model_title, update_conversation,
};
pub use deletions::{
    DeletedRow, delete_conversation, list_deleted, purge_deleted, restore_conversation,
};
pub use messages::{
    MessageRow, count_messages, find_answer, find_message, find_written, list_branch, list_messages,
};
pub use prompts::{PromptRecord, StoredPrompt, find_facts, find_prompt};
pub use proposals::{ProposalRow, insert_declined, list_declined, list_proposals, put_proposal};
pub use reasonings::list_reasonings;
pub use replies::{DeadReply, Ending, Growth, append_text, end_reply, interrupt_reply};
pub use search::{FoundMessage, Hit, find_found, search};
#[cfg(test)]
use sends::insert_send;
pub use sends::{
    EarlierSend, NewSend, PersonaRule, SendOutcome, find_earlier_send, hold, hold_for,
    insert_send_and,
};
pub use summaries::{PathRow, Reach, find_memory, insert_memory, list_path};

#[cfg(test)]
mod tests;

/// The owner of rows. A member reads and writes only their own conversations.
#[derive(Clone, Debug)]
pub struct Owner {
    pub tenant_id: String,
    pub account_id: String,
}
