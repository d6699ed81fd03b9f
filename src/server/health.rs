//! Liveness and readiness.

use std::sync::{Mutex, PoisonError};

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};

use super::state::AppState;

/// The upstream notices as of the last check, so that each change is logged once.
pub type LastNotices = Mutex<Vec<String>>;

pub fn router() -> Router<AppState> {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz))
}

async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<Value>) {
    log_news_of_upstream(&state);
    if state.closing.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "shutting down" })));
    }
    match state.db.ping().await {
        Ok(()) => (StatusCode::OK, Json(json!({ "status": "ready", "database": "ok" }))),
        Err(error) => {
            tracing::error!(error.cause = %error, "not ready: database not responding");
            let body = json!({ "status": "not ready", "database": "does not answer" });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body))
        }
    }
}

/// Logs changes of the upstream's notices. The upstream does not affect readiness: everything except new replies works
/// without it.
fn log_news_of_upstream(state: &AppState) {
    match news(&state.last_notices, state.operator.notices()) {
        Some(notices) if notices.is_empty() => tracing::info!("upstream recovered"),
        Some(notices) => {
            tracing::warn!(notices = notices.join(" "), "upstream needs operator action");
        }
        None => {}
    }
}

/// Returns `now` if it differs from the value of the last call.
fn news(last: &LastNotices, now: Vec<String>) -> Option<Vec<String>> {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    (*last != now).then(|| {
        last.clone_from(&now);
        now
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_logged_once_when_it_starts_and_once_when_it_ends() {
        let last = LastNotices::default();
        let trouble = || vec!["The API key is refused.".to_owned()];
        let told: Vec<bool> = [vec![], trouble(), trouble(), vec![], vec![]]
            .into_iter()
            .map(|now| news(&last, now).is_some())
            .collect();
        assert_eq!(told, [false, true, false, true, false]);
    }
}
