#[cfg(feature = "ssr")]
pub mod fireworks;
