//! The reply engine: an answer belongs to the server, not to a connection.

pub mod engine;
mod generate;
pub mod log;
mod save;

pub use engine::{Engine, Job, Reply};
pub(crate) use generate::interruption;
