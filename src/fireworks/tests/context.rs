//! Tests of prompts that exceed a model's context.

use serde_json::Value;

use super::*;

fn conversation(exchanges: usize) -> ChatRequest {
    let mut request = ask("Now?");
    for number in (0..exchanges).rev() {
        let said = |role, what: &str| Message { role, content: format!("{what} {number}") };
        request.messages.splice(1..1, [said(Role::User, "Asked"), said(Role::Assistant, "Said")]);
    }
    request.history = 2 * exchanges;
    request
}

fn messages(body: &Value) -> usize {
    body["messages"].as_array().unwrap().len()
}

#[tokio::test]
async fn an_overlong_prompt_is_sent_again_with_less_history() {
    let wordings = [
        (
            400,
            r#"{"error":{"code":400,"message":"the request exceeds the available context size. try increasing the context size or enable context shift","type":"invalid_request_error"}}"#,
        ),
        (
            500,
            r#"{"error":{"code":500,"message":"the request exceeds the available context size. try increasing the context size or enable context shift","type":"server_error"}}"#,
        ),
        (
            422,
            r#"{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 6000 `inputs` tokens and 2048 `max_new_tokens`","error_type":"validation"}"#,
        ),
        (
            400,
            r#"[{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}]"#,
        ),
        (
            400,
            r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 8048 tokens (6000 in the messages, 2048 in the completion). Please reduce the length of the messages or completion.","type":"BadRequestError","param":null,"code":400}"#,
        ),
        (
            400,
            r#"{"error":{"message":"The prompt is too long: 798932, model maximum context length: 262143","code":"BAD_REQUEST"}}"#,
        ),
        (413, r#"{"error":{"message":"Request too large","type":"tokens"}}"#),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
        ),
    ];
    for (status, answer) in wordings {
        let whole = messages(&serde_json::json!({"messages": conversation(6).messages}));
        let server = Server::start(move |body, _| match messages(body) < whole {
            true => ok(),
            false => error(status, answer),
        })
        .await;
        let client = client_for(server.base.clone(), |_| {});
        let outcome = collect(client.stream(conversation(6))).await;
        assert_eq!(outcome.failure, None, "{answer}");
        let bodies = server.bodies();
        assert_eq!(bodies.len(), 2, "{answer}");
        let said = bodies[1]["messages"].to_string();
        assert!(said.contains("Now?") && said.contains("You are the CFO."), "{answer}");
        assert!(!said.contains("Asked 0"), "the oldest go first");
        assert!(client.health().outage.is_none());
    }
}

#[tokio::test]
async fn if_the_prompt_alone_fits_only_the_reply_is_shortened() {
    let answers = [
        (
            400,
            r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5048 tokens (3000 in the messages, 2048 in the completion).","code":400}"#,
        ),
        (
            422,
            r#"{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 3000 `inputs` tokens and 2048 `max_new_tokens`"}"#,
        ),
        (
            400,
            r#"{"error":{"message":"'max_tokens' or 'max_completion_tokens' is too large: 2048. This model's maximum context length is 4096 tokens and your request has 3000 input tokens (2048 > 4096 - 3000).","param":"max_tokens","code":400}}"#,
        ),
    ];
    for (status, answer) in answers {
        let server = Server::start(move |body, _| match body["max_tokens"].as_u64() {
            Some(..=1_096) => ok(),
            _ => error(status, answer),
        })
        .await;
        let client = client_for(server.base.clone(), |_| {});
        let outcome = collect(client.stream(conversation(2))).await;
        assert_eq!(outcome.failure, None, "{answer}");
        let bodies = server.bodies();
        assert_eq!(bodies.len(), 2, "{answer}");
        assert_eq!((bodies[1]["max_tokens"].as_u64(), messages(&bodies[1])), (Some(1_096), 6));
        assert_eq!(client.learned_context(FIRST), Some(4_096), "the next prompt is made to fit");
    }
}

#[tokio::test]
async fn a_question_too_long_by_itself_is_not_resent() {
    let server = Server::start(|_, _| {
        error(400, r#"{"error":{"message":"the request exceeds the available context size"}}"#)
    })
    .await;
    let client = client_for(server.base.clone(), |_| {});
    let outcome = collect(client.stream(ask("Now?"))).await;
    assert_eq!(outcome.kind(), Some(FailureKind::PromptTooLong));
    assert_eq!(server.bodies().len(), 1);
    let with_history = collect(client.stream(conversation(20))).await;
    assert_eq!(with_history.kind(), Some(FailureKind::PromptTooLong));
    assert_eq!(server.bodies().len(), 3, "once more without its history");
}
