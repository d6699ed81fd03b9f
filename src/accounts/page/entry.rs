//! The sign-up and the sign-in page.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_query_map;

use super::{reason, refusal};
use crate::accounts::api::{SignIn, SignUp, load_sign_in, load_sign_up};
use crate::accounts::model::{
    EntryPage, HOME, MOST_BUSINESS_NAME_CHARS, MOST_EMAIL_CHARS, MOST_NAME_CHARS, SignInTyped,
    SignUpTyped, landing,
};
use crate::error::AppError;
use crate::ui::{FormNotice, Loading, PageTitle, SubmitButton, TextField};

const PASSWORD_HINT: &str =
    "12 to 128 characters. A few words that only you would put together do well.";

/// `/signup`: an account and its business.
#[component]
pub fn SignUpPage() -> impl IntoView {
    let page = Resource::new(|| (), |()| load_sign_up());
    let action = ServerAction::<SignUp>::new();
    view! {
        <PageTitle text="Sign up · C-Suite" />
        <main class="auth">
            <section class="auth-card">
                <h1>"Meet your board"</h1>
                <p class="auth-lead">
                    "Four advisers who know your business. Tell us who you are, then what you run."
                </p>
                <Loading>
                    {move || Suspend::new(async move {
                        match page.await {
                            Ok(page) if page.signed_in => view! { <Redirect path=HOME /> }.into_any(),
                            Ok(page) => view! { <SignUpForm action page /> }.into_any(),
                            Err(error) => view! { <NotLoaded error /> }.into_any(),
                        }
                    })}
                </Loading>
                <p class="auth-other">
                    "Already have an account? " <a href="/signin">"Sign in"</a>
                </p>
            </section>
        </main>
    }
}

/// `/signin?next=…`.
#[component]
pub fn SignInPage() -> impl IntoView {
    let page = Resource::new(|| (), |()| load_sign_in());
    let action = ServerAction::<SignIn>::new();
    let query = use_query_map();
    let next = Memo::new(move |_| landing(query.read().get_str("next")).to_owned());
    view! {
        <PageTitle text="Sign in · C-Suite" />
        <main class="auth">
            <section class="auth-card">
                <h1>"Welcome back"</h1>
                <Loading>
                    {move || Suspend::new(async move {
                        match page.await {
                            Ok(page) if page.signed_in => {
                                view! { <Redirect path=next.get_untracked() /> }.into_any()
                            }
                            Ok(page) => view! { <SignInForm action page next /> }.into_any(),
                            Err(error) => view! { <NotLoaded error /> }.into_any(),
                        }
                    })}
                </Loading>
                <p class="auth-other">
                    "New here? " <a href="/signup">"Make an account"</a>
                </p>
            </section>
        </main>
    }
}

#[component]
fn SignUpForm(action: ServerAction<SignUp>, page: EntryPage<SignUpTyped>) -> impl IntoView {
    let EntryPage { typed, error, .. } = page;
    let refused = refusal(action, error);
    let pending = leave_when_done(action);
    view! {
        <ActionForm action>
            <FormNotice error=refused />
            <TextField
                name="name"
                label="Your name"
                value=Signal::stored(typed.name)
                error=reason(refused, "name")
                autocomplete="name"
                required=true
                maxlength=MOST_NAME_CHARS as u32
            />
            <TextField
                name="email"
                label="E-mail"
                kind="email"
                value=Signal::stored(typed.email)
                error=reason(refused, "email")
                autocomplete="email"
                required=true
                maxlength=MOST_EMAIL_CHARS as u32
            />
            // No maxlength: a browser would cut a longer password in silence.
            <TextField
                name="password"
                label="Password"
                kind="password"
                value=Signal::stored(String::new())
                error=reason(refused, "password")
                autocomplete="new-password"
                hint=PASSWORD_HINT
                required=true
            />
            <TextField
                name="business_name"
                label="Business name"
                value=Signal::stored(typed.business_name)
                error=reason(refused, "business_name")
                autocomplete="organization"
                required=true
                maxlength=MOST_BUSINESS_NAME_CHARS as u32
            />
            <SubmitButton label="Make my account" pending />
        </ActionForm>
    }
}

#[component]
fn SignInForm(
    action: ServerAction<SignIn>,
    page: EntryPage<SignInTyped>,
    next: Memo<String>,
) -> impl IntoView {
    let EntryPage { typed, error, .. } = page;
    let refused = refusal(action, error);
    let pending = leave_when_done(action);
    view! {
        <ActionForm action>
            <FormNotice error=refused />
            <input type="hidden" name="next" value=next />
            <TextField
                name="email"
                label="E-mail"
                kind="email"
                value=Signal::stored(typed.email)
                error=reason(refused, "email")
                autocomplete="email"
                required=true
                maxlength=MOST_EMAIL_CHARS as u32
            />
            <TextField
                name="password"
                label="Password"
                kind="password"
                value=Signal::stored(String::new())
                error=reason(refused, "password")
                autocomplete="current-password"
                required=true
            />
            <SubmitButton label="Sign in" pending />
        </ActionForm>
    }
}

#[component]
fn NotLoaded(error: AppError) -> impl IntoView {
    view! { <FormNotice error=Signal::stored(Some(error)) /> }
}

/// Loads the path that the form answered with, as a new document: the page of a new visitor keeps
/// nothing of the old one's. Returns whether the form is on its way, until that page is there.
fn leave_when_done<S>(action: ServerAction<S>) -> Signal<bool>
where
    S: ServerFn<Output = String, Error = AppError> + Clone + Send + Sync + 'static,
{
    let answer = action.value();
    Effect::new(move || {
        if let Some(Ok(path)) = answer.get() {
            // A refused navigation leaves the page as it is; its form can be sent again.
            let _ = window().location().set_href(&path);
        }
    });
    let pending = action.pending();
    Signal::derive(move || pending.get() || answer.with(|answer| matches!(answer, Some(Ok(_)))))
}
