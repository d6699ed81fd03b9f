//! The SQL of analytics.

pub mod changes;
pub mod metrics;
pub mod snapshots;
pub mod staging;
pub mod uploads;
