//! C-Suite: a small business's board of advisers. `docs/ARCHITECTURE.md` is the map.

#![recursion_limit = "256"]

pub mod accounts;
pub mod app;
pub mod chat;
pub mod error;
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
#[cfg(feature = "ssr")]
pub mod insights;
#[cfg(feature = "ssr")]
pub mod platform;
#[cfg(feature = "ssr")]
pub mod server;

/// Where the browser half begins: takes over the page that the server rendered, not what stands around it.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    use leptos::prelude::document;
    use wasm_bindgen::JsCast;

    // Of use to whoever builds it; a release has no room for its words.
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    if let Some(content) = document().get_element_by_id(app::CONTENT) {
        leptos::mount::hydrate_from(content.unchecked_into(), app::LivePages).forget();
    }
}
