//! The cost of replies: the ledger, prices, budgets and the usage page.

pub mod model;

#[cfg(feature = "ssr")]
mod budgets;
#[cfg(feature = "ssr")]
pub mod http;
#[cfg(feature = "ssr")]
pub mod ledger;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod plausible;
#[cfg(feature = "ssr")]
mod presets;
#[cfg(feature = "ssr")]
mod prices;
#[cfg(feature = "ssr")]
mod quote;
#[cfg(feature = "ssr")]
mod report;
#[cfg(feature = "ssr")]
pub mod server_fns;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub use prices::Prices;
#[cfg(feature = "ssr")]
pub use quote::{OperatorCaps, Quote};
#[cfg(feature = "ssr")]
pub use service::Ledger;
#[cfg(feature = "ssr")]
pub use store::reports::DisputedRow;
