//! Infrastructure that knows no feature: configuration, database, limits, clock, session storage, logs.

pub mod bounded;
pub mod browser_files;
pub mod client_addr;
pub mod clock;
pub mod config;
pub mod cookies;
pub mod db;
pub mod disk;
pub mod disk_usage;
pub mod fields;
pub mod forms;
#[cfg(test)]
mod fuzz;
pub mod https;
pub mod ids;
pub mod json;
pub mod json_column;
pub mod limits;
pub mod money;
pub mod query;
pub mod quotas;
pub mod request_id;
pub mod response;
pub mod session_store;
pub mod shares;
pub mod signing;
pub mod spool;
pub mod telemetry;
pub mod tokens;

pub use browser_files::BrowserFiles;
pub use client_addr::ClientAddr;

/// Context of every page: whether `/styleguide` is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StyleGuide(pub bool);

/// Context of every page and server function: whether replies come from the built-in emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simulated(pub bool);
