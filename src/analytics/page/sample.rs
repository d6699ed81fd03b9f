//! The form that loads sample data.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::analytics::server_fns::LoadSample;

/// Offers sample data to a business without numbers.
#[component]
pub fn LoadSampleData() -> impl IntoView {
    view! {
        <form class="load-sample" method="post" action=LoadSample::url()>
            <button type="submit" class="button-quiet">
                "Load sample data"
            </button>
            <p class="field-hint">
                "14 months of a fictional shop, marked on every page. Remove them with one click; your own numbers replace them."
            </p>
        </form>
    }
}
