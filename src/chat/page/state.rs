//! The state of the page: the desk, which survives navigation, and the open chat.
//!
//! Responses may arrive after the page has navigated, so code after an `await` uses only the `try_` methods of signals.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;

use super::super::model::{
    ChatView, ConversationView, EditDraft, MessageView, Remaining, Sent, Undo,
};
use super::entries::{Entry, graft, running_of, same_memory};
use super::screen::Hold;
use crate::error::{AppError, Code};
use crate::personas::model::Card;

/// The element to focus once it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// After navigation: the heading.
    Heading,
    /// After the first message of a conversation, or a refusal: the composer.
    Composer,
}

/// State that survives navigation between conversations.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The text in the composer.
    pub typed: RwSignal<String>,
    /// The last refusal.
    pub refused: RwSignal<Option<AppError>>,
    /// Remaining messages as of the last send.
    pub remaining: RwSignal<Option<Remaining>>,
    /// Text for screen readers.
    pub announcement: RwSignal<String>,
    /// The document's title.
    pub title: RwSignal<String>,
    /// The last deletion that can be undone.
    pub undo: RwSignal<Option<Undo>>,
    /// A path to navigate to.
    pub go_to: RwSignal<Option<String>>,
    /// Incremented to reload the conversation.
    pub reloads: RwSignal<u32>,
    /// The number of the latest load. Data of earlier ones is discarded.
    #[cfg(not(feature = "ssr"))]
    pub turn: StoredValue<u32>,
    /// The conversation that the first message created.
    settling: StoredValue<Option<String>>,
    focus: StoredValue<Option<Focus>>,
    /// The request id of a send that is not known to have succeeded.
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
            undo: RwSignal::new(None),
            go_to: RwSignal::new(None),
            reloads: RwSignal::new(0),
            #[cfg(not(feature = "ssr"))]
            turn: StoredValue::new(0),
            settling: StoredValue::new(None),
            focus: StoredValue::new(None),
            held_id: StoredValue::new(None),
        }
    }

    /// Handles navigation. Drafts are kept by conversation (`live`).
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
        // A deletion leads to the blank page, which offers to undo it.
        if to != place(None) {
            self.undo.set(None);
        }
    }

    /// Returns whether the element should take the focus. True once.
    pub fn focus_once(self, at: Focus) -> bool {
        let is_due = self.focus.get_value() == Some(at);
        if is_due {
            self.focus.set_value(None);
        }
        is_due
    }

    /// Reloads the conversation.
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

/// The open chat: one conversation, or a new one. The service is `chat::Chat`.
#[derive(Clone, Copy)]
pub struct OpenChat {
    pub desk: Desk,
    /// The slug of the current adviser.
    persona: StoredValue<String>,
    advisers: StoredValue<Vec<Arc<Card>>>,
    /// Pinned ones first, then the newest.
    pub conversations: RwSignal<Vec<ConversationView>>,
    /// The listed conversation whose options are open.
    pub options: RwSignal<Option<String>>,
    /// Why the last change of the list was refused.
    pub list_refused: RwSignal<Option<String>>,
    /// `None` until the first message of a new conversation is accepted.
    pub conversation: RwSignal<Option<ConversationView>>,
    pub entries: RwSignal<Vec<Entry>>,
    /// A question that is being sent.
    pub pending: RwSignal<Option<String>>,
    /// Whether another window deleted the conversation.
    pub gone: RwSignal<bool>,
    /// Whether this window is deleting the conversation.
    pub leaving: StoredValue<bool>,
    /// The id of the running reply.
    pub running: Memo<Option<String>>,
    /// The element that scrolls.
    pub scroller: NodeRef<html::Div>,
    /// Whether the reader has scrolled away from the end.
    pub away: RwSignal<bool>,
    /// The question to edit, from the URL.
    pub editing: Memo<Option<String>>,
    /// A refused edit without JavaScript.
    edit: StoredValue<Option<EditDraft>>,
    /// The control to keep in place when messages change.
    hold: StoredValue<Option<Hold>>,
    request_id: StoredValue<String>,
    /// Hints since the last completed request for the current state, see `live`.
    #[cfg(feature = "hydrate")]
    pub hints: StoredValue<u32>,
}

impl OpenChat {
    /// Creates the chat from loaded data. The caller shows the rest of `view`.
    pub fn new(desk: Desk, editing: Memo<Option<String>>, view: &ChatView) -> Self {
        let entries =
            RwSignal::new(view.messages.iter().cloned().map(Entry::from).collect::<Vec<_>>());
        Self {
            desk,
            persona: StoredValue::new(view.persona.clone()),
            advisers: StoredValue::new(view.advisers.iter().cloned().map(Arc::new).collect()),
            conversations: RwSignal::new(view.conversations.clone()),
            options: RwSignal::new(None),
            list_refused: RwSignal::new(None),
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
            #[cfg(feature = "hydrate")]
            hints: StoredValue::new(0),
        }
    }

    /// Returns the current adviser.
    pub fn adviser(self) -> Arc<Card> {
        self.adviser_of(&self.persona.get_value())
    }

    /// Returns the adviser with this slug, or an empty card if it is newer than the page's data.
    pub fn adviser_of(self, slug: &str) -> Arc<Card> {
        self.advisers
            .with_value(|cards| cards.iter().find(|card| card.slug == slug).cloned())
            .unwrap_or_default()
    }

    /// Returns the active advisers.
    pub fn advisers(self) -> Vec<Arc<Card>> {
        self.advisers
            .with_value(|cards| cards.iter().filter(|card| !card.archived).cloned().collect())
    }

    /// Returns the document's title.
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

    /// Returns the conversation's id, empty for a new or deleted one.
    pub fn id(self) -> String {
        match self.gone.try_get_untracked() {
            Some(true) => String::new(),
            _ => self.draft_place(),
        }
    }

    /// Returns the request id of the next send: that of a send that may have arrived, or a new one.
    pub fn request_id(self) -> String {
        let held_id = self.desk.held_id.try_get_value().flatten();
        held_id.or_else(|| self.request_id.try_get_value()).unwrap_or_default()
    }

    /// Returns the key of drafts: the conversation's id, empty for a new one.
    pub fn draft_place(self) -> String {
        self.conversation
            .try_with_untracked(|open| open.as_ref().map(|open| open.id.clone()))
            .flatten()
            .unwrap_or_default()
    }

    /// Returns whether a reply is running.
    pub fn is_running(self) -> bool {
        self.running.try_get_untracked().flatten().is_some()
    }

    /// Shows a question before it is stored. `held_id`: the request id that it keeps until it is accepted.
    pub fn begin(self, text: String, held_id: Option<String>) {
        if held_id.is_some() {
            self.desk.held_id.set_value(held_id);
        }
        self.desk.refused.set(None);
        self.away.set(false);
        self.pending.set(Some(text));
    }

    /// Handles an accepted question, also if another chat is open by now.
    pub fn taken(self, sent: Sent) {
        self.desk.remaining.try_set(Some(sent.remaining));
        self.desk.held_id.try_set_value(None);
        if self.pending.is_disposed() {
            return self.desk.reload();
        }
        self.request_id.try_set_value(sent.next_request_id);
        if self.id().is_empty() {
            // The question stays pending until the conversation is loaded.
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
            // Another window has selected another branch, or the start of the adviser's memory has changed.
            self.desk.reload();
        }
    }

    /// Shows another branch. `hold` stays in place.
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
                    entry.catch_up(self.desk, &message);
                } else if entry.outcome.with_untracked(|it| it.proposal != message.proposal) {
                    entry.outcome.update(|it| it.proposal = message.proposal);
                }
                entry
            };
            *entries = branch.into_iter().map(kept).collect();
        });
    }

    /// Takes the control to keep in place after messages have changed.
    pub fn take_hold(self) -> Option<Hold> {
        self.hold.try_update_value(Option::take).flatten()
    }

    /// Handles a refusal to ask again or to show another version.
    pub fn turned_away(self, error: AppError) {
        // The page is out of date.
        let is_stale =
            matches!(error.code, Code::ReplyInProgress | Code::EditConflict | Code::NotFound);
        if is_stale {
            self.desk.reload();
        }
        self.desk.refuse(error);
    }

    /// Returns the input of a refused edit of this question, and the error.
    pub fn edit_draft(self, message_id: &str) -> Option<EditDraft> {
        let draft = self.edit.try_get_value().flatten();
        draft.filter(|draft| draft.message_id == message_id)
    }

    /// Returns whether there is a refused edit of a form without JavaScript.
    pub fn has_edit(self) -> bool {
        self.edit.try_with_value(Option::is_some) == Some(true)
    }

    /// Returns whether a reply is continued below.
    pub fn goes_on(self, id: &str) -> bool {
        self.entries.with(|entries| {
            entries.iter().any(|entry| {
                entry.message.continues() && entry.message.parent_id.as_deref() == Some(id)
            })
        })
    }

    /// Returns the first part of a reply.
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

    /// Handles a refused question: restores the input, or keeps it as a draft if another conversation is open.
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
        // The page is out of date: it lacks a running reply or an accepted question.
        if matches!(error.code, Code::ReplyInProgress | Code::RequestIdReused) {
            self.desk.focus.try_set_value(Some(Focus::Composer));
            self.desk.reload();
        }
        self.desk.refuse(error);
    }

    /// Handles a changed title of a conversation.
    pub fn retitle(self, id: &str, title: &str) {
        let is_open = self.draft_place() == id;
        if is_open {
            self.conversation.try_update(|open| {
                if let Some(open) = open {
                    title.clone_into(&mut open.title);
                }
            });
            self.desk.title.try_set(self.title());
        }
        self.conversations.try_update(|list| {
            for listed in list.iter_mut().filter(|listed| listed.id == id) {
                title.clone_into(&mut listed.title);
            }
        });
    }

    /// Removes a deleted conversation from the list.
    #[cfg(feature = "hydrate")]
    pub fn unlist(self, id: &str) {
        self.conversations.try_update(|list| list.retain(|listed| listed.id != id));
    }

    /// Returns the conversation that is open, as it is now.
    pub fn open(self) -> Option<ConversationView> {
        self.conversation.try_get_untracked().flatten()
    }
}

/// Returns the key of a conversation's draft: its id, or one key for all new ones.
pub fn place(conversation_id: Option<&str>) -> String {
    conversation_id.unwrap_or("new").to_owned()
}

/// Moves the conversation just written to below the pinned ones. Archived ones are not listed.
fn to_front(list: &mut Vec<ConversationView>, conversation: ConversationView) {
    list.retain(|listed| listed.id != conversation.id);
    if conversation.archived {
        return;
    }
    let at = match conversation.pinned {
        true => 0,
        false => list.iter().take_while(|listed| listed.pinned).count(),
    };
    list.insert(at, conversation);
}

/// Joins a refused question with text typed since.
fn joined(refused: &str, typed: &str) -> String {
    match typed.trim().is_empty() {
        true => refused.to_owned(),
        false => format!("{refused}\n\n{typed}"),
    }
}
