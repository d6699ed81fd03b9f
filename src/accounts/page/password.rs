//! Setting a password: on the account page, or with a reset link.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_axum::ResponseOptions;
use leptos_router::hooks::use_query_map;

use super::entry::PASSWORD_HINT;
use super::over_http::OverHttp;
use super::reason;
use crate::accounts::server_fns::{ChangePassword, ResetPassword, load_reset};
use crate::error::AppError;
use crate::ui::{FormNotice, PageTitle, SubmitButton, TextField, load};

/// Renders the section of the account page that changes the password.
#[component]
pub fn PasswordSection(email: String, error: Option<AppError>) -> impl IntoView {
    let changed = use_query_map().read_untracked().get_str("password") == Some("changed");
    view! {
        <section class="card" aria-labelledby="password-title">
            <h2 id="password-title">"Password"</h2>
            <p>
                "A new password signs you out everywhere else. API tokens stay valid: revoke below those that you no longer trust."
            </p>
            {(changed && error.is_none())
                .then(|| {
                    view! {
                        <div class="notice notice-success" role="status" tabindex="-1" autofocus>
                            <p>"Your password is changed. All other sessions have ended."</p>
                        </div>
                    }
                })}
            <form method="post" action=ChangePassword::url()>
                <FormNotice error=error.clone() />
                <ForPasswordManagers email />
                <TextField
                    name="current_password"
                    label="Current password"
                    kind="password"
                    value=""
                    error=reason(error.as_ref(), "current_password")
                    autocomplete="current-password"
                    required=true
                />
                <TextField
                    name="new_password"
                    label="New password"
                    kind="password"
                    value=""
                    error=reason(error.as_ref(), "new_password")
                    autocomplete="new-password"
                    hint=PASSWORD_HINT
                    required=true
                />
                <SubmitButton label="Change password" />
            </form>
        </section>
    }
}

/// Renders a hidden user name, so that password managers store the password for this account.
#[component]
fn ForPasswordManagers(email: String) -> impl IntoView {
    view! { <input type="text" name="username" autocomplete="username" value=email hidden readonly /> }
}

/// Renders `/reset-password?token=…`, the page of a reset link.
#[component]
pub fn ResetPage() -> impl IntoView {
    let token = use_query_map().read_untracked().get_str("token").unwrap_or_default().to_owned();
    let page = load(load_reset(token.clone()));
    view! {
        <PageTitle text="New password · C-Suite" />
        <main class="auth">
            <section class="auth-card">
                <OverHttp />
                {Suspend::new(async move {
                    match page.await {
                        Ok(page) => {
                            match page.email {
                                Some(email) => {
                                    view! { <ResetForm email token error=page.error /> }.into_any()
                                }
                                None => view! { <DeadLink /> }.into_any(),
                            }
                        }
                        Err(error) => view! { <FormNotice error=Some(error) /> }.into_any(),
                    }
                })}
            </section>
        </main>
    }
}

#[component]
fn ResetForm(email: String, token: String, error: Option<AppError>) -> impl IntoView {
    view! {
        <h1>"Choose a new password"</h1>
        <p>
            "For " <strong>{email.clone()}</strong>
            ". It signs this account out everywhere; API tokens stay valid."
        </p>
        <form method="post" action=ResetPassword::url()>
            <FormNotice error=error.clone() />
            <input type="hidden" name="token" value=token />
            <ForPasswordManagers email />
            <TextField
                name="password"
                label="New password"
                kind="password"
                value=""
                error=reason(error.as_ref(), "password")
                autocomplete="new-password"
                hint=PASSWORD_HINT
                required=true
            />
            <SubmitButton label="Set new password" />
        </form>
    }
}

/// Renders the page of a link that is expired, used, replaced or unknown. Does not reveal which.
#[component]
fn DeadLink() -> impl IntoView {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <h1>"This link does not work"</h1>
        <p>
            "It has expired, was used already, was replaced by a newer one, or is incomplete. Ask the operator of this installation for a new link."
        </p>
        <p>
            <a href="/signin">"Sign in"</a>
        </p>
    }
}
