//! Conversations with the advisers.

pub mod api;
pub mod model;
pub mod page;

pub use page::ChatPage;
