//! The chat page's server functions.

use leptos::prelude::*;

use super::model::{ChatView, Sent};
use crate::error::AppError;

/// Everything the chat page shows: `conversation_id` opens one, else a new one with `persona`.
#[server(endpoint = "load_chat")]
pub async fn load_chat(
    conversation_id: Option<String>,
    persona: Option<String>,
) -> Result<ChatView, AppError> {
    let _ = (conversation_id, persona);
    Err(AppError::not_found("conversation"))
}

/// Asks a question. Without JavaScript the browser is sent on to the conversation.
#[server(endpoint = "send_message")]
pub async fn send_message(
    /// Empty: begins a new conversation.
    #[server(default)]
    conversation_id: String,
    persona: String,
    message: String,
    client_request_id: String,
) -> Result<Sent, AppError> {
    let _ = (conversation_id, persona, message, client_request_id);
    Err(AppError::not_found("conversation"))
}

/// Ends an answer that is being written; keeps its text.
#[server(endpoint = "stop_reply")]
pub async fn stop_reply(message_id: String) -> Result<(), AppError> {
    let _ = message_id;
    Err(AppError::not_found("message"))
}

/// Asks the question of a failed, stopped or interrupted answer again.
#[server(endpoint = "retry_reply")]
pub async fn retry_reply(message_id: String, client_request_id: String) -> Result<Sent, AppError> {
    let _ = (message_id, client_request_id);
    Err(AppError::not_found("message"))
}

/// Gives a conversation another title.
#[server(endpoint = "rename_conversation")]
pub async fn rename_conversation(conversation_id: String, title: String) -> Result<(), AppError> {
    let _ = (conversation_id, title);
    Err(AppError::not_found("conversation"))
}

/// Removes a conversation with all its messages.
#[server(endpoint = "delete_conversation")]
pub async fn delete_conversation(conversation_id: String) -> Result<(), AppError> {
    let _ = conversation_id;
    Err(AppError::not_found("conversation"))
}
