//! The document around every page, and the route of every page.

mod frame;
mod landing;
mod not_found;

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::accounts::page::{AccountPage, SignInPage, SignUpPage};
use crate::business::page::ProfilePage;
use crate::chat::page::ChatPage;
use crate::ui::PageTitle;
use crate::usage::page::UsagePage;
use frame::Frame;
use landing::Landing;
use not_found::NotFound;

/// The HTML document; rendered on the server only. What runs or connects in it carries the request's
/// nonce, which the content security policy names.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#fffdf9" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#1b1e25" media="(prefers-color-scheme: dark)" />
                <meta
                    name="description"
                    content="A board of advisers for a small business: four executives who answer from what you have told them about yours."
                />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <HashedStylesheet options=options.clone() id="leptos" />
                <AutoReload options=options.clone() />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Every page in its frame.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <PageTitle text="C-Suite" />
        <Router>
            <Frame>
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=Landing ssr=SsrMode::Async />
                    <Route path=path!("/signup") view=SignUpPage ssr=SsrMode::Async />
                    <Route path=path!("/signin") view=SignInPage ssr=SsrMode::Async />
                    <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                    <Route path=path!("/profile") view=ProfilePage ssr=SsrMode::Async />
                    <Route path=path!("/admin/usage") view=UsagePage ssr=SsrMode::Async />
                    // One route for both, so that a conversation that gets its address stays as it is.
                    <Route path=path!("/chat/:id?") view=ChatPage ssr=SsrMode::Async />
                </Routes>
            </Frame>
        </Router>
    }
}
