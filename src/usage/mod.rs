//! What answers cost.

pub mod prices;
