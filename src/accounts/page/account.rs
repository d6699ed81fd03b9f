//! The account page: who one is, one's tokens for programs, and the way out.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::{reason, redirect_to_sign_in, refusal};
use crate::accounts::api::{CreateToken, RevokeToken, SignOut, load_account};
use crate::accounts::model::{AccountView, ApiToken, MOST_TOKEN_NAME_CHARS, Member};
use crate::error::Code;
use crate::ui::{FormNotice, Loading, PageTitle, SubmitButton, TextField};

/// `/account`.
#[component]
pub fn AccountPage() -> impl IntoView {
    let create = ServerAction::<CreateToken>::new();
    let revoke = ServerAction::<RevokeToken>::new();
    let account =
        Resource::new(move || (create.version().get(), revoke.version().get()), |_| load_account());
    view! {
        <PageTitle text="Your account · C-Suite" />
        <main class="page account">
            <Loading>
                {move || Suspend::new(async move {
                    match account.await {
                        Ok(account) => view! { <Account account create revoke /> }.into_any(),
                        Err(error) if error.code == Code::Unauthenticated => redirect_to_sign_in(),
                        Err(error) => {
                            view! { <FormNotice error=Signal::stored(Some(error)) /> }.into_any()
                        }
                    }
                })}
            </Loading>
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
fn Account(
    account: AccountView,
    create: ServerAction<CreateToken>,
    revoke: ServerAction<RevokeToken>,
) -> impl IntoView {
    let AccountView { member, tokens, new_token, typed_name, error } = account;
    view! {
        <header class="page-header">
            <h1>"Your account"</h1>
            <SignOutButton />
        </header>
        <WhoYouAre member />
        <section class="card" aria-labelledby="tokens-title">
            <h2 id="tokens-title">"API tokens"</h2>
            <p>
                "A token lets a program ask your advisers in your name, with your role. Keep it as you keep a password."
            </p>
            <NewToken create kept=new_token />
            <TokenForm create typed_name error />
            <FormNotice error=refusal(revoke, None) />
            <Tokens tokens revoke />
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
fn NewToken(create: ServerAction<CreateToken>, kept: Option<String>) -> impl IntoView {
    let token = move || {
        create.value().with(|answer| match answer {
            Some(answer) => answer.as_ref().ok().cloned(),
            None => kept.clone(),
        })
    };
    view! {
        <div role="status">
            {move || {
                token()
                    .map(|token| {
                        view! {
                            <div class="notice new-token">
                                <p>"Your new token. Copy it now: it is not shown again."</p>
                                <code>{token}</code>
                            </div>
                        }
                    })
            }}
        </div>
    }
}

#[component]
fn TokenForm(
    create: ServerAction<CreateToken>,
    typed_name: String,
    error: Option<crate::error::AppError>,
) -> impl IntoView {
    let refused = refusal(create, error);
    view! {
        <ActionForm action=create>
            <FormNotice error=refused />
            <TextField
                name="name"
                label="Name of the new token"
                value=Signal::stored(typed_name)
                error=reason(refused, "name")
                autocomplete="off"
                hint="What it is for, such as \"Monthly report\"."
                maxlength=MOST_TOKEN_NAME_CHARS as u32
            />
            <SubmitButton label="Make a token" pending=create.pending() />
        </ActionForm>
    }
}

#[component]
fn Tokens(tokens: Vec<ApiToken>, revoke: ServerAction<RevokeToken>) -> impl IntoView {
    if tokens.is_empty() {
        return view! { <p class="empty">"You have no tokens."</p> }.into_any();
    }
    let rows = tokens.into_iter().map(|token| view! { <TokenRow token revoke /> }).collect_view();
    view! { <ul class="tokens">{rows}</ul> }.into_any()
}

#[component]
fn TokenRow(token: ApiToken, revoke: ServerAction<RevokeToken>) -> impl IntoView {
    let what = format!("Revoke {}", token.name);
    view! {
        <li class="token">
            <div>
                <p class="token-name" dir="auto">{token.name}</p>
                <p class="token-created">
                    "Made " <time datetime=token.created_at>{token.created}</time>
                </p>
            </div>
            <ActionForm action=revoke>
                <input type="hidden" name="id" value=token.id />
                <button type="submit" class="button button-quiet" aria-label=what>
                    "Revoke"
                </button>
            </ActionForm>
        </li>
    }
}
