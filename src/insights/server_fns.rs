//! Loads the dashboard, and the server functions behind its forms. Each one redirects back to the page.

use std::cmp::Reverse;

use leptos::prelude::*;

use super::Insights;
use super::model::{DashboardView, Decision, InsightQuery};
use crate::accounts::guard;
use crate::accounts::model::{Member, Role};
use crate::analytics::Analytics;
use crate::analytics::model::ViewQuery;
use crate::error::AppError;
use crate::platform::forms;

const FORM: &str = "insight";
const PAGE: &str = "/dashboard";
/// Maximum number of open insights on the page, then of dismissed ones.
const MOST_OPEN: i64 = 50;
const MOST_DISMISSED: i64 = 20;

/// Loads the dashboard. `query` selects the metric and the range of its chart.
pub async fn load_dashboard(query: ViewQuery) -> Result<DashboardView, AppError> {
    let member = guard::member().await?;
    let (insights, tenant) = (insights()?, &member.tenant_id);
    let list = |dismissed, limit| InsightQuery { dismissed, before: None, limit };
    // Read before the insights, so that a page that claims to be up to date is.
    let zone = analytics()?.zone(tenant).await?;
    let progress = insights.progress(tenant, &zone).await?;
    let mut open = insights.list_in(tenant, &list(false, MOST_OPEN), &zone).await?;
    open.data.sort_by_key(|insight| Reverse(insight.severity()));
    let dismissed = insights.list_in(tenant, &list(true, MOST_DISMISSED), &zone).await?;
    Ok(DashboardView {
        may_write: member.role >= Role::Admin,
        progress,
        trend: analytics()?.trend(tenant, &query).await?,
        open: open.data,
        has_more: open.next_cursor.is_some(),
        dismissed: dismissed.data,
        error: forms::take::<()>(FORM).await.map(|kept| kept.error),
    })
}

/// Dismisses an insight.
#[server(endpoint = "dismiss_insight")]
pub async fn dismiss_insight(id: String) -> Result<(), AppError> {
    let member = guard::member().await?;
    decide(&member, &id, Decision::Dismissed).await
}

/// Reopens a dismissed insight.
#[server(endpoint = "reopen_insight")]
pub async fn reopen_insight(id: String) -> Result<(), AppError> {
    let member = guard::member().await?;
    decide(&member, &id, Decision::Reopened).await
}

async fn decide(member: &Member, id: &str, decision: Decision) -> Result<(), AppError> {
    let result = async { insights()?.decide(member, id, decision).await }.await;
    let to = match decision {
        _ if result.is_err() => PAGE.to_owned(),
        Decision::Dismissed => format!("{PAGE}?dismissed={id}"),
        Decision::Reopened => format!("{PAGE}#insight-{id}"),
    };
    leptos_axum::redirect(&to);
    forms::answer(FORM, (), result).await
}

fn insights() -> Result<Insights, AppError> {
    use_context().ok_or_else(|| AppError::abandoned("insights"))
}

fn analytics() -> Result<Analytics, AppError> {
    use_context().ok_or_else(|| AppError::abandoned("analytics"))
}
