//! Loading of data for server-rendered views.

use leptos::prelude::*;

/// Loads data that only the server renders, concurrently with other resources. Outside hydration, so Leptos
/// does not serialise the data into the page, where no script would read it.
pub fn load<T>(future: impl Future<Output = T> + Send + 'static) -> OnceResource<T>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
{
    Owner::with_no_hydration(|| OnceResource::new(future))
}
