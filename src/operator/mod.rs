//! Who runs the installation: what they see of the model provider, and what to do about it.

mod adjustments;
pub mod api;
pub mod model;
pub mod page;
pub mod service;
mod storage;
mod store;

pub use service::Operator;
