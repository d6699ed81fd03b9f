//! `/profile`: what the advisers know of the business.

mod conflict;
mod form;
mod goals;
mod state;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::api::load_profile;
use super::model::{Field, SavedProfile};
use crate::accounts::page::redirect_to_sign_in;
use crate::error::{AppError, Code};
use crate::ui::{Loading, PageTitle};
use form::ProfileForm;

/// The profile page: `?welcome=1` after sign-up, `?saved=1` after a save without JavaScript.
#[component]
pub fn ProfilePage() -> impl IntoView {
    let view = Resource::new(|| (), |()| load_profile());
    view! {
        <PageTitle text="Your business · C-Suite" />
        <main class="page profile">
            <Welcome />
            <Loading fallback=|| view! { <p class="profile-loading">"Opening your profile…"</p> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(view) => view! { <ProfileForm view /> }.into_any(),
                        Err(error) if error.code == Code::Unauthenticated => redirect_to_sign_in(),
                        Err(error) => view! { <Unavailable error /> }.into_any(),
                    }
                })}
            </Loading>
        </main>
    }
}

/// The head of the page, and for somebody who has just signed up a word of welcome.
#[component]
fn Welcome() -> impl IntoView {
    let welcome = use_query_map().with_untracked(|query| query.get("welcome").is_some());
    view! {
        <header class="profile-head">
            <h1>"Your business"</h1>
            <p class="profile-lede">
                "Your advisers read this before every answer. Everything but the name may wait, and every line makes their advice more your own."
            </p>
            {welcome
                .then(|| {
                    view! {
                        <p class="profile-welcome">
                            "Welcome to your board room. Introduce the business in a few words, or "
                            <a href="/chat">"skip this for now"</a> "."
                        </p>
                    }
                })}
        </header>
    }
}

/// Why there is no form to show.
#[component]
fn Unavailable(error: AppError) -> impl IntoView {
    view! {
        <div class="notice notice-error" role="alert">
            <p>{error.message}</p>
            <p>
                <a href="/profile" rel="external">
                    "Try again"
                </a>
            </p>
        </div>
    }
}

/// How far the stored profile is, and who saved it last.
#[component]
fn Standing(#[prop(into)] saved: Signal<SavedProfile>) -> impl IntoView {
    let most = Field::ALL.len() as u32;
    let filled = move || saved.with(|saved| saved.profile.filled());
    let last = move || {
        saved.with(|saved| {
            let who = saved.updated_by.clone()?;
            Some((who, saved.updated_human.clone()?, saved.updated_at.clone()))
        })
    };
    view! {
        <div class="profile-standing">
            <p class="profile-progress">
                <label for="profile-filled">{move || format!("{} of {most} filled", filled())}</label>
                <progress id="profile-filled" max=most value=filled></progress>
            </p>
            {move || {
                last()
                    .map(|(who, when, at)| {
                        view! {
                            <p class="profile-last-saved">
                                {format!("Last saved by {who}, ")} <time datetime=at>{when}</time>
                            </p>
                        }
                    })
            }}
        </div>
    }
}
