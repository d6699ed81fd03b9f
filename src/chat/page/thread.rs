//! The open conversation: its head, its messages and the composer.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::super::model::Author;
use super::composer::Composer;
use super::entries::Entry;
use super::follow_ups::FollowUps;
use super::head::Head;
use super::message::{Answer, Asked, Pending};
use super::opening::Opening;
use super::proposal::ProfileProposal;
use super::screen;
use super::standing::Standing;
use super::state::OpenChat;
use crate::ui::changing;

/// Reloads the page in a browser without JavaScript. Where scripts run but the app does not, the loader
/// (`app/start.js`) refreshes the page.
const REFRESH: &str = r#"<meta http-equiv="refresh" content="2">"#;

/// The open conversation, or the start of a new one.
#[component]
pub fn Thread(
    chat: OpenChat,
    introduction: String,
    suggestions: Vec<String>,
    profile_filled: bool,
    /// The initial text of the composer.
    draft: String,
) -> impl IntoView {
    let scroller = chat.scroller;
    // Scroll to the newest message, unless the URL names another, or the reader has scrolled away or is switching versions.
    Effect::new(move |before: Option<()>| {
        let named = before.is_none() && screen::names_message();
        if chat.pending.with(Option::is_some) || chat.entries.with(|entries| !entries.is_empty()) {
            let held = chat.take_hold();
            screen::after_paint(move || match &held {
                Some(held) => screen::hold(scroller, held),
                None if named => screen::to_named(),
                None if chat.away.try_get_untracked() == Some(true) => {}
                None => screen::to_bottom(scroller),
            });
        }
    });
    let is_new = chat.conversation.with_untracked(Option::is_none);
    let begins = move || is_new && chat.pending.with(Option::is_none);
    let opening = StoredValue::new((introduction, suggestions, profile_filled));
    let is_server = cfg!(feature = "ssr");
    let is_running = is_server && chat.running.get_untracked().is_some();
    let writes = use_query_map().with_untracked(|query| query.get("write").is_some());
    let refreshes = is_running && !writes && draft.is_empty() && !chat.has_edit();
    view! {
        <section
            class="chat-thread"
            aria-label="Conversation"
            data-gone=move || chat.gone.get().then_some("true")
        >
            <Head chat />
            {refreshes.then(|| view! { <noscript inner_html=REFRESH></noscript> })}
            <Standing chat />
            <div
                class="messages"
                class:scripted=!is_server
                tabindex="0"
                role="region"
                aria-label="Messages"
                node_ref=scroller
                on:scroll=move |_| chat.away.set(!screen::at_bottom(scroller))
            >
                <div class="messages-inner">
                    <Show when=begins>
                        {opening
                            .with_value(|(introduction, suggestions, profile_filled)| {
                                view! {
                                    <Opening
                                        chat
                                        introduction=introduction.clone()
                                        suggestions=suggestions.clone()
                                        profile_filled=*profile_filled
                                    />
                                }
                            })}
                    </Show>
                    <For
                        each=move || chat.entries.get()
                        key=|entry| (entry.message.id.clone(), entry.message.versions.len())
                        children=move |entry| message(chat, entry)
                    />
                    {move || {
                        chat.pending.get().map(|text| view! { <Pending adviser=chat.adviser() text /> })
                    }}
                    <ProfileProposal chat />
                    <FollowUps chat />
                </div>
            </div>
            <Show when=move || chat.away.get()>
                <button
                    type="button"
                    class="button-quiet jump"
                    on:click=move |_| {
                        screen::to_bottom(scroller);
                        chat.away.set(false);
                    }
                >
                    "Jump to latest"
                </button>
            </Show>
            <Composer chat draft refreshes />
            <p
                class="visually-hidden"
                role="status"
                inner_html=move || chat.desk.announcement.with(|text| changing(text))
            ></p>
        </section>
    }
}

fn message(chat: OpenChat, entry: Entry) -> AnyView {
    match entry.message.author {
        Author::User => {
            let line = entry.message.memory_line.clone();
            view! {
                {line.map(|line| view! { <p class="memory-line">{line}</p> })}
                <Asked chat message=entry.message />
            }
            .into_any()
        }
        Author::Assistant => view! { <Answer chat entry /> }.into_any(),
    }
}
