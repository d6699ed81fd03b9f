//! The ways into the product: the first page of a new owner, with three questions of which an adviser answers the third,
//! and trials without an account.

pub mod model;
pub mod page;
pub mod server_fns;
mod trials;

pub use trials::Trials;
