//! Query parameters and cursors with errors in the API's format.

use std::error::Error;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::clock::Micros;
use super::ids;
use crate::error::AppError;

/// Like `axum::extract::Query`, but rejects with an [`AppError`] that names the parameter.
#[derive(Clone, Copy, Debug)]
pub struct ValidQuery<T>(pub T);

impl<T, S> FromRequestParts<S> for ValidQuery<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AppError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(refusal(&rejection)),
        }
    }
}

/// Parses a cursor: `<microseconds>.<id>` of the last entry of the previous page.
pub fn parse_cursor(cursor: &str) -> Result<(Micros, String), AppError> {
    cursor
        .split_once('.')
        .and_then(|(at, id)| Some((at.parse().ok()?, ids::parse(id)?)))
        .ok_or_else(|| {
            AppError::invalid_field("cursor", "Use the nextCursor of the page before, unchanged.")
        })
}

fn refusal(rejection: &QueryRejection) -> AppError {
    // The parser's message is `name: fault`, or only the fault if it belongs to no single parameter.
    let told = rejection.source().map(ToString::to_string).unwrap_or_default();
    let name = told.split_once(": ").map_or("query", |(name, _)| name);
    let reason = "This value is not accepted.";
    AppError { message: format!("{name}: {reason}"), ..AppError::invalid_field(name, reason) }
}
