//! A ceiling on pages and page data for one visitor, far above what anybody reaches by clicking.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::COOKIE;
use sha2::{Digest, Sha256};

use super::state::AppState;
use crate::error::{AppError, Code};
use crate::platform::client_addr::ClientAddr;
use crate::platform::limits::{Limiter, spell_out, whole_seconds};

pub fn limiter(state: &AppState) -> Arc<Limiter> {
    Arc::new(Limiter::new(state.config.limits.pages))
}

pub async fn layer(
    State(limiter): State<Arc<Limiter>>,
    request: Request,
    next: Next,
) -> Result<Response, AppError> {
    limiter.check(&visitor(&request)).map_err(|wait| {
        let seconds = whole_seconds(wait).max(1);
        let message = format!("Too many pages at once. Wait {}.", spell_out(seconds));
        AppError::limited(Code::RateLimitExceeded, message, seconds)
    })?;
    Ok(next.run(request).await)
}

/// The visitor's session where there is one, else the address.
fn visitor(request: &Request) -> String {
    let cookie =
        request.headers().get(COOKIE).and_then(|cookies| cookies.to_str().ok()).and_then(
            |cookies| cookies.split("; ").find_map(|c| c.strip_prefix("csuite_session=")),
        );
    match (cookie, request.extensions().get::<ClientAddr>()) {
        (Some(cookie), _) => hex::encode(Sha256::digest(cookie)),
        (None, Some(ClientAddr(addr))) => addr.to_string(),
        (None, None) => String::new(),
    }
}
