//! Edits a question in place. The URL selects it, so that this works without JavaScript.

use std::sync::Arc;

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use super::super::model::MessageView;
#[cfg(feature = "ssr")]
use super::super::server_fns::KeepEdit;
use super::super::server_fns::{EditMessage, edit_message};
use super::composer::{forget_at_end, is_in_progress};
use super::screen;
use super::state::OpenChat;
use crate::error::{AppError, Code};
use crate::ui::textarea_html;

/// Maximum initial lines of the box.
const MOST_ROWS: usize = 12;
/// The name and the id of the box.
const BOX: &str = "edited";
/// The id of the error below it.
const REASON: &str = "edited-error";

/// Returns whether a question is being edited. Editing cannot start while a reply runs, but can continue meanwhile, also
/// with the input of a refused edit.
pub fn is_open(chat: OpenChat, message_id: &str) -> Memo<bool> {
    let id = message_id.to_owned();
    let has_draft = chat.edit_draft(message_id).is_some();
    Memo::new(move |was: Option<&bool>| {
        let is_asked_for = chat.editing.with(|editing| editing.as_ref() == Some(&id));
        is_asked_for && (has_draft || was == Some(&true) || chat.running.with(Option::is_none))
    })
}

/// Moves the focus into the form when it opens, and back when it closes.
pub fn follow_with_focus(is_open: Memo<bool>, message_id: &str) {
    let link = link_id(message_id);
    Effect::new(move |was_open: Option<bool>| {
        let (is_open, link) = (is_open.get(), link.clone());
        match (was_open, is_open) {
            (None | Some(false), true) => screen::after_paint(|| screen::focus_on(BOX)),
            (Some(true), false) => screen::after_paint(move || screen::focus_on(&link)),
            _ => {}
        }
        is_open
    });
}

/// Opens the form.
#[component]
pub fn EditLink(chat: OpenChat, message_id: String) -> impl IntoView {
    view! {
        <a
            class="button-quiet"
            id=link_id(&message_id)
            href=format!("/chat/{}?edit={message_id}", chat.id())
            data-noscroll=""
        >
            "Edit"
            <span class="visually-hidden">" this question"</span>
        </a>
    }
}

/// The form with the question.
#[component]
pub fn EditForm(chat: OpenChat, message: Arc<MessageView>) -> impl IntoView {
    let (text, refused) = match chat.edit_draft(&message.id) {
        Some(draft) => (draft.edited, draft.error),
        None => (message.text.clone(), None),
    };
    let rows = text.split('\n').count().clamp(2, MOST_ROWS);
    let refused = RwSignal::new(refused);
    forget_at_end(chat, refused, is_in_progress);
    let reason = Signal::derive(move || refused.with(|error| error.as_ref().map(reason_of)));
    let pending = RwSignal::new(false);
    let area = NodeRef::<html::Textarea>::new();
    let id = message.id.clone();
    let save = move |submit: SubmitEvent| {
        submit.prevent_default();
        // Read from the box, because decoding the whole form needs a decoder that nothing else uses.
        let typed = area.get_untracked().map(|area| area.value());
        let (Some(edited), false) = (typed, pending.get_untracked()) else { return };
        pending.set(true);
        refused.set(None);
        let (id, request_id) = (id.clone(), chat.request_id());
        spawn_local(async move {
            match edit_message(id, edited, request_id).await {
                Ok(sent) => {
                    let address = format!("/chat/{}", sent.conversation.id);
                    chat.taken(sent);
                    chat.desk.go_to.try_set(Some(address));
                    screen::focus_on("message");
                }
                Err(error) => {
                    refused.try_set(Some(error));
                }
            }
            pending.try_set(false);
        });
    };
    // Escape cancels.
    let leave = move |key: KeyboardEvent| {
        if key.key() == "Escape" {
            chat.desk.go_to.try_set(Some(format!("/chat/{}", chat.id())));
        }
    };
    view! {
        <form
            class="edit"
            method="post"
            action=EditMessage::url()
            prop:noValidate=true
            on:submit=save
        >
            <input type="hidden" name="message_id" value=message.id.clone() />
            <input type="hidden" name="client_request_id" value=chat.request_id() />
            <div class="field">
                <label for=BOX>"Edited question"</label>
                <textarea
                    id=BOX
                    name=BOX
                    dir="auto"
                    required
                    rows=rows.to_string()
                    autofocus
                    aria-invalid=move || reason.with(Option::is_some).then_some("true")
                    aria-describedby=move || reason.with(Option::is_some).then_some(REASON)
                    node_ref=area
                    on:keydown=leave
                    inner_html=textarea_html(&text)
                ></textarea>
                {move || {
                    reason.get().map(|reason| view! { <p class="field-error" id=REASON>{reason}</p> })
                }}
            </div>
            <div class="edit-foot">
                <a class="button-quiet" href=format!("/chat/{}", chat.id()) data-noscroll="">
                    "Cancel"
                </a>
                <button class="button" aria-busy=move || pending.get().then_some("true")>
                    "Save & ask"
                </button>
            </div>
            <WithoutScript chat />
        </form>
    }
}

/// Buttons for a browser without JavaScript while a reply streams: they submit the edit, so that the server
/// keeps it while the page is loaded again.
#[component]
fn WithoutScript(chat: OpenChat) -> impl IntoView {
    #[cfg(feature = "ssr")]
    return chat.running.get_untracked().map(|running| {
        let html = view! {
            <div class="edit-foot">
                <button class="button-quiet" formaction=KeepEdit::url() formnovalidate>
                    "Show the answer so far"
                </button>
                <button
                    class="button-quiet"
                    formaction=KeepEdit::url()
                    formnovalidate
                    name="stop"
                    value=running
                >
                    "Stop"
                </button>
            </div>
        }
        .to_html();
        view! { <noscript inner_html=html></noscript> }
    });
    #[cfg(not(feature = "ssr"))]
    let _ = chat;
}

/// The error of the edit.
fn reason_of(error: &AppError) -> String {
    match error.code {
        Code::ReplyInProgress => {
            "Wait for the end of the answer, or stop it, before you ask this.".to_owned()
        }
        _ => error.field("message").unwrap_or(&error.message).to_owned(),
    }
}

fn link_id(message_id: &str) -> String {
    format!("edit-{message_id}")
}
