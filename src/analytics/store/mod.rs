//! The SQL of analytics.

pub mod changes;
pub mod decisions;
pub mod generations;
pub mod imports;
pub mod metrics;
pub mod samples;
pub mod snapshots;
pub mod staging;
pub mod uploads;
