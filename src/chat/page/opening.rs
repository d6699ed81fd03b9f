//! What a new conversation shows: whom to ask, and what.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::super::api::SendMessage;
use super::super::model::PersonaType;
use super::composer::ask;
use super::state::Chat;
use crate::ui::Emblem;

/// The choice of adviser, an introduction, questions to begin with.
#[component]
pub fn Opening(chat: Chat, suggestions: Vec<String>, profile_filled: bool) -> impl IntoView {
    let persona = chat.persona;
    view! {
        <div class="empty-state" data-persona=persona.slug()>
            <h2>"Who would you like to ask?"</h2>
            <nav class="persona-switch" aria-label="Adviser">
                {PersonaType::ALL
                    .into_iter()
                    .map(|option| view! { <Adviser option is_chosen=option == persona /> })
                    .collect_view()}
            </nav>
            <p class="empty-note">
                {introduction(persona)} " "
                <a href=format!("/knowledge?persona={}", persona.slug())>"What they know of you"</a>
            </p>
            {(!profile_filled)
                .then(|| {
                    view! {
                        <p class="empty-note">
                            "Advice fits better once your advisers know the business: "
                            <a href="/profile">"fill in the business profile"</a> "."
                        </p>
                    }
                })}
            <ul class="suggestions" aria-label="Questions to begin with">
                {suggestions
                    .into_iter()
                    .map(|question| view! { <Suggestion chat question /> })
                    .collect_view()}
            </ul>
        </div>
    }
}

#[component]
fn Adviser(option: PersonaType, is_chosen: bool) -> impl IntoView {
    view! {
        <a
            class="persona-option"
            data-persona=option.slug()
            href=format!("/chat?persona={}", option.slug())
            aria-current=is_chosen.then_some("true")
        >
            <Emblem slug=option.slug() />
            <span class="persona-name">{option.short()}</span>
            <span class="persona-focus">{option.focus()}</span>
        </a>
    }
}

/// A question that is asked by pressing it: a form of its own for browsers without JavaScript.
#[component]
fn Suggestion(chat: Chat, question: String) -> impl IntoView {
    let text = question.clone();
    let send = move |submit: SubmitEvent| {
        submit.prevent_default();
        ask(chat, text.clone());
    };
    view! {
        <li>
            <form method="post" action=SendMessage::url() on:submit=send>
                <input type="hidden" name="conversation_id" value="" />
                <input type="hidden" name="persona" value=chat.persona.slug() />
                <input type="hidden" name="client_request_id" value=chat.request_id() />
                <input type="hidden" name="message" value=question.clone() />
                <button class="suggestion" dir="auto">
                    {question}
                </button>
            </form>
        </li>
    }
}

fn introduction(persona: PersonaType) -> &'static str {
    match persona {
        PersonaType::Ceo => {
            "Your Chief Executive weighs what matters most and what to leave. Come with decisions, \
             plans, and the things you keep putting off."
        }
        PersonaType::Cfo => {
            "Your Chief Financial Officer follows the money. Come with prices, costs, investments, \
             and whether a thing pays."
        }
        PersonaType::Cmo => {
            "Your Chief Marketing Officer thinks from the customer's side. Come with audiences, \
             offers, words, and where to be seen."
        }
        PersonaType::Cto => {
            "Your Chief Technology Officer makes the work run. Come with tools, routines worth \
             automating, and what could break."
        }
    }
}
