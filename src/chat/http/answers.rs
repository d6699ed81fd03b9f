//! HTTP handlers of sending, retrying, continuing and editing questions, and of event streams.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::ChatHttp;
use crate::accounts::guard::Caller;
use crate::chat::feed::Feed;
use crate::chat::reply::Reply;
use crate::chat::service::{Question, Taken};
use crate::chat::stream::{self, Reader};
use crate::error::{AppError, Code};
use crate::platform::json::ValidJson;
use crate::platform::limits;
use crate::platform::query::ValidQuery;
use crate::platform::shares::Turn;

/// `Retry-After` of a refused event stream, in seconds.
const STREAM_AGAIN_AFTER: u64 = 10;

impl ChatHttp {
    /// Takes a permit among the member's event streams. Errors: all are in use.
    fn turn(&self, caller: &Caller) -> Result<Turn, AppError> {
        let member = &caller.member;
        let key = format!("{} {}", member.tenant_id, member.account_id);
        self.streams.try_turn(&key).ok_or_else(|| {
            let message =
                "You have too many windows or event streams open. Close some and try again.";
            AppError::limited(Code::RateLimitExceeded, message, STREAM_AGAIN_AFTER)
        })
    }

    /// `turn`: the permit among the member's streams. The stream of a new question needs none.
    fn reader(&self, reply: Arc<Reply>, caller: Caller, next: u64, turn: Option<Turn>) -> Reader {
        Reader {
            _turn: turn,
            reply,
            caller,
            accounts: self.accounts.clone(),
            closing: self.closing.0.clone(),
            next,
        }
    }

    /// Streams a new reply, with the remaining rate limit in the headers.
    fn stream(&self, taken: Taken, caller: Caller) -> Response {
        let mut response = stream::api_events(self.reader(taken.reply, caller, 0, None));
        if let Some(allowance) = taken.allowance {
            limits::add_headers(response.headers_mut(), allowance);
        }
        response
    }
}

/// The body of `POST /c-suite/{persona}/chat`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SendBody {
    message: String,
    conversation_id: Option<String>,
    client_request_id: Option<String>,
    /// The adviser, as older clients send it. Takes precedence over the path.
    persona_type: Option<String>,
    /// Switches the conversation to this adviser.
    #[serde(default)]
    switch: bool,
}

pub(super) async fn send(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(persona): Path<String>,
    ValidJson(body): ValidJson<SendBody>,
) -> Result<Response, AppError> {
    let question = Question {
        conversation_id: body.conversation_id,
        persona: body.persona_type.unwrap_or(persona),
        switch: body.switch,
        message: body.message,
        client_request_id: body.client_request_id,
    };
    let taken = http.chat.send(&caller.member, question).await?;
    Ok(http.stream(taken, caller))
}

/// The optional body of `POST …/retry`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RetryBody {
    client_request_id: Option<String>,
    /// The adviser to ask, if not the answer's own.
    persona_type: Option<String>,
}

pub(super) async fn retry(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
    body: Option<ValidJson<RetryBody>>,
) -> Result<Response, AppError> {
    let RetryBody { client_request_id, persona_type } =
        body.map(|ValidJson(body)| body).unwrap_or_default();
    let (by, request_id) = (persona_type.as_deref(), client_request_id.as_deref());
    let taken = http.chat.retry(&caller.member, &id, by, request_id).await?;
    Ok(http.stream(taken, caller))
}

/// The optional body of `POST …/continue`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AgainBody {
    client_request_id: Option<String>,
}

pub(super) async fn go_on(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
    body: Option<ValidJson<AgainBody>>,
) -> Result<Response, AppError> {
    let request_id = body.and_then(|ValidJson(body)| body.client_request_id);
    let taken = http.chat.go_on(&caller.member, &id, request_id.as_deref()).await?;
    Ok(http.stream(taken, caller))
}

/// The body of `POST …/edit`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EditBody {
    message: String,
    client_request_id: Option<String>,
}

pub(super) async fn edit(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
    ValidJson(body): ValidJson<EditBody>,
) -> Result<Response, AppError> {
    let EditBody { message, client_request_id } = body;
    let taken = http.chat.edit(&caller.member, &id, &message, client_request_id.as_deref()).await?;
    Ok(http.stream(taken, caller))
}

#[derive(Debug, Deserialize)]
pub(super) struct EventsQuery {
    after: Option<u64>,
}

pub(super) async fn events(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
    ValidQuery(query): ValidQuery<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let reply = http.chat.open(&caller.member, &id).await?;
    let turn = http.turn(&caller)?;
    let next = stream::next_event(&headers, query.after);
    Ok(stream::api_events(http.reader(reply, caller, next, Some(turn))))
}

#[derive(Debug, Deserialize)]
pub(super) struct FeedQuery {
    /// The member's `browser_key`.
    member: Option<String>,
    /// Whether the page supports [`PageEvent::Splice`](crate::chat::model::PageEvent). Pages of earlier versions stay
    /// open across an upgrade and do not.
    #[serde(default)]
    splices: bool,
}

/// The page's feed. A page that an earlier visitor left open receives nothing of the current member.
pub(super) async fn feed(
    caller: Caller,
    State(http): State<ChatHttp>,
    ValidQuery(query): ValidQuery<FeedQuery>,
) -> Result<Response, AppError> {
    if query.member.as_ref().is_some_and(|key| *key != caller.member.browser_key()) {
        return Err(AppError::unauthenticated());
    }
    let turn = http.turn(&caller)?;
    let ChatHttp { chat, accounts, closing, .. } = http;
    let splices = query.splices;
    Ok(Feed { chat, caller, accounts, splices, closing: closing.0, _turn: turn }.open())
}

pub(super) async fn stop(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    http.chat.stop(&caller.member, &id).await?;
    Ok(StatusCode::ACCEPTED)
}
