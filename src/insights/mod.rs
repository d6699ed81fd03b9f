//! What modules and programs found in the business's numbers.

pub mod model;

pub mod api;
pub mod http;
pub mod job;
pub mod modules;
pub mod page;
pub mod service;
mod store;
mod validation;

pub use service::Insights;
