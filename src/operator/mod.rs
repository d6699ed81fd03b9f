//! The operator page: health of the model provider, advice, and learned request adjustments.

mod adjustments;
pub mod model;
pub mod page;
pub mod server_fns;
pub mod service;
mod storage;
mod store;

pub use service::Operator;
