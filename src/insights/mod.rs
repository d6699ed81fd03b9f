//! What modules and programs found in the business's numbers.

pub mod model;

pub mod job;
pub mod modules;
pub mod service;
mod store;
mod validation;

pub use service::Insights;
