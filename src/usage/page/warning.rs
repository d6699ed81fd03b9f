//! The warning that a budget is nearly spent, on every page of those who can raise it.

use leptos::prelude::*;

use crate::error::AppError;

/// The warning for whoever looks at the page, loaded by the frame; [`Resource::refetch`] after a
/// change of the budgets.
#[derive(Clone, Copy)]
pub struct BudgetWarning(pub Resource<Result<Option<String>, AppError>>);

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
