//! The account page: who one is, one's tokens for programs, and the way out.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::password::PasswordSection;
use super::{reason, redirect_to_sign_in};
use crate::accounts::api::{CreateToken, RevokeToken, SignOut, load_account};
use crate::accounts::model::{AccountView, ApiToken, MOST_TOKEN_NAME_CHARS, Member};
use crate::error::{AppError, Code};
use crate::ui::{FormNotice, PageTitle, SubmitButton, TextField, load};

/// `/account`.
#[component]
pub fn AccountPage() -> impl IntoView {
    let account = load(load_account());
    view! {
        <PageTitle text="Your account · C-Suite" />
        <main class="page account">
            {Suspend::new(async move {
                match account.await {
                    Ok(account) => view! { <Account account /> }.into_any(),
                    Err(error) if error.code == Code::Unauthenticated => redirect_to_sign_in(),
                    Err(error) => view! { <FormNotice error=Some(error) /> }.into_any(),
                }
            })}
        </main>
    }
}

/// Signs out; a plain form, so that the next page is a new document that keeps nothing of this one.
#[component]
pub fn SignOutButton() -> impl IntoView {
    view! {
        <form class="sign-out" method="post" action=SignOut::url()>
            <button type="submit" class="button button-quiet">
                "Sign out"
            </button>
        </form>
    }
}

#[component]
fn Account(account: AccountView) -> impl IntoView {
    let AccountView { member, tokens, new_token, typed_name, error, password_error } = account;
    let email = member.email.clone();
    view! {
        <header class="page-header">
            <h1>"Your account"</h1>
            <SignOutButton />
        </header>
        <WhoYouAre member />
        <PasswordSection email error=password_error />
        <section class="card" aria-labelledby="tokens-title">
            <h2 id="tokens-title">"API tokens"</h2>
            <p>
                "A token lets a program ask your advisers in your name, with your role. Keep it as you keep a password."
            </p>
            {new_token.map(|token| view! { <NewToken token /> })}
            <TokenForm typed_name error />
            <Tokens tokens />
        </section>
    }
}

#[component]
fn WhoYouAre(member: Member) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="who-title">
            <h2 id="who-title">"Who you are"</h2>
            <dl class="facts">
                <div>
                    <dt>"Name"</dt>
                    <dd dir="auto">{member.name}</dd>
                </div>
                <div>
                    <dt>"E-mail"</dt>
                    <dd>{member.email}</dd>
                </div>
                <div>
                    <dt>"Business"</dt>
                    <dd dir="auto">{member.tenant_name}</dd>
                </div>
                <div>
                    <dt>"Role"</dt>
                    <dd>{member.role.label()}</dd>
                </div>
            </dl>
        </section>
    }
}

/// The token made last, for the only time.
#[component]
fn NewToken(token: String) -> impl IntoView {
    view! {
        <div class="notice new-token" role="status" tabindex="-1" autofocus>
            <p>"Your new token. Copy it now: it is not shown again."</p>
            <code>{token}</code>
        </div>
    }
}

#[component]
fn TokenForm(typed_name: String, error: Option<AppError>) -> impl IntoView {
    view! {
        <form method="post" action=CreateToken::url()>
            <FormNotice error=error.clone() />
            <TextField
                name="name"
                label="Name of the new token"
                value=typed_name
                error=reason(error.as_ref(), "name")
                autocomplete="off"
                hint="What it is for, such as \"Monthly report\"."
                maxlength=MOST_TOKEN_NAME_CHARS as u32
            />
            <SubmitButton label="Make a token" />
        </form>
    }
}

#[component]
fn Tokens(tokens: Vec<ApiToken>) -> impl IntoView {
    if tokens.is_empty() {
        return view! { <p class="empty">"You have no tokens."</p> }.into_any();
    }
    let rows = tokens.into_iter().map(|token| view! { <TokenRow token /> }).collect_view();
    view! { <ul class="tokens">{rows}</ul> }.into_any()
}

#[component]
fn TokenRow(token: ApiToken) -> impl IntoView {
    let what = format!("Revoke {}", token.name);
    view! {
        <li class="token">
            <div>
                <p class="token-name" dir="auto">{token.name}</p>
                <p class="token-created">
                    "Made " <time datetime=token.created_at>{token.created}</time>
                </p>
            </div>
            <form method="post" action=RevokeToken::url()>
                <input type="hidden" name="id" value=token.id />
                <button type="submit" class="button button-quiet" aria-label=what>
                    "Revoke"
                </button>
            </form>
        </li>
    }
}
