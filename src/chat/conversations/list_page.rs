//! `/conversations`: all conversations, the archive, recently deleted ones, and the search.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

use super::search_results::Results;
use super::{Asked, ConversationsView, Listed, Shelf, load_conversations};
use crate::chat::model::{Change, Undo};
use crate::chat::search::QUERY_MAX_CHARS;
use crate::chat::server_fns::ArrangeConversation;
use crate::error::Code;
use crate::personas::emblem::Emblem;
use crate::ui::{FormNotice, PageTitle, load, redirect_to_sign_in};

/// The page. `?q=` searches; `?show=` selects the archive or what was deleted; `?cursor=` continues the list.
#[component]
pub fn ConversationsPage() -> impl IntoView {
    let asked = use_query_map().with_untracked(|query| Asked {
        q: query.get("q"),
        show: query.get("show"),
        cursor: query.get("cursor"),
        deleted: query.get("deleted"),
    });
    let view = load(load_conversations(asked));
    view! {
        <PageTitle text="Conversations · C-Suite" />
        <main class="page conversations">
            {Suspend::new(async move {
                match view.await {
                    Ok(view) => view! { <Conversations view /> }.into_any(),
                    Err(error) if error.code == Code::Unauthenticated => redirect_to_sign_in(),
                    Err(error) => view! { <FormNotice error=Some(error) /> }.into_any(),
                }
            })}
        </main>
    }
}

#[component]
fn Conversations(view: ConversationsView) -> impl IntoView {
    let ConversationsView { shelf, query, found, pinned, others, next, undo, error } = view;
    let is_search = found.is_some();
    let content = match found {
        Some(found) => view! { <Results query=query.clone() found /> }.into_any(),
        None => view! { <Shelved shelf pinned others next /> }.into_any(),
    };
    view! {
        <header class="conversations-head">
            <h1>"Conversations"</h1>
            <a class="button" href="/chat">
                "New conversation"
            </a>
        </header>
        <FormNotice error />
        {undo.map(|undo| view! { <Deleted undo /> })}
        <form class="conversations-search" role="search" method="get" action="/conversations">
            <input
                type="search"
                name="q"
                value=query
                aria-label="Search titles and messages"
                placeholder="Search titles and messages"
                maxlength=QUERY_MAX_CHARS.to_string()
                autocomplete="off"
            />
            <button class="button-quiet">"Search"</button>
        </form>
        <nav aria-label="Conversations">
            <ul class="segmented-links">
                {Shelf::ALL
                    .into_iter()
                    .map(|it| {
                        let href = match it.slug() {
                            "" => "/conversations".to_owned(),
                            slug => format!("/conversations?show={slug}"),
                        };
                        let current = (it == shelf && !is_search).then_some("page");
                        view! {
                            <li>
                                <a href=href aria-current=current>
                                    {it.label()}
                                </a>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </nav>
        {content}
    }
}

/// Offers to undo a deletion.
#[component]
fn Deleted(undo: Undo) -> impl IntoView {
    view! {
        <form class="notice conversations-undo" method="post" action=ArrangeConversation::url()>
            <input type="hidden" name="conversation_id" value=undo.id />
            <p role="status">
                "Deleted “" <bdi>{undo.title}</bdi> "”. You can undo this for 10 minutes."
            </p>
            <button class="button-quiet" name="change" value=Change::Restore.value()>
                "Undo"
            </button>
        </form>
    }
}

#[component]
fn Shelved(
    shelf: Shelf,
    pinned: Vec<Listed>,
    others: Vec<Listed>,
    next: Option<String>,
) -> impl IntoView {
    let (has_pinned, is_empty) = (!pinned.is_empty(), pinned.is_empty() && others.is_empty());
    let about = match shelf {
        Shelf::Active => "",
        Shelf::Archived => "Out of the list, kept with all messages. The search finds them too.",
        Shelf::Deleted => {
            "Each can be restored for 10 minutes after its deletion. Then it is gone for good."
        }
    };
    let empty = match shelf {
        Shelf::Active => "No conversations yet. Your questions are kept here.",
        Shelf::Archived => "Nothing is archived.",
        Shelf::Deleted => "Nothing was deleted in the last 10 minutes.",
    };
    let next = next.map(|cursor| match shelf.slug() {
        "" => format!("/conversations?cursor={cursor}"),
        slug => format!("/conversations?show={slug}&cursor={cursor}"),
    });
    view! {
        {(!about.is_empty()).then(|| view! { <p class="conversations-about">{about}</p> })}
        {is_empty.then(|| view! { <p class="empty">{empty}</p> })}
        {has_pinned
            .then(|| {
                view! {
                    <section aria-labelledby="pinned">
                        <h2 id="pinned">"Pinned"</h2>
                        <Rows shelf listed=pinned />
                    </section>
                }
            })}
        {(!others.is_empty())
            .then(|| {
                let heading = if has_pinned { "Recent" } else { shelf.label() };
                view! {
                    <section aria-labelledby="others">
                        <h2 id="others" class:visually-hidden=!has_pinned>
                            {heading}
                        </h2>
                        <Rows shelf listed=others />
                    </section>
                }
            })}
        {next
            .map(|href| {
                view! {
                    <p>
                        <a class="button-quiet" href=href>
                            "Older conversations"
                        </a>
                    </p>
                }
            })}
    }
}

#[component]
fn Rows(shelf: Shelf, listed: Vec<Listed>) -> impl IntoView {
    let rows = listed.into_iter().map(|listed| view! { <Row shelf listed /> }).collect_view();
    view! { <ul class="conversations-list">{rows}</ul> }
}

#[component]
fn Row(shelf: Shelf, listed: Listed) -> impl IntoView {
    let Listed { conversation, adviser } = listed;
    let title_id = format!("conversation-{}", conversation.id);
    let meta = format!("{} · {}", adviser.short, conversation.updated_human);
    let title = conversation.title;
    let (open, options) =
        (format!("/chat/{}", conversation.id), format!("/conversations/{}", conversation.id));
    let restore = match shelf {
        Shelf::Active => None,
        Shelf::Archived => Some((Change::Unarchive, "Move back to the list")),
        Shelf::Deleted => Some((Change::Restore, "Restore")),
    };
    let id = conversation.id;
    view! {
        <li data-colour=adviser.colour>
            <Emblem charge=adviser.charge />
            <div class="conversations-what">
                {match shelf {
                    Shelf::Deleted => {
                        view! { <span class="conversations-title" id=title_id.clone() dir="auto">{title}</span> }.into_any()
                    }
                    _ => {
                        view! {
                            <a class="conversations-title" id=title_id.clone() href=open dir="auto">
                                {title}
                            </a>
                        }.into_any()
                    }
                }}
                <span class="conversations-meta">{meta}</span>
            </div>
            {restore
                .map(|(change, label)| {
                    view! {
                        <form method="post" action=ArrangeConversation::url()>
                            <input type="hidden" name="conversation_id" value=id />
                            <button
                                class="button-quiet"
                                name="change"
                                value=change.value()
                                aria-describedby=title_id.clone()
                            >
                                {label}
                            </button>
                        </form>
                    }
                })}
            {(shelf != Shelf::Deleted)
                .then(|| {
                    view! {
                        <a class="button-quiet" href=options aria-describedby=title_id>
                            "Options"
                        </a>
                    }
                })}
        </li>
    }
}
