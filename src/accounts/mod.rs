//! Accounts, tenants and memberships, sign-in, sessions and API tokens.

pub mod model;
pub mod page;

#[cfg(feature = "ssr")]
mod address;
#[cfg(feature = "ssr")]
mod device;
#[cfg(feature = "ssr")]
mod entry;
#[cfg(feature = "ssr")]
mod failures;
#[cfg(feature = "ssr")]
mod flash;
#[cfg(feature = "ssr")]
pub mod guard;
#[cfg(feature = "ssr")]
mod hashing;
#[cfg(feature = "ssr")]
mod invitations;
#[cfg(feature = "ssr")]
mod recovery;
#[cfg(feature = "ssr")]
pub mod revocations;
#[cfg(feature = "ssr")]
pub mod server_fns;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod strength;
#[cfg(feature = "ssr")]
mod throttle;
#[cfg(feature = "ssr")]
pub mod tokens;
#[cfg(feature = "ssr")]
pub mod trials;
#[cfg(feature = "ssr")]
mod work;
#[cfg(feature = "ssr")]
pub mod zone;

#[cfg(feature = "ssr")]
pub use invitations::EntryRules;
#[cfg(feature = "ssr")]
pub use service::Accounts;
#[cfg(feature = "ssr")]
pub use work::SignUpWork;
