//! Notices above the messages: a deletion that can be undone, and that the conversation is archived.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::super::model::{Change, Undo};
use super::super::server_fns::ArrangeConversation;
use super::arrange::{UNDO, arrange};
use super::state::OpenChat;

#[component]
pub fn Standing(chat: OpenChat) -> impl IntoView {
    let archived =
        move || chat.conversation.with(|open| open.as_ref().is_some_and(|open| open.archived));
    view! {
        {move || chat.desk.undo.get().map(|undo| view! { <Deleted chat undo /> })}
        <Show when=archived>
            <Archived chat />
        </Show>
    }
}

/// Offers to undo a deletion.
#[component]
fn Deleted(chat: OpenChat, undo: Undo) -> impl IntoView {
    let Undo { id, title } = undo;
    let deleted = id.clone();
    let name = title.clone();
    let restore = move |press: MouseEvent| {
        press.prevent_default();
        arrange(chat, id.clone(), title.clone(), Change::Restore);
    };
    let dismiss = move |press: MouseEvent| {
        press.prevent_default();
        chat.desk.undo.set(None);
    };
    let here = match chat.draft_place().as_str() {
        "" => "/chat".to_owned(),
        open => format!("/chat/{open}"),
    };
    view! {
        <form class="thread-notice" method="post" action=ArrangeConversation::url()>
            <input type="hidden" name="conversation_id" value=deleted />
            <p>
                <span class="thread-notice-text">"Deleted “" <bdi>{name}</bdi> "”."</span>
                <span class="thread-notice-hint">" You can undo this for 10 minutes."</span>
            </p>
            <button
                class="button-quiet"
                id=UNDO
                name="change"
                value=Change::Restore.value()
                on:click=restore
            >
                "Undo"
            </button>
            <a class="thread-notice-away" href=here on:click=dismiss>
                "Dismiss"
            </a>
        </form>
    }
}

/// Tells that the open conversation is archived.
#[component]
fn Archived(chat: OpenChat) -> impl IntoView {
    let open = chat.open().map(|open| (open.id, open.title)).unwrap_or_default();
    let id = open.0.clone();
    let restore = move |press: MouseEvent| {
        press.prevent_default();
        let (id, title) = open.clone();
        arrange(chat, id, title, Change::Unarchive);
    };
    view! {
        <form class="thread-notice" method="post" action=ArrangeConversation::url()>
            <input type="hidden" name="conversation_id" value=id />
            <p>"This conversation is archived."</p>
            <button
                class="button-quiet"
                name="change"
                value=Change::Unarchive.value()
                on:click=restore
            >
                "Move back to the list"
            </button>
        </form>
    }
}
