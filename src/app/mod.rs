//! The document around every page, and all page routes in two lists: live pages, which the browser half
//! renders too, and plain pages, which only the server renders.

#[cfg(feature = "ssr")]
mod about;
#[cfg(feature = "ssr")]
mod document;
#[cfg(feature = "ssr")]
mod frame;
#[cfg(feature = "ssr")]
mod landing;
#[cfg(feature = "ssr")]
mod nav;
#[cfg(feature = "ssr")]
mod plain;
#[cfg(feature = "ssr")]
mod refusal;
#[cfg(feature = "ssr")]
pub mod scripts;
#[cfg(feature = "ssr")]
mod styleguide;

#[cfg(feature = "ssr")]
pub use document::{live_document, plain_document};
#[cfg(feature = "ssr")]
pub use plain::PlainPages;
#[cfg(feature = "ssr")]
pub use refusal::refusal_page;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::chat::page::ChatPage;

/// The `id` of the element that contains the page. The browser half replaces it.
#[cfg(feature = "ssr")]
pub const CONTENT: &str = "content";

/// The live pages, which the browser half renders. It contains nothing else: pages that need no script
/// belong to `PlainPages`. All live pages share the base `/chat`; the browser follows links to other paths
/// itself.
#[component]
pub fn LivePages() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router base="/chat">
            <Routes fallback=|| ()>
                // A single route, so that a new conversation keeps its view when it gets its own URL.
                <Route path=path!("/:id?") view=ChatPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
