//! A ceiling on pages and page data for one visitor, far above what anybody reaches by clicking.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::COOKIE;
use sha2::{Digest, Sha256};

use super::state::AppState;
use crate::error::{AppError, Code};
use crate::platform::client_addr::ClientAddr;
use crate::platform::limits::{Limiter, Rate, spell_out, whole_seconds};

/// How many visitors' worth of pages an address has: many may share it, and a session costs nothing to
/// make up.
const ADDRESS_FACTOR: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

pub struct Ceilings {
    visitors: Limiter,
    addresses: Limiter,
}

pub fn ceilings(state: &AppState) -> Arc<Ceilings> {
    let rate = state.config.limits.pages;
    let requests = rate.requests.saturating_mul(ADDRESS_FACTOR);
    let addresses = Limiter::new(Rate { requests, ..rate });
    Arc::new(Ceilings { visitors: Limiter::new(rate), addresses })
}

pub async fn layer(
    State(ceilings): State<Arc<Ceilings>>,
    request: Request,
    next: Next,
) -> Result<Response, AppError> {
    let address = address(&request);
    // The address first: where it is over, made-up sessions leave nothing behind.
    ceilings
        .addresses
        .check(&address)
        .and_then(|_| ceilings.visitors.check(&session(&request).unwrap_or(address)))
        .map_err(|wait| {
            let seconds = whole_seconds(wait).max(1);
            let message = format!("Too many pages at once. Wait {}.", spell_out(seconds));
            AppError::limited(Code::RateLimitExceeded, message, seconds)
        })?;
    Ok(next.run(request).await)
}

fn address(request: &Request) -> String {
    let address = request.extensions().get::<ClientAddr>();
    address.map(|ClientAddr(address)| address.to_string()).unwrap_or_default()
}

/// The visitor's session, as it is claimed.
fn session(request: &Request) -> Option<String> {
    let cookies = request.headers().get(COOKIE)?.to_str().ok()?;
    let id = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("csuite_session="))?;
    Some(hex::encode(Sha256::digest(id)))
}
