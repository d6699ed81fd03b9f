//! The tenant's observations: daily snapshots, custom metrics, file imports, and the pages that show them.

pub mod model;

mod api_import;
mod apply;
mod chart;
mod exports;
#[cfg(test)]
mod fuzz;
pub mod http;
mod import;
mod import_http;
mod metrics;
mod new_metrics;
pub mod numbers;
mod overlaps;
pub mod page;
mod periods;
pub mod reading;
mod readings;
mod remarks;
pub mod rhythm;
mod runs;
pub mod sample;
pub mod series;
pub mod server_fns;
pub mod service;
mod store;
mod template;
mod undo;
mod validation;
mod view;
pub mod windows;

pub use service::Analytics;
