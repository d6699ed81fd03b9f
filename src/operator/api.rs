//! What the operator's page begins with, and what its forms are posted to.

use leptos::prelude::*;

use super::Operator;
use super::model::{Banner, ProviderView, StorageView};
use crate::accounts::guard;
use crate::accounts::model::Member;
use crate::error::AppError;
use crate::platform::forms;

/// The model provider's health and settings; 404 for everybody but operators.
pub async fn load_provider() -> Result<ProviderView, AppError> {
    guard::operator().await?;
    Ok(operator()?.provider())
}

/// What fills the disk; 404 for everybody but operators.
pub async fn load_storage() -> Result<Option<StorageView>, AppError> {
    guard::operator().await?;
    operator()?.storage().await
}

/// Forgets what was learned of a model. Errors: 404 for everybody but operators.
#[server(endpoint = "forget_adjustments")]
pub async fn forget_adjustments(#[server(default)] model: String) -> Result<(), AppError> {
    guard::operator().await?;
    let result = operator()?.forget(&model).await;
    if forms::wants_html() {
        leptos_axum::redirect("/operator?forgotten=1#adjustments");
    }
    forms::answer("operator", model, result).await
}

/// What the frame says to `member` of the model provider.
pub fn banner(member: &Member) -> Option<Banner> {
    operator().ok()?.banner(member)
}

fn operator() -> Result<Operator, AppError> {
    use_context::<Operator>().ok_or_else(|| AppError::abandoned("operator"))
}
