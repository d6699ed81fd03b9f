//! What the page knows while it is open: the desk, which outlasts a load, and the open chat.
//!
//! Answers of the server may arrive when the page has moved on, so whatever runs after an `await`
//! touches signals through their `try_` methods only.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;

use super::super::model::{ChatView, ConversationView, EditDraft, MessageView, Remaining, Sent};
use super::entries::{Entry, graft, running_of, same_memory};
use super::screen::Hold;
use crate::error::{AppError, Code};
use crate::personas::model::Card;

/// What takes the focus once it is shown, so that the keyboard does not lose its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// After a move: the heading, which says where the page is now.
    Heading,
    /// After the first message of a conversation, or a refusal: goes on writing.
    Composer,
}

/// What outlasts moving from one conversation to another.
#[derive(Clone, Copy)]
pub struct Desk {
    /// What stands in the composer.
    pub typed: RwSignal<String>,
    /// Why the last thing asked of the server was refused.
    pub refused: RwSignal<Option<AppError>>,
    /// Messages left, as the last send told it.
    pub remaining: RwSignal<Option<Remaining>>,
    /// Said to people who do not see the answer grow.
    pub announcement: RwSignal<String>,
    /// The document's title.
    pub title: RwSignal<String>,
    /// An address to move to.
    pub go_to: RwSignal<Option<String>>,
    /// Counts up to load the conversation again.
    pub reloads: RwSignal<u32>,
    /// The number of the load whose data is shown next; the data of earlier ones comes too late.
    #[cfg(not(feature = "ssr"))]
    pub turn: StoredValue<u32>,
    /// The conversation that the open chat became by its first message.
    settling: StoredValue<Option<String>>,
    focus: StoredValue<Option<Focus>>,
    /// The request id of a send whose outcome is not known to be a success.
    held_id: StoredValue<Option<String>>,
}

impl Desk {
    pub fn new() -> Self {
        Self {
            typed: RwSignal::default(),
            refused: RwSignal::new(None),
            remaining: RwSignal::new(None),
            announcement: RwSignal::default(),
            title: RwSignal::new("Chat · C-Suite".to_owned()),
            go_to: RwSignal::new(None),
            reloads: RwSignal::new(0),
            #[cfg(not(feature = "ssr"))]
            turn: StoredValue::new(0),
            settling: StoredValue::new(None),
            focus: StoredValue::new(None),
            held_id: StoredValue::new(None),
        }
    }

    /// The page has moved from one place to another. What was typed here is kept (`live`), and what was
    /// typed there is shown with the conversation.
    pub fn moved(self, from: String, to: &str) {
        let settles = self.settling.get_value().as_deref() == Some(to);
        self.settling.set_value(None);
        if settles {
            return self.focus.set_value(Some(Focus::Composer));
        }
        self.focus.set_value(Some(Focus::Heading));
        if from == to {
            return;
        }
        self.typed.set(String::new());
        self.refused.set(None);
        self.held_id.set_value(None);
    }

    /// Whether what is shown now is to take the focus there. True once.
    pub fn focus_once(self, at: Focus) -> bool {
        let is_due = self.focus.get_value() == Some(at);
        if is_due {
            self.focus.set_value(None);
        }
        is_due
    }

    /// Loads the conversation again.
    pub fn reload(self) {
        self.reloads.try_update(|count| *count += 1);
    }

    pub fn announce(self, text: impl Into<String>) {
        self.announcement.try_set(text.into());
    }

    pub fn refuse(self, error: AppError) {
        self.refused.try_set(Some(error));
    }
}

/// The open chat: one conversation, or a new one.
#[derive(Clone, Copy)]
pub struct Chat {
    pub desk: Desk,
    /// The slug of the adviser who is asked.
    persona: StoredValue<String>,
    advisers: StoredValue<Vec<Arc<Card>>>,
    pub conversations: RwSignal<Vec<ConversationView>>,
    /// None until the first message of a new conversation is taken.
    pub conversation: RwSignal<Option<ConversationView>>,
    pub entries: RwSignal<Vec<Entry>>,
    /// A question on its way to the server.
    pub pending: RwSignal<Option<String>>,
    /// The conversation was deleted in another window.
    pub gone: RwSignal<bool>,
    /// This window deletes the conversation.
    pub leaving: StoredValue<bool>,
    /// The id of the answer that is being written.
    pub running: Memo<Option<String>>,
    /// The element that scrolls.
    pub scroller: NodeRef<html::Div>,
    /// The reader has scrolled away from the latest.
    pub away: RwSignal<bool>,
    /// The question that is to be edited, as the address says.
    pub editing: Memo<Option<String>>,
    /// A refused edit of a form without JavaScript.
    edit: StoredValue<Option<EditDraft>>,
    /// What is to stay where it is when the messages change.
    hold: StoredValue<Option<Hold>>,
    request_id: StoredValue<String>,
}

impl Chat {
    /// Takes what the server loaded; the rest of `view` is for the caller to show.
    pub fn new(desk: Desk, editing: Memo<Option<String>>, view: &ChatView) -> Self {
        let entries =
            RwSignal::new(view.messages.iter().cloned().map(Entry::from).collect::<Vec<_>>());
        Self {
            desk,
            persona: StoredValue::new(view.persona.clone()),
            advisers: StoredValue::new(view.advisers.iter().cloned().map(Arc::new).collect()),
            conversations: RwSignal::new(view.conversations.clone()),
            conversation: RwSignal::new(view.conversation.clone()),
            entries,
            pending: RwSignal::new(None),
            gone: RwSignal::new(false),
            leaving: StoredValue::new(false),
            running: Memo::new(move |_| entries.with(|entries| running_of(entries))),
            scroller: NodeRef::new(),
            away: RwSignal::new(false),
            editing,
            edit: StoredValue::new(view.edit.clone()),
            hold: StoredValue::new(None),
            request_id: StoredValue::new(view.next_request_id.clone()),
        }
    }

    /// The adviser who is asked.
    pub fn adviser(self) -> Arc<Card> {
        self.adviser_of(&self.persona.get_value())
    }

    /// The adviser of that slug; an empty card where the page was loaded before there was one.
    pub fn adviser_of(self, slug: &str) -> Arc<Card> {
        self.advisers
            .with_value(|cards| cards.iter().find(|card| card.slug == slug).cloned())
            .unwrap_or_default()
    }

    /// Every adviser who takes questions.
    pub fn advisers(self) -> Vec<Arc<Card>> {
        self.advisers
            .with_value(|cards| cards.iter().filter(|card| !card.archived).cloned().collect())
    }

    /// What the document is called while this chat is open.
    pub fn title(self) -> String {
        let title = self
            .conversation
            .try_with_untracked(|open| open.as_ref().map(|open| open.title.clone()))
            .flatten();
        match title {
            Some(title) => format!("{title} · C-Suite"),
            None => format!("Ask the {} · C-Suite", self.adviser().called()),
        }
    }

    /// The open conversation's id; empty on a new one, and where it is gone.
    pub fn id(self) -> String {
        match self.gone.try_get_untracked() {
            Some(true) => String::new(),
            _ => self.draft_place(),
        }
    }

    /// The id that the next send carries: the one of a send that may have arrived, or a fresh one.
    pub fn request_id(self) -> String {
        self.desk.held_id.get_value().unwrap_or_else(|| self.request_id.get_value())
    }

    /// The conversation under whose id drafts are kept; empty on a new one.
    pub fn draft_place(self) -> String {
        self.conversation
            .try_with_untracked(|open| open.as_ref().map(|open| open.id.clone()))
            .flatten()
            .unwrap_or_default()
    }

    /// Whether a reply is being written.
    pub fn is_running(self) -> bool {
        self.running.try_get_untracked().flatten().is_some()
    }

    /// Shows a question before the server has it. `held_id`: the request id that a typed question keeps
    /// until the server has taken it.
    pub fn begin(self, text: String, held_id: Option<String>) {
        if held_id.is_some() {
            self.desk.held_id.set_value(held_id);
        }
        self.desk.refused.set(None);
        self.away.set(false);
        self.pending.set(Some(text));
    }

    /// The server took the question, here or in a chat that is no longer open.
    pub fn taken(self, sent: Sent) {
        self.desk.remaining.try_set(Some(sent.remaining));
        self.desk.held_id.try_set_value(None);
        if self.pending.is_disposed() {
            return self.desk.reload();
        }
        self.request_id.try_set_value(sent.next_request_id);
        if self.id().is_empty() {
            // The question stays pending on the page until the conversation is loaded.
            self.desk.settling.try_set_value(Some(sent.conversation.id.clone()));
            self.desk.go_to.try_set(Some(format!("/chat/{}", sent.conversation.id)));
            return;
        }
        self.conversations.try_update(|list| to_front(list, sent.conversation));
        let fits = self.entries.try_update(|entries| {
            let remembers = same_memory(entries, &sent.answer);
            graft(entries, sent.question) && graft(entries, sent.answer) && remembers
        });
        self.pending.try_set(None);
        if fits == Some(false) {
            // Another window has chosen another branch meanwhile, or the adviser's memory begins elsewhere.
            self.desk.reload();
        }
    }

    /// Shows another branch; `hold` stays where it is.
    pub fn show(self, branch: Vec<MessageView>, hold: Option<Hold>) {
        self.hold.try_set_value(hold);
        self.entries.try_update(|entries| {
            let kept = |message: MessageView| {
                let same = |entry: &&Entry| {
                    entry.message.id == message.id
                        && entry.message.versions == message.versions
                        && entry.message.memory_line == message.memory_line
                };
                let Some(entry) = entries.iter().find(same).cloned() else { return message.into() };
                if entry.is_running() {
                    entry.catch_up(&message);
                }
                entry
            };
            *entries = branch.into_iter().map(kept).collect();
        });
    }

    /// What is to stay where it is now that the messages have changed. Once.
    pub fn take_hold(self) -> Option<Hold> {
        self.hold.try_update_value(Option::take).flatten()
    }

    /// The server refused to ask again or to show another version.
    pub fn turned_away(self, error: AppError) {
        // The page does not show what the server has.
        let is_stale =
            matches!(error.code, Code::ReplyInProgress | Code::EditConflict | Code::NotFound);
        if is_stale {
            self.desk.reload();
        }
        self.desk.refuse(error);
    }

    /// What a refused form had in it for this question, and why it was refused.
    pub fn edit_draft(self, message_id: &str) -> Option<EditDraft> {
        let draft = self.edit.try_get_value().flatten();
        draft.filter(|draft| draft.message_id == message_id)
    }

    /// Whether a form without JavaScript brought an edit along.
    pub fn has_edit(self) -> bool {
        self.edit.try_with_value(Option::is_some) == Some(true)
    }

    /// Whether the rest of an answer stands below it.
    pub fn goes_on(self, id: &str) -> bool {
        self.entries.with(|entries| {
            entries.iter().any(|entry| {
                entry.message.continues() && entry.message.parent_id.as_deref() == Some(id)
            })
        })
    }

    /// Where an answer begins: itself, or the first of the parts that it continues.
    pub fn beginning_of(self, answer: &MessageView) -> String {
        let first = self.entries.with_untracked(|entries| {
            entries
                .iter()
                .map(|entry| &entry.message)
                .find(|part| part.question_id == answer.question_id && part.question_id.is_some())
                .map(|part| part.id.clone())
        });
        first.unwrap_or_else(|| answer.id.clone())
    }

    /// The server refused the question: what was typed goes back where it was typed. Of a conversation
    /// that is no longer open it is kept as a draft.
    pub fn returned(self, typed: Option<&str>, error: AppError) {
        if self.pending.is_disposed() {
            return;
        }
        self.pending.try_set(None);
        if let Some(text) = typed {
            self.desk.typed.try_update(|typed| *typed = joined(text, typed));
        }
        if error.code == Code::RequestIdReused {
            self.desk.held_id.try_set_value(None);
        }
        // The page does not show what the server has: an answer that runs, a question it took.
        if matches!(error.code, Code::ReplyInProgress | Code::RequestIdReused) {
            self.desk.focus.try_set_value(Some(Focus::Composer));
            self.desk.reload();
        }
        self.desk.refuse(error);
    }

    /// The open conversation has another title.
    pub fn renamed(self, title: &str) {
        let id = self.id();
        self.conversation.try_update(|open| {
            if let Some(open) = open {
                title.clone_into(&mut open.title);
            }
        });
        self.desk.title.try_set(self.title());
        self.conversations.try_update(|list| {
            for listed in list.iter_mut().filter(|listed| listed.id == id) {
                title.clone_into(&mut listed.title);
            }
        });
    }
}

/// Where a conversation's draft is kept: its id, or one place for all that are not begun.
pub fn place(conversation_id: Option<&str>) -> String {
    conversation_id.unwrap_or("new").to_owned()
}

/// Pinned conversations keep the top; below them the one just written to comes first.
fn to_front(list: &mut Vec<ConversationView>, conversation: ConversationView) {
    list.retain(|listed| listed.id != conversation.id);
    let at = match conversation.pinned {
        true => 0,
        false => list.iter().take_while(|listed| listed.pinned).count(),
    };
    list.insert(at, conversation);
}

/// A refused question before what was typed since.
fn joined(refused: &str, typed: &str) -> String {
    match typed.trim().is_empty() {
        true => refused.to_owned(),
        false => format!("{refused}\n\n{typed}"),
    }
}
