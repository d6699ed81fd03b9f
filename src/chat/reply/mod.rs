//! The reply engine. A reply runs in the server and does not depend on any connection.

mod ending;
pub mod engine;
mod generate;
pub mod log;
pub mod notices;
mod room;
mod save;

pub(crate) use ending::interruption;
pub use engine::{Engine, Job, Reply};
