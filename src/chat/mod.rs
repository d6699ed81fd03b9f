//! Conversations with the advisers.

pub mod model;
pub mod page;
pub mod server_fns;

#[cfg(feature = "ssr")]
pub mod conversations;
#[cfg(feature = "ssr")]
mod events;
#[cfg(feature = "ssr")]
mod feed;
#[cfg(feature = "ssr")]
mod follow_ups;
#[cfg(feature = "ssr")]
mod grounding;
#[cfg(feature = "ssr")]
pub mod http;
#[cfg(feature = "ssr")]
pub mod knowledge;
#[cfg(feature = "ssr")]
pub mod markdown;
#[cfg(feature = "ssr")]
mod page_data;
#[cfg(feature = "ssr")]
pub mod prompt;
#[cfg(feature = "ssr")]
pub mod reply;
#[cfg(feature = "ssr")]
mod search;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod stream;
#[cfg(feature = "ssr")]
pub mod suggestions;
#[cfg(feature = "ssr")]
mod view;

#[cfg(feature = "ssr")]
pub use service::Chat;
