//! Loads the operator page, the server function behind its form, and the banner in the page frame.

use leptos::prelude::*;

use super::Operator;
use super::model::{Banner, DisputedView, ProviderView, StorageView};
use crate::accounts::guard;
use crate::accounts::model::Member;
use crate::error::AppError;
use crate::platform::forms;

/// Loads the model provider's health and settings. Errors: not found for anyone but operators.
pub async fn load_provider() -> Result<ProviderView, AppError> {
    let member = guard::operator().await?;
    let operator = operator()?;
    Ok(operator.provider(&operator.zone(&member).await?))
}

/// Loads the operator's view of disk usage. Errors: not found for anyone but operators.
pub async fn load_storage() -> Result<Option<StorageView>, AppError> {
    guard::operator().await?;
    operator()?.storage().await
}

/// Loads the models with disputed usage. Errors: not found for anyone but operators.
pub async fn load_disputed() -> Result<Vec<DisputedView>, AppError> {
    let member = guard::operator().await?;
    let operator = operator()?;
    operator.disputed(&operator.zone(&member).await?).await
}

/// Deletes the adjustments for a model. Errors: not found for anyone but operators.
#[server(endpoint = "forget_adjustments")]
pub async fn forget_adjustments(#[server(default)] model: String) -> Result<(), AppError> {
    guard::operator().await?;
    let result = operator()?.forget(&model).await;
    if forms::wants_html() {
        leptos_axum::redirect("/operator?forgotten=1#adjustments");
    }
    forms::answer("operator", model, result).await
}

/// Returns the banner about the model provider for `member`.
pub fn banner(member: &Member) -> Option<Banner> {
    operator().ok()?.banner(member)
}

fn operator() -> Result<Operator, AppError> {
    use_context::<Operator>().ok_or_else(|| AppError::abandoned("operator"))
}
