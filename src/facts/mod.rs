//! Facts: the statements an adviser may make about the business, each with an id, value, unit, dates and
//! source.

pub mod model;

pub mod build;
mod insights;
mod numbers;
mod profile;
pub mod service;
pub mod set;
mod store;
pub mod text;
mod wording;

#[cfg(test)]
mod tests;

pub use service::Facts;
pub use set::FactSet;
