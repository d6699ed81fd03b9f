//! Facts: the statements an adviser may make about the business, each with an id, value, unit, dates and
//! source.

pub mod model;

pub mod build;
mod derivation;
mod insights;
mod numbers;
mod profile;
pub mod service;
pub mod set;
mod store;
pub mod text;
mod wording;
pub mod working;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod period_tests;
#[cfg(test)]
mod tests;

pub use service::{Explained, Facts};
pub use set::FactSet;
pub use wording::days;
