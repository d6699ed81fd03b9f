//! Insights: findings about the business's metrics, computed by modules or sent through the API.

pub mod model;

pub mod http;
pub mod job;
pub mod modules;
pub mod page;
pub mod server_fns;
pub mod service;
mod store;
mod validation;

pub use service::Insights;
