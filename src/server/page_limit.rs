//! Limits requests by address, and pages and page data by visitor, far above what clicking can reach. Gives each
//! tenant, and each address that is not signed in, a share of the server for pages.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use leptos::server_fn::ServerFn;
use tower_sessions::Session;

use super::state::AppState;
use crate::accounts::guard;
use crate::accounts::server_fns::is_of_strangers;
use crate::chat::server_fns::LoadChat;
use crate::error::{AppError, Code};
use crate::platform::client_addr::{ClientAddr, network};
use crate::platform::limits::{self, Limiter, Rate};
use crate::platform::shares::Turn;

/// An address may make this many times the requests of one visitor, because many people may share it.
const ADDRESS_FACTOR: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
/// The burst of an address, as a multiple of one visitor's requests.
const ADDRESS_BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);

/// Counts requests by address and by visitor. A visitor is an account with an existing session. All others are
/// identified by address alone, because anybody can make up cookies.
pub struct Ceilings {
    visitors: Limiter,
    addresses: Limiter,
}

impl Ceilings {
    pub fn new(rate: Rate) -> Arc<Self> {
        let requests = rate.requests.saturating_mul(ADDRESS_FACTOR);
        let burst = rate.requests.saturating_mul(ADDRESS_BURST);
        let addresses = Limiter::with_burst(Rate { requests, ..rate }, burst);
        Arc::new(Self { visitors: Limiter::new(rate), addresses })
    }

    /// Removes visitors and addresses whose limit is fully restored.
    pub fn shrink(&self) {
        self.visitors.shrink();
        self.addresses.shrink();
    }
}

/// Counts a request against its address, also for paths that do not exist.
pub async fn address_layer(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, AppError> {
    if let Err(error) = count(&state.ceilings.addresses, &address(&request)) {
        return Err(state.refusals.delay(client(&request), error).await);
    }
    Ok(next.run(request).await)
}

/// Waits for a turn in the share of the tenant, or of the address if nobody is signed in. A refusal is delayed.
pub async fn turn(
    state: &AppState,
    client: Option<IpAddr>,
    tenant: Option<String>,
) -> Result<Turn, AppError> {
    match state.shares.turn(&tenant.unwrap_or_else(|| key(client))).await {
        Ok(turn) => Ok(turn),
        Err(error) => Err(state.refusals.delay(client, error).await),
    }
}

/// Counts a page or its data against its visitor. A read also waits for a turn in the share of the tenant, or of the
/// address if nobody is signed in. A form that is open to strangers waits for a turn in its address's share of forms, once
/// its body has arrived.
pub async fn visitor_layer(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, AppError> {
    let session = request.extensions().get::<Session>().cloned();
    let address = address(&request);
    let (account, tenant) = match &session {
        Some(session) => (guard::account_of(session).await, guard::tenant_of(session).await),
        None => (None, None),
    };
    count(&state.ceilings.visitors, account.as_ref().unwrap_or(&address))?;
    if is_read(&request) {
        let _turn = turn(&state, client(&request), tenant).await?;
        return Ok(next.run(request).await);
    }
    if !is_of_strangers(request.uri().path()) {
        return Ok(next.run(request).await);
    }
    let request = received(request).await?;
    let _turn = turn(&state, client(&request), Some(format!("forms {address}"))).await?;
    Ok(next.run(request).await)
}

/// Reads the body, whose size `body_limit` bounds.
async fn received(request: Request) -> Result<Request, AppError> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await;
    // `body_limit` replaces this response by the reason.
    let body =
        body.map_err(|_| AppError::new(Code::ValidationError, "The form was incomplete."))?;
    Ok(Request::from_parts(head, body.into()))
}

/// Returns whether the request reads a page or its data. Members' forms are bounded by the database's writer, so they take
/// no turn.
fn is_read(request: &Request) -> bool {
    request.method().is_safe() || request.uri().path() == LoadChat::PATH
}

fn count(limiter: &Limiter, key: &str) -> Result<(), AppError> {
    limiter.check(key).map(drop).map_err(|wait| {
        limits::refusal(Code::RateLimitExceeded, wait, |wait| {
            format!("Too many requests at once. Wait {wait}.")
        })
    })
}

pub fn client(request: &Request) -> Option<IpAddr> {
    request.extensions().get().map(|ClientAddr(address)| *address)
}

/// Returns the client's network as a key: the IPv4 address, or the IPv6 /64. Empty if the address is unknown.
pub fn address(request: &Request) -> String {
    key(client(request))
}

fn key(client: Option<IpAddr>) -> String {
    client.map(|address| network(address).to_string()).unwrap_or_default()
}
