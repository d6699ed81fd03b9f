//! Parses from a server's error message which part of a request it refused.
//!
//! A wrong guess costs one more request: an adjustment is recorded only if it led to a reply.

use serde_json::Value;

use super::adjustments::{Adjustments, Change, Field};
use super::client::ChatRequest;
use super::request::Body;

/// Smallest limit on a reply's tokens. Smaller numbers in an error mean something else.
const LEAST_REPLY_TOKENS: u32 = 16;

/// Phrases that introduce a list of accepted fields, which may include fields we sent.
const LISTS: [&str; 8] = [
    "expected one of",
    "expected `",
    "valid fields",
    "valid parameters",
    "supported fields",
    "supported parameters are",
    "allowed fields",
    "allowed parameters",
];

/// Phrases of an error that refuses a field, as opposed to one that describes it.
const REFUSING: [&str; 20] = [
    "unsupported",
    "not support",
    "not permitted",
    "not allowed",
    "not enabled",
    "not valid",
    "invalid",
    "extra",
    "unknown",
    "unrecogni",
    "unexpected",
    "cannot",
    "can't",
    "must",
    "only",
    "deprecated",
    "instead",
    "too large",
    "at most",
    "maximum",
];

/// Phrases of a server that refuses all unknown fields.
const STRICT: [&str; 8] = [
    "extra inputs are not permitted",
    "extra fields not permitted",
    "extra_forbidden",
    "unknown field",
    "unknown parameter",
    "unrecognized request argument",
    "unsupported parameter",
    "additional properties are not allowed",
];

/// Phrases of an error about the value of a limit rather than its name.
const TOO_MUCH: [&str; 8] =
    ["too large", "at most", "maximum", "less than", "range", "exceed", "<=", "greater than"];

/// A parsed error.
pub(super) struct Complaint {
    /// Fields named in the error's structure.
    places: Vec<String>,
    /// All text of the error, in lower case.
    text: String,
}

impl Complaint {
    /// Parses the body of an error response.
    pub fn of(body: &[u8]) -> Self {
        let (mut places, mut text) = (Vec::new(), String::new());
        match serde_json::from_slice::<Value>(body) {
            Ok(document) => {
                gather_places(&document, &mut places);
                gather_text(&document, &mut text);
            }
            Err(_) => text = String::from_utf8_lossy(body).into_owned(),
        }
        Self { places, text: text.to_lowercase() }
    }

    /// Returns what to change before the request is sent again. Empty if the error refuses nothing that was
    /// sent.
    pub fn changes(
        &self,
        status: u16,
        request: &ChatRequest,
        body: &Body<'_>,
        known: &Adjustments,
    ) -> Vec<(Field, Change)> {
        if matches!(status, 400 | 422 | 500)
            && let Some(change) = self.system_role(known)
        {
            return vec![(Field::SystemRole, change)];
        }
        if !matches!(status, 400 | 422) {
            return Vec::new();
        }
        let sent = body.sent();
        let named = self.named(&sent);
        if named.is_empty() && self.places.is_empty() && self.says(&STRICT) {
            return optional(&sent);
        }
        let limit = body.reply_tokens().unwrap_or(request.max_tokens);
        named.into_iter().map(|(field, name)| self.change(field, name, limit)).collect()
    }

    fn change(&self, field: Field, name: &str, limit: u32) -> (Field, Change) {
        if field != Field::MaxTokens {
            return (field, Change::Omit);
        }
        match self.largest_below(limit) {
            Some(most) if self.says(&TOO_MUCH) && !self.says(&STRICT) => {
                (Field::ReplyTokens, Change::AtMost(most))
            }
            _ if name == "max_tokens" => (field, Change::MaxCompletionTokens),
            _ => (field, Change::Omit),
        }
    }

    /// Returns the sent fields that the error names: in its structure, otherwise in its text.
    fn named(&self, sent: &[(Field, &'static str)]) -> Vec<(Field, &'static str)> {
        let in_structure = sent.iter().filter(|(_, name)| self.places.iter().any(|it| it == name));
        let in_structure: Vec<_> = in_structure.copied().collect();
        if !in_structure.is_empty() || !self.says(&REFUSING) {
            return in_structure;
        }
        let end = LISTS.iter().filter_map(|list| self.text.find(list)).min();
        let text = end.and_then(|end| self.text.get(..end)).unwrap_or(&self.text);
        sent.iter().filter(|(_, name)| mentions(text, name)).copied().collect()
    }

    /// Returns how to send the instructions if the model accepts no system message.
    fn system_role(&self, known: &Adjustments) -> Option<Change> {
        let about_role = self.text.contains("system") && self.text.contains("role");
        let about_message = ["system message", "system prompt", "system instruction"]
            .iter()
            .any(|words| self.text.contains(words));
        let about_place =
            self.places.iter().any(|it| it == "messages") && self.text.contains("system");
        let refused = (about_role || about_message || about_place) && self.says(&REFUSING);
        // Errors raised by chat templates, some of them as internal errors.
        let by_template = self.says(&[
            "roles must alternate",
            "only user and assistant roles",
            "only user, assistant",
            "developer instruction is not enabled",
        ]);
        if !refused && !by_template {
            return None;
        }
        match known.change(Field::SystemRole) {
            Some(Change::IntoQuestion) => None,
            None if self.text.contains("developer") && !by_template => Some(Change::Developer),
            _ => Some(Change::IntoQuestion),
        }
    }

    /// Returns the largest standalone number in the text that is below `limit`.
    fn largest_below(&self, limit: u32) -> Option<u32> {
        super::overflow::numbers(&self.text)
            .map(|number| number.value)
            .filter(|number| (LEAST_REPLY_TOKENS..limit).contains(number))
            .max()
    }

    fn says(&self, wordings: &[&str]) -> bool {
        wordings.iter().any(|words| self.text.contains(words))
    }
}

/// Lists the fields that can be left out without changing the reply.
fn optional(sent: &[(Field, &'static str)]) -> Vec<(Field, Change)> {
    let is_optional = |field: Field| {
        matches!(
            field,
            Field::User | Field::StreamOptions | Field::PromptCacheKey | Field::ContextBehavior
        )
    };
    sent.iter()
        .filter(|(field, _)| is_optional(*field))
        .map(|(field, _)| (*field, Change::Omit))
        .collect()
}

/// Collects the names in every `param` and `loc` of an error: `"messages[0].role"` names `messages`,
/// `["body","user"]` names `user`.
fn gather_places(value: &Value, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("param", Value::String(path)) => places.extend(first_name(path)),
                    ("loc", Value::Array(path)) => {
                        let names = path.iter().filter_map(Value::as_str);
                        places.extend(names.filter(|it| *it != "body").map(str::to_owned));
                    }
                    // These repeat the request.
                    ("input" | "ctx", _) => {}
                    (_, value) => gather_places(value, places),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather_places(item, places)),
        _ => {}
    }
}

/// Collects the text of an error, one entry per line. Skips ids, whose digits could be taken for limits, and
/// repetitions of the request.
fn gather_text(value: &Value, text: &mut String) {
    const WORDS: [&str; 10] = [
        "message",
        "msg",
        "detail",
        "error",
        "error_message",
        "type",
        "code",
        "status",
        "raw",
        "loc",
    ];
    match value {
        Value::String(words) => {
            text.push_str(words);
            text.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| gather_text(item, text)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if WORDS.contains(&name.as_str()) || name == "metadata" {
                    gather_text(value, text);
                }
            }
        }
        _ => {}
    }
}

fn first_name(path: &str) -> Option<String> {
    let name =
        path.split(|c: char| !is_name(c)).find(|name| !name.is_empty() && *name != "body")?;
    Some(name.to_owned())
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns whether `text` names the field. A name that is also an English word counts only in quotes or
/// directly after a colon, an equals sign or a line start.
fn mentions(text: &str, name: &str) -> bool {
    let is_word = !name.contains('_') && name != "temperature";
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + name.len()..));
        let (last, next) = (before.chars().next_back(), after.unwrap_or_default().chars().next());
        if last.is_some_and(is_name) || next.is_some_and(is_name) {
            return false;
        }
        let quoted = |c: Option<char>| matches!(c, Some('\'' | '"' | '`' | '\\'));
        let before = before.trim_end_matches(' ');
        let named = before.is_empty() || before.ends_with([':', '=', '\n']);
        let ends = matches!(next, None | Some(':' | '.' | ',' | '"' | '\n'));
        !is_word || (quoted(last) && quoted(next) && !text.contains("role")) || (named && ends)
    })
}

#[cfg(test)]
#[path = "refused_tests.rs"]
mod tests;
