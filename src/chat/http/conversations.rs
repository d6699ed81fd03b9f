//! HTTP handlers of conversations and their messages.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ChatHttp;
use crate::accounts::guard::Caller;
use crate::chat::grounding;
use crate::chat::model::{Proposal, ProposalTerms};
use crate::chat::store::{ConversationChange, ConversationRow, ListFilter, MessageRow};
use crate::error::AppError;
use crate::platform::clock;
use crate::platform::json::ValidJson;
use crate::platform::query::{ValidQuery, parse_cursor};

#[derive(Debug, Default, Deserialize)]
pub(super) struct ListQuery {
    persona: Option<String>,
    archived: Option<bool>,
    pinned: Option<bool>,
    cursor: Option<String>,
    limit: Option<i64>,
}

const PAGE: i64 = 50;
const MOST_A_PAGE: i64 = 200;

pub(super) async fn list(
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
        pinned: query.pinned,
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

pub(super) async fn list_of_persona(
    caller: Caller,
    state: State<ChatHttp>,
    Path(persona): Path<String>,
    ValidQuery(query): ValidQuery<ListQuery>,
) -> Result<Json<Value>, AppError> {
    list(caller, state, ValidQuery(ListQuery { persona: Some(persona), ..query })).await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateBody {
    persona_type: String,
    title: Option<String>,
}

pub(super) async fn create(
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

pub(super) async fn show(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
) -> Result<Json<Value>, AppError> {
    Ok(Json(conversation_json(&http.chat.conversation(&caller.member, &id).await?)))
}

pub(super) async fn show_of_persona(
    caller: Caller,
    state: State<ChatHttp>,
    Path((persona, id)): Path<(String, String)>,
) -> Result<Json<Value>, AppError> {
    persona_of(&state, &caller, &persona).await?;
    show(caller, state, Path(id)).await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeBody {
    title: Option<String>,
    pinned: Option<bool>,
    archived: Option<bool>,
}

pub(super) async fn change(
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

pub(super) async fn remove(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    http.chat.delete_conversation(&caller.member, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn restore(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
) -> Result<Json<Value>, AppError> {
    let row = http.chat.restore_conversation(&caller.member, &id).await?;
    Ok(Json(conversation_json(&row)))
}

pub(super) async fn select(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    http.chat.select(&caller.member, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
pub(super) struct MessagesQuery {
    /// Whether to list all branches instead of the shown one.
    #[serde(default)]
    all: bool,
}

pub(super) async fn messages(
    caller: Caller,
    State(http): State<ChatHttp>,
    Path(id): Path<String>,
    ValidQuery(query): ValidQuery<MessagesQuery>,
) -> Result<Json<Value>, AppError> {
    let rows = match query.all {
        true => http.chat.messages(&caller.member, &id).await?,
        false => http.chat.branch(&caller.member, &id).await?,
    };
    let mut proposals = http.chat.proposals(&caller.member, &rows).await;
    let data: Vec<Value> =
        rows.iter().map(|row| message_json(row, proposals.remove(&row.id))).collect();
    Ok(Json(json!({ "data": data })))
}

pub(super) async fn messages_of_persona(
    caller: Caller,
    state: State<ChatHttp>,
    Path((persona, id)): Path<(String, String)>,
    query: ValidQuery<MessagesQuery>,
) -> Result<Json<Value>, AppError> {
    persona_of(&state, &caller, &persona).await?;
    messages(caller, state, Path(id), query).await
}

/// Returns the slug of an adviser, which may be archived. Errors: not found.
async fn persona_of(http: &ChatHttp, caller: &Caller, name: &str) -> Result<String, AppError> {
    let adviser = http.chat.personas().find(&caller.member.tenant_id, name).await?;
    Ok(adviser.persona.slug)
}

pub(super) fn conversation_json(row: &ConversationRow) -> Value {
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

fn message_json(row: &MessageRow, proposal: Option<Proposal>) -> Value {
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
        "profileProposal": proposal.map(proposal_json),
        "memory": row.memory.as_ref().map(|earlier| json!({ "earlier": earlier, "upTo": row.memory_upto })),
        "createdAt": clock::rfc3339(row.created_at),
    })
}

fn proposal_json(Proposal { terms, saved, .. }: Proposal) -> Value {
    let ProposalTerms { field, text, action, before } = terms;
    json!({
        "field": field,
        "text": text,
        "action": action,
        "before": Some(before).filter(|it| !it.is_empty()),
        "saved": saved,
    })
}
