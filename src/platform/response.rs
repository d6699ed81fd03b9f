//! Converts [`AppError`] to an HTTP response with the JSON of `docs/API.md`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::RETRY_AFTER;

use super::db::DbError;
use super::limits::{self, Allowance};
use super::request_id;
use crate::error::{AppError, Code};

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        self.with(serde_json::Map::new())
    }
}

impl AppError {
    /// Converts the error to a response whose JSON has further members.
    pub fn with(self, members: serde_json::Map<String, serde_json::Value>) -> Response {
        let error = self.bounded();
        let status = error.http_status();
        let mut body = serde_json::json!(error);
        if let Some(body) = body.as_object_mut() {
            body.extend(members);
        }
        body["error"] = status.canonical_reason().unwrap_or("Error").into();
        body["requestId"] = request_id::current().into();
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = error.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let (Some(limit), Some(reset)) = (error.limit, error.retry_after) {
            let allowance = Allowance { limit, remaining: 0, reset };
            limits::add_headers(response.headers_mut(), allowance);
        }
        // Read by the layer that turns errors into pages.
        response.extensions_mut().insert(error);
        response
    }
}

impl From<DbError> for AppError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(cause) => {
                tracing::error!(error.cause = %cause, "database unavailable");
                Self {
                    retry_after: Some(5),
                    ..Self::new(
                        Code::DatabaseUnavailable,
                        "The database is not responding, so nothing was stored. Try again in a few seconds.",
                    )
                }
            }
            DbError::Refused(error) => error,
            DbError::Sql(cause) => Self::internal(cause),
            undone @ DbError::Undone => Self::internal(undone),
        }
    }
}
