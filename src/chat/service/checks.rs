//! Validates the fields of requests.

use super::conversation_not_found;
use crate::chat::model::{MESSAGE_MAX_CHARS, TITLE_MAX_CHARS};
use crate::error::AppError;
use crate::platform::{fields, ids};

/// Trims the message and normalises its line ends. Errors: why it cannot be sent.
pub(super) fn checked_message(message: &str) -> Result<String, AppError> {
    let refused = |reason: String| AppError::invalid_field("message", reason);
    match fields::text(message, MESSAGE_MAX_CHARS) {
        Ok(text) if text.is_empty() => Err(refused("Write a question first.".to_owned())),
        Ok(text) => Ok(text),
        Err(fault) => Err(refused(fault.into())),
    }
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
    fields::required_line(&title, TITLE_MAX_CHARS, "a title for the conversation")
        .map_err(|reason| AppError::invalid_field("title", reason))
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
