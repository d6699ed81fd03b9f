//! The business itself: profile, numbers, insights.

pub mod model;
