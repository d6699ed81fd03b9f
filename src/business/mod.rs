//! The business profile of a tenant.

pub mod api;
pub mod model;
pub mod page;

#[cfg(feature = "ssr")]
pub mod http;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod validation;

pub use page::ProfilePage;
#[cfg(feature = "ssr")]
pub use service::Business;
