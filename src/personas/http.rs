//! The JSON API for advisers.

use axum::extract::{FromRef, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Personas;
use super::service::Adviser;
use crate::accounts::Accounts;
use crate::accounts::guard::Caller;
use crate::error::AppError;

/// Routes `GET /c-suite/personas`, for every member.
pub fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Accounts: FromRef<S>,
    Personas: FromRef<S>,
{
    Router::new().route("/c-suite/personas", get(list))
}

async fn list(caller: Caller, State(personas): State<Personas>) -> Result<Json<Value>, AppError> {
    let advisers = personas.list(&caller.member.tenant_id).await?;
    let data: Vec<Value> = advisers.iter().map(adviser_json).collect();
    Ok(Json(json!({ "data": data })))
}

fn adviser_json(adviser: &Adviser) -> Value {
    let persona = &adviser.persona;
    json!({
        "personaType": persona.slug,
        "short": persona.short,
        "title": persona.title,
        "summary": persona.summary,
        "version": persona.version,
        "builtIn": adviser.is_built_in(),
        "archived": adviser.archived,
    })
}
