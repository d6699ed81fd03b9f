//! `/conversations/{id}`: the options of one conversation.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;

use super::{Listed, load_options};
use crate::chat::model::{Change, TITLE_MAX_CHARS};
use crate::chat::server_fns::{ArrangeConversation, RenameConversation};
use crate::error::{AppError, Code};
use crate::ui::{FormNotice, PageTitle, TextField, load, redirect_to_sign_in};

const MAX_CHARS: u32 = TITLE_MAX_CHARS as u32;

/// The page.
#[component]
pub fn OptionsPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id")).unwrap_or_default();
    let loaded = load(load_options(id));
    view! {
        <PageTitle text="Conversation options · C-Suite" />
        <main class="page conversations">
            {Suspend::new(async move {
                match loaded.await {
                    Ok((listed, error)) => view! { <Options listed error /> }.into_any(),
                    Err(error) if error.code == Code::Unauthenticated => redirect_to_sign_in(),
                    Err(error) => view! { <Refused error /> }.into_any(),
                }
            })}
        </main>
    }
}

#[component]
fn Refused(error: AppError) -> impl IntoView {
    view! {
        <h1>"Conversation options"</h1>
        <FormNotice error=Some(error) />
        <p>
            <a href="/conversations">"All conversations"</a>
        </p>
    }
}

#[component]
fn Options(listed: Listed, error: Option<AppError>) -> impl IntoView {
    let Listed { conversation, adviser } = listed;
    let id = conversation.id;
    let refused = error.as_ref().and_then(|error| error.field("title").map(str::to_owned));
    let pin = if conversation.pinned { Change::Unpin } else { Change::Pin };
    let archive = if conversation.archived { Change::Unarchive } else { Change::Archive };
    let button = |change: Change, class: &'static str| {
        let label = match change {
            Change::Pin => "Pin to the top of the list",
            Change::Unpin => "Unpin",
            Change::Archive => "Archive",
            Change::Unarchive => "Move back to the list",
            Change::Delete => "Delete",
            Change::Restore => "Restore",
        };
        view! {
            <button class=class name="change" value=change.value()>
                {label}
            </button>
        }
    };
    view! {
        <header>
            <p>
                <a href="/conversations">"All conversations"</a>
            </p>
            <h1 dir="auto">{conversation.title.clone()}</h1>
            <p class="conversations-meta">
                {format!("{} · {}", adviser.short, conversation.updated_human)}
            </p>
        </header>
        <FormNotice error />
        <p>
            <a class="button" href=format!("/chat/{id}")>
                "Open conversation"
            </a>
        </p>
        <form class="conversations-rename" method="post" action=RenameConversation::url()>
            <input type="hidden" name="conversation_id" value=id.clone() />
            <TextField
                name="title"
                label="Title"
                value=conversation.title
                error=refused
                required=true
                maxlength=MAX_CHARS
            />
            <button class="button-quiet">"Rename"</button>
        </form>
        <form class="conversations-place" method="post" action=ArrangeConversation::url()>
            <input type="hidden" name="conversation_id" value=id />
            {button(pin, "button-quiet")} {button(archive, "button-quiet")}
            {button(Change::Delete, "button-danger")}
            <p class="conversations-about">
                "A deleted conversation can be restored for 10 minutes. Then it is gone for good, with all its messages."
            </p>
        </form>
    }
}
