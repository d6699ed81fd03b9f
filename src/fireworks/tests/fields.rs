//! Tests of servers that refuse fields: the request is adjusted, and the adjustment is remembered.

use axum::response::Response;
use serde_json::Value;

use super::*;

/// Whether a request is refused, and the error response: its status and body.
type Refuses = (fn(&Value) -> bool, u16, &'static str);

/// Starts a server that refuses requests by the first rule that applies.
async fn strict(refuses: &'static [Refuses]) -> Server {
    let rule = move |body: &Value, _| -> Response {
        let refused = refuses.iter().find(|(applies, ..)| applies(body));
        refused.map_or_else(ok, |(_, status, answer)| error(*status, answer))
    };
    Server::start(rule).await
}

fn has(body: &Value, name: &str) -> bool {
    body.get(name).is_some()
}

fn has_role(body: &Value, role: &str) -> bool {
    body["messages"].as_array().unwrap().iter().any(|message| message["role"] == role)
}

const UNSUPPORTED_MAX_TOKENS: &str = r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#;
const ONLY_ONE: &str = r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}"#;

/// How each kind of server refuses, in this order, and how many requests the client needs to adjust.
const SERVERS: &[(&str, &[Refuses], usize)] = &[
    (
        "gpt-5",
        &[
            (|body| has(body, "max_tokens"), 400, UNSUPPORTED_MAX_TOKENS),
            (|body| has(body, "temperature"), 400, ONLY_ONE),
        ],
        3,
    ),
    (
        "o-series",
        &[
            (
                |body| has_role(body, "system"),
                400,
                r#"{"error":{"message":"Unsupported value: 'messages[0].role' does not support 'system' with this model.","type":"invalid_request_error","param":"messages[0].role","code":"unsupported_value"}}"#,
            ),
            (|body| has(body, "max_tokens"), 400, UNSUPPORTED_MAX_TOKENS),
            (|body| has(body, "temperature"), 400, ONLY_ONE),
        ],
        4,
    ),
    (
        "vLLM",
        &[(
            |body| has(body, "prompt_cache_key") || has(body, "context_length_exceeded_behavior"),
            400,
            r#"{"object":"error","message":"[{'type': 'extra_forbidden', 'loc': ('body', 'prompt_cache_key'), 'msg': 'Extra inputs are not permitted', 'input': 'c'}, {'type': 'extra_forbidden', 'loc': ('body', 'context_length_exceeded_behavior'), 'msg': 'Extra inputs are not permitted', 'input': 'error'}]","type":"BadRequestError","param":null,"code":400}"#,
        )],
        2,
    ),
    (
        "Mistral",
        &[
            (
                |body| has(body, "stream_options"),
                422,
                r#"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted","input":{"include_usage":true}}]},"type":"invalid_request_error","param":null,"code":null}"#,
            ),
            (
                |body| has(body, "user"),
                422,
                r#"{"detail":[{"type":"extra_forbidden","loc":["body","user"],"msg":"Extra inputs are not permitted","input":"member"}]}"#,
            ),
            (
                |body| has(body, "prompt_cache_key"),
                422,
                r#"{"detail":[{"type":"extra_forbidden","loc":["body","prompt_cache_key"],"msg":"Extra inputs are not permitted"}]}"#,
            ),
            (
                |body| has(body, "context_length_exceeded_behavior"),
                422,
                r#"{"detail":[{"type":"extra_forbidden","loc":["body","context_length_exceeded_behavior"],"msg":"Extra inputs are not permitted"}]}"#,
            ),
        ],
        5,
    ),
    (
        "llama.cpp with a chat template without system messages",
        &[(
            |body| has_role(body, "system"),
            500,
            r#"{"error":{"code":500,"message":"System role not supported at row 1, column 60","type":"server_error"}}"#,
        )],
        2,
    ),
    (
        "a chat template that wants turns",
        &[(
            |body| has_role(body, "system"),
            400,
            r#"{"object":"error","message":"Conversation roles must alternate user/assistant/user/assistant/...","type":"BadRequestError","code":400}"#,
        )],
        2,
    ),
    (
        "Ollama",
        &[(
            |body| has(body, "stream_options"),
            400,
            r#"{"error":"json: unknown field \"stream_options\""}"#,
        )],
        2,
    ),
    (
        "a server that does not say which field",
        &[(
            |body| {
                has(body, "user") || has(body, "stream_options") || has(body, "prompt_cache_key")
            },
            422,
            r#"{"error":"Extra inputs are not permitted"}"#,
        )],
        2,
    ),
    (
        "a limit on the reply",
        &[(
            |body| body["max_tokens"].as_u64() > Some(1_024),
            400,
            r#"{"error":{"message":"Invalid max_tokens value, the valid range of max_tokens is [1, 1024]"}}"#,
        )],
        2,
    ),
    (
        "a role for developers",
        &[(
            |body| has_role(body, "system"),
            400,
            r#"{"error":{"message":"Unsupported role 'system': use 'developer' instead"}}"#,
        )],
        2,
    ),
];

#[tokio::test]
async fn each_servers_adjustments_are_learned_and_reused() {
    for (name, refuses, requests) in SERVERS {
        let server = strict(refuses).await;
        // Even with the fields that only Fireworks accepts.
        let client = client_for(server.base.clone(), |s| s.dialect = Some(Dialect::Fireworks));
        let outcome = collect(client.stream(ask("Now?"))).await;
        assert_eq!(outcome.failure, None, "{name}");
        assert_eq!(outcome.text, "Well.", "{name}");
        assert_eq!(server.bodies().len(), *requests, "{name}");
        let again = collect(client.stream(ask("And now?"))).await;
        assert_eq!(again.failure, None, "{name}");
        assert_eq!(server.bodies().len(), requests + 1, "{name}: remembered");
        let instructions = server.bodies().last().unwrap()["messages"].to_string();
        assert!(instructions.contains("You are the CFO."), "{name}: nothing is lost");
        assert!(!client.adjustments().is_empty(), "{name}: the operator can see it");
        assert!(client.health().notices().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn adjustments_apply_only_to_their_model() {
    let server = strict(&[(|body| has(body, "temperature"), 400, ONLY_ONE)]).await;
    let client = client_for(server.base.clone(), |_| {});
    collect(client.stream(ask("Now?"))).await;
    let other = ChatRequest { model: Some("other".into()), ..ask("Now?") };
    collect(client.stream(other)).await;
    let with: Vec<bool> = server.bodies().iter().map(|body| has(body, "temperature")).collect();
    assert_eq!(with, [true, false, true, false]);
    let models: Vec<String> = client.adjustments().into_iter().map(|(model, _)| model).collect();
    assert_eq!(models, [FIRST, "other"]);
}

#[tokio::test]
async fn stored_adjustments_apply_until_forgotten() {
    let server = strict(&[(|body| has(body, "temperature"), 400, ONLY_ONE)]).await;
    let first = client_for(server.base.clone(), |_| {});
    collect(first.stream(ask("Now?"))).await;
    let second = client_for(server.base.clone(), |_| {});
    for (model, adjustments) in first.adjustments() {
        second.adjust(&model, adjustments);
    }
    collect(second.stream(ask("Now?"))).await;
    assert_eq!(server.bodies().len(), 3);
    second.forget(FIRST);
    collect(second.stream(ask("Now?"))).await;
    assert_eq!(server.bodies().len(), 5, "the usual form is tried again");
}

#[tokio::test]
async fn a_server_that_refuses_everything_is_asked_a_bounded_number_of_times() {
    for answer in
        [ONLY_ONE, r#"{"error":"Extra inputs are not permitted"}"#, UNSUPPORTED_MAX_TOKENS]
    {
        let server = Server::start(move |_, _| error(400, answer)).await;
        let client = client_for(server.base.clone(), |_| {});
        let outcome = collect(client.stream(ask("Now?"))).await;
        assert_eq!(outcome.kind(), Some(FailureKind::BadRequest));
        assert!(server.bodies().len() <= 3, "{answer}: {}", server.bodies().len());
        assert!(client.adjustments().is_empty(), "what helped nothing is not remembered");
        assert!(client.health().outage.is_some(), "the operator is told");
    }
}

#[tokio::test]
async fn a_refusal_of_the_question_causes_no_adjustment() {
    let server = Server::start(|_, _| {
        error(400, r#"{"error":{"message":"The prompt violates our content policy","param":null}}"#)
    })
    .await;
    let client = client_for(server.base.clone(), |_| {});
    collect(client.stream(ask("Now?"))).await;
    assert_eq!(server.bodies().len(), 1);
}
