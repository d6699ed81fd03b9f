//! The head of a conversation: who is asked, about what; its new title, its end.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use super::super::api::{
    DeleteConversation, RenameConversation, delete_conversation, rename_conversation,
};
use super::super::model::TITLE_MAX_CHARS;
use super::state::{Chat, Focus};
use crate::ui::Emblem;

/// Who is asked, about what; and what can be done with the conversation.
#[component]
pub fn Head(chat: Chat) -> impl IntoView {
    let persona = chat.persona;
    let title = move || match chat.conversation.get() {
        Some(open) => open.title,
        None => "New conversation".to_owned(),
    };
    let heading = NodeRef::<html::H1>::new();
    Effect::new(move || {
        if chat.desk.focus_once(Focus::Heading)
            && let Some(heading) = heading.get_untracked()
        {
            // Where a browser refuses the focus, the page works as before.
            let _ = heading.focus();
        }
    });
    view! {
        <header class="thread-head">
            <button
                class="button-quiet chat-list-open"
                type="button"
                popovertarget="conversations"
            >
                <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                    <path
                        d="M4 7h16M4 12h16M4 17h10"
                        fill="none"
                        stroke="currentColor"
                        stroke-width="1.75"
                        stroke-linecap="round"
                    />
                </svg>
                <span class="visually-hidden">"Conversations"</span>
            </button>
            <Emblem slug=persona.slug() />
            <div class="thread-title">
                <h1 dir="auto" tabindex="-1" node_ref=heading>
                    {title}
                </h1>
                <p>{format!("{} · {}", persona.title(), persona.focus())}</p>
            </div>
            {chat
                .conversation
                .with_untracked(Option::is_some)
                .then(|| {
                    view! {
                        <details class="thread-menu">
                            <summary>"More"</summary>
                            <div class="thread-menu-body">
                                <Rename chat />
                                <Delete chat />
                            </div>
                        </details>
                    }
                })}
        </header>
    }
}

#[component]
fn Rename(chat: Chat) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let title = chat
        .conversation
        .with_untracked(|open| open.as_ref().map(|open| open.title.clone()).unwrap_or_default());
    let pending = RwSignal::new(false);
    let rename = move |submit: SubmitEvent| {
        submit.prevent_default();
        let Some(title) = input.get_untracked().map(|input| input.value().trim().to_owned()) else {
            return;
        };
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        spawn_local(async move {
            match rename_conversation(chat.id(), title.clone()).await {
                Ok(()) => {
                    chat.renamed(&title);
                    chat.desk.announce("Renamed.");
                }
                Err(error) => chat.desk.refuse(error),
            }
            pending.try_set(false);
        });
    };
    view! {
        <form method="post" action=RenameConversation::url() on:submit=rename>
            <input type="hidden" name="conversation_id" value=chat.id() />
            <div class="field">
                <label for="title">"Title"</label>
                <input
                    id="title"
                    name="title"
                    dir="auto"
                    required
                    maxlength=TITLE_MAX_CHARS.to_string()
                    value=title
                    node_ref=input
                />
            </div>
            <button class="button" aria-busy=move || pending.get().then_some("true")>
                "Rename"
            </button>
        </form>
    }
}

/// Asks once more by a fold that opens without a script.
#[component]
fn Delete(chat: Chat) -> impl IntoView {
    let delete = move |submit: SubmitEvent| {
        submit.prevent_default();
        let address = format!("/chat?persona={}", chat.persona.slug());
        spawn_local(async move {
            match delete_conversation(chat.id()).await {
                Ok(()) => {
                    chat.desk.go_to.try_set(Some(address));
                }
                Err(error) => chat.desk.refuse(error),
            }
        });
    };
    view! {
        <details class="thread-delete">
            <summary>"Delete conversation"</summary>
            <form method="post" action=DeleteConversation::url() on:submit=delete>
                <input type="hidden" name="conversation_id" value=chat.id() />
                <p>"All its messages go with it. This cannot be undone."</p>
                <button class="button-danger">"Delete for good"</button>
            </form>
        </details>
    }
}
