//! The options of a listed conversation: rename, pin, archive, delete. The app opens them in the list; without it, their
//! link leads to a page with the same forms (`chat::conversations`).

use leptos::ev::{KeyboardEvent, MouseEvent, SubmitEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::model::{Change, ConversationView, TITLE_MAX_CHARS};
use super::super::server_fns::rename_conversation;
use super::arrange::{arrange, options_id};
use super::screen;
use super::state::OpenChat;

const DOTS: &str = "M5 12h.01M12 12h.01M19 12h.01";

/// The link that opens the options.
#[component]
pub fn OptionsLink(chat: OpenChat, id: String, title_id: String) -> impl IntoView {
    let own = id.clone();
    let is_open =
        Memo::new(move |_| chat.options.with(|open| open.as_deref() == Some(own.as_str())));
    let href = format!("/conversations/{id}");
    let link_id = options_id(&id);
    let toggle = move |press: MouseEvent| {
        press.prevent_default();
        chat.list_refused.set(None);
        chat.options.set((!is_open.get_untracked()).then(|| id.clone()));
    };
    view! {
        <a
            class="chat-list-more"
            id=link_id
            href=href
            rel="external"
            aria-label="Options"
            aria-describedby=title_id
            aria-expanded=move || (!cfg!(feature = "ssr")).then(|| is_open.get().to_string())
            on:click=toggle
        >
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                <path
                    d=DOTS
                    fill="none"
                    stroke="currentColor"
                    stroke-width="2.5"
                    stroke-linecap="round"
                />
            </svg>
        </a>
    }
}

/// The open options.
#[component]
pub fn Options(chat: OpenChat, conversation: ConversationView) -> impl IntoView {
    let ConversationView { id, title, pinned, .. } = conversation;
    let link = options_id(&id);
    let close = move |key: KeyboardEvent| {
        if key.key() == "Escape" {
            // The drawer around the list stays open.
            key.prevent_default();
            chat.options.set(None);
            screen::focus_on(&link);
        }
    };
    let (own, name) = (id.clone(), title.clone());
    let change = move |change: Change| {
        let (id, title) = (own.clone(), name.clone());
        move |_: MouseEvent| arrange(chat, id.clone(), title.clone(), change)
    };
    let (pin, pin_label) = match pinned {
        true => (Change::Unpin, "Unpin"),
        false => (Change::Pin, "Pin"),
    };
    view! {
        <div class="chat-list-options" role="group" aria-label="Options" on:keydown=close>
            <Rename chat id title />
            <div class="chat-list-acts">
                <button type="button" class="button-quiet" on:click=change(pin)>
                    {pin_label}
                </button>
                <button type="button" class="button-quiet" on:click=change(Change::Archive)>
                    "Archive"
                </button>
                <button type="button" class="button-danger" on:click=change(Change::Delete)>
                    "Delete"
                </button>
            </div>
        </div>
    }
}

#[component]
fn Rename(chat: OpenChat, id: String, title: String) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    // Focused once: a member who opens the options most often renames.
    Effect::new(move || {
        if input.get().is_some() {
            screen::after_paint(|| screen::focus_on("list-name"));
        }
    });
    let rename = move |submit: SubmitEvent| {
        submit.prevent_default();
        let Some(input) = input.get_untracked() else { return };
        let (id, title) = (id.clone(), input.value().trim().to_owned());
        chat.list_refused.set(None);
        spawn_local(async move {
            match rename_conversation(id.clone(), title.clone()).await {
                Ok(()) => {
                    chat.retitle(&id, &title);
                    chat.options.try_set(None);
                    chat.desk.announce("Renamed.");
                    let link = options_id(&id);
                    screen::after_paint(move || screen::focus_on(&link));
                }
                Err(error) => {
                    chat.list_refused.try_set(Some(error.message));
                }
            }
        });
    };
    view! {
        <form class="chat-list-rename" on:submit=rename>
            <input
                id="list-name"
                dir="auto"
                required
                aria-label="New name"
                maxlength=TITLE_MAX_CHARS.to_string()
                value=title
                node_ref=input
            />
            <button class="button-quiet">"Save"</button>
        </form>
    }
}
