//! Forms that work without JavaScript.
//!
//! A browser without JavaScript posts a form straight to its server function and is sent back to the
//! page. Where that failed, the page must show the reason at its field and what was typed; both wait
//! in the visitor's session until the page takes them.

use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use crate::error::AppError;

/// A refused form: what was typed, and why it was refused.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept<T> {
    pub typed: T,
    pub error: AppError,
}

/// Ends a form's server function: gives a failure its HTTP status, and for a browser without
/// JavaScript keeps `typed` (never a password) for the page it goes back to.
pub async fn answer<T, V: Serialize>(
    form: &str,
    typed: V,
    result: Result<T, AppError>,
) -> Result<T, AppError> {
    if let Err(error) = &result {
        if wants_html() {
            keep(form, typed, error).await;
        } else {
            set_status(error);
        }
    }
    result
}

/// Gives the response of a server function the status of its error.
pub fn set_status(error: &AppError) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(super::response::status(error));
    }
}

/// What was kept of `form`, once.
pub async fn take<T: DeserializeOwned>(form: &str) -> Option<Kept<T>> {
    let session: Session = leptos_axum::extract().await.ok()?;
    session.remove(&key(form)).await.ok().flatten()
}

/// Keeps what a form shows again although nothing was wrong with it, until its page takes it.
pub async fn keep_shown<V: Serialize>(form: &str, shown: V) -> Result<(), AppError> {
    let session: Session = leptos_axum::extract().await.map_err(AppError::internal)?;
    session.insert(&shown_key(form), shown).await.map_err(AppError::internal)
}

/// What was kept to be shown again, once.
pub async fn take_shown<V: DeserializeOwned>(form: &str) -> Option<V> {
    let session: Session = leptos_axum::extract().await.ok()?;
    session.remove(&shown_key(form)).await.ok().flatten()
}

/// Whether the request comes from a browser's own form post rather than from our script.
pub fn wants_html() -> bool {
    use_context::<http::request::Parts>().is_some_and(|parts| {
        parts
            .headers
            .get(http::header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"))
    })
}

async fn keep<V: Serialize>(form: &str, typed: V, error: &AppError) {
    let Ok(session) = leptos_axum::extract::<Session>().await else {
        return;
    };
    let kept = Kept { typed, error: error.clone() };
    if let Err(cause) = session.insert(&key(form), kept).await {
        tracing::warn!(error.cause = %cause, form, "what was typed could not be kept");
    }
}

fn key(form: &str) -> String {
    format!("form.{form}")
}

fn shown_key(form: &str) -> String {
    format!("shown.{form}")
}
