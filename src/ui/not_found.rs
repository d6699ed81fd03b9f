//! The not-found page.

use leptos::prelude::*;

use super::PageTitle;

/// Responds with status 404, and links to the home page.
#[component]
pub fn NotFound() -> impl IntoView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <PageTitle text="No such page · C-Suite" />
        <main class="not-found">
            <h1>"Page not found"</h1>
            <p>"The address may be mistyped, or the page may have moved."</p>
            <a class="button" href="/">
                "Go to the front page"
            </a>
        </main>
    }
}
