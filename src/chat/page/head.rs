//! The head of a conversation: adviser, title, renaming, pinning, archiving and deleting.

use leptos::ev::{MouseEvent, SubmitEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use super::super::model::{Change, ConversationView, TITLE_MAX_CHARS, Undo};
use super::super::server_fns::{
    ArrangeConversation, DeleteConversation, RenameConversation, delete_conversation,
    rename_conversation,
};
use super::arrange::arrange;
use super::state::{Focus, OpenChat};
use crate::personas::emblem::Emblem;
use crate::ui::changing;

/// The adviser, the title and the conversation's actions.
#[component]
pub fn Head(chat: OpenChat) -> impl IntoView {
    let adviser = chat.adviser();
    let title = move || match chat.conversation.get() {
        Some(open) => changing(&open.title),
        None => "New conversation".to_owned(),
    };
    let heading = NodeRef::<html::H1>::new();
    Effect::new(move || {
        if let Some(heading) = heading.get()
            && chat.desk.focus_once(Focus::Heading)
        {
            // Ignored: the page works without the focus.
            let _ = heading.focus();
        }
    });
    let is_begun = chat.conversation.with_untracked(Option::is_some);
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
            <Emblem charge=adviser.charge.clone() />
            <div class="thread-title">
                <h1 dir="auto" tabindex="-1" node_ref=heading inner_html=title></h1>
                <p inner_html=changing(&format!("{} · {}", adviser.title, adviser.summary))></p>
            </div>
            // In a closure, so that navigation to another conversation rebuilds it: folded, with the new title. The
            // elements around it are reused.
            {move || {
                is_begun
                    .then(|| {
                        view! {
                            <button
                                class="thread-menu-open"
                                type="button"
                                popovertarget="thread-menu"
                            >
                                "More"
                            </button>
                            <div class="thread-menu" id="thread-menu" popover="auto">
                                <Rename chat />
                                <Place chat />
                                <Delete chat />
                            </div>
                        }
                    })
            }}
        </header>
    }
}

#[component]
fn Rename(chat: OpenChat) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let title = chat
        .conversation
        .with_untracked(|open| open.as_ref().map(|open| open.title.clone()).unwrap_or_default());
    let refused = RwSignal::new(None::<String>);
    let pending = RwSignal::new(false);
    let rename = move |submit: SubmitEvent| {
        submit.prevent_default();
        let title = input.get_untracked().map(|input| input.value().trim().to_owned());
        let (Some(title), false) = (title, pending.get_untracked()) else { return };
        pending.set(true);
        refused.set(None);
        spawn_local(async move {
            match rename_conversation(chat.id(), title.clone()).await {
                Ok(()) => {
                    chat.retitle(&chat.draft_place(), &title);
                    chat.desk.announce("Renamed.");
                }
                Err(error) => {
                    refused.try_set(Some(error.message));
                }
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
                    aria-invalid=move || refused.with(Option::is_some).then_some("true")
                    aria-describedby=move || refused.with(Option::is_some).then_some("title-error")
                    node_ref=input
                />
                <Reason id="title-error" reason=refused />
            </div>
            <button class="button" aria-busy=move || pending.get().then_some("true")>
                "Rename"
            </button>
        </form>
    }
}

/// Pins and archives the conversation.
#[component]
fn Place(chat: OpenChat) -> impl IntoView {
    let is = move |what: fn(&ConversationView) -> bool| {
        chat.conversation.with(|open| open.as_ref().is_some_and(what))
    };
    let pin = move || if is(|open| open.pinned) { Change::Unpin } else { Change::Pin };
    let archive = move || match is(|open| open.archived) {
        true => Change::Unarchive,
        false => Change::Archive,
    };
    let act = move |press: MouseEvent, change: Change| {
        press.prevent_default();
        if let Some(open) = chat.open() {
            arrange(chat, open.id, open.title, change);
        }
    };
    view! {
        <form class="thread-place" method="post" action=ArrangeConversation::url()>
            <input type="hidden" name="conversation_id" value=chat.id() />
            <button
                class="button-quiet"
                name="change"
                value=move || pin().value()
                inner_html=move || changing(if pin() == Change::Pin { "Pin" } else { "Unpin" })
                on:click=move |press| act(press, untrack(pin))
            ></button>
            <button
                class="button-quiet"
                name="change"
                value=move || archive().value()
                inner_html=move || {
                    changing(match archive() {
                        Change::Archive => "Archive",
                        _ => "Move back to the list",
                    })
                }
                on:click=move |press| act(press, untrack(archive))
            ></button>
        </form>
    }
}

/// Confirms in a disclosure that opens without scripts. The server redirects.
#[component]
fn Delete(chat: OpenChat) -> impl IntoView {
    let refused = RwSignal::new(None::<String>);
    let delete = move |submit: SubmitEvent| {
        submit.prevent_default();
        chat.leaving.set_value(true);
        let deleted = chat.open().map(|open| Undo { id: open.id, title: open.title });
        spawn_local(async move {
            match delete_conversation(chat.id()).await {
                Ok(()) => {
                    chat.desk.undo.try_set(deleted);
                }
                Err(error) => {
                    chat.leaving.try_set_value(false);
                    refused.try_set(Some(error.message));
                }
            }
        });
    };
    view! {
        <details class="thread-delete">
            <summary>"Delete conversation"</summary>
            <form method="post" action=DeleteConversation::url() on:submit=delete>
                <input type="hidden" name="conversation_id" value=chat.id() />
                <p>"All its messages go with it. You can undo this for 10 minutes."</p>
                <Reason id="delete-error" reason=refused />
                <button class="button-danger">"Delete"</button>
            </form>
        </details>
    }
}

/// The error of a form at its field.
#[component]
fn Reason(id: &'static str, reason: RwSignal<Option<String>>) -> impl IntoView {
    move || {
        reason.get().map(|reason| {
            view! {
                <p class="field-error" id=id role="alert">
                    {reason}
                </p>
            }
        })
    }
}
