//! The results of a search.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::{FoundMessageView, FoundView, Listed};
use crate::chat::model::ExcerptPart;
use crate::chat::server_fns::SelectVersion;
use crate::personas::emblem::Emblem;

/// The conversations that match, each with excerpts of its newest matching messages.
#[component]
pub fn Results(query: String, found: Vec<FoundView>) -> impl IntoView {
    let count = match found.len() {
        0 => "No conversation matches".to_owned(),
        1 => "1 conversation matches".to_owned(),
        more => format!("{more} conversations match"),
    };
    let is_empty = found.is_empty();
    view! {
        <section aria-labelledby="found" class="conversations-found">
            <h2 id="found">
                {count} " “" <bdi>{query}</bdi> "”"
            </h2>
            {is_empty
                .then(|| {
                    view! {
                        <p class="empty">
                            "The search looks for all words in a title or in one message, archived conversations included. Try fewer words, or only their beginnings."
                        </p>
                    }
                })}
            <ul class="conversations-list">
                {found.into_iter().map(|found| view! { <FoundItem found /> }).collect_view()}
            </ul>
        </section>
    }
}

#[component]
fn FoundItem(found: FoundView) -> impl IntoView {
    let FoundView { listed, title, messages, more } = found;
    let Listed { conversation, adviser } = listed;
    let open = format!("/chat/{}", conversation.id);
    let archived = if conversation.archived { " · Archived" } else { "" };
    let meta = format!("{} · {}{archived}", adviser.short, conversation.updated_human);
    let id = conversation.id;
    let messages = messages
        .into_iter()
        .map(|message| view! { <Message conversation_id=id.clone() message /> })
        .collect_view();
    let more = match more {
        0 => None,
        1 => Some("1 more message matches.".to_owned()),
        more => Some(format!("{more} more messages match.")),
    };
    view! {
        <li data-colour=adviser.colour>
            <Emblem charge=adviser.charge />
            <div class="conversations-what">
                <a class="conversations-title" href=open dir="auto">
                    <Marked parts=title />
                </a>
                <span class="conversations-meta">{meta}</span>
                <ul class="conversations-excerpts">{messages}</ul>
                {more.map(|more| view! { <p class="conversations-meta">{more}</p> })}
            </div>
        </li>
    }
}

/// An excerpt, linked to its message. A message of another branch is shown by a form, because that changes what the
/// conversation shows.
#[component]
fn Message(conversation_id: String, message: FoundMessageView) -> impl IntoView {
    let FoundMessageView { id, who, created_human, shown, excerpt } = message;
    let text = view! {
        <span class="conversations-who">{format!("{who}, {created_human}")}</span>
        <span class="conversations-excerpt" dir="auto">
            <Marked parts=excerpt />
        </span>
    };
    let link = match shown {
        true => {
            let href = format!("/chat/{conversation_id}#message-{id}");
            view! { <a href=href>{text}</a> }.into_any()
        }
        false => view! {
            <form method="post" action=SelectVersion::url()>
                <input type="hidden" name="message_id" value=id />
                <button>{text} <span class="conversations-who">"Another version: show it"</span></button>
            </form>
        }
        .into_any(),
    };
    view! { <li>{link}</li> }
}

#[component]
fn Marked(parts: Vec<ExcerptPart>) -> impl IntoView {
    parts
        .into_iter()
        .map(|ExcerptPart { text, is_match }| match is_match {
            true => view! { <mark>{text}</mark> }.into_any(),
            false => text.into_any(),
        })
        .collect_view()
}
