//! What every feature stands on and that knows no feature: configuration, database, limits, clock,
//! sessions' storage, logs.

pub mod clock;
pub mod config;
pub mod db;
pub mod forms;
pub mod ids;
pub mod json;
pub mod limits;
pub mod request_id;
pub mod session_store;
pub mod telemetry;
