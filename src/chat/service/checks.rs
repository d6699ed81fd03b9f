//! Validates the fields of requests.

use super::conversation_not_found;
use crate::chat::model::{MESSAGE_MAX_CHARS, TITLE_MAX_CHARS};
use crate::error::AppError;
use crate::platform::ids;

/// Trims the message and normalises its line ends. Errors: why it cannot be sent.
pub(super) fn checked_message(message: &str) -> Result<String, AppError> {
    let message = message.replace("\r\n", "\n").trim().to_owned();
    let reason = if message.is_empty() {
        "Write a question first.".to_owned()
    } else if message.chars().count() > MESSAGE_MAX_CHARS {
        format!(
            "A message can have up to {MESSAGE_MAX_CHARS} characters; this one has {}.",
            message.chars().count()
        )
    } else if message.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        "The message contains control characters that can't be sent. Paste it as plain text."
            .to_owned()
    } else {
        return Ok(message);
    };
    Err(AppError::invalid_field("message", reason))
}

pub(super) fn checked_request_id(id: Option<&str>) -> Result<String, AppError> {
    match id {
        None => Ok(ids::new_id()),
        Some(id) => ids::parse(id)
            .ok_or_else(|| AppError::invalid_field("clientRequestId", "This must be a UUID.")),
    }
}

pub(super) fn checked_title(title: &str) -> Result<String, AppError> {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() {
        return Err(AppError::invalid_field("title", "Give the conversation a title."));
    }
    if title.chars().count() > TITLE_MAX_CHARS {
        let reason = format!("A title can have up to {TITLE_MAX_CHARS} characters.");
        return Err(AppError::invalid_field("title", reason));
    }
    if title.chars().any(char::is_control) {
        return Err(AppError::invalid_field("title", "A title can't hold control characters."));
    }
    Ok(title)
}

pub(super) fn conversation_id(id: &str) -> Result<String, AppError> {
    ids::parse(id).ok_or_else(conversation_not_found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::error::Code;

    #[test]
    fn any_ordinary_text_is_a_valid_message() {
        for fine in
            ["x", "  spaced  ", "שלום עולם", "👩‍👩‍👧‍👦", "line\nline", "tab\there", &"w".repeat(4_000)]
        {
            assert!(checked_message(fine).is_ok(), "{fine:?}");
        }
        assert_eq!(checked_message("  a\r\nb ").unwrap(), "a\nb");
        assert!(checked_message(&"é".repeat(5_000)).is_ok());
    }

    #[test]
    fn an_invalid_message_is_refused_at_its_field() {
        for wrong in ["", "   \n ", "a\0b", "a\u{7}b", &"x".repeat(5_001)] {
            let error = checked_message(wrong).unwrap_err();
            assert_eq!(error.code, Code::ValidationError);
            assert!(error.field("message").is_some());
        }
    }
}
