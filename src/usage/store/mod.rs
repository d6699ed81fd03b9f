//! The SQL of the ledger and its caps.

pub mod budgets;
pub mod entries;
pub mod grounding;
pub mod reports;
