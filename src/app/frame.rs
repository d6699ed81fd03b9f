//! The frame around every page: navigation, the signed-in member, and the banners for demo replies,
//! budgets, storage and the model provider.
//!
//! It is static HTML. The browser half replaces the page inside it and leaves the frame unchanged.

use http::request::Parts;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::CONTENT;
use crate::accounts::model::{Member, Role, Visitor};
use crate::accounts::server_fns::{SignOut, current_visitor};
use crate::chat::server_fns::storage_warning;
use crate::error::AppError;
use crate::operator::model::Banner;
use crate::operator::server_fns::banner;
use crate::personas::emblem::Mark;
use crate::ui::load;
use crate::usage::page::WarningBanner;
use crate::usage::server_fns::budget_warning;

/// The visitor of the page, loaded once for the frame and the page.
pub type VisitorResource = OnceResource<Result<Visitor, AppError>>;

/// The frame around the page.
#[component]
pub fn Frame(children: Children) -> impl IntoView {
    let visitor: VisitorResource = load(current_visitor());
    provide_context(visitor);
    let warning = load(budget_warning());
    let storage = load(storage_warning());
    view! {
        <div class="frame">
            // `rel="external"` lets the browser follow the fragment link, which also moves the focus.
            <a class="skip-link" href=format!("#{CONTENT}") rel="external">
                "Skip to content"
            </a>
            {Suspend::new(async move {
                // If the visitor cannot be loaded, the page reports the error; the frame shows no banners.
                let (member, simulated, failed) = match visitor.await {
                    Ok(visitor) => (visitor.member, visitor.simulated, visitor.failed_sign_ins),
                    Err(_) => (None, false, None),
                };
                let warning = warning.await.ok().flatten();
                let storage = storage.await.ok().flatten();
                let banner = member.as_ref().and_then(banner);
                let operator = member.as_ref().is_some_and(|member| member.operator);
                view! {
                    <Head member />
                    {simulated.then(|| view! { <Simulated operator /> })}
                    {failed.map(|text| view! { <FailedSignIns text /> })}
                    {warning.map(|warning| view! { <WarningBanner warning /> })}
                    {storage.map(|warning| view! { <StorageBanner warning /> })}
                    {banner.map(|banner| view! { <ProviderBanner banner /> })}
                }
            })}
            <div class="frame-content" id=CONTENT tabindex="-1">
                {children()}
            </div>
        </div>
    }
}

/// Tells a member that somebody guesses at the password.
#[component]
fn FailedSignIns(text: String) -> impl IntoView {
    view! {
        <aside class="budget-warning" aria-label="Failed sign-ins">
            <p>{text} " " <a href="/account">"Review"</a></p>
        </aside>
    }
}

/// Warns that a storage quota is nearly used up.
#[component]
fn StorageBanner(warning: String) -> impl IntoView {
    view! {
        <aside class="budget-warning" aria-label="Storage">
            <p>{warning}</p>
        </aside>
    }
}

#[component]
fn Head(member: Option<Member>) -> impl IntoView {
    match member {
        Some(member) => view! { <MemberHead member /> }.into_any(),
        None => view! { <GuestHead /> }.into_any(),
    }
}

#[component]
fn MemberHead(member: Member) -> impl IntoView {
    // Part of the storage keys of drafts, see `scripts`.
    let browser_key = member.browser_key();
    view! {
        <header class="frame-head signed-in" data-member=browser_key>
            <Wordmark href="/chat" />
            <nav class="frame-nav" aria-label="Main">
                <ul>
                    <PageLink href="/chat">"Chat"</PageLink>
                    <PageLink href="/dashboard">"Dashboard"</PageLink>
                    <PageLink href="/analytics">"Numbers"</PageLink>
                </ul>
                // On narrow screens these links open as a popover, which needs no script. On wide screens
                // they are shown inline and the button is hidden.
                <button type="button" class="frame-more-button" popovertarget="more-pages">
                    "More"
                </button>
                <ul id="more-pages" class="frame-more" popover="auto">
                    <PageLink href="/profile">"Business profile"</PageLink>
                    <PageLink href="/account">"Account"</PageLink>
                    {(member.role >= Role::Admin)
                        .then(|| {
                            view! {
                                <PageLink href="/advisers">"Advisers"</PageLink>
                                <PageLink href="/admin/usage">"Usage"</PageLink>
                            }
                        })}
                    {member.operator.then(|| view! { <PageLink href="/operator">"Operator"</PageLink> })}
                </ul>
            </nav>
            <div class="frame-who">
                <span class="frame-tenant" dir="auto">
                    {member.tenant_name}
                </span>
                // A plain form: it loads a new document, so no state of this one survives.
                <form method="post" action=SignOut::url()>
                    <button type="submit" class="button-quiet">
                        <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                            <path
                                d="M10 4H5v16h5M14 8l4 4-4 4M18 12H9.5"
                                fill="none"
                                stroke="currentColor"
                                stroke-width="1.6"
                                stroke-linecap="round"
                                stroke-linejoin="round"
                            />
                        </svg>
                        <span class="wide-only">"Sign out"</span>
                    </button>
                </form>
            </div>
        </header>
    }
}

/// A link in the navigation, marked if it leads to the current page.
#[component]
fn PageLink(href: &'static str, children: Children) -> impl IntoView {
    let here = use_context::<Parts>().is_some_and(|parts| is_within(parts.uri.path(), href));
    view! {
        <li>
            <a href=href aria-current=here.then_some("page")>
                {children()}
            </a>
        </li>
    }
}

/// Whether `path` is the page at `href` or below it.
fn is_within(path: &str, href: &str) -> bool {
    path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[component]
fn GuestHead() -> impl IntoView {
    view! {
        <header class="frame-head">
            <Wordmark href="/" />
            <div class="frame-who">
                <a class="button-quiet" href="/signin">
                    "Sign in"
                </a>
            </div>
        </header>
    }
}

#[component]
fn Wordmark(href: &'static str) -> impl IntoView {
    view! {
        <a class="wordmark" href=href aria-label="C-Suite">
            <Mark />
            <span class="wordmark-name">"C-Suite"</span>
        </a>
    }
}

/// Tells on every page that replies are simulated. Operators also learn how to connect a model.
#[component]
fn Simulated(operator: bool) -> impl IntoView {
    view! {
        <aside class="simulated" aria-label="Demo answers">
            <p>
                <strong>"Demo answers:"</strong>
                " no AI model is connected."
                {operator
                    .then(|| {
                        view! {
                            " Set "
                            <code>"FIREWORKS_API_KEY"</code>
                            " to connect one. "
                            <a href="/operator">"How to connect a model"</a>
                        }
                    })}
            </p>
        </aside>
    }
}

/// Tells operators why replies fail or come from the fallback model, and admins that replies are
/// unavailable.
#[component]
fn ProviderBanner(banner: Banner) -> impl IntoView {
    let text = match banner {
        Banner::Notices(notices) => {
            let notices = notices.into_iter().map(|notice| view! { <p>{notice}</p> }).collect_view();
            view! {
                {notices}
                <p>
                    <a href="/operator">"Provider status"</a>
                </p>
            }
            .into_any()
        }
        Banner::Unavailable => view! {
            <p>
                "The advisers are not available at the moment. The operator of this installation has been told why."
            </p>
        }
        .into_any(),
    };
    view! {
        <aside class="upstream-notices" aria-label="Connection to the model">
            {text}
        </aside>
    }
}

#[cfg(test)]
mod tests {
    use super::is_within;

    #[test]
    fn every_conversation_belongs_to_the_chat_page() {
        assert!(is_within("/chat", "/chat") && is_within("/chat/0190-ab", "/chat"));
        assert!(!is_within("/profile", "/chat") && !is_within("/chatter", "/chat"));
    }
}
