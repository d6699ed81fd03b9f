//! The warning that a budget is nearly spent, shown on every page to members who can raise it.

use leptos::prelude::*;

/// The style sheet hides it beside a refusal that says the same (`data-budget`).
#[component]
pub fn WarningBanner(warning: String) -> impl IntoView {
    view! {
        <aside class="budget-warning" id="budget-warning" aria-label="Budget">
            <p>
                {warning} " "
                <a href="/admin/usage#budgets" rel="external">
                    "Raise budget"
                </a>
            </p>
        </aside>
    }
}
