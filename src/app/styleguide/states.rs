//! What pages show instead of content.

use leptos::prelude::*;

use super::Specimen;
use crate::ui::Unsent;

pub fn states() -> impl IntoView {
    view! {
        <Specimen name="Empty: what will be there, and how it gets there">
            <section class="card">
                <h3>"No numbers yet"</h3>
                <p class="empty">
                    "Import a CSV file, enter a day by hand, or load sample data. Insights and charts begin with the first days."
                </p>
                <div class="actions">
                    <a class="button" href="#states" rel="external">
                        "Import a file"
                    </a>
                    <a class="button-quiet" href="#states" rel="external">
                        "Enter a day"
                    </a>
                </div>
            </section>
        </Specimen>
        <Specimen name="Loading">
            <section class="card">
                <div class="analytics-progress" role="status">
                    <p>"Reading the file: 12,000 of 30,000 days."</p>
                    <progress value="40" max="100" aria-label="Days read"></progress>
                </div>
            </section>
        </Specimen>
        <Specimen name="Error of a page">
            <div class="notice notice-error">
                <p>
                    "This did not work, and the reason is in the server's log. Try again; if it fails again, name this request to the operator: 0197c0de."
                </p>
            </div>
        </Specimen>
        <Specimen name="Offline or signed out: nothing typed is lost">
            <div class="guide-shown">
                <Unsent />
            </div>
        </Specimen>
        <Specimen name="Denied">
            <div class="notice notice-error">
                <p>"Ask an owner or admin of your business to do this."</p>
            </div>
        </Specimen>
        <Specimen name="Not found">
            <div class="not-found">
                <h3>"Page not found"</h3>
                <p>"The address may be mistyped, or the page may have moved."</p>
                <a class="button" href="/">
                    "Go to the front page"
                </a>
            </div>
        </Specimen>
    }
}
