//! The head of every page: the main navigation and the account menu, or the way in for guests.
//!
//! On phones the main navigation is a bar at the bottom of the window.

use http::request::Parts;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::accounts::model::{Member, Role};
use crate::accounts::server_fns::SignOut;
use crate::personas::emblem::Mark;

/// The head of a page.
#[component]
pub fn Head(member: Option<Member>) -> impl IntoView {
    match member {
        Some(member) => view! { <MemberHead member /> }.into_any(),
        None => view! { <GuestHead /> }.into_any(),
    }
}

/// A page of the main navigation.
struct Destination {
    label: &'static str,
    href: &'static str,
    /// Further paths that belong to it.
    also: &'static [&'static str],
    /// The path of its icon, drawn in lines on 24 × 24.
    icon: &'static str,
    /// The lowest role that may open it.
    role: Role,
}

const DESTINATIONS: [Destination; 5] = [
    Destination {
        label: "Ask",
        href: "/chat",
        also: &["/conversations"],
        icon: "M4 5h16v11.5H10.5L5.5 20v-3.5H4zM8 9.5h8M8 12.5h5",
        role: Role::Member,
    },
    Destination {
        label: "Dashboard",
        href: "/dashboard",
        also: &[],
        icon: "M4 4v16h16M7.5 15.5l3.5-4.5 3.5 2.5 4.5-7",
        role: Role::Member,
    },
    Destination {
        label: "Numbers",
        href: "/analytics",
        also: &[],
        icon: "M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14",
        role: Role::Member,
    },
    Destination {
        label: "Business",
        href: "/profile",
        also: &["/knowledge"],
        icon: "M5 11.5V20h14v-8.5M4 8.5L6 4h12l2 4.5a2.7 2.7 0 0 1-5.3.7 2.7 2.7 0 0 1-5.4 0A2.7 2.7 0 0 1 4 8.5M10 20v-5h4v5",
        role: Role::Member,
    },
    Destination {
        label: "Advisers",
        href: "/advisers",
        also: &[],
        icon: "M5 4h14v7.2c0 4.5-3 7.3-7 8.9-4-1.6-7-4.4-7-8.9zM12 4v16M5 11h14",
        role: Role::Admin,
    },
];

#[component]
fn MemberHead(member: Member) -> impl IntoView {
    // Part of the storage keys of drafts, see `scripts`.
    let browser_key = member.browser_key();
    let links = DESTINATIONS
        .into_iter()
        .filter(|it| member.role >= it.role)
        .map(|Destination { label, href, also, icon, .. }| {
            view! {
                <PageLink href also>
                    <Icon path=icon />
                    <span>{label}</span>
                </PageLink>
            }
        })
        .collect_view();
    view! {
        <header class="frame-head signed-in" data-member=browser_key>
            <Wordmark href="/chat" />
            <nav class="frame-nav" aria-label="Main">
                <ul>{links}</ul>
            </nav>
            <AccountMenu member />
        </header>
    }
}

/// The member's menu: a popover, which needs no script.
#[component]
fn AccountMenu(member: Member) -> impl IntoView {
    let trial = member.is_trial();
    view! {
        <div class="frame-who">
            <span class="frame-tenant" dir="auto">
                {member.tenant_name.clone()}
            </span>
            <button type="button" class="account-button" popovertarget="account-menu">
                <Icon path="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20a7.5 7.5 0 0 1 15 0" />
                <span class="visually-hidden">"Account menu"</span>
            </button>
            <div id="account-menu" class="account-menu" popover="auto">
                <p class="account-menu-who">
                    <strong dir="auto">{member.name}</strong>
                    {(!trial).then(|| view! { <span>{member.email}</span> })}
                    <span dir="auto">{member.tenant_name}</span>
                </p>
                <ul>
                    <PageLink href="/account">"Account"</PageLink>
                    {(member.role >= Role::Admin)
                        .then(|| view! { <PageLink href="/admin/usage">"Usage"</PageLink> })}
                    {member.operator.then(|| view! { <PageLink href="/operator">"Operator"</PageLink> })}
                    <PageLink href="/help" also=&["/privacy"]>"Help"</PageLink>
                </ul>
                // A plain form: it loads a new document, so no state of this one survives.
                <form method="post" action=SignOut::url()>
                    <button type="submit">{if trial { "Leave trial" } else { "Sign out" }}</button>
                </form>
            </div>
        </div>
    }
}

/// A link in the navigation, marked if it leads to the current page.
#[component]
fn PageLink(
    href: &'static str,
    #[prop(default = &[])] also: &'static [&'static str],
    children: Children,
) -> impl IntoView {
    let here = use_context::<Parts>().is_some_and(|parts| {
        let path = parts.uri.path();
        is_within(path, href) || also.iter().any(|it| is_within(path, it))
    });
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

#[component]
fn Icon(path: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path
                d=path
                fill="none"
                stroke="currentColor"
                stroke-width="1.6"
                stroke-linecap="round"
                stroke-linejoin="round"
            />
        </svg>
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
