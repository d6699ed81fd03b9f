//! Identifiers: UUIDv7 as lower-case text, so that they sort by the time they were made.

use uuid::Uuid;

/// A new identifier.
pub fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// The canonical form of an identifier somebody sent, or `None` where it is not a UUID at all.
pub fn parse(text: &str) -> Option<String> {
    Uuid::parse_str(text.trim()).ok().map(|id| id.to_string())
}
