//! What measuring (`csuite-load`) and tormenting (`tests/torture`) share: real processes, connections
//! that do only what they are told, and what comes over them.

#![allow(clippy::print_stderr)]

pub mod client;
pub mod events;
pub mod people;
pub mod process;
pub mod stats;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;
pub type Outcome<T> = Result<T, Failure>;
