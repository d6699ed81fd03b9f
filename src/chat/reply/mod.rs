//! The reply engine: an answer belongs to the server, not to a connection.

mod ending;
pub mod engine;
mod generate;
pub mod log;
mod save;

pub(crate) use ending::interruption;
pub use engine::{Engine, Job, Reply};
