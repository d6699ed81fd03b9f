//! The list of conversations: a column, or on phones a drawer that opens without scripts.

use std::sync::Arc;

use leptos::ev::MouseEvent;
use leptos::html;
use leptos::prelude::*;

use super::super::model::ConversationView;
use super::options::{Options, OptionsLink};
use super::screen;
use super::state::OpenChat;
use crate::personas::emblem::Emblem;
use crate::personas::model::Card;

/// The search, the link to a new conversation, and all conversations: pinned ones first, then the newest.
#[component]
pub fn ConversationList(chat: OpenChat) -> impl IntoView {
    let current = NodeRef::<html::A>::new();
    Effect::new(move || {
        if current.get().is_some() {
            screen::after_paint(move || screen::into_view(current));
        }
    });
    let drawer = NodeRef::<html::Aside>::new();
    let chosen = move |_: MouseEvent| screen::close(drawer);
    let has = move |pinned: bool| {
        chat.conversations.with(|all| all.iter().any(|listed| listed.pinned == pinned))
    };
    view! {
        <aside
            class="chat-list"
            id="conversations"
            popover="auto"
            aria-label="Conversations"
            node_ref=drawer
        >
            <div class="chat-list-head">
                <h2>"Conversations"</h2>
                <button
                    class="button-quiet chat-list-close"
                    type="button"
                    popovertarget="conversations"
                    popovertargetaction="hide"
                >
                    "Close"
                </button>
            </div>
            <a class="button chat-list-new" href="/chat" on:click=chosen>
                "New conversation"
            </a>
            <Search />
            {move || {
                chat.list_refused
                    .get()
                    .map(|reason| {
                        view! {
                            <p class="field-error chat-list-refused" role="alert">
                                {reason}
                            </p>
                        }
                    })
            }}
            <Show when=move || chat.conversations.with(Vec::is_empty)>
                <p class="chat-list-empty">"No conversations yet. Your questions are kept here."</p>
            </Show>
            <Show when=move || has(true)>
                <h3 class="chat-list-group">"Pinned"</h3>
            </Show>
            <Group chat pinned=true current drawer />
            <Show when=move || has(true) && has(false)>
                <h3 class="chat-list-group">"Recent"</h3>
            </Show>
            <Group chat pinned=false current drawer />
            <p class="chat-list-all">
                <a href="/conversations" rel="external">
                    "All conversations"
                </a>
                <a href="/conversations?show=archived" rel="external">
                    "Archived"
                </a>
            </p>
        </aside>
    }
}

/// The search of titles and messages. Its results are a page of their own.
#[component]
fn Search() -> impl IntoView {
    view! {
        <form class="chat-list-search" role="search" method="get" action="/conversations">
            <input
                type="search"
                id="list-search"
                name="q"
                aria-label="Search conversations"
                placeholder="Search conversations"
                maxlength="200"
                autocomplete="off"
                required
            />
        </form>
    }
}

/// The pinned conversations, or the others. Never within `Show`: the server renders that without the reactive owner that
/// `For` needs, and fails.
#[component]
fn Group(
    chat: OpenChat,
    pinned: bool,
    current: NodeRef<html::A>,
    drawer: NodeRef<html::Aside>,
) -> impl IntoView {
    let listed = move || {
        let mut all = chat.conversations.get();
        all.retain(|listed| listed.pinned == pinned);
        all
    };
    let open = chat.id();
    let item = move |conversation: ConversationView| {
        let is_open = conversation.id == open;
        let adviser = chat.adviser_of(&conversation.persona);
        view! { <Item chat adviser conversation is_open current drawer /> }
    };
    view! {
        <ul hidden=move || listed().is_empty()>
            <For
                each=listed
                key=|c| (c.id.clone(), c.title.clone(), c.updated_brief.clone())
                children=item
            />
        </ul>
    }
}

#[component]
fn Item(
    chat: OpenChat,
    adviser: Arc<Card>,
    conversation: ConversationView,
    is_open: bool,
    current: NodeRef<html::A>,
    drawer: NodeRef<html::Aside>,
) -> impl IntoView {
    let ConversationView { id, title, updated_human, updated_brief, .. } = conversation.clone();
    let title_id = format!("listed-{id}");
    let content = view! {
        <Emblem charge=adviser.charge.clone() />
        <span class="chat-list-title" id=title_id.clone() dir="auto">
            {title}
        </span>
        <span class="chat-list-meta" title=updated_human>
            {format!("{} · {updated_brief}", adviser.short)}
        </span>
    };
    let href = format!("/chat/{id}");
    let chosen = move |_: MouseEvent| screen::close(drawer);
    let link = match is_open {
        true => view! {
            <a
                class="chat-list-link"
                href=href
                aria-current="page"
                node_ref=current
                on:click=chosen
            >
                {content}
            </a>
        }
        .into_any(),
        false => view! {
            <a class="chat-list-link" href=href on:click=chosen>
                {content}
            </a>
        }
        .into_any(),
    };
    let own = id.clone();
    let opened =
        Memo::new(move |_| chat.options.with(|open| open.as_deref() == Some(own.as_str())));
    view! {
        <li class="chat-list-item" data-colour=adviser.colour.clone()>
            {link}
            <OptionsLink chat id title_id />
            {move || {
                let conversation = conversation.clone();
                opened.get().then(|| view! { <Options chat conversation /> })
            }}
        </li>
    }
}
