//! The business profile of a tenant.

pub mod model;
pub mod page;
pub mod server_fns;

#[cfg(feature = "ssr")]
pub mod http;
#[cfg(feature = "ssr")]
pub mod proposals;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod validation;

pub use page::ProfilePage;
#[cfg(feature = "ssr")]
pub use service::Business;
