//! What stands around every page: the way between pages, who is signed in, whether answers are real,
//! whether a budget is nearly spent.

use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::use_location;

use crate::accounts::api::{SignOut, current_visitor};
use crate::accounts::model::{Member, Role, Visitor};
use crate::error::AppError;
use crate::ui::{Loading, Mark};
use crate::usage::api::budget_warning;
use crate::usage::page::{BudgetWarning, WarningBanner};

/// Whoever looks at the page; loaded once for the frame and the pages in it. Signing in and out load
/// a new document, so that it never goes stale.
pub type VisitorResource = OnceResource<Result<Visitor, AppError>>;

/// The frame around `children`, the page itself.
#[component]
pub fn Frame(children: Children) -> impl IntoView {
    let visitor: VisitorResource = OnceResource::new(current_visitor());
    provide_context(visitor);
    let warning = Resource::new(|| (), |()| budget_warning());
    provide_context(BudgetWarning(warning));
    let content = NodeRef::<html::Div>::new();
    follow_with_focus(content);
    view! {
        <div class="frame">
            // `external` leaves a link within the page to the browser, which moves the focus as well.
            <a class="skip-link" href="#content" rel="external">
                "Skip to content"
            </a>
            <Loading>
                {move || Suspend::new(async move {
                    // A page whose visitor cannot be told says why itself; the frame stays calm.
                    let (member, simulated) = match visitor.await {
                        Ok(visitor) => (visitor.member, visitor.simulated),
                        Err(_) => (None, false),
                    };
                    let warning = warning.await.ok().flatten();
                    view! {
                        <Head member />
                        {simulated.then(|| view! { <Simulated /> })}
                        {warning.map(|warning| view! { <WarningBanner warning /> })}
                    }
                })}
            </Loading>
            <div class="frame-content" id="content" tabindex="-1" node_ref=content>
                {children()}
            </div>
        </div>
    }
}

/// Moves the focus to the new page after a move within the site, as loading a document would; not
/// between conversations, where the composer keeps it.
fn follow_with_focus(content: NodeRef<html::Div>) {
    let path = use_location().pathname;
    let page = Memo::new(move |_| path.with(|path| first_segment(path).to_owned()));
    Effect::new(move |before: Option<String>| {
        let page = page.get();
        if before.is_some_and(|before| before != page)
            && let Some(content) = content.get_untracked()
        {
            // Where the focus cannot go, it stays.
            let _ = content.focus();
        }
        page
    });
}

fn first_segment(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
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
    view! {
        <header class="frame-head signed-in">
            <Wordmark href="/chat" />
            <nav class="frame-nav" aria-label="Main">
                <ul>
                    <li>
                        <A href="/chat">"Advisers"</A>
                    </li>
                    <li>
                        <A href="/profile">
                            <span class="wide-only">"Business "</span>
                            "profile"
                        </A>
                    </li>
                    <li>
                        <A href="/account">"Account"</A>
                    </li>
                    {(member.role >= Role::Admin)
                        .then(|| view! { <li><A href="/admin/usage">"Usage"</A></li> })}
                </ul>
            </nav>
            <div class="frame-who">
                <span class="frame-tenant" dir="auto">
                    {member.tenant_name}
                </span>
                // A plain form: the next page is a new document that keeps nothing of this one.
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

/// Says on every page that no model answers, and what to do about it.
#[component]
fn Simulated() -> impl IntoView {
    view! {
        <aside class="simulated" aria-label="Simulated replies">
            <p>
                <strong>"Replies are simulated"</strong>
                " — no model is connected. Set "
                <code>"FIREWORKS_API_KEY"</code>
                " to connect one."
            </p>
        </aside>
    }
}

#[cfg(test)]
mod tests {
    use super::first_segment;

    #[test]
    fn all_conversations_are_one_page() {
        assert_eq!(first_segment("/chat"), first_segment("/chat/0190-ab"));
        assert_ne!(first_segment("/chat"), first_segment("/profile"));
        assert_eq!(first_segment("/"), "");
    }
}
