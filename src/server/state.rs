//! The application state, built once.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use leptos::prelude::LeptosOptions;
use tokio_util::sync::CancellationToken;

use super::health::LastNotices;
use super::page_limit::Ceilings;
use super::refusals::Refusals;
use super::serving::AddressCounts;
use super::site::Site;
use crate::accounts::Accounts;
use crate::analytics::Analytics;
use crate::business::Business;
use crate::chat::Chat;
use crate::chat::http::{ChatHttp, Closing};
use crate::insights::Insights;
use crate::onboarding::Trials;
use crate::operator::Operator;
use crate::personas::Personas;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::limits::Limits;
use crate::platform::session_store::DbSessionStore;
use crate::platform::shares::Shares;
use crate::platform::signing::SigningKey;
use crate::platform::spool::Spool;
use crate::usage::Ledger;

/// The parts of the running server.
pub struct App {
    pub config: Config,
    pub db: Db,
    pub sessions: DbSessionStore,
    /// Signs the cookies that keep the refused forms of visitors who are not signed in.
    pub signing: SigningKey,
    pub accounts: Accounts,
    pub analytics: Analytics,
    pub business: Business,
    pub chat: Chat,
    pub insights: Insights,
    pub ledger: Ledger,
    pub operator: Operator,
    pub trials: Trials,
    pub personas: Personas,
    /// The rate limits of the three tiers, by tenant.
    pub limits: Limits,
    /// Concurrent pages and API reads by tenant, or by address without sign-in.
    pub shares: Shares,
    /// Concurrent event streams by member.
    pub streams: Shares,
    /// Uploads in progress.
    pub spool: Spool,
    /// Request limits by address and visitor.
    pub ceilings: Arc<Ceilings>,
    /// Open requests by client, for clients that share connections.
    pub in_flight: AddressCounts,
    /// Delays refusals by address.
    pub refusals: Refusals,
    /// Cancelled when shutdown starts. Event streams then end and tell their readers when to reconnect.
    pub closing: CancellationToken,
    /// The upstream notices that `/readyz` logged last.
    pub last_notices: LastNotices,
    /// The files for the browser.
    pub site: Site,
    /// Options for Leptos' own components.
    pub leptos: LeptosOptions,
}

/// A shared [`App`].
#[derive(Clone)]
pub struct AppState(Arc<App>);

impl AppState {
    pub fn new(app: App) -> Self {
        Self(Arc::new(app))
    }
}

impl Deref for AppState {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0
    }
}

impl FromRef<AppState> for Accounts {
    fn from_ref(state: &AppState) -> Self {
        state.accounts.clone()
    }
}

impl FromRef<AppState> for Analytics {
    fn from_ref(state: &AppState) -> Self {
        state.analytics.clone()
    }
}

impl FromRef<AppState> for Business {
    fn from_ref(state: &AppState) -> Self {
        state.business.clone()
    }
}

impl FromRef<AppState> for Insights {
    fn from_ref(state: &AppState) -> Self {
        state.insights.clone()
    }
}

impl FromRef<AppState> for Ledger {
    fn from_ref(state: &AppState) -> Self {
        state.ledger.clone()
    }
}

impl FromRef<AppState> for Personas {
    fn from_ref(state: &AppState) -> Self {
        state.personas.clone()
    }
}

impl FromRef<AppState> for Limits {
    fn from_ref(state: &AppState) -> Self {
        state.limits.clone()
    }
}

impl FromRef<AppState> for Spool {
    fn from_ref(state: &AppState) -> Self {
        state.spool.clone()
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

impl FromRef<AppState> for ChatHttp {
    fn from_ref(state: &AppState) -> Self {
        Self {
            chat: state.chat.clone(),
            accounts: state.accounts.clone(),
            closing: Closing(state.closing.clone()),
            streams: state.streams.clone(),
        }
    }
}
