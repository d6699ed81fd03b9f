//! JSON API of conversations, specified in `docs/API.md`.

mod answers;
mod conversations;
mod search;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use tokio_util::sync::CancellationToken;

use super::service::Chat;
use crate::accounts::Accounts;
use crate::platform::shares::Shares;

/// Cancelled at shutdown. Event streams then end, so that their readers reconnect to another
/// process.
#[derive(Clone)]
pub struct Closing(pub CancellationToken);

/// The part of the server's state that the handlers use.
#[derive(Clone)]
pub struct ChatHttp {
    pub chat: Chat,
    pub accounts: Accounts,
    pub closing: Closing,
    /// Limits the concurrent event streams of each member.
    pub streams: Shares,
}

/// Returns the routes that stream or count against the chat tier. The API tier does not apply to
/// them.
pub fn chat_routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    ChatHttp: FromRef<S>,
    Accounts: FromRef<S>,
{
    Router::new()
        .route("/c-suite/{persona}/chat", post(answers::send))
        .route("/c-suite/messages/{id}/events", get(answers::events))
        .route("/c-suite/messages/{id}/stop", post(answers::stop))
        .route("/c-suite/messages/{id}/retry", post(answers::retry))
        .route("/c-suite/messages/{id}/edit", post(answers::edit))
        .route("/c-suite/messages/{id}/continue", post(answers::go_on))
        .route("/chat/feed", get(answers::feed))
}

/// Returns the routes that count against the API tier.
pub fn metered_routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    ChatHttp: FromRef<S>,
    Accounts: FromRef<S>,
{
    Router::new()
        .route("/c-suite/conversations", get(conversations::list).post(conversations::create))
        .route(
            "/c-suite/conversations/{id}",
            get(conversations::show).patch(conversations::change).delete(conversations::remove),
        )
        .route("/c-suite/conversations/search", get(search::search))
        .route("/c-suite/conversations/{id}/restore", post(conversations::restore))
        .route("/c-suite/conversations/{id}/messages", get(conversations::messages))
        .route("/c-suite/messages/{id}/select", post(conversations::select))
        .route("/c-suite/{persona}/conversations", get(conversations::list_of_persona))
        .route("/c-suite/{persona}/conversations/{id}", get(conversations::show_of_persona))
        .route(
            "/c-suite/{persona}/conversations/{id}/messages",
            get(conversations::messages_of_persona),
        )
}
