//! The advisers (personas): their definitions, versions and pages.

#[cfg(feature = "ssr")]
pub mod built_in;
#[cfg(feature = "ssr")]
mod changes;
#[cfg(feature = "ssr")]
pub mod character;
pub mod emblem;
#[cfg(feature = "ssr")]
pub mod form;
#[cfg(feature = "ssr")]
pub mod http;
pub mod model;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod priorities;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
pub mod server_fns;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod slug;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod validation;
#[cfg(feature = "ssr")]
mod view;

#[cfg(feature = "ssr")]
pub use rules::ModelRules;
#[cfg(feature = "ssr")]
pub use service::Personas;
#[cfg(feature = "ssr")]
pub use slug::{NEW, is_reserved};
