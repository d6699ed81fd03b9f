//! The chat page's server functions.

use leptos::prelude::*;

use super::model::{
    Change, ChatView, ConversationView, Decision, MessageView, Proposal, ProposalTerms, Sent,
};
use crate::error::AppError;

/// Loads the chat page: the conversation `conversation_id`, or a new one with `persona`. `deleted`: the conversation whose
/// deletion can be undone there.
#[server(endpoint = "load_chat")]
pub async fn load_chat(
    conversation_id: Option<String>,
    persona: Option<String>,
    deleted: Option<String>,
) -> Result<ChatView, AppError> {
    let member = guard::member().await?;
    let view = page_data::load(&chat()?, &member, conversation_id, persona, deleted).await;
    if let Err(error) = &view {
        error.set_status();
    }
    view
}

/// Returns a warning if a quota of the business is nearly used up.
#[cfg(feature = "ssr")]
pub async fn storage_warning() -> Result<Option<String>, AppError> {
    match guard::maybe_member().await? {
        Some(member) => chat()?.storage_warning(&member).await,
        None => Ok(None),
    }
}

/// Asks a question. Without JavaScript, redirects to the conversation.
#[server(endpoint = "send_message")]
pub async fn send_message(
    /// Empty for a new conversation.
    #[server(default)]
    conversation_id: String,
    persona: String,
    #[server(default)] message: String,
    client_request_id: String,
) -> Result<Sent, AppError> {
    let typed = page_data::SendForm {
        conversation_id: conversation_id.clone(),
        persona: persona.clone(),
        message: message.clone(),
    };
    let question = Question {
        conversation_id: Some(conversation_id).filter(|id| !id.is_empty()),
        persona,
        switch: false,
        message,
        client_request_id: Some(client_request_id),
    };
    let result = async {
        let member = guard::member().await?;
        let chat = chat()?;
        let taken = chat.send(&member, question).await?;
        page_data::sent(&chat, &member, taken).await
    };
    let result = forms::answer("chat", typed, result.await).await;
    show_conversation(&result);
    result
}

/// Stops a running reply. Keeps its text.
#[server(endpoint = "stop_reply")]
pub async fn stop_reply(message_id: String) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = chat()?.stop(&member, &message_id).await;
    forms::answer("stop", (), result).await
}

/// Keeps the input of a member without JavaScript while the page reloads to show more of the running
/// reply, or its end.
#[cfg(feature = "ssr")]
#[server(endpoint = "keep_draft")]
pub async fn keep_draft(
    conversation_id: String,
    #[server(default)] message: String,
    /// The running reply to stop, or empty.
    #[server(default)]
    stop: String,
) -> Result<(), AppError> {
    let member = guard::member().await?;
    let chat = chat()?;
    let conversation = chat.conversation(&member, &conversation_id).await?;
    let typed = page_data::SendForm {
        conversation_id: conversation.id.clone(),
        persona: conversation.persona,
        message,
    };
    forms::keep_shown("chat", typed).await?;
    leptos_axum::redirect(&format!("/chat/{}?write=1", conversation.id));
    if !stop.is_empty() {
        chat.stop_and_wait(&member, &stop).await?;
    }
    Ok(())
}

/// Keeps an edit like [`keep_draft`] keeps a question.
#[cfg(feature = "ssr")]
#[server(endpoint = "keep_edit")]
pub async fn keep_edit(
    message_id: String,
    #[server(default)] edited: String,
    /// The running reply to stop, or empty.
    #[server(default)]
    stop: String,
) -> Result<(), AppError> {
    let member = guard::member().await?;
    let chat = chat()?;
    let message = chat.message(&member, &message_id).await?;
    forms::keep_shown("edit", page_data::EditForm { message_id: message.id.clone(), edited })
        .await?;
    leptos_axum::redirect(&format!("/chat/{}?edit={}", message.conversation_id, message.id));
    if !stop.is_empty() {
        chat.stop_and_wait(&member, &stop).await?;
    }
    Ok(())
}

/// Asks the adviser to correct the numbers of a reply that contradict their sources.
#[server(endpoint = "correct_reply")]
pub async fn correct_reply(
    message_id: String,
    client_request_id: String,
) -> Result<Sent, AppError> {
    let member = guard::member().await?;
    let chat = chat()?;
    let taken = chat.correct(&member, &message_id, Some(&client_request_id)).await;
    answer_again(&chat, &member, taken).await
}

/// Regenerates a reply as another version.
#[server(endpoint = "retry_reply")]
pub async fn retry_reply(
    message_id: String,
    client_request_id: String,
    /// The slug of the adviser to ask. Empty for the reply's own.
    #[server(default)]
    persona: String,
) -> Result<Sent, AppError> {
    let member = guard::member().await?;
    let chat = chat()?;
    let by = Some(persona.as_str()).filter(|slug| !slug.is_empty());
    let taken = chat.retry(&member, &message_id, by, Some(&client_request_id)).await;
    answer_again(&chat, &member, taken).await
}

/// Continues a reply that was cut off.
#[server(endpoint = "continue_reply")]
pub async fn continue_reply(
    message_id: String,
    client_request_id: String,
) -> Result<Sent, AppError> {
    let member = guard::member().await?;
    let chat = chat()?;
    let taken = chat.go_on(&member, &message_id, Some(&client_request_id)).await;
    answer_again(&chat, &member, taken).await
}

/// Edits a question. Earlier versions stay.
#[server(endpoint = "edit_message")]
pub async fn edit_message(
    message_id: String,
    #[server(default)] edited: String,
    client_request_id: String,
) -> Result<Sent, AppError> {
    let typed = page_data::EditForm { message_id: message_id.clone(), edited: edited.clone() };
    let result = async {
        let member = guard::member().await?;
        let chat = chat()?;
        let taken = chat.edit(&member, &message_id, &edited, Some(&client_request_id)).await?;
        page_data::sent(&chat, &member, taken).await
    };
    let result = forms::answer("edit", typed, result.await).await;
    show_conversation(&result);
    result
}

/// Shows another version of a message. Returns the branch that is then shown.
#[server(endpoint = "select_version")]
pub async fn select_version(message_id: String) -> Result<Vec<MessageView>, AppError> {
    let member = guard::member().await?;
    let chat = chat()?;
    let result = async {
        let conversation_id = chat.select(&member, &message_id).await?;
        if forms::wants_html() {
            let id = ids::parse(&message_id).unwrap_or_default();
            leptos_axum::redirect(&format!("/chat/{conversation_id}#message-{id}"));
        }
        page_data::messages(&chat, &member, &conversation_id).await
    };
    forms::answer("chat", page_data::SendForm::default(), result.await).await
}

/// Saves, undoes or declines what a reply proposes for the profile. Returns the proposal as it is then.
#[server(endpoint = "decide_proposal")]
pub async fn decide_proposal(
    /// The reply.
    message_id: String,
    /// What the member saw.
    #[server(flatten)]
    shown: ProposalTerms,
    decision: Decision,
) -> Result<Option<Proposal>, AppError> {
    let member = guard::member().await?;
    let chat = chat()?;
    let result = async {
        let (conversation_id, proposal) =
            chat.decide_proposal(&member, &message_id, decision, &shown).await?;
        if forms::wants_html() {
            leptos_axum::redirect(&format!("/chat/{conversation_id}#proposal"));
        }
        Ok(proposal)
    };
    forms::answer("chat", page_data::SendForm::default(), result.await).await
}

/// Renames a conversation.
#[server(endpoint = "rename_conversation")]
pub async fn rename_conversation(conversation_id: String, title: String) -> Result<(), AppError> {
    let member = guard::member().await?;
    let change = ConversationChange { title: Some(title), ..ConversationChange::default() };
    let result = chat()?.update_conversation(&member, &conversation_id, change).await;
    forms::answer("rename", (), result.map(|_| ())).await
}

/// Deletes the open conversation with all its messages. Without JavaScript, the next page offers to undo it.
#[server(endpoint = "delete_conversation")]
pub async fn delete_conversation(conversation_id: String) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = chat()?.delete_conversation(&member, &conversation_id).await;
    if result.is_ok() {
        let id = ids::parse(&conversation_id).unwrap_or_default();
        let after = if forms::wants_html() { format!("?deleted={id}") } else { String::new() };
        leptos_axum::redirect(&format!("/chat{after}"));
    }
    forms::answer("delete", (), result).await
}

/// Pins, archives, deletes or restores a conversation. Returns the list of conversations.
#[server(endpoint = "arrange_conversation")]
pub async fn arrange_conversation(
    conversation_id: String,
    change: Change,
) -> Result<Vec<ConversationView>, AppError> {
    let member = guard::member().await?;
    let chat = chat()?;
    let result = async {
        page_data::arrange(&chat, &member, &conversation_id, change).await?;
        if forms::wants_html() {
            let id = ids::parse(&conversation_id).unwrap_or_default();
            match change {
                Change::Delete => leptos_axum::redirect(&format!("/conversations?deleted={id}")),
                Change::Restore => leptos_axum::redirect(&format!("/chat/{id}")),
                // Back to the page of the form.
                _ => {}
            }
        }
        page_data::listed(&chat, &member).await
    };
    forms::answer("arrange", (), result.await).await
}

/// Asks an adviser as typed, before it is saved, then redirects to its form, which shows the reply and keeps the input.
/// The form is in `personas`, which must not depend on this module, so it knows only the path.
#[cfg(feature = "ssr")]
#[server(endpoint = "preview_adviser")]
pub async fn preview_adviser(
    #[server(default)] slug: String,
    #[server(default)] version: i64,
    #[server(default)] question: String,
    #[server(flatten)] typed: Typed,
) -> Result<(), AppError> {
    let typed = typed.in_stored_order();
    let mut draft = Draft { slug, version, typed, question, preview: None };
    let result = async {
        let member = guard::member().await?;
        chat()?.preview(&member, &draft.slug, &draft.typed, &draft.question).await
    };
    let result = result.await;
    if forms::wants_html() {
        let place = if result.is_ok() { "#preview" } else { "" };
        leptos_axum::redirect(&format!("{}{place}", draft.page()));
    }
    match result {
        Ok(preview) => {
            draft.preview = Some(preview);
            forms::keep_shown(FORM, draft).await
        }
        Err(error) => forms::answer(FORM, draft, Err(error)).await,
    }
}

#[cfg(feature = "ssr")]
use {
    super::page_data,
    super::service::{Chat, Question, Taken},
    super::store::ConversationChange,
    crate::accounts::guard,
    crate::accounts::model::Member,
    crate::personas::form::{Draft, FORM, Typed},
    crate::platform::{forms, ids},
};

#[cfg(feature = "ssr")]
fn chat() -> Result<Chat, AppError> {
    use_context::<Chat>().ok_or_else(|| AppError::abandoned("chat"))
}

/// Returns the result of asking again.
#[cfg(feature = "ssr")]
async fn answer_again(
    chat: &Chat,
    member: &Member,
    taken: Result<Taken, AppError>,
) -> Result<Sent, AppError> {
    let sent = match taken {
        Ok(taken) => page_data::sent(chat, member, taken).await,
        Err(error) => Err(error),
    };
    let sent = forms::answer("chat", page_data::SendForm::default(), sent).await;
    show_conversation(&sent);
    sent
}

/// Redirects a browser without JavaScript to the conversation. With JavaScript, the page navigates by itself.
#[cfg(feature = "ssr")]
fn show_conversation(result: &Result<Sent, AppError>) {
    if let (Ok(sent), true) = (result, forms::wants_html()) {
        leptos_axum::redirect(&format!("/chat/{}", sent.conversation.id));
    }
}
