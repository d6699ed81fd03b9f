//! Which part of a request a server refused, as far as its words tell.
//!
//! A wrong guess costs one more request: what was changed is remembered only where a reply came of it.

use serde_json::Value;

use super::adjustments::{Adjustments, Change, Field};
use super::client::ChatRequest;
use super::request::Body;

/// The least that a limit on a reply's tokens can be: smaller numbers in an error are something else.
const LEAST_REPLY_TOKENS: u32 = 16;

/// Words behind which an error lists what it would take, our own fields among them.
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

/// Words of an error that refuses a field, rather than telling something of it.
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

/// Words of an error that refuses every field it does not know.
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

/// Words of an error about the limit's value rather than its name.
const TOO_MUCH: [&str; 8] =
    ["too large", "at most", "maximum", "less than", "range", "exceed", "<=", "greater than"];

/// An error's words, taken apart.
pub(super) struct Complaint {
    /// The fields that it names in its structure.
    places: Vec<String>,
    /// All it says, in lower case.
    text: String,
}

impl Complaint {
    /// Reads the body of an answer.
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

    /// What to change before the request is sent once more; empty where nothing that was sent is refused.
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

    /// The sent fields that are refused by name: those in the error's structure, else those in its words.
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

    /// What becomes of the instructions where the model takes no system message.
    fn system_role(&self, known: &Adjustments) -> Option<Change> {
        let about_role = self.text.contains("system") && self.text.contains("role");
        let about_message = ["system message", "system prompt", "system instruction"]
            .iter()
            .any(|words| self.text.contains(words));
        let about_place =
            self.places.iter().any(|it| it == "messages") && self.text.contains("system");
        let refused = (about_role || about_message || about_place) && self.says(&REFUSING);
        // What templates of chat models raise, some of them as an internal error.
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

    /// The largest number that stands alone in the text and is smaller than `limit`.
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

/// What can be left out without changing the answer.
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

/// The names in every `param` and `loc` of an error: `"messages[0].role"` names `messages`, `["body","user"]` names `user`.
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
                    // What the request said is not what the error says.
                    ("input" | "ctx", _) => {}
                    (_, value) => gather_places(value, places),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather_places(item, places)),
        _ => {}
    }
}

/// All that an error says in words, one text a line: without ids, whose digits would count as limits, and without
/// what the request said.
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

/// Whether `text` names the field. Some names are also words of the language: those count only where they
/// stand as a name does, in quotes or behind a colon.
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
