//! Tests of when a request is retried.

use super::*;

#[tokio::test]
async fn two_failures_are_retried_and_the_third_attempt_succeeds() {
    let (outcome, emulator, _) = reply_to("Hi #fault=http-503*1 #fault=http-429*1").await;
    assert_eq!(outcome.finish_reason(), Some(FinishReason::Stop));
    assert_eq!(emulator.counts().requests, 3);
}

#[tokio::test]
async fn after_the_last_attempt_the_fallback_is_asked_once() {
    let (outcome, emulator, _) =
        reply_with("Hi #fault=http-500*3", |s| s.fallback_model = Some(SECOND.into())).await;
    assert_eq!(outcome.model.as_deref(), Some(SECOND));
    assert_eq!(emulator.counts().requests, 4);
    let (outcome, emulator, client) =
        reply_with("Hi #fault=http-500", |s| s.fallback_model = Some(SECOND.into())).await;
    assert_eq!(outcome.kind(), Some(FailureKind::Busy));
    assert_eq!(emulator.counts().requests, 4);
    // A busy model is not skipped next time.
    assert!(client.health().notices().is_empty());
}

#[tokio::test]
async fn a_key_or_prompt_at_fault_is_not_tried_on_the_fallback() {
    for fault in ["http-401", "prompt-too-long", "http-412"] {
        let question = format!("Hi #fault={fault}");
        let (_, emulator, _) =
            reply_with(&question, |s| s.fallback_model = Some(SECOND.into())).await;
        assert_eq!(emulator.counts().requests, 1, "{fault}");
    }
}

#[tokio::test]
async fn a_prompt_that_is_too_long_is_asked_once_more_with_less_history() {
    let emulator = emulator().await;
    let client = client_for(emulator.base_url(), |_| {});
    let with_history = |question: &str| {
        let mut request = ask(question);
        let before = [(Role::User, "Earlier?"), (Role::Assistant, "Before.")];
        let before = before.map(|(role, content)| Message { role, content: content.to_owned() });
        request.messages.splice(1..1, before);
        ChatRequest { history: 2, ..request }
    };
    let question = "#fault=prompt-too-long*1 #fault=turns Now?";
    let outcome = collect(client.stream(with_history(question))).await;
    assert_eq!(outcome.finish_reason(), Some(FinishReason::Stop));
    assert!(outcome.text.contains("Now?") && !outcome.text.contains("Before."), "{}", outcome.text);
    let outcome = collect(client.stream(with_history("Hi #fault=prompt-too-long"))).await;
    assert_eq!(outcome.kind(), Some(FailureKind::PromptTooLong));
    assert_eq!(emulator.counts().requests, 4, "twice each");
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let start = Instant::now();
    let (outcome, ..) = reply_to("Hi #fault=retry-after*1 #tokens=1").await;
    assert_eq!(outcome.deltas, 1);
    assert!(start.elapsed() >= Duration::from_millis(990), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_retry_after_beyond_the_limit_ends_the_retries() {
    let (outcome, emulator, _) = reply_with("Hi #fault=retry-after", |settings| {
        settings.retry.longest_retry_after = Duration::from_millis(500);
    })
    .await;
    assert_eq!(outcome.kind(), Some(FailureKind::Busy));
    assert_eq!(emulator.counts().requests, 1);
}

#[tokio::test]
async fn an_error_or_end_before_the_first_token_is_retried() {
    for fault in ["error-first*2", "cut-first*2"] {
        let (outcome, emulator, _) = reply_to(&format!("#tokens=3 #fault={fault}")).await;
        assert_eq!((outcome.deltas, outcome.failure), (3, None), "{fault}");
        assert_eq!(emulator.counts().requests, 3, "{fault}");
    }
}

#[tokio::test]
async fn nothing_is_retried_after_the_first_token() {
    for fault in ["error-mid", "error-empty-choices", "cut", "reset", "malformed"] {
        let question = format!("#fault={fault}*1 #tokens=20");
        let (outcome, emulator, _) =
            reply_with(&question, |s| s.fallback_model = Some(SECOND.into())).await;
        assert!(outcome.failure.is_some(), "{fault}");
        assert_eq!(emulator.counts().requests, 1, "{fault}");
    }
}

#[tokio::test]
async fn an_upstream_that_is_not_there_refuses_the_connection() {
    let client = client_for(nobody().await, |_| {});
    let outcome = collect(client.stream(ask("Hi"))).await;
    let failure = outcome.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::ConnectionRefused);
    assert!(failure.detail.contains("refused"), "{}", failure.detail);
}
