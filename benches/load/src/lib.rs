//! Code shared by the benchmarks (`csuite-load`) and `tests/torture`: real processes, raw connections and
//! event streams.

#![allow(clippy::print_stderr)]

pub mod client;
pub mod events;
pub mod people;
pub mod process;
pub mod stats;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;
pub type Outcome<T> = Result<T, Failure>;
