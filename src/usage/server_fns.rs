//! Server functions of the usage page, for owners and admins, and of the budget warning.

use leptos::prelude::*;

use super::Ledger;
use super::model::{TypedBudgets, UsageQuery, UsageView};
use crate::accounts::guard;
use crate::accounts::model::Role;
use crate::error::AppError;
use crate::platform::forms;

const FORM: &str = "budgets";

/// Loads the usage page.
pub async fn load_usage(query: UsageQuery) -> Result<UsageView, AppError> {
    let member = guard::member().await?;
    let view = async {
        guard::require(&member, Role::Admin)?;
        let mut view = ledger()?.view(&member, &query).await?;
        if let Some(kept) = forms::take::<TypedBudgets>(FORM).await {
            view.budget.typed = kept.typed;
            view.budget.error = Some(kept.error);
        }
        Ok(view)
    };
    view.await.inspect_err(AppError::set_status)
}

/// Sets the tenant's caps, typed in dollars. Errors: a reason per invalid field.
#[server(endpoint = "set_budgets")]
pub async fn set_budgets(#[server(flatten)] typed: TypedBudgets) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = async {
        guard::require(&member, Role::Admin)?;
        ledger()?.set_budgets(&member, &typed).await
    };
    let result = result.await;
    if forms::wants_html() {
        leptos_axum::redirect(if result.is_ok() { "/admin/usage?saved=1" } else { "/admin/usage" });
    }
    forms::answer(FORM, typed, result).await
}

/// Returns a warning for owners and admins if a budget is nearly spent, otherwise `None`.
pub async fn budget_warning() -> Result<Option<String>, AppError> {
    match guard::maybe_member().await? {
        Some(member) => ledger()?.warning(&member).await,
        None => Ok(None),
    }
}

fn ledger() -> Result<Ledger, AppError> {
    use_context::<Ledger>().ok_or_else(|| AppError::abandoned("ledger"))
}
