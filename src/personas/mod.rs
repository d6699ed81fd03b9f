//! The advisers: who they are and how they are told to be them.

pub mod built_in;
pub mod model;
