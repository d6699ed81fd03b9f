//! The list of conversations: a column, or on phones a drawer that opens without scripts.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;

use super::super::model::ConversationView;
use super::screen;
use super::state::OpenChat;
use crate::personas::emblem::Emblem;
use crate::personas::model::Card;

/// All conversations, newest first, and the link to a new one.
#[component]
pub fn ConversationList(chat: OpenChat) -> impl IntoView {
    let current = NodeRef::<html::A>::new();
    Effect::new(move || {
        if current.get().is_some() {
            screen::after_paint(move || screen::into_view(current));
        }
    });
    let drawer = NodeRef::<html::Aside>::new();
    let chosen = move |_| screen::close(drawer);
    let open = chat.id();
    let item = move |conversation: ConversationView| {
        let is_open = conversation.id == open;
        let adviser = chat.adviser_of(&conversation.persona);
        view! { <Item adviser conversation is_open current /> }
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
            <Show when=move || chat.conversations.with(Vec::is_empty)>
                <p class="chat-list-empty">"No conversations yet. Your questions are kept here."</p>
            </Show>
            <ul on:click=chosen>
                <For
                    each=move || chat.conversations.get()
                    key=|c| (c.id.clone(), c.title.clone(), c.updated_human.clone())
                    children=item
                />
            </ul>
        </aside>
    }
}

#[component]
fn Item(
    adviser: Arc<Card>,
    conversation: ConversationView,
    is_open: bool,
    current: NodeRef<html::A>,
) -> impl IntoView {
    let ConversationView { id, title, updated_human, .. } = conversation;
    let content = view! {
        <Emblem charge=adviser.charge.clone() />
        <span class="chat-list-title" dir="auto">
            {title}
        </span>
        <span class="chat-list-meta">{format!("{} · {updated_human}", adviser.short)}</span>
    };
    let href = format!("/chat/{id}");
    let link = match is_open {
        true => {
            view! { <a href=href aria-current="page" node_ref=current>{content}</a> }.into_any()
        }
        false => view! { <a href=href>{content}</a> }.into_any(),
    };
    view! {
        <li class="chat-list-item" data-colour=adviser.colour.clone()>
            {link}
        </li>
    }
}
