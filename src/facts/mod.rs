//! Facts: all that may be said of the business, each with its id, value, unit, dates and source.

pub mod grounding;
pub mod model;
