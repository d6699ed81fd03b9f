//! The sign-up and sign-in pages. Their plain forms load a new document, so that nothing of an earlier visitor
//! remains in the page.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_query_map;

use super::over_http::OverHttp;
use super::reason;
use crate::accounts::model::{
    EntryPage, MOST_BUSINESS_NAME_CHARS, MOST_EMAIL_CHARS, MOST_NAME_CHARS, SignInTyped,
    SignUpGate, SignUpTyped,
};
use crate::accounts::server_fns::{SignIn, SignUp, load_sign_in, load_sign_up};
use crate::ui::{FormNotice, HOME, PageTitle, SubmitButton, TextField, landing, load};

pub const PASSWORD_HINT: &str = "12 to 128 characters. A few unrelated words work well.";

/// Renders `/signup`: the form for an account and its business.
#[component]
pub fn SignUpPage() -> impl IntoView {
    let invitation = use_query_map().read_untracked().get_str("invitation").map(str::to_owned);
    let page = load(load_sign_up(invitation));
    view! {
        <PageTitle text="Sign up · C-Suite" />
        <main class="auth">
            <section class="auth-card">
                <h1>"Create your account"</h1>
                <OverHttp />
                <p>
                    "Next, you describe your business, and four advisers answer your questions about it."
                </p>
                {Suspend::new(async move {
                    match page.await {
                        Ok((page, _)) if page.signed_in => view! { <Redirect path=HOME /> }.into_any(),
                        Ok((page, gate)) => gated_form(page, gate),
                        Err(error) => view! { <FormNotice error=Some(error) /> }.into_any(),
                    }
                })}
                <p>
                    "Already have an account? " <a href="/signin">"Sign in"</a>
                </p>
            </section>
        </main>
    }
}

/// Renders `/signin?next=…`. After sign-in, redirects to `next`.
#[component]
pub fn SignInPage() -> impl IntoView {
    let page = load(load_sign_in());
    let query = use_query_map();
    let next = landing(query.read_untracked().get_str("next")).to_owned();
    let changed = query.read_untracked().get_str("password") == Some("changed");
    view! {
        <PageTitle text="Sign in · C-Suite" />
        <main class="auth">
            <section class="auth-card">
                <h1>"Sign in"</h1>
                <OverHttp />
                {changed.then(|| view! { <PasswordChanged /> })}
                {Suspend::new(async move {
                    match page.await {
                        Ok(page) if page.signed_in => view! { <Redirect path=next /> }.into_any(),
                        Ok(page) => {
                            view! {
                                {page.trial_ended.then(|| view! { <TrialEnded /> })}
                                <SignInForm page next />
                            }
                                .into_any()
                        }
                        Err(error) => view! { <FormNotice error=Some(error) /> }.into_any(),
                    }
                })}
                <ForgottenPassword />
                <p>
                    "New here? " <a href="/signup">"Create account"</a>
                </p>
            </section>
        </main>
    }
}

/// Renders the notice after a password reset.
#[component]
fn PasswordChanged() -> impl IntoView {
    view! {
        <div class="notice notice-success" role="status">
            <p>"Your password is changed, and you are signed out everywhere. Sign in with the new one."</p>
        </div>
    }
}

/// Tells a visitor why the trial's pages lead here.
#[component]
fn TrialEnded() -> impl IntoView {
    view! {
        <div class="notice" role="status">
            <p>
                "Your trial has ended. It had no password, so you cannot sign in to it again. "
                <a href="/signup">"Create account"</a> " to use C-Suite with your own business."
            </p>
        </div>
    }
}

/// Renders the help for a forgotten password.
#[component]
fn ForgottenPassword() -> impl IntoView {
    view! {
        <details class="auth-forgotten">
            <summary>"Forgot your password?"</summary>
            <p>
                "Ask the operator of this installation for a reset link. The operator creates one with "
                <code>"csuite password-reset --email"</code>
                " and your address. The link sets a new password, works once and expires soon. This installation can't send it by e-mail yet."
            </p>
        </details>
    }
}

/// Renders the form, or the reason why the visitor cannot sign up and what to do.
fn gated_form(page: EntryPage<SignUpTyped>, gate: SignUpGate) -> AnyView {
    let reason = match gate {
        SignUpGate::Open => return view! { <SignUpForm page /> }.into_any(),
        SignUpGate::Work { challenge, bits } => {
            return view! { <SignUpForm page work=(challenge, bits) /> }.into_any();
        }
        SignUpGate::Invited { email, token } => {
            let mut page = page;
            page.typed.email = email;
            return view! { <SignUpForm page invitation=token /> }.into_any();
        }
        SignUpGate::InvitationNeeded => {
            "New accounts need an invitation. Ask the operator of this installation for one."
        }
        SignUpGate::DeadInvitation => {
            "This invitation does not work: it has expired, was used already, or was replaced by a newer one. Ask the operator of this installation for a new one."
        }
        SignUpGate::Closed => "This installation takes no new accounts.",
    };
    view! {
        <div class="notice" role="status">
            <p>{reason}</p>
        </div>
    }
    .into_any()
}

#[component]
fn SignUpForm(
    page: EntryPage<SignUpTyped>,
    /// The secret of the invitation to the address in the form.
    #[prop(optional)]
    invitation: String,
    /// The challenge and the bits of the browser's work.
    #[prop(optional)]
    work: Option<(String, u32)>,
) -> impl IntoView {
    let EntryPage { typed, error, .. } = page;
    let invited = !invitation.is_empty();
    view! {
        <form method="post" action=SignUp::url()>
            <FormNotice error=error.clone() />
            {invited.then(|| view! { <input type="hidden" name="invitation" value=invitation /> })}
            <TextField
                name="name"
                label="Your name"
                value=typed.name
                error=reason(error.as_ref(), "name")
                autocomplete="name"
                required=true
                maxlength=MOST_NAME_CHARS as u32
            />
            <TextField
                name="email"
                label="E-mail"
                kind="email"
                value=typed.email
                error=reason(error.as_ref(), "email")
                autocomplete="email"
                hint=if invited { "The address you were invited at; it can't be changed here." } else { "" }
                required=true
                readonly=invited
                maxlength=MOST_EMAIL_CHARS as u32
            />
            // No maxlength: browsers truncate a longer password silently.
            <TextField
                name="password"
                label="Password"
                kind="password"
                value=""
                error=reason(error.as_ref(), "password")
                autocomplete="new-password"
                hint=PASSWORD_HINT
                required=true
            />
            <TextField
                name="business_name"
                label="Business name"
                value=typed.business_name
                error=reason(error.as_ref(), "business_name")
                autocomplete="organization"
                required=true
                maxlength=MOST_BUSINESS_NAME_CHARS as u32
            />
            {work.map(|(challenge, bits)| view! { <Work challenge bits /> })}
            <SubmitButton label="Create account" />
        </form>
    }
}

/// The field of the browser's work, which `work.js` fills in.
#[component]
fn Work(challenge: String, bits: u32) -> impl IntoView {
    view! {
        <input type="hidden" name="work" value="" data-challenge=challenge data-bits=bits.to_string() />
        <p class="field-hint" role="status" data-working hidden>
            "Your browser is doing some work that keeps programs from creating many accounts. This takes a few seconds."
        </p>
        <noscript>
            <p class="notice">
                "Creating an account needs JavaScript here, because the browser does some work that keeps programs from creating many. Turn it on, or ask the operator of this installation for an invitation."
            </p>
        </noscript>
    }
}

#[component]
fn SignInForm(page: EntryPage<SignInTyped>, next: String) -> impl IntoView {
    let EntryPage { typed, error, .. } = page;
    view! {
        <form method="post" action=SignIn::url()>
            <FormNotice error=error.clone() />
            <input type="hidden" name="next" value=next />
            <TextField
                name="email"
                label="E-mail"
                kind="email"
                value=typed.email
                error=reason(error.as_ref(), "email")
                autocomplete="email"
                required=true
                maxlength=MOST_EMAIL_CHARS as u32
            />
            <TextField
                name="password"
                label="Password"
                kind="password"
                value=""
                error=reason(error.as_ref(), "password")
                autocomplete="current-password"
                required=true
            />
            <SubmitButton label="Sign in" />
        </form>
    }
}
