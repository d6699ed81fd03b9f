//! The first page of a new owner: three questions, after which an adviser answers the third.

pub mod model;
pub mod page;
mod server_fns;
