#![allow(clippy::unwrap_used)]

use time::OffsetDateTime;

use super::super::adjustments::Adjustment;
use super::super::client::{Message, Role};
use super::super::settings::Dialect;
use super::*;

fn request() -> ChatRequest {
    let message = |role, content: &str| Message { role, content: content.to_owned() };
    ChatRequest {
        model: None,
        messages: vec![message(Role::System, "Be brief."), message(Role::User, "Now?")],
        history: 0,
        max_tokens: 32_000,
        temperature: 0.7,
        user: "u1".into(),
        conversation: "c1".into(),
    }
}

fn changes_after(known: &[(Field, Change)], status: u16, body: &str) -> Vec<(Field, Change)> {
    let mut adjustments = Adjustments::default();
    for (field, change) in known {
        adjustments.insert(Adjustment {
            field: *field,
            change: *change,
            said: String::new(),
            learned_at: OffsetDateTime::UNIX_EPOCH,
        });
    }
    let request = request();
    let sent = Body::new(&request, "m", Dialect::Fireworks, &adjustments);
    Complaint::of(body.as_bytes()).changes(status, &request, &sent, &adjustments)
}

#[test]
fn each_refusal_wording_maps_to_its_adjustment() {
    let omit = |field| (field, Change::Omit);
    let rename = (Field::MaxTokens, Change::MaxCompletionTokens);
    let most = |tokens| (Field::ReplyTokens, Change::AtMost(tokens));
    let cases = [
        (
            400,
            r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#,
            rename,
        ),
        (
            400,
            r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.","param":"temperature","code":"unsupported_value"}}"#,
            omit(Field::Temperature),
        ),
        (
            400,
            r#"{"error":{"message":"`temperature` is deprecated for this model."}}"#,
            omit(Field::Temperature),
        ),
        (
            422,
            r#"{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted","input":{"include_usage":true}}]}"#,
            omit(Field::StreamOptions),
        ),
        (
            422,
            r#"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","user"],"msg":"Extra inputs are not permitted","input":"u1"}]},"type":"invalid_request_error","param":null,"code":null}"#,
            omit(Field::User),
        ),
        (
            400,
            r#"{"object":"error","message":"[{'type': 'extra_forbidden', 'loc': ('body', 'prompt_cache_key'), 'msg': 'Extra inputs are not permitted', 'input': 'c1'}]","type":"BadRequestError","param":null,"code":400}"#,
            omit(Field::PromptCacheKey),
        ),
        (
            400,
            r#"{"error":{"message":"property 'user' is unsupported","type":"invalid_request_error"}}"#,
            omit(Field::User),
        ),
        (
            400,
            r#"{"error":{"message":"Unrecognized request argument supplied: user","type":"invalid_request_error","param":null}}"#,
            omit(Field::User),
        ),
        (400, r#"{"error":{"message":"user: Extra inputs are not permitted"}}"#, omit(Field::User)),
        (
            400,
            r#"[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"prompt_cache_key\": Cannot find field.","status":"INVALID_ARGUMENT"}}]"#,
            omit(Field::PromptCacheKey),
        ),
        (
            400,
            "Failed to deserialize the JSON body into the target type: unknown field `context_length_exceeded_behavior`, expected one of `model`, `messages`, `max_tokens`, `temperature`, `stream` at line 1 column 90",
            omit(Field::ContextBehavior),
        ),
        (400, r#"{"error":"json: unknown field \"stream_options\""}"#, omit(Field::StreamOptions)),
        (
            400,
            r#"{"error":{"message":"Your organization must be verified to stream this model.","type":"invalid_request_error","param":"stream","code":"unsupported_value"}}"#,
            omit(Field::Stream),
        ),
        (
            400,
            r#"{"error":{"message":"max_tokens is too large: 32000. This model supports at most 16384 completion tokens, whereas you provided 32000.","param":"max_tokens"}}"#,
            most(16_384),
        ),
        (
            400,
            r#"{"error":{"message":"Invalid max_tokens value, the valid range of max_tokens is [1, 8192]","type":"invalid_request_error"}}"#,
            most(8_192),
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: 32000 > 4096, which is the maximum allowed number of output tokens for this model"}}"#,
            most(4_096),
        ),
        (
            400,
            r#"{"error":{"message":"Unsupported value: 'messages[0].role' does not support 'system' with this model.","param":"messages[0].role","code":"unsupported_value"}}"#,
            (Field::SystemRole, Change::IntoQuestion),
        ),
        (
            400,
            r#"{"error":{"message":"Unsupported role: 'system'. Use 'developer' instead."}}"#,
            (Field::SystemRole, Change::Developer),
        ),
        (
            500,
            r#"{"error":{"code":500,"message":"Value is not callable: System role not supported at row 1, column 60","type":"server_error"}}"#,
            (Field::SystemRole, Change::IntoQuestion),
        ),
        (
            400,
            r#"{"object":"error","message":"Conversation roles must alternate user/assistant/user/assistant/...","code":400}"#,
            (Field::SystemRole, Change::IntoQuestion),
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"Developer instruction is not enabled for models/gemma-3-27b-it","status":"INVALID_ARGUMENT"}}"#,
            (Field::SystemRole, Change::IntoQuestion),
        ),
    ];
    for (status, body, change) in cases {
        assert_eq!(changes_after(&[], status, body), [change], "{body}");
    }
}

#[test]
fn if_no_field_is_named_all_optional_fields_are_dropped() {
    let all: Vec<Field> = changes_after(&[], 422, r#"{"error":"Extra inputs are not permitted"}"#)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    let expected =
        [Field::StreamOptions, Field::User, Field::PromptCacheKey, Field::ContextBehavior];
    assert_eq!(all, expected);
}

#[test]
fn several_fields_may_be_refused_at_once() {
    let body = r#"{"detail":[{"loc":["body","user"],"msg":"Extra inputs are not permitted"},{"loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}"#;
    let fields: Vec<Field> =
        changes_after(&[], 422, body).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, [Field::StreamOptions, Field::User]);
}

#[test]
fn a_second_refusal_adjusts_further_and_a_third_gives_up() {
    let renamed = (Field::MaxTokens, Change::MaxCompletionTokens);
    let body = r#"{"error":{"message":"Unknown parameter: 'max_completion_tokens'."}}"#;
    assert_eq!(changes_after(&[renamed], 400, body), [(Field::MaxTokens, Change::Omit)]);
    let merged = (Field::SystemRole, Change::IntoQuestion);
    let body = r#"{"error":{"message":"System role not supported"}}"#;
    assert_eq!(changes_after(&[merged], 400, body), []);
    let omitted = (Field::Temperature, Change::Omit);
    let body = r#"{"error":{"message":"Unsupported parameter","param":"temperature"}}"#;
    assert_eq!(changes_after(&[omitted], 400, body), []);
}

#[test]
fn other_refusals_change_nothing() {
    for (status, body) in [
        (400, r#"{"error":{"message":"Invalid request"}}"#),
        (422, r#"{"detail":[{"loc":["body","surprise"],"msg":"Extra inputs are not permitted"}]}"#),
        (
            400,
            r#"{"error":{"message":"The response was filtered due to the prompt triggering our content policy"}}"#,
        ),
        (429, r#"{"error":{"message":"Rate limit reached, only 3 requests per user"}}"#),
        (403, r#"{"error":{"message":"temperature must be 1","param":"temperature"}}"#),
        (400, r#"{"error":{"message":"This user must verify their account"}}"#),
        (500, r#"{"error":"Internal server error"}"#),
        (400, ""),
    ] {
        assert_eq!(changes_after(&[], status, body), [], "{body}");
    }
}
