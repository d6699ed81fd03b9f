//! The reply engine: an answer belongs to the server, not to a connection.

mod ending;
pub mod engine;
mod generate;
pub mod log;
pub mod notices;
mod save;

pub(crate) use ending::interruption;
pub use engine::{Engine, Job, Reply};
