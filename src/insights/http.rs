//! The JSON API for insights.

use axum::extract::{FromRef, State};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;

use super::Insights;
use super::model::{Insight, InsightList, InsightQuery, NewInsight};
use crate::accounts::Accounts;
use crate::accounts::guard::Caller;
use crate::error::AppError;
use crate::platform::json::ValidJson;
use crate::platform::query::{ValidQuery, parse_cursor};

/// Default and maximum page size.
const PAGE: i64 = 50;
const MOST_A_PAGE: i64 = 200;

/// Routes `GET` and `POST /c-suite/insights`. Every member may read; owners and admins may write.
pub fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Accounts: FromRef<S>,
    Insights: FromRef<S>,
{
    Router::new().route("/c-suite/insights", get(list).post(add))
}

#[derive(Debug, Deserialize)]
struct ListQuery {
    dismissed: Option<bool>,
    cursor: Option<String>,
    limit: Option<i64>,
}

async fn list(
    caller: Caller,
    State(insights): State<Insights>,
    ValidQuery(query): ValidQuery<ListQuery>,
) -> Result<Json<InsightList>, AppError> {
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=MOST_A_PAGE).contains(&limit) {
        return Err(AppError::invalid_field("limit", format!("This must be 1 to {MOST_A_PAGE}.")));
    }
    let query = InsightQuery {
        dismissed: query.dismissed.unwrap_or(false),
        before: query.cursor.as_deref().map(parse_cursor).transpose()?,
        limit,
    };
    Ok(Json(insights.list(&caller.member.tenant_id, &query).await?))
}

async fn add(
    caller: Caller,
    State(insights): State<Insights>,
    ValidJson(sent): ValidJson<NewInsight>,
) -> Result<(StatusCode, Json<Insight>), AppError> {
    Ok((StatusCode::CREATED, Json(insights.add(&caller.member, sent).await?)))
}
