//! The warning that a budget is nearly spent, shown on every page to members who can raise it.

use leptos::prelude::*;

#[component]
pub fn WarningBanner(warning: String) -> impl IntoView {
    view! {
        <aside class="budget-warning" aria-label="Budget">
            <p>
                {warning} " "
                <a href="/admin/usage">"See usage and budgets"</a>
            </p>
        </aside>
    }
}
