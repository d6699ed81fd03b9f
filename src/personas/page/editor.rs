//! `/advisers/{slug}` and `/advisers/new`: the editor, with a preview before saving.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::fields::Fields;
use super::history::History;
use super::live::LivePreview;
use super::preview::PreviewSection;
use super::{Archive, Standing, refused};
use crate::error::Code;
use crate::personas::emblem::Emblem;
use crate::personas::form::{Draft, Typed};
use crate::personas::server_fns::{SaveAdviser, load_editor, take_notice};
use crate::personas::view::{Editor, Listed};
use crate::ui::{FormNotice, PageTitle, Unsent, load};

/// The preview's server function. It belongs to chat, a higher layer, so it is addressed by path.
const PREVIEW: &str = "/api/preview_adviser";

/// The editor at `/advisers/{slug}`. `?version=2` fills the form from version 2.
#[component]
pub fn EditAdviserPage() -> impl IntoView {
    let slug = use_params_map().with_untracked(|params| params.get("slug"));
    view! { <EditorPage slug=slug.unwrap_or_default() /> }
}

/// The editor at `/advisers/new`.
#[component]
pub fn NewAdviserPage() -> impl IntoView {
    view! { <EditorPage slug=String::new() /> }
}

#[component]
fn EditorPage(
    /// Empty for a new adviser.
    slug: String,
) -> impl IntoView {
    let query = use_query_map();
    let version = query.with_untracked(|query| query.get("version"));
    let done = query.with_untracked(|query| {
        ["saved", "restored"].into_iter().find(|how| query.get(how).is_some())
    });
    let slug = Some(slug).filter(|slug| !slug.is_empty());
    let loaded = load(async { (load_editor(slug, version).await, take_notice().await) });
    view! {
        <PageTitle text="Adviser · C-Suite" />
        <main class="page profile board adviser-page">
            <p class="advisers-up">
                <a href="/advisers">"Advisers"</a>
            </p>
            {Suspend::new(async move {
                let (editor, notice) = loaded.await;
                match editor {
                    Ok(editor) => {
                        let done = done.filter(|_| editor.error.is_none() && notice.is_none());
                        view! {
                            <FormNotice error=notice />
                            <Whole editor done />
                        }
                            .into_any()
                    }
                    Err(error) => refused(error),
                }
            })}
        </main>
    }
}

#[component]
fn Whole(
    editor: Editor,
    /// The action that led here: `saved` or `restored`.
    done: Option<&'static str>,
) -> impl IntoView {
    let Editor { listed, draft, error, theirs, shows, history, topics } = editor;
    let differing = theirs.map(|theirs| view! { <Theirs mine=draft.typed.clone() theirs /> });
    let (slug, version) = (draft.slug.clone(), draft.version);
    let may_archive =
        listed.as_ref().filter(|listed| !listed.built_in).map(|listed| listed.card.archived);
    let Draft { typed, question, preview, .. } = draft;
    let conflict = error.as_ref().is_some_and(|error| error.code == Code::EditConflict);
    let colour = typed.colour.clone();
    view! {
        <Head listed />
        <form class="profile-form adviser-form" method="post" action=SaveAdviser::url() data-colour=colour>
            <input type="hidden" name="slug" value=slug.clone() />
            <input type="hidden" name="version" value=version.to_string() />
            <FormNotice error=error.clone() />
            <Unsent />
            {done.map(|how| view! { <Done how slug=slug.clone() /> })}
            {shows.map(|version| view! { <Shows version slug=slug.clone() /> })}
            {differing}
            <div class="adviser-body">
                <div>
                    <Fields typed=typed.clone() topics=topics.clone() error=error.clone() />
                    <PreviewSection question preview error />
                </div>
                <LivePreview typed topics />
            </div>
            <p class="actions">
                <button type="submit" class="button">
                    {if conflict { "Save my version" } else { "Save adviser" }}
                </button>
                <button type="submit" class="button-quiet" formaction=PREVIEW>
                    "Preview adviser"
                </button>
            </p>
        </form>
        {(!history.is_empty())
            .then(|| view! { <History slug=slug.clone() current=version history /> })}
        {may_archive
            .map(|archived| {
                view! {
                    <section class="adviser-archive" aria-labelledby="archive-title">
                        <h2 id="archive-title">
                            {if archived { "Archived" } else { "Archive adviser" }}
                        </h2>
                        <p class="form-section-hint">
                            "An archived adviser takes no more questions. What it said stays readable, and it can be restored at any time."
                        </p>
                        <Archive slug archive=!archived />
                    </section>
                }
            })}
    }
}

#[component]
fn Head(listed: Option<Listed>) -> impl IntoView {
    let Some(Listed { card, version, saved, .. }) = listed else {
        return view! {
            <header class="profile-head">
                <h1>"New adviser"</h1>
                <p class="profile-lede">
                    "Give it a name and say how it works. Preview it with a question before you save it."
                </p>
            </header>
        }
        .into_any();
    };
    view! {
        <header class="adviser-head" data-colour=card.colour>
            <Emblem charge=card.charge />
            <div>
                <h1 dir="auto">{card.title}</h1>
                <p class="adviser-version">
                    <Standing version saved />
                </p>
            </div>
        </header>
    }
    .into_any()
}

#[component]
fn Done(how: &'static str, slug: String) -> impl IntoView {
    let said = match how {
        "restored" => "Restored. The next answer comes from a copy of the earlier version. ",
        _ => "Saved. The next answer comes from this version. ",
    };
    view! {
        <p class="notice notice-success" role="status" tabindex="-1" autofocus>
            {said}
            <a href=format!("/chat?persona={slug}")>"Ask a question"</a>
        </p>
    }
}

/// Tells that the form holds an earlier version.
#[component]
fn Shows(version: i64, slug: String) -> impl IntoView {
    let which = match version {
        0 => "This is the default version.".to_owned(),
        version => format!("This is version {version}."),
    };
    view! {
        <p class="notice" role="status">
            {which}
            " Saving makes it the latest. "
            <a href=format!("/advisers/{slug}")>"Back to the latest version"</a>
        </p>
    }
}

/// Shows the fields in which a concurrent save differs from what was typed.
#[component]
fn Theirs(mine: Typed, theirs: Typed) -> impl IntoView {
    let sides = mine
        .differing(&theirs)
        .into_iter()
        .map(|(label, mine, theirs)| {
            view! {
                <li class="conflict-field">
                    <h3>{label}</h3>
                    <div class="conflict-sides">
                        <Side whose="Saved meanwhile" text=theirs.to_owned() />
                        <Side whose="You typed" text=mine.to_owned() />
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="conflict" aria-labelledby="conflict-title">
            <h2 id="conflict-title">"The saved version and yours"</h2>
            <p class="conflict-hint">
                "Copy what you want to keep into the form below, then save. To keep the saved version, leave this page."
            </p>
            <ul class="conflict-fields">{sides}</ul>
        </section>
    }
}

#[component]
fn Side(whose: &'static str, text: String) -> impl IntoView {
    let empty = text.is_empty();
    view! {
        <div class="conflict-side">
            <p class="conflict-whose">{whose}</p>
            <p class="conflict-text" class:conflict-empty=empty dir="auto">
                {if empty { "Nothing".to_owned() } else { text }}
            </p>
        </div>
    }
}
