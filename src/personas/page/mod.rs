//! `/advisers`: the list of advisers and their editor. Static pages.

mod editor;
mod fields;
mod history;
mod live;
mod preview;

pub use editor::{EditAdviserPage, NewAdviserPage};

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::changes::MOST_OWN;
use super::server_fns::{ArchiveAdviser, load_board, take_notice};
use super::view::{Board, Listed, Saved};
use crate::error::{AppError, Code};
use crate::personas::emblem::Emblem;
use crate::ui::{FormNotice, PageTitle, load, redirect_to_sign_in};

/// The list of advisers, for every member.
#[component]
pub fn AdvisersPage() -> impl IntoView {
    let loaded = load(async { (load_board().await, take_notice().await) });
    view! {
        <PageTitle text="Advisers · C-Suite" />
        <main class="page board">
            <header class="advisers-head">
                <h1>"Advisers"</h1>
                <p>
                    "Each adviser, its field, and the version that answers now."
                </p>
            </header>
            {Suspend::new(async move {
                let (board, notice) = loaded.await;
                match board {
                    Ok(board) => view! { <Listing board notice /> }.into_any(),
                    Err(error) => refused(error),
                }
            })}
        </main>
    }
}

#[component]
fn Listing(board: Board, notice: Option<AppError>) -> impl IntoView {
    let Board { advisers, archived, may_edit } = board;
    let own = advisers.iter().chain(&archived).filter(|listed| !listed.built_in).count();
    let list = |advisers: Vec<Listed>| {
        advisers.into_iter().map(|listed| view! { <ListedCard listed may_edit /> }).collect_view()
    };
    view! {
        <FormNotice error=notice />
        <ul class="advisers-list">{list(advisers)}</ul>
        {may_edit
            .then(|| {
                view! {
                    <p class="actions">
                        {(own < MOST_OWN)
                            .then(|| {
                                view! {
                                    <a class="button" href="/advisers/new">
                                        "Add adviser"
                                    </a>
                                }
                            })}
                        <span class="empty">
                            {format!("{own} of {MOST_OWN} advisers of your own.")}
                        </span>
                    </p>
                }
            })}
        {(!archived.is_empty())
            .then(|| {
                view! {
                    <section aria-labelledby="archived">
                        <h2 id="archived">"Archived"</h2>
                        <p class="empty">
                            "They take no more questions; what they said stays readable."
                        </p>
                        <ul class="advisers-list">{list(archived)}</ul>
                    </section>
                }
            })}
    }
}

#[component]
fn ListedCard(listed: Listed, may_edit: bool) -> impl IntoView {
    let Listed { card, version, built_in, saved } = listed;
    let name = format!("adviser-{}", card.slug);
    let named_by = name.clone();
    let page = format!("/advisers/{}", card.slug);
    let edit = format!("Edit the {}", card.short);
    let (archived, slug) = (card.archived, card.slug.clone());
    view! {
        <li class="adviser-card" data-colour=card.colour aria-labelledby=named_by>
            <Emblem charge=card.charge />
            <div class="adviser-who">
                <h2 id=name dir="auto">
                    {card.title}
                </h2>
                <p dir="auto">{[card.short, card.summary].join(" · ").trim_end_matches(" · ").to_owned()}</p>
                <p class="adviser-version">
                    <Standing version saved />
                </p>
            </div>
            <div class="adviser-can">
                {(!archived)
                    .then(|| {
                        let chat = format!("/chat?persona={slug}");
                        view! {
                            <a class="button-quiet" href=chat>
                                "Ask"
                            </a>
                        }
                    })}
                {may_edit
                    .then(|| {
                        view! {
                            <a class="button-quiet" href=page aria-label=edit>
                                "Edit"
                            </a>
                        }
                    })}
                {(may_edit && archived && !built_in)
                    .then(|| view! { <Archive slug=slug.clone() archive=false /> })}
            </div>
        </li>
    }
}

/// The version in use, and the member who saved it.
#[component]
fn Standing(version: i64, saved: Option<Saved>) -> impl IntoView {
    match saved {
        None => view! { "Default" }.into_any(),
        Some(saved) => view! {
            {format!("Version {version}, by ")}
            <bdi>{saved.by}</bdi>
            ", "
            <time datetime=saved.at>{saved.human}</time>
        }
        .into_any(),
    }
}

/// The button that archives or restores an adviser.
#[component]
fn Archive(slug: String, archive: bool) -> impl IntoView {
    let (value, label) = if archive { ("1", "Archive") } else { ("0", "Restore") };
    view! {
        <form method="post" action=ArchiveAdviser::url()>
            <input type="hidden" name="slug" value=slug />
            <input type="hidden" name="archived" value=value />
            <button type="submit" class="button-quiet">
                {label}
            </button>
        </form>
    }
}

/// Shows why a page is unavailable.
fn refused(error: AppError) -> AnyView {
    match error.code {
        Code::Unauthenticated => redirect_to_sign_in(),
        Code::PersonaNotFound | Code::NotFound => view! {
            <FormNotice error=Some(error) />
            <p>
                <a href="/advisers">"All advisers"</a>
            </p>
        }
        .into_any(),
        _ => view! { <FormNotice error=Some(error) /> }.into_any(),
    }
}
