//! The chat page: `/chat` starts a conversation, `/chat/{id}` shows one, and `/chat/{id}?edit={id}` edits one of its
//! questions.

mod again;
mod arrange;
mod composer;
mod edit;
mod entries;
mod follow_ups;
mod head;
mod list;
mod live;
mod message;
mod notes;
mod opening;
mod options;
mod proposal;
mod screen;
mod seed;
mod standing;
mod state;
mod thread;
mod versions;
mod without_script;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};

use self::list::ConversationList;
#[cfg(not(feature = "ssr"))]
pub use self::seed::Seed;
use self::state::{Desk, OpenChat, place};
use self::thread::Thread;
use super::model::{ChatView, MESSAGE_MAX_CHARS};
use super::server_fns::load_chat;
use crate::error::{AppError, Code};
use crate::ui::PageTitle;
use crate::ui::redirect_to_sign_in;

/// The script that copies replies. Independent of the app.
#[cfg(feature = "ssr")]
pub const COPY_SCRIPT: &str = include_str!("copy.js");

/// The route: a conversation, or a new one with an adviser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct At {
    id: Option<String>,
    /// The adviser's slug.
    persona: Option<String>,
}

impl At {
    /// Returns the path.
    fn address(&self) -> String {
        match (&self.id, &self.persona) {
            (Some(id), _) => format!("/chat/{}", escape(id)),
            (None, Some(persona)) => format!("/chat?persona={}", escape(persona)),
            (None, None) => "/chat".to_owned(),
        }
    }
}

fn escape(text: &str) -> String {
    leptos_router::location::Url::escape(text)
}

/// `/chat` and `/chat/{id}`. `?persona=cfo` selects the adviser of a new conversation, and `?question=` fills its box.
#[component]
pub fn ChatPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let at = Memo::new(move |_| {
        let id = params.with(|params| params.get("id"));
        let persona = query.with(|query| query.get("persona"));
        At { persona: persona.filter(|_| id.is_none()), id }
    });
    let desk = Desk::new();
    let editing = Memo::new(move |_| query.with(|query| query.get("edit")));
    keep_drafts(desk, at);
    follow_go_to(desk);
    view! {
        // Outside of the loaded content: when a title is rebuilt, `leptos_meta` keeps the last one, whose signals are
        // disposed.
        <PageTitle text=move || desk.title.try_get().unwrap_or_default() />
        {loaded_page(desk, at, editing)}
    }
}

/// The page on the server, rendered when its data is loaded.
#[cfg(feature = "ssr")]
fn loaded_page(desk: Desk, at: Memo<At>, editing: Memo<Option<String>>) -> impl IntoView {
    let At { id, persona } = at.get_untracked();
    let deleted = use_query_map().with_untracked(|query| query.get("deleted"));
    let loading = crate::ui::load(load_chat(id, persona, deleted));
    Suspend::new(async move {
        let loaded = loading.await;
        let seed = seed::script(&loaded);
        (page(desk, at, editing, loaded), seed)
    })
}

/// The page in the browser. It starts with the embedded data, and keeps its content until the data of the next route has
/// arrived.
#[cfg(not(feature = "ssr"))]
fn loaded_page(desk: Desk, at: Memo<At>, editing: Memo<Option<String>>) -> impl IntoView {
    let loaded = RwSignal::new(use_context::<seed::Seed>().and_then(seed::Seed::take));
    Effect::new(move |turn: Option<u32>| {
        desk.reloads.track();
        let At { id, persona } = at.get();
        let turn = turn.map_or(0, |turn| turn + 1);
        if turn > 0 || loaded.with_untracked(Option::is_none) {
            desk.turn.set_value(turn);
            leptos::task::spawn_local(async move {
                let answer = load_chat(id, persona, None).await;
                // Unless another navigation or load has started meanwhile.
                if desk.turn.try_get_value() == Some(turn) {
                    loaded.try_set(Some(answer));
                }
            });
        }
        turn
    });
    move || match loaded.get() {
        Some(loaded) => page(desk, at, editing, loaded),
        None => view! { <main class="chat" aria-busy="true"></main> }.into_any(),
    }
}

fn page(
    desk: Desk,
    at: Memo<At>,
    editing: Memo<Option<String>>,
    loaded: Result<ChatView, AppError>,
) -> AnyView {
    match loaded {
        Ok(view) => view! { <Board desk editing view /> }.into_any(),
        Err(error) => {
            view! { <Refused desk error at=at.try_get_untracked().unwrap_or_default() /> }
                .into_any()
        }
    }
}

/// Notifies the desk of navigation.
fn keep_drafts(desk: Desk, at: Memo<At>) {
    Effect::new(move |before: Option<String>| {
        let now = at.with(|at| place(at.id.as_deref()));
        if let Some(before) = before {
            desk.moved(before, &now);
        }
        now
    });
}

/// Navigates to the desk's path and replaces the history entry, so that Back skips the blank page.
fn follow_go_to(desk: Desk) {
    let navigate = use_navigate();
    Effect::new(move || {
        if let Some(address) = desk.go_to.get() {
            // `resolve` would treat the path as relative to the route.
            let options =
                NavigateOptions { replace: true, resolve: false, ..NavigateOptions::default() };
            navigate(&address, options);
        }
    });
}

/// The loaded page.
#[component]
fn Board(
    desk: Desk,
    /// The question to edit.
    editing: Memo<Option<String>>,
    view: ChatView,
) -> impl IntoView {
    let chat = OpenChat::new(desk, editing, &view);
    let draft = match view.draft {
        Some(draft) => {
            draft.error.into_iter().for_each(|error| desk.refuse(error));
            draft.message
        }
        None if view.conversation.is_none() => proposed_question(),
        None => String::new(),
    };
    if view.undo.is_some() {
        desk.undo.set(view.undo);
    }
    entitle(desk, chat.title());
    view! {
        <main class="chat" data-colour=chat.adviser().colour.clone()>
            <ConversationList chat />
            <Thread
                chat
                introduction=view.introduction
                suggestions=view.suggestions
                profile_filled=view.profile_filled
                draft
            />
        </main>
    }
}

/// Returns the question in the URL: that of a link to ask about something. It is typed, not sent.
fn proposed_question() -> String {
    let question = use_query_map().with_untracked(|query| query.get("question"));
    question.unwrap_or_default().chars().take(MESSAGE_MAX_CHARS).collect()
}

/// Sets the document's title.
fn entitle(desk: Desk, title: String) {
    if cfg!(feature = "ssr") {
        // On the server the last title created wins.
        let _ = view! { <PageTitle text=title.clone() /> };
    }
    desk.title.set(title);
}

/// The error page of the chat.
#[component]
fn Refused(desk: Desk, error: AppError, at: At) -> impl IntoView {
    #[cfg(feature = "ssr")]
    error.set_status();
    let retry = move |press: leptos::ev::MouseEvent| {
        press.prevent_default();
        desk.reload();
    };
    match error.code {
        Code::Unauthenticated => redirect_to_sign_in(),
        Code::NotFound | Code::ConversationNotFound => {
            entitle(desk, "No such conversation · C-Suite".to_owned());
            view! {
                <main class="empty-state">
                    <h1>"Conversation not found"</h1>
                    <p class="empty-note">
                        "It may have been deleted, or the address is incomplete."
                    </p>
                    <p>
                        <a class="button" href="/chat">
                            "Begin a new conversation"
                        </a>
                    </p>
                </main>
            }
            .into_any()
        }
        _ => view! {
            <main class="empty-state">
                <h1>"The chat could not be opened"</h1>
                <p class="empty-note" role="alert">
                    {error.message}
                </p>
                <p>
                    <a class="button" href=at.address() on:click=retry>
                        "Try again"
                    </a>
                </p>
            </main>
        }
        .into_any(),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::At;

    #[test]
    fn an_invalid_id_cannot_escape_the_path() {
        let at = At { id: Some("../x?y#z".to_owned()), persona: None };
        assert_eq!(at.address(), "/chat/%2E%2E%2Fx%3Fy%23z");
    }
}
