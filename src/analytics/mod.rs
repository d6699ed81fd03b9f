//! The tenant's observations: daily snapshots, custom metrics, file imports, and the pages that show them.

pub mod model;

mod apply;
mod chart;
mod csv;
#[cfg(test)]
mod fuzz;
pub mod http;
mod import;
mod metrics;
pub mod numbers;
pub mod page;
pub mod reading;
pub mod rhythm;
mod runs;
pub mod sample;
pub mod series;
pub mod server_fns;
pub mod service;
mod store;
mod validation;
mod view;
pub mod windows;

pub use service::Analytics;
