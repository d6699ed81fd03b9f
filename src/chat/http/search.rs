//! HTTP handler of the search.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ChatHttp;
use super::conversations::conversation_json;
use crate::accounts::guard::Caller;
use crate::chat::search::Query;
use crate::chat::service::{Found, MOST_FOUND};
use crate::chat::store::FoundMessage;
use crate::error::AppError;
use crate::platform::clock;
use crate::platform::query::ValidQuery;

/// Conversations in a result unless told.
const FOUND: usize = 20;

#[derive(Debug, Default, Deserialize)]
pub(super) struct SearchQuery {
    #[serde(default)]
    q: String,
    limit: Option<usize>,
}

pub(super) async fn search(
    caller: Caller,
    State(http): State<ChatHttp>,
    ValidQuery(query): ValidQuery<SearchQuery>,
) -> Result<Json<Value>, AppError> {
    let limit = query.limit.unwrap_or(FOUND);
    if !(1..=MOST_FOUND).contains(&limit) {
        return Err(AppError::invalid_field("limit", format!("This must be 1 to {MOST_FOUND}.")));
    }
    let query = Query::parse(&query.q)
        .ok_or_else(|| AppError::invalid_field("q", "Search for at least one letter or digit."))?;
    let found = http.chat.search(&caller.member, &query, limit).await?;
    let data: Vec<Value> = found.iter().map(|found| found_json(found, &query)).collect();
    Ok(Json(json!({ "data": data })))
}

fn found_json(found: &Found, query: &Query) -> Value {
    let messages: Vec<Value> = found.messages.iter().map(|it| message_json(it, query)).collect();
    json!({
        "conversation": conversation_json(&found.conversation),
        "titleMatches": found.is_title,
        "messages": messages,
        "more": found.more,
    })
}

fn message_json(message: &FoundMessage, query: &Query) -> Value {
    let parts = query.excerpt(&message.content).into_iter();
    let excerpt: Vec<Value> =
        parts.map(|part| json!({ "text": part.text, "match": part.is_match })).collect();
    json!({
        "id": message.id,
        "role": message.author(),
        "personaType": message.persona,
        "shown": message.is_shown(),
        "excerpt": excerpt,
        "createdAt": clock::rfc3339(message.created_at),
    })
}
