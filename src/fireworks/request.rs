//! The JSON body of a request, in the form that its server and model accept.

use std::borrow::Cow;

use serde::Serialize;

use super::adjustments::{Adjustments, Change, Field};
use super::client::{ChatRequest, Message, Role};
use super::settings::Dialect;

/// The body of `POST /chat/completions`.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<Said<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    /// Sent if the server accepts it, because the documentation of the upstream contradicts itself about the
    /// default.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    /// Routes the turns of a conversation to the cache that holds their common prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<&'a str>,
    /// `error`: by default the upstream silently lowers `max_tokens` instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    context_length_exceeded_behavior: Option<&'static str>,
}

/// Without this the upstream sends no usage in a stream.
#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct Said<'a> {
    role: &'static str,
    content: Cow<'a, str>,
}

impl<'a> Body<'a> {
    /// Builds the request for one model, adjusted to its server.
    pub fn new(
        request: &'a ChatRequest,
        model: &'a str,
        dialect: Dialect,
        adjustments: &Adjustments,
    ) -> Self {
        let usual = |field: Field| !adjustments.omits(field);
        let fireworks = dialect == Dialect::Fireworks;
        let stream = usual(Field::Stream);
        let most = adjustments.most(Field::ReplyTokens).unwrap_or(u32::MAX);
        let max_tokens = Some(request.max_tokens.min(most));
        let (max_tokens, max_completion_tokens) = match adjustments.change(Field::MaxTokens) {
            None => (max_tokens, None),
            Some(Change::MaxCompletionTokens) => (None, max_tokens),
            Some(_) => (None, None),
        };
        Self {
            model,
            messages: messages(&request.messages, adjustments.change(Field::SystemRole)),
            stream,
            stream_options: (stream && usual(Field::StreamOptions))
                .then_some(StreamOptions { include_usage: true }),
            max_tokens,
            max_completion_tokens,
            temperature: usual(Field::Temperature).then_some(request.temperature),
            user: filled(&request.user).filter(|_| usual(Field::User)),
            prompt_cache_key: filled(&request.conversation)
                .filter(|_| fireworks && usual(Field::PromptCacheKey)),
            context_length_exceeded_behavior: (fireworks && usual(Field::ContextBehavior))
                .then_some("error"),
        }
    }

    /// Lists the fields that are sent and can be adjusted, with their names on the wire.
    pub fn sent(&self) -> Vec<(Field, &'static str)> {
        let fields = [
            (self.max_tokens.is_some(), Field::MaxTokens, "max_tokens"),
            (self.max_completion_tokens.is_some(), Field::MaxTokens, "max_completion_tokens"),
            (self.temperature.is_some(), Field::Temperature, "temperature"),
            (self.stream, Field::Stream, "stream"),
            (self.stream_options.is_some(), Field::StreamOptions, "stream_options"),
            (self.user.is_some(), Field::User, "user"),
            (self.prompt_cache_key.is_some(), Field::PromptCacheKey, "prompt_cache_key"),
            (
                self.context_length_exceeded_behavior.is_some(),
                Field::ContextBehavior,
                "context_length_exceeded_behavior",
            ),
        ];
        fields
            .into_iter()
            .filter(|(is_sent, ..)| *is_sent)
            .map(|(_, field, name)| (field, name))
            .collect()
    }

    /// Returns the reply's token limit, if one is sent.
    pub fn reply_tokens(&self) -> Option<u32> {
        self.max_tokens.or(self.max_completion_tokens)
    }
}

fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn messages(messages: &[Message], system: Option<Change>) -> Vec<Said<'_>> {
    if system == Some(Change::IntoQuestion) {
        return alternating(messages);
    }
    let name = |role: Role| match role {
        Role::System if system == Some(Change::Developer) => "developer",
        role => role_name(role),
    };
    messages
        .iter()
        .map(|message| Said { role: name(message.role), content: Cow::from(&message.content) })
        .collect()
}

/// Formats the messages for the strictest chat templates: user and assistant alternate, starting with user.
fn alternating(messages: &[Message]) -> Vec<Said<'_>> {
    let mut turns: Vec<Said<'_>> = Vec::with_capacity(messages.len());
    for message in messages {
        let role = match message.role {
            Role::System => role_name(Role::User),
            role => role_name(role),
        };
        match turns.last_mut() {
            Some(last) if last.role == role => {
                let content = last.content.to_mut();
                content.push_str("\n\n");
                content.push_str(&message.content);
            }
            _ => turns.push(Said { role, content: Cow::from(&message.content) }),
        }
    }
    turns
}

const fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};
    use time::OffsetDateTime;

    use super::super::adjustments::Adjustment;
    use super::*;

    fn request() -> ChatRequest {
        let message = |role, content: &str| Message { role, content: content.to_owned() };
        ChatRequest {
            model: None,
            messages: vec![
                message(Role::System, "Be brief."),
                message(Role::User, "Earlier?"),
                message(Role::Assistant, "Yes."),
                message(Role::User, "Now?"),
            ],
            history: 2,
            max_tokens: 2048,
            temperature: 0.5,
            user: "u1".into(),
            conversation: "c1".into(),
        }
    }

    fn body(dialect: Dialect, changes: &[(Field, Change)]) -> Value {
        let mut adjustments = Adjustments::default();
        for (field, change) in changes {
            adjustments.insert(Adjustment {
                field: *field,
                change: *change,
                said: String::new(),
                learned_at: OffsetDateTime::UNIX_EPOCH,
            });
        }
        serde_json::to_value(Body::new(&request(), "m", dialect, &adjustments)).unwrap()
    }

    #[test]
    fn each_change_touches_its_own_field_and_no_other() {
        let usual = body(Dialect::Fireworks, &[]);
        let cases = [
            (Field::Temperature, Change::Omit, json!({"temperature": null})),
            (Field::StreamOptions, Change::Omit, json!({"stream_options": null})),
            (Field::Stream, Change::Omit, json!({"stream": false, "stream_options": null})),
            (Field::User, Change::Omit, json!({"user": null})),
            (Field::PromptCacheKey, Change::Omit, json!({"prompt_cache_key": null})),
            (
                Field::ContextBehavior,
                Change::Omit,
                json!({"context_length_exceeded_behavior": null}),
            ),
            (Field::MaxTokens, Change::Omit, json!({"max_tokens": null})),
            (
                Field::MaxTokens,
                Change::MaxCompletionTokens,
                json!({"max_tokens": null, "max_completion_tokens": 2048}),
            ),
            (Field::ReplyTokens, Change::AtMost(100), json!({"max_tokens": 100})),
            (Field::ReplyTokens, Change::AtMost(9_999), json!({"max_tokens": 2048})),
            (Field::ContextTokens, Change::AtMost(4_096), json!({})),
        ];
        for (field, change, difference) in cases {
            let mut expected = usual.clone();
            for (name, value) in difference.as_object().unwrap() {
                match value {
                    Value::Null => drop(expected.as_object_mut().unwrap().remove(name)),
                    value => expected[name] = value.clone(),
                }
            }
            assert_eq!(
                body(Dialect::Fireworks, &[(field, change)]),
                expected,
                "{field:?} {change:?}"
            );
        }
    }

    #[test]
    fn instructions_use_a_role_that_the_model_accepts() {
        let messages =
            |change| body(Dialect::OpenAi, &[(Field::SystemRole, change)])["messages"].clone();
        let developer = messages(Change::Developer);
        assert_eq!(developer[0], json!({"role": "developer", "content": "Be brief."}));
        let merged = json!([
            {"role": "user", "content": "Be brief.\n\nEarlier?"},
            {"role": "assistant", "content": "Yes."},
            {"role": "user", "content": "Now?"},
        ]);
        assert_eq!(messages(Change::IntoQuestion), merged);
    }

    #[test]
    fn only_sent_fields_can_be_adjusted() {
        let request = request();
        let none = Adjustments::default();
        let names = |dialect| {
            let body = Body::new(&request, "m", dialect, &none);
            let json = serde_json::to_value(&body).unwrap();
            let sent: Vec<_> = body.sent().into_iter().map(|(_, name)| name).collect();
            assert!(sent.iter().all(|name| json.get(name).is_some()), "{sent:?}");
            sent.len()
        };
        assert_eq!((names(Dialect::Fireworks), names(Dialect::OpenAi)), (7, 5));
    }
}
