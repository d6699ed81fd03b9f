//! Identifiers: UUIDv7 as lower-case text, which sort by creation time.

use uuid::Uuid;

/// Returns a new identifier.
pub fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// Returns the canonical form of an identifier, `None` if it is not a UUID.
pub fn parse(text: &str) -> Option<String> {
    Uuid::parse_str(text.trim()).ok().map(|id| id.to_string())
}
