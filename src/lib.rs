//! C-Suite: a small business's board of advisers. `docs/ARCHITECTURE.md` is the map.

#![recursion_limit = "256"]

pub mod accounts;
pub mod app;
pub mod business;
pub mod chat;
pub mod error;
pub mod ui;
pub mod usage;

#[cfg(feature = "ssr")]
pub mod fireworks;
#[cfg(feature = "ssr")]
pub mod platform;
#[cfg(feature = "ssr")]
pub mod server;

/// Where the browser half begins: takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
