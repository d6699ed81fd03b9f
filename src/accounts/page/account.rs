//! The account page: the member, the password, sessions and API tokens.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::password::PasswordSection;
use super::reason;
use crate::accounts::model::{
    AccountView, ApiToken, DEFAULT_TOKEN_LIFETIME, MOST_TOKEN_NAME_CHARS, MOST_TOKENS, Member,
    Scope, TOKEN_LIFETIMES, TrialNotice, TypedToken,
};
use crate::accounts::server_fns::{
    CreateToken, DismissFailedSignIns, RevokeToken, SignOut, SignOutEverywhere, load_account,
};
use crate::error::{AppError, Code};
use crate::ui::{
    FormNotice, PageTitle, SelectField, SubmitButton, TextField, load, redirect_to_sign_in,
};

/// Renders `/account`.
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

/// Renders a plain form that signs out: the next page is a new document without data of this one.
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
    let AccountView {
        member,
        tokens,
        new_token,
        typed,
        error,
        password_error,
        failed_sign_ins,
        trial,
    } = account;
    if let Some(notice) = trial {
        return view! { <TrialAccount member notice /> }.into_any();
    }
    let email = member.email.clone();
    view! {
        <header class="page-header">
            <h1>"Your account"</h1>
            <SignOutButton />
        </header>
        {failed_sign_ins.map(|text| view! { <FailedSignIns text /> })}
        <MemberDetails member />
        <PasswordSection email error=password_error />
        <Sessions />
        <section class="card" aria-labelledby="tokens-title">
            <h2 id="tokens-title">"API tokens"</h2>
            <p>
                "A token lets a program ask your advisers in your name, with your role. Keep it secret, like a password."
            </p>
            {new_token.map(|token| view! { <NewToken token /> })}
            <TokenForm typed error />
            <Tokens tokens />
        </section>
    }
    .into_any()
}

/// Explains what a trial lacks, in place of password, sessions and tokens.
#[component]
fn TrialAccount(member: Member, notice: TrialNotice) -> impl IntoView {
    let ends = notice.ends;
    view! {
        <header class="page-header">
            <h1>"Your trial"</h1>
        </header>
        <section class="card" aria-labelledby="trial-title">
            <h2 id="trial-title" dir="auto">
                {member.tenant_name}
            </h2>
            <p>
                {format!(
                    "This business is made up. It is deleted on {ends}, together with everything that you entered and asked in it.",
                )}
            </p>
            <p>
                "A trial has no e-mail address and no password: once you leave it, you cannot come back. It cannot create API tokens, upload files or change its budget."
            </p>
            <p>
                "An account begins with an empty business. Nothing is taken over from the trial, so copy what you want to keep."
            </p>
            <div class="actions">
                <a class="button" href="/signup">
                    "Create account"
                </a>
                <form method="post" action=SignOut::url()>
                    <button type="submit" class="button button-quiet">
                        "Leave trial"
                    </button>
                </form>
            </div>
        </section>
    }
}

#[component]
fn MemberDetails(member: Member) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="profile-title">
            <h2 id="profile-title">"Profile"</h2>
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

/// Renders the notice of failed sign-ins.
#[component]
fn FailedSignIns(text: String) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="failed-title">
            <h2 id="failed-title">"Failed sign-ins"</h2>
            <p>
                {text} " None of them succeeded. If they were not yours, somebody may be guessing your password: use one that you use nowhere else."
            </p>
            <form method="post" action=DismissFailedSignIns::url()>
                <button type="submit" class="button button-quiet">
                    "Dismiss"
                </button>
            </form>
        </section>
    }
}

/// Renders the form that ends all sessions of the account.
#[component]
fn Sessions() -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="sessions-title">
            <h2 id="sessions-title">"Sessions"</h2>
            <p>
                "Signs you out on every device, including this one. Use it after you lost a device or signed in on a borrowed one."
            </p>
            <form method="post" action=SignOutEverywhere::url()>
                <button type="submit" class="button button-quiet">
                    "Sign out everywhere"
                </button>
            </form>
        </section>
    }
}

/// Renders a new token. It is shown once.
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
fn TokenForm(typed: TypedToken, error: Option<AppError>) -> impl IntoView {
    const SCOPES: [&str; 2] = [Scope::Full.label(), Scope::Read.label()];
    const LIFETIMES: [&str; 4] =
        [TOKEN_LIFETIMES[0].0, TOKEN_LIFETIMES[1].0, TOKEN_LIFETIMES[2].0, TOKEN_LIFETIMES[3].0];
    let or = |typed: String, first: &str| if typed.is_empty() { first.to_owned() } else { typed };
    view! {
        <form method="post" action=CreateToken::url()>
            <FormNotice error=error.clone() />
            <TextField
                name="name"
                label="Token name"
                value=typed.name
                error=reason(error.as_ref(), "name")
                autocomplete="off"
                hint="For example: Monthly report."
                maxlength=MOST_TOKEN_NAME_CHARS as u32
            />
            <SelectField
                name="scope"
                label="Access"
                options=&SCOPES
                value=or(typed.scope, SCOPES[0])
                error=reason(error.as_ref(), "scope")
                hint="Asking an adviser needs write access."
            />
            <SelectField
                name="lifetime"
                label="Lifetime"
                options=&LIFETIMES
                value=or(typed.lifetime, DEFAULT_TOKEN_LIFETIME)
                error=reason(error.as_ref(), "lifetime")
            />
            <SubmitButton label="Create token" />
        </form>
    }
}

#[component]
fn Tokens(tokens: Vec<ApiToken>) -> impl IntoView {
    if tokens.is_empty() {
        return view! { <p class="empty">"You have no tokens."</p> }.into_any();
    }
    let count = format!("{} of {MOST_TOKENS} tokens.", tokens.len());
    let rows = tokens.into_iter().map(|token| view! { <TokenRow token /> }).collect_view();
    view! {
        <ul class="tokens">{rows}</ul>
        <p class="empty">{count}</p>
    }
    .into_any()
}

#[component]
fn TokenRow(token: ApiToken) -> impl IntoView {
    let what = format!("Revoke {}", token.name);
    let ends = match (token.expires, token.expired) {
        (Some(when), true) => format!(" · expired {when}"),
        (Some(when), false) => format!(" · expires {when}"),
        (None, _) => " · valid until revoked".to_owned(),
    };
    view! {
        <li class="token">
            <div>
                <p class="token-name" dir="auto">{token.name}</p>
                <p class="token-created">
                    {token.scope.label()} " · created "
                    <time datetime=token.created_at>{token.created}</time>
                    {ends}
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
