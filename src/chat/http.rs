//! The JSON API of conversations; `docs/API.md` is its contract.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{FromRef, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::grounding;
use super::markdown::Seam;
use super::reply::Reply;
use super::service::{Chat, Question, Taken};
use super::store::{ConversationChange, ConversationRow, ListFilter, MessageRow};
use super::stream::{self, Reader};
use crate::accounts::Accounts;
use crate::accounts::guard::Caller;
use crate::error::AppError;
use crate::platform::json::ValidJson;
use crate::platform::limits;
use crate::platform::query::ValidQuery;
use crate::platform::{clock, ids};

/// Cancelled at shutdown, so that event streams end and their readers go elsewhere.
#[derive(Clone)]
pub struct Closing(pub CancellationToken);

/// What the handlers need of the server's state.
#[derive(Clone)]
pub struct ChatHttp {
    pub chat: Chat,
    pub accounts: Accounts,
    pub closing: Closing,
}

impl ChatHttp {
    fn reader(&self, reply: Arc<Reply>, caller: Caller, next: u64) -> Reader {
        Reader {
            reply,
            caller,
            accounts: self.accounts.clone(),
            closing: self.closing.0.clone(),
            next,
        }
    }

    /// The events of an answer that was just asked for, and what that left of the limit.
    fn stream(&self, taken: Taken, caller: Caller) -> Response {
        let mut response = stream::api_events(self.reader(taken.reply, caller, 0));
        if let Some(allowance) = taken.allowance {
            limits::add_headers(response.headers_mut(), allowance);
        }
        response
    }
}

/// Routes that stream or that count against the chat tier: no API tier.
pub fn chat_routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    ChatHttp: FromRef<S>,
    Accounts: FromRef<S>,
{
    Router::new()
        .route("/c-suite/{persona}/chat", post(send))
        .route("/c-suite/messages/{id}/events", get(events))
        .route("/c-suite/messages/{id}/stop", post(stop))
        .route("/c-suite/messages/{id}/retry", post(retry))
        .route("/c-suite/messages/{id}/edit", post(edit))
        .route("/c-suite/messages/{id}/continue", post(go_on))
        // The page's own stream: same log, rendered.
        .route("/chat/replies/{id}/stream", get(page_stream))
}

/// Routes that count against the API tier where a token calls them.
pub fn metered_routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    ChatHttp: FromRef<S>,
    Accounts: FromRef<S>,
{
    Router::new()
        .route("/c-suite/conversations", get(list).post(create))
        .route("/c-suite/conversations/{id}", get(show).patch(change).delete(remove))
        .route("/c-suite/conversations/{id}/messages", get(messages))
        .route("/c-suite/messages/{id}/select", post(select))
        .route("/c-suite/{persona}/conversations", get(list_of_persona))
        .route("/c-suite/{persona}/conversations/{id}", get(show_of_persona))
        .route("/c-suite/{persona}/conversations/{id}/messages", get(messages_of_persona))
}

/// The body of `POST /c-suite/{persona}/chat`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SendBody {
    message: String,
    conversation_id: Option<String>,
    client_request_id: Option<String>,
    /// Older clients send the adviser here; it wins over the path.
    persona_type: Option<String>,
}

async fn send(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(persona): Path<String>,
    ValidJson(body): ValidJson<SendBody>,
) -> Result<Response, AppError> {
    let question = Question {
        conversation_id: body.conversation_id,
        persona: body.persona_type.unwrap_or(persona),
        message: body.message,
        client_request_id: body.client_request_id,
    };
    let taken = http.chat.send(&caller.member, question).await?;
    Ok(http.stream(taken, caller))
}

/// The body of `POST …/retry` and `POST …/continue`, which may also have none.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AgainBody {
    client_request_id: Option<String>,
}

async fn retry(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
    body: Option<ValidJson<AgainBody>>,
) -> Result<Response, AppError> {
    let request_id = body.and_then(|ValidJson(body)| body.client_request_id);
    let taken = http.chat.retry(&caller.member, &id, request_id.as_deref()).await?;
    Ok(http.stream(taken, caller))
}

async fn go_on(
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
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EditBody {
    message: String,
    client_request_id: Option<String>,
}

async fn edit(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
    ValidJson(body): ValidJson<EditBody>,
) -> Result<Response, AppError> {
    let EditBody { message, client_request_id } = body;
    let taken = http.chat.edit(&caller.member, &id, &message, client_request_id.as_deref()).await?;
    Ok(http.stream(taken, caller))
}

async fn select(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    http.chat.select(&caller.member, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
struct EventsQuery {
    after: Option<u64>,
}

async fn events(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
    ValidQuery(query): ValidQuery<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let reply = http.chat.open(&caller.member, &id).await?;
    let next = stream::next_event(&headers, query.after);
    Ok(stream::api_events(http.reader(reply, caller, next)))
}

async fn page_stream(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let reply = http.chat.open(&caller.member, &id).await?;
    let before = http.chat.written_before(&reply.meta).await?;
    let seam = Seam::after(&before, reply.known.clone());
    Ok(stream::page_events(http.reader(reply, caller, 0), seam))
}

async fn stop(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    http.chat.stop(&caller.member, &id).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Debug, Default, Deserialize)]
struct ListQuery {
    persona: Option<String>,
    archived: Option<bool>,
    cursor: Option<String>,
    limit: Option<i64>,
}

const PAGE: i64 = 50;
const MOST_A_PAGE: i64 = 200;

async fn list(
    caller: Caller,
    State(http): State<ChatHttp>,
    ValidQuery(query): ValidQuery<ListQuery>,
) -> Result<Json<Value>, AppError> {
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=MOST_A_PAGE).contains(&limit) {
        return Err(AppError::invalid_field("limit", format!("This must be 1 to {MOST_A_PAGE}.")));
    }
    let persona = match &query.persona {
        Some(name) => Some(persona_of(&http, &caller, name).await?),
        None => None,
    };
    let filter = ListFilter {
        persona,
        archived: query.archived.unwrap_or(false),
        before: query.cursor.as_deref().map(parse_cursor).transpose()?,
        limit: limit + 1,
    };
    let mut rows = http.chat.conversations(&caller.member, &filter).await?;
    let more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let cursor = rows.last().filter(|_| more).map(|row| format!("{}.{}", row.updated_at, row.id));
    let data: Vec<Value> = rows.iter().map(conversation_json).collect();
    Ok(Json(json!({ "data": data, "nextCursor": cursor })))
}

async fn list_of_persona(
    caller: Caller,
    state: State<ChatHttp>,
    Path(persona): Path<String>,
    ValidQuery(query): ValidQuery<ListQuery>,
) -> Result<Json<Value>, AppError> {
    list(caller, state, ValidQuery(ListQuery { persona: Some(persona), ..query })).await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateBody {
    persona_type: String,
    title: Option<String>,
}

async fn create(
    caller: Caller,
    State(http): State<ChatHttp>,
    ValidJson(body): ValidJson<CreateBody>,
) -> Result<Response, AppError> {
    let row = http
        .chat
        .create_conversation(&caller.member, &body.persona_type, body.title.as_deref())
        .await?;
    Ok((StatusCode::CREATED, Json(conversation_json(&row))).into_response())
}

async fn show(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
) -> Result<Json<Value>, AppError> {
    Ok(Json(conversation_json(&http.chat.conversation(&caller.member, &id).await?)))
}

async fn show_of_persona(
    caller: Caller,
    state: State<ChatHttp>,
    Path((persona, id)): Path<(String, String)>,
) -> Result<Json<Value>, AppError> {
    persona_of(&state, &caller, &persona).await?;
    show(caller, state, Path(id)).await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChangeBody {
    title: Option<String>,
    pinned: Option<bool>,
    archived: Option<bool>,
}

async fn change(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
    ValidJson(body): ValidJson<ChangeBody>,
) -> Result<Json<Value>, AppError> {
    let change =
        ConversationChange { title: body.title, pinned: body.pinned, archived: body.archived };
    let row = http.chat.update_conversation(&caller.member, &id, change).await?;
    Ok(Json(conversation_json(&row)))
}

async fn remove(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    http.chat.delete_conversation(&caller.member, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
struct MessagesQuery {
    /// Those of every branch, not only of the one that is shown.
    #[serde(default)]
    all: bool,
}

async fn messages(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
    ValidQuery(query): ValidQuery<MessagesQuery>,
) -> Result<Json<Value>, AppError> {
    let rows = match query.all {
        true => http.chat.messages(&caller.member, &id).await?,
        false => http.chat.branch(&caller.member, &id).await?,
    };
    let data: Vec<Value> = rows.iter().map(message_json).collect();
    Ok(Json(json!({ "data": data })))
}

async fn messages_of_persona(
    caller: Caller,
    state: State<ChatHttp>,
    Path((persona, id)): Path<(String, String)>,
    query: ValidQuery<MessagesQuery>,
) -> Result<Json<Value>, AppError> {
    persona_of(&state, &caller, &persona).await?;
    messages(caller, state, Path(id), query).await
}

/// The slug of an adviser that there is, be it archived.
async fn persona_of(http: &ChatHttp, caller: &Caller, name: &str) -> Result<String, AppError> {
    let adviser = http.chat.personas().find(&caller.member.tenant_id, name).await?;
    Ok(adviser.persona.slug)
}

/// `<microseconds>.<id>` of the last conversation of the page before.
fn parse_cursor(cursor: &str) -> Result<(clock::Micros, String), AppError> {
    cursor
        .split_once('.')
        .and_then(|(at, id)| Some((at.parse().ok()?, ids::parse(id)?)))
        .ok_or_else(|| {
            AppError::invalid_field("cursor", "Use the nextCursor of the page before, unchanged.")
        })
}

fn conversation_json(row: &ConversationRow) -> Value {
    json!({
        "id": row.id,
        "personaType": row.persona,
        "title": row.title,
        "pinned": row.pinned != 0,
        "archived": row.archived != 0,
        "createdAt": clock::rfc3339(row.created_at),
        "updatedAt": clock::rfc3339(row.updated_at),
    })
}

fn message_json(row: &MessageRow) -> Value {
    let grounded = row.grounded();
    json!({
        "id": row.id,
        "conversationId": row.conversation_id,
        "parentId": row.parent_id,
        "versions": row.versions(),
        "role": row.author(),
        "content": row.content,
        "status": row.status(),
        "personaType": row.persona,
        "personaVersion": row.persona_version,
        "model": row.model.as_deref().or(row.asked_model.as_deref()),
        "usage": row.usage(),
        "finishReason": row.finish_reason,
        "error": row.failure(),
        "citations": grounding::citations(grounded.as_ref()),
        "grounding": grounding::summary(grounded.as_ref()),
        "createdAt": clock::rfc3339(row.created_at),
    })
}
