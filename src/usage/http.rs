//! The JSON API of usage reports.

use axum::extract::{FromRef, State};
use axum::routing::get;
use axum::{Json, Router};

use super::Ledger;
use super::model::{UsageQuery, UsageReport};
use crate::accounts::Accounts;
use crate::accounts::guard::{self, Caller};
use crate::accounts::model::Role;
use crate::error::AppError;
use crate::platform::query::ValidQuery;

/// Routes `GET /c-suite/usage`, for owners and admins.
pub fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Accounts: FromRef<S>,
    Ledger: FromRef<S>,
{
    Router::new().route("/c-suite/usage", get(report))
}

async fn report(
    caller: Caller,
    State(ledger): State<Ledger>,
    ValidQuery(query): ValidQuery<UsageQuery>,
) -> Result<Json<UsageReport>, AppError> {
    guard::require(&caller.member, Role::Admin)?;
    Ok(Json(ledger.report(&caller.member.tenant_id, &query).await?))
}
