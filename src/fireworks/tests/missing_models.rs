//! Tests of a model that is not served, and its fallback.

use super::*;

#[tokio::test]
async fn a_missing_model_is_replaced_at_once_remembered_and_reported() {
    let (outcome, emulator, client) = reply_with("#fault=model-missing #tokens=2", |s| {
        s.fallback_model = Some(SECOND.into());
    })
    .await;
    assert_eq!(outcome.model.as_deref(), Some(SECOND));
    assert_eq!(emulator.counts().requests, 2);
    assert!(client.health().notices().concat().contains(FIRST));

    let again = collect(client.stream(ask("#fault=model-missing #tokens=2"))).await;
    assert_eq!(again.model.as_deref(), Some(SECOND));
    assert_eq!(emulator.counts().requests, 3);
}

#[tokio::test]
async fn a_missing_model_is_tried_again_after_its_time() {
    let (_, _emulator, client) = reply_with("#fault=model-missing #tokens=2", |s| {
        s.fallback_model = Some(SECOND.into());
        s.missing_model_memory = Duration::ZERO;
    })
    .await;
    let again = collect(client.stream(ask("#tokens=2"))).await;
    assert_eq!(again.model.as_deref(), Some(FIRST));
    assert!(client.health().notices().is_empty());
}

#[tokio::test]
async fn if_the_fallback_is_missing_too_each_question_tries_both() {
    let (outcome, emulator, client) =
        reply_with("#fault=http-404", |s| s.fallback_model = Some(SECOND.into())).await;
    assert_eq!(outcome.kind(), Some(FailureKind::ModelMissing));
    assert!(client.health().notices().concat().starts_with("No model is served."));
    collect(client.stream(ask("#fault=http-404"))).await;
    assert_eq!(emulator.counts().requests, 4);
}

#[tokio::test]
async fn a_request_may_name_its_own_model() {
    let emulator = emulator().await;
    let client = client_for(emulator.base_url(), |_| {});
    let request = ChatRequest { model: Some("other".into()), ..ask("#tokens=1") };
    assert_eq!(collect(client.stream(request)).await.model.as_deref(), Some("other"));
}
