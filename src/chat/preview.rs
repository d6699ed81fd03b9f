//! The server function that previews an adviser before it is saved. The page is in `personas`, which must not depend on
//! this module, so it knows only the path.

use leptos::prelude::*;

use super::Chat;
use crate::accounts::guard;
use crate::error::AppError;
use crate::personas::form::{Draft, FORM, Typed};
use crate::platform::forms;

/// Asks the adviser as typed, then redirects to the form, which shows the reply and keeps the input.
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
