//! The document around every page, and the route of every page, in two lists: the live pages, which the
//! browser half renders as well, and the plain pages, which only the server renders.

#[cfg(feature = "ssr")]
mod document;
#[cfg(feature = "ssr")]
mod frame;
#[cfg(feature = "ssr")]
mod landing;
#[cfg(feature = "ssr")]
mod plain;
#[cfg(feature = "ssr")]
mod refusal;
#[cfg(feature = "ssr")]
pub mod scripts;

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

/// The `id` of the element that holds the page itself; the browser half replaces it.
#[cfg(feature = "ssr")]
pub const CONTENT: &str = "content";

/// The pages that the browser half renders. It holds nothing else: what needs no script belongs to
/// `PlainPages`. All live pages are below one address, and links that lead elsewhere are the browser's.
#[component]
pub fn LivePages() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router base="/chat">
            <Routes fallback=|| ()>
                // One route for both, so that a conversation that gets its address stays as it is.
                <Route path=path!("/:id?") view=ChatPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
