//! Changes a conversation's place: pins, archives, deletes and restores it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::model::{Change, ConversationView, Undo};
use super::super::server_fns::arrange_conversation;
use super::screen;
use super::state::OpenChat;

/// The `id` of the button that undoes a deletion.
pub const UNDO: &str = "undo";

/// Changes a conversation's place and shows the new list.
pub fn arrange(chat: OpenChat, id: String, title: String, change: Change) {
    let is_open = chat.draft_place() == id;
    if is_open && change == Change::Delete {
        chat.leaving.set_value(true);
    }
    chat.list_refused.set(None);
    spawn_local(async move {
        match arrange_conversation(id.clone(), change).await {
            Ok(list) => show(chat, list, Undo { id, title }, change, is_open),
            Err(error) => {
                if is_open {
                    chat.leaving.try_set_value(false);
                }
                chat.list_refused.try_set(Some(error.message));
            }
        }
    });
}

/// Shows the list after a change of the conversation `changed`.
fn show(chat: OpenChat, list: Vec<ConversationView>, changed: Undo, change: Change, is_open: bool) {
    let desk = chat.desk;
    if chat.conversations.is_disposed() {
        // Another conversation was opened meanwhile, with the list as it was.
        desk.reload();
    }
    chat.conversations.try_set(list);
    chat.options.try_set(None);
    desk.announce(said(change));
    match change {
        Change::Delete => {
            desk.undo.try_set(Some(changed));
            match is_open {
                true => {
                    desk.go_to.try_set(Some("/chat".to_owned()));
                }
                false => screen::after_paint(|| screen::focus_on(UNDO)),
            }
        }
        Change::Restore => {
            desk.undo.try_set(None);
            // From the blank page behind a deletion, back to the conversation.
            if chat.draft_place().is_empty() {
                desk.go_to.try_set(Some(format!("/chat/{}", changed.id)));
            }
        }
        change => {
            if is_open {
                chat.conversation.try_update(|open| place(open.as_mut(), change));
            }
            let options = options_id(&changed.id);
            screen::after_paint(move || screen::focus_on(&options));
        }
    }
}

fn place(open: Option<&mut ConversationView>, change: Change) {
    let Some(open) = open else { return };
    match change {
        Change::Pin | Change::Unpin => open.pinned = change == Change::Pin,
        Change::Archive | Change::Unarchive => open.archived = change == Change::Archive,
        Change::Delete | Change::Restore => {}
    }
}

/// Returns the text for screen readers.
const fn said(change: Change) -> &'static str {
    match change {
        Change::Pin => "Pinned.",
        Change::Unpin => "Unpinned.",
        Change::Archive => "Archived.",
        Change::Unarchive => "Moved back to the list.",
        Change::Delete => "Deleted. You can undo this for 10 minutes.",
        Change::Restore => "Restored.",
    }
}

/// Returns the `id` of a listed conversation's options link.
pub fn options_id(conversation_id: &str) -> String {
    format!("options-{conversation_id}")
}
