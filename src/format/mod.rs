//! Formats numbers, money, days and times for display.

#[cfg(feature = "ssr")]
pub mod amount;
#[cfg(feature = "ssr")]
pub mod date;
pub mod money;
pub mod number;
#[cfg(feature = "ssr")]
pub mod zone;
