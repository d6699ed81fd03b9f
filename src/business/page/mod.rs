//! `/profile`: the business profile as a plain form. `app/plain.js` enhances it.

mod conflict;
mod form;
mod goals;
mod state;

use leptos::prelude::*;

use super::model::{Field, SavedProfile};
use super::server_fns::load_profile;
use crate::error::{AppError, Code};
use crate::ui::{PageTitle, load, redirect_to_sign_in};
use form::ProfileForm;

/// The profile page. `?saved=1` follows a save without JavaScript.
#[component]
pub fn ProfilePage() -> impl IntoView {
    let view = load(load_profile());
    view! {
        <PageTitle text="Your business · C-Suite" />
        <main class="page profile">
            <Head />
            {Suspend::new(async move {
                match view.await {
                    Ok(view) => view! { <ProfileForm view /> }.into_any(),
                    Err(error) if error.code == Code::Unauthenticated => redirect_to_sign_in(),
                    Err(error) => view! { <Unavailable error /> }.into_any(),
                }
            })}
        </main>
    }
}

#[component]
fn Head() -> impl IntoView {
    view! {
        <header class="profile-head">
            <h1>"Your business"</h1>
            <p class="profile-lede">
                "Your advisers read this before every answer. Only the name is required; each further line makes their advice more specific. "
                <a href="/knowledge">"What your advisers know"</a>
            </p>
        </header>
    }
}

/// Shows why the form is unavailable.
#[component]
fn Unavailable(error: AppError) -> impl IntoView {
    view! {
        <div class="notice notice-error" role="alert">
            <p>{error.message}</p>
            <p>
                <a href="/profile">
                    "Try again"
                </a>
            </p>
        </div>
    }
}

/// Shows how complete the profile is, and who saved it last.
#[component]
fn Standing(saved: SavedProfile) -> impl IntoView {
    let SavedProfile { profile, updated_by, updated_human, updated_at, .. } = saved;
    let (filled, most) = (profile.filled(), Field::ALL.len() as u32);
    view! {
        <div class="profile-standing">
            <p class="profile-progress">
                <label for="profile-filled">{format!("{filled} of {most} filled")}</label>
                <progress id="profile-filled" max=most value=filled></progress>
            </p>
            {updated_by
                .zip(updated_human)
                .map(|(who, when)| {
                    view! {
                        <p>
                            {format!("Last saved by {who}, ")}
                            <time datetime=updated_at>{when}</time>
                        </p>
                    }
                })}
        </div>
    }
}
