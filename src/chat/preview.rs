//! What the page of an adviser is posted to where the adviser is to be tried out before it is saved. The
//! page is below this room and knows only the address.

use leptos::prelude::*;

use super::Chat;
use crate::accounts::guard;
use crate::error::AppError;
use crate::personas::form::{Draft, FORM, Typed};
use crate::platform::forms;

/// Asks the adviser as it was typed; then the browser is sent back to the form, which shows the answer and
/// still holds what was typed.
#[server(endpoint = "preview_adviser")]
pub async fn preview_adviser(
    #[server(default)] slug: String,
    #[server(default)] version: i64,
    #[server(default)] question: String,
    #[server(flatten)] typed: Typed,
) -> Result<(), AppError> {
    let mut draft = Draft { slug, version, typed, question, preview: None };
    let result = async {
        let member = guard::member().await?;
        let chat = use_context::<Chat>().ok_or_else(|| AppError::abandoned("chat"))?;
        chat.preview(&member, &draft.slug, &draft.typed, &draft.question).await
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
