//! The start of a new conversation: the choice of adviser and suggested questions.

use std::sync::Arc;

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::super::server_fns::SendMessage;
use super::composer::ask;
use super::state::OpenChat;
use crate::personas::emblem::Emblem;
use crate::personas::model::Card;

/// The choice of adviser, an introduction and suggested questions.
#[component]
pub fn Opening(
    chat: OpenChat,
    introduction: String,
    suggestions: Vec<String>,
    profile_filled: bool,
) -> impl IntoView {
    let chosen = chat.adviser();
    view! {
        <div class="empty-state" data-colour=chosen.colour.clone()>
            <h2>"Choose an adviser"</h2>
            <nav class="persona-switch" aria-label="Adviser">
                {chat
                    .advisers()
                    .into_iter()
                    .map(|card| {
                        let is_chosen = card.slug == chosen.slug;
                        view! { <Adviser card is_chosen /> }
                    })
                    .collect_view()}
            </nav>
            <p class="empty-note">
                {introduction} " "
                <a href=format!("/knowledge?persona={}", chosen.slug)>"What your advisers know"</a> " "
                <a href="/advisers">"All advisers"</a>
            </p>
            {(!profile_filled)
                .then(|| {
                    view! {
                        <p class="empty-note">
                            "Advice is more specific once your advisers know your business: "
                            <a href="/profile">"fill in the business profile"</a> "."
                        </p>
                    }
                })}
            <ul class="suggestions" aria-label="Suggested questions">
                {suggestions
                    .into_iter()
                    .map(|question| view! { <Suggestion chat question class="suggestion" /> })
                    .collect_view()}
            </ul>
        </div>
    }
}

#[component]
fn Adviser(card: Arc<Card>, is_chosen: bool) -> impl IntoView {
    view! {
        <a
            class="persona-option"
            data-colour=card.colour.clone()
            href=format!("/chat?persona={}", card.slug)
            aria-current=is_chosen.then_some("true")
        >
            <Emblem charge=card.charge.clone() />
            <span class="persona-name">{card.short.clone()}</span>
            <span class="persona-focus">{card.summary.clone()}</span>
        </a>
    }
}

/// A suggested question, which is asked in the open conversation. A form, so that it works without JavaScript.
#[component]
pub fn Suggestion(chat: OpenChat, question: String, class: &'static str) -> impl IntoView {
    let text = question.clone();
    let send = move |submit: SubmitEvent| {
        submit.prevent_default();
        ask(chat, text.clone());
    };
    view! {
        <li>
            <form method="post" action=SendMessage::url() on:submit=send>
                <input type="hidden" name="conversation_id" value=chat.id() />
                <input type="hidden" name="persona" value=chat.adviser().slug.clone() />
                <input type="hidden" name="client_request_id" value=chat.request_id() />
                <input type="hidden" name="message" value=question.clone() />
                <button class=class dir="auto">
                    {question}
                </button>
            </form>
        </li>
    }
}
