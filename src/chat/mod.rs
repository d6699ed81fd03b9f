//! Conversations with the advisers.

pub mod api;
pub mod model;
