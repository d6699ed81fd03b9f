//! What depends on loaded data.

use leptos::prelude::*;

/// Loads what only the server shows, side by side with whatever else the page needs. Leptos does not write
/// it into the page: no script reads it there.
pub fn load<T>(future: impl Future<Output = T> + Send + 'static) -> OnceResource<T>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
{
    Owner::with_no_hydration(|| OnceResource::new(future))
}
