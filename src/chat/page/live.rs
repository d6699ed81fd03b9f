//! The app's interface to the page's scripts (`src/app/scripts`). These handle the live connection, the text of running
//! replies, drafts and the question queue, because plain JavaScript is smaller and works before the app has started.
//! The interface is the functions of `window.csuite` and events named `csuite`.

#[cfg(feature = "hydrate")]
pub use browser::{fill, follow, listen, opened, queue, refused, sent, watch};
#[cfg(not(feature = "hydrate"))]
pub use server::{fill, follow, listen, opened, queue, refused, sent, watch};

use std::fmt::Write;

/// Returns the HTML of a reply's blocks, after which a stream continues.
pub fn blocks_html(blocks: &[String]) -> String {
    blocks.iter().fold(String::new(), |mut html, block| {
        // Writing to a string cannot fail.
        let _ = write!(html, r#"<div class="block">{block}</div>"#);
        html
    })
}

#[cfg(not(feature = "hydrate"))]
mod server {
    use leptos::html;
    use leptos::prelude::NodeRef;

    use super::super::entries::Entry;
    use super::super::state::OpenChat;

    pub fn watch(_: OpenChat, _: Entry, _: NodeRef<html::Div>) {}
    pub fn fill(_: &str, _: &str) {}
    pub fn follow(_: &str) {}
    pub fn listen(_: OpenChat) {}
    pub fn opened(_: &str) -> String {
        String::new()
    }
    pub fn queue(_: &str) -> bool {
        false
    }
    pub fn sent(_: &str, _: &str, _: &str) {}
    pub fn refused(_: &str) {}
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::ev::Custom;
    use leptos::html;
    use leptos::prelude::*;
    use leptos::task::spawn_local;
    use serde::Deserialize;
    use wasm_bindgen::JsValue;
    use wasm_bindgen::prelude::wasm_bindgen;
    use web_sys::CustomEvent;

    use super::super::super::model::{ChatView, Proposal, ReplyFailure, Status};
    use super::super::super::server_fns::load_chat;
    use super::super::composer::ask_queued;
    use super::super::entries::{Entry, Outcome};
    use super::super::proposal::propose;
    use super::super::state::OpenChat;
    use crate::error::{AppError, Code};

    /// A request for the current state that this many hints did not end is considered dead.
    const HINTS_UNTIL_DEAD: u32 = 6;

    // The app does not start without the script (`app/start.js`). A failed call leaves the page unchanged.
    #[wasm_bindgen(js_namespace = csuite)]
    extern "C" {
        #[wasm_bindgen(catch, js_name = watch)]
        fn js_watch(reply: &str) -> Result<(), JsValue>;
        #[wasm_bindgen(catch, js_name = fill)]
        fn js_fill(reply: &str, html: &str) -> Result<(), JsValue>;
        #[wasm_bindgen(catch, js_name = opened)]
        fn js_opened(conversation: &str) -> Result<String, JsValue>;
        #[wasm_bindgen(catch, js_name = queue)]
        fn js_queue(text: &str) -> Result<bool, JsValue>;
        #[wasm_bindgen(catch, js_name = sent)]
        fn js_sent(from: &str, to: &str, request_id: &str) -> Result<(), JsValue>;
        #[wasm_bindgen(catch, js_name = refused)]
        fn js_refused(request_id: &str) -> Result<(), JsValue>;
    }

    /// An event of the script.
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Told {
        End {
            reply: String,
            status: Status,
            failure: Option<ReplyFailure>,
            cut: bool,
            #[serde(default)]
            conflicts: bool,
            #[serde(default)]
            follow_ups: Vec<String>,
            #[serde(default)]
            proposal: Option<Proposal>,
            reasoning: Option<String>,
        },
        /// A reply has started, perhaps in another window.
        Asked { conversation: String, reply: String },
        /// A conversation was deleted, perhaps by another window.
        Deleted(String),
        /// A conversation has another title.
        Renamed { conversation: String, title: String },
        /// An ended reply has another proposal, or none any more.
        Proposed { reply: String, proposal: Option<Proposal> },
        /// The page may be out of date.
        Sync,
        /// A queued question is due.
        Ask { id: String, text: String },
    }

    /// Listens to the script while the chat is open.
    pub fn listen(chat: OpenChat) {
        let listener = window_event_listener(Custom::new("csuite"), move |event: CustomEvent| {
            let told = event.detail().as_string();
            // From bytes like all other decoding, so that there is one decoder.
            let told = told.and_then(|told| serde_json::from_slice::<Told>(told.as_bytes()).ok());
            if let Some(told) = told {
                hear(chat, told);
            }
        });
        on_cleanup(move || listener.remove());
    }

    fn hear(chat: OpenChat, told: Told) {
        let id = chat.id();
        match told {
            Told::End {
                reply,
                status,
                failure,
                cut,
                conflicts,
                follow_ups,
                proposal,
                reasoning,
            } => {
                if let Some(entry) = running(chat, &reply) {
                    let outcome = Outcome { status, failure, cut, conflicts, follow_ups, proposal };
                    entry.end(chat.desk, outcome, reasoning);
                }
            }
            Told::Asked { conversation, reply } if conversation == id => {
                if chat.pending.with_untracked(Option::is_none) && !shows(chat, &reply) {
                    sync(chat);
                }
            }
            Told::Deleted(conversation) => {
                chat.unlist(&conversation);
                if conversation == id {
                    lose(chat);
                }
            }
            Told::Renamed { conversation, title } => chat.retitle(&conversation, &title),
            Told::Proposed { reply, proposal } => propose(chat, &reply, proposal),
            Told::Sync => sync(chat),
            Told::Ask { id, text } => ask_queued(chat, id, text),
            Told::Asked { .. } => {}
        }
    }

    /// Updates the list and the open conversation from the server, with one request at a time: hints that arrive meanwhile
    /// cause another one at its end.
    fn sync(chat: OpenChat) {
        let open = Some(chat.id()).filter(|id| !id.is_empty());
        let hints = chat.hints.try_update_value(|hints| {
            *hints += 1;
            *hints
        });
        if hints.is_none_or(|hints| hints % HINTS_UNTIL_DEAD != 1) {
            return;
        }
        let request_id = chat.request_id();
        spawn_local(async move {
            let loaded = load_chat(open.clone(), None, None).await;
            let hints = chat.hints.try_update_value(std::mem::take);
            // The state may lack a question that was accepted meanwhile.
            let is_current = chat.request_id() == request_id;
            if is_current {
                update(chat, open.is_some(), loaded);
            }
            if !is_current || hints > Some(1) {
                sync(chat);
            }
        });
    }

    fn update(chat: OpenChat, is_open: bool, loaded: Result<ChatView, AppError>) {
        match loaded {
            Ok(view) => {
                chat.conversations.try_set(view.conversations);
                if is_open {
                    chat.show(view.messages, None);
                }
            }
            Err(error) => match error.code {
                Code::NotFound | Code::ConversationNotFound => lose(chat),
                Code::Unauthenticated if chat.is_running() => chat.desk.reload(),
                // Tried again when the connection is back.
                _ => {}
            },
        }
    }

    /// Returns whether a message is shown.
    fn shows(chat: OpenChat, id: &str) -> bool {
        chat.entries.with_untracked(|entries| entries.iter().any(|entry| entry.message.id == id))
    }

    /// Finds a reply that is shown as running.
    fn running(chat: OpenChat, id: &str) -> Option<Entry> {
        chat.entries.try_with_untracked(|entries| {
            let of_id = entries.iter().find(|entry| entry.message.id == id);
            of_id.filter(|entry| entry.is_running()).cloned()
        })?
    }

    /// Handles a deleted conversation: its content stays readable, and the next question starts a new one.
    fn lose(chat: OpenChat) {
        if chat.leaving.try_get_value() != Some(false)
            || chat.gone.try_get_untracked() != Some(false)
        {
            return;
        }
        chat.gone.try_set(true);
        let id = chat.running.try_get_untracked().flatten();
        if let Some(entry) = id.and_then(|id| running(chat, &id)) {
            let failure = Some(ReplyFailure {
                code: Code::ConversationNotFound,
                message: "This answer ended because its conversation was deleted.".to_owned(),
                retryable: false,
                partial: true,
            });
            entry.outcome.set(Outcome {
                status: Status::Interrupted,
                failure,
                cut: false,
                conflicts: false,
                follow_ups: Vec::new(),
                proposal: None,
            });
        }
    }

    /// Makes the script write a running reply into the page.
    pub fn watch(chat: OpenChat, entry: Entry, blocks: NodeRef<html::Div>) {
        Effect::new(move |_| {
            if blocks.get().is_some()
                && entry.outcome.with_untracked(|outcome| outcome.status == Status::Streaming)
            {
                let is_begun = !entry.message.blocks.is_empty();
                let does = if is_begun { "answering" } else { "thinking" };
                let adviser = chat.adviser_of(&entry.message.persona);
                chat.desk.announce(format!("The {} is {does}.", adviser.title));
                follow(&entry.message.id);
            }
        });
    }

    /// Shows the text of a reply: HTML that the server has sanitised.
    pub fn fill(reply: &str, html: &str) {
        let _ = js_fill(reply, html);
    }

    /// Follows a running reply again.
    pub fn follow(reply: &str) {
        let _ = js_watch(reply);
    }

    /// Tells the script which conversation's composer is shown. Returns its draft.
    pub fn opened(conversation: &str) -> String {
        js_opened(conversation).unwrap_or_default()
    }

    /// Queues a question behind the running reply. Returns false if that is impossible.
    pub fn queue(text: &str) -> bool {
        js_queue(text).unwrap_or(false)
    }

    /// Tells the script that a question of the conversation `from` (empty: a new one), now `to`, was accepted.
    pub fn sent(from: &str, to: &str, request_id: &str) {
        let _ = js_sent(from, to, request_id);
    }

    /// Tells the script that a queued question was refused.
    pub fn refused(request_id: &str) {
        let _ = js_refused(request_id);
    }
}
