//! The chat page: `/chat` begins a conversation, `/chat/{id}` shows one, `/chat/{id}?edit={id}` with one of
//! its questions to be edited.

mod again;
mod composer;
mod edit;
mod entries;
mod head;
mod list;
mod live;
mod message;
mod opening;
mod screen;
mod seed;
mod state;
mod thread;
mod versions;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};

use self::list::ConversationList;
#[cfg(not(feature = "ssr"))]
pub use self::seed::Seed;
use self::state::{Chat, Desk, place};
use self::thread::Thread;
use super::api::load_chat;
use super::model::ChatView;
use crate::accounts::page::redirect_to_sign_in;
use crate::error::{AppError, Code};
use crate::ui::PageTitle;

/// Copies answers; stands in the document beside the browser half, and needs nothing of it.
#[cfg(feature = "ssr")]
pub const COPY_SCRIPT: &str = include_str!("copy.js");

/// Where the page stands: an open conversation, or a new one with an adviser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct At {
    id: Option<String>,
    /// The adviser's slug.
    persona: Option<String>,
}

impl At {
    /// The address of this place, relative to the site.
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

/// Both `/chat` and `/chat/{id}`; `?persona=cfo` chooses the adviser of a new conversation.
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
        // Outside of what is loaded: of a title that is built again, `leptos_meta` keeps the last one
        // for good, with signals that are gone.
        <PageTitle text=move || desk.title.try_get().unwrap_or_default() />
        {loaded_page(desk, at, editing)}
    }
}

/// The page with its data: rendered when the data is there.
#[cfg(feature = "ssr")]
fn loaded_page(desk: Desk, at: Memo<At>, editing: Memo<Option<String>>) -> impl IntoView {
    let At { id, persona } = at.get_untracked();
    let loading = crate::ui::load(load_chat(id, persona));
    Suspend::new(async move {
        let loaded = loading.await;
        let seed = seed::script(&loaded);
        (page(desk, at, editing, loaded), seed)
    })
}

/// The page with its data: what was there stays until the data of the next place has arrived. It begins
/// with the data that the server wrote into the page.
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
                let answer = load_chat(id, persona).await;
                // Unless another move or load has begun meanwhile.
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

/// Tells the desk of each move, so that it keeps what was typed in each conversation.
fn keep_drafts(desk: Desk, at: Memo<At>) {
    Effect::new(move |before: Option<String>| {
        let now = at.with(|at| place(at.id.as_deref()));
        if let Some(before) = before {
            desk.moved(before, &now);
        }
        now
    });
}

/// Moves to where the desk says, in place of where it is: going back skips the blank page.
fn follow_go_to(desk: Desk) {
    let navigate = use_navigate();
    Effect::new(move || {
        if let Some(address) = desk.go_to.get() {
            // `resolve` would read the address as one below the router's own.
            let options =
                NavigateOptions { replace: true, resolve: false, ..NavigateOptions::default() };
            navigate(&address, options);
        }
    });
}

/// The page with everything loaded.
#[component]
fn Board(
    desk: Desk,
    /// The question that is to be edited.
    editing: Memo<Option<String>>,
    view: ChatView,
) -> impl IntoView {
    let chat = Chat::new(desk, editing, &view);
    let draft = view.draft.map_or_else(String::new, |draft| {
        draft.error.into_iter().for_each(|error| desk.refuse(error));
        draft.message
    });
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

/// Gives the document its title.
fn entitle(desk: Desk, title: String) {
    if cfg!(feature = "ssr") {
        // On the server a title counts as soon as it is made; the last one stands.
        let _ = view! { <PageTitle text=title.clone() /> };
    }
    desk.title.set(title);
}

/// Why there is no chat to show, and where to go from here.
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
                    <h1>"There is no such conversation"</h1>
                    <p class="empty-note">
                        "It may have been deleted, or the address is not complete."
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
    fn an_id_that_is_none_cannot_leave_the_path() {
        let at = At { id: Some("../x?y#z".to_owned()), persona: None };
        assert_eq!(at.address(), "/chat/%2E%2E%2Fx%3Fy%23z");
    }
}
