//! What depends on loaded data.

use leptos::prelude::*;

/// Shows `children`, which await loaded data by a `Suspend`, and `fallback` until it is there; data that
/// is loaded again later replaces what is shown without a gap.
///
/// The server renders a page when its data is there, so it has no use for a boundary: one would build
/// all that is in it twice, to find out what it waits for.
#[component]
pub fn Loading<V>(
    #[prop(optional, into)] fallback: ViewFnOnce,
    children: TypedChildren<V>,
) -> impl IntoView
where
    V: IntoView + Send + 'static,
{
    #[cfg(feature = "ssr")]
    {
        drop(fallback);
        // The boundary in the browser takes a number for itself; what is loaded is found by such numbers.
        if let Some(shared) = Owner::current_shared_context() {
            shared.next_id();
        }
        children.into_inner()()
    }
    #[cfg(not(feature = "ssr"))]
    {
        Transition(TransitionProps::builder().fallback(fallback).children(children).build())
    }
}

/// Loads what only the server shows, side by side with whatever else the page needs: unlike other
/// resources this one is not written into the page, since no script takes it over.
#[cfg(feature = "ssr")]
pub fn load<T>(future: impl Future<Output = T> + Send + 'static) -> OnceResource<T>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
{
    Owner::with_no_hydration(|| OnceResource::new(future))
}
