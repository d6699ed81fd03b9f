//! C-Suite: a small business's board of advisers. `docs/ARCHITECTURE.md` describes the modules.

#![recursion_limit = "256"]

pub mod accounts;
pub mod app;
pub mod chat;
pub mod error;
pub mod format;
pub mod personas;
pub mod ui;
pub mod usage;

#[cfg(feature = "ssr")]
pub mod analytics;
#[cfg(feature = "ssr")]
pub mod business;
#[cfg(feature = "ssr")]
pub mod facts;
#[cfg(feature = "ssr")]
pub mod fireworks;
#[cfg(all(test, feature = "ssr"))]
mod fuzzing;
#[cfg(feature = "ssr")]
pub mod grounding;
#[cfg(feature = "ssr")]
pub mod insights;
#[cfg(feature = "ssr")]
pub mod onboarding;
#[cfg(feature = "ssr")]
pub mod operator;
#[cfg(feature = "ssr")]
pub mod platform;
#[cfg(feature = "ssr")]
pub mod server;

/// Starts the app in the browser: renders the live page into `root`, which is not in the document yet.
/// The loader (`app/start.js`) replaces the server's markup with it once the page is complete. `seed` is
/// the data that the server embedded in the page; without it the app fetches the data.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn start(root: web_sys::HtmlElement, seed: Option<String>) {
    // Debug builds only: the hook would enlarge the release module.
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    leptos::mount::mount_to(root, move || {
        leptos::prelude::provide_context(chat::page::Seed(seed));
        app::LivePages()
    })
    .forget();
}
