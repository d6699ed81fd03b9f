#![allow(clippy::unwrap_used)]

use super::*;

fn client(base: &str) -> Client {
    let mut settings = Settings::new(Url::parse(base).unwrap(), "model-a");
    settings.api_key = Some("fw_secret".into());
    Client::new(settings).unwrap()
}

fn sent(base: &str) -> (reqwest::Request, serde_json::Value) {
    let request = ChatRequest {
        model: None,
        messages: vec![Message { role: Role::User, content: "Hi".into() }],
        history: 0,
        max_tokens: 2048,
        temperature: 0.5,
        user: "u1".into(),
        conversation: "c1".into(),
    };
    let shared = client(base).shared;
    let body = shared.body(&request, "model-a", &Adjustments::default());
    let http = shared.request(&request, &body).unwrap();
    let body = http.body().and_then(|body| body.as_bytes()).unwrap();
    let json = serde_json::from_slice(body).unwrap();
    (http, json)
}

#[test]
fn fireworks_gets_every_field_it_documents() {
    let (http, body) = sent("http://127.0.0.1:1/inference/v1");
    let expected = serde_json::json!({
        "model": "model-a",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": true,
        "stream_options": {"include_usage": true},
        "max_tokens": 2048,
        "temperature": 0.5,
        "user": "u1",
        "prompt_cache_key": "c1",
        "context_length_exceeded_behavior": "error",
    });
    assert_eq!(body, expected);
    assert_eq!(http.headers()["x-session-affinity"], "c1");
    assert_eq!(http.headers()[AUTHORIZATION], "Bearer fw_secret");
    assert!(http.headers()[AUTHORIZATION].is_sensitive());
}

#[test]
fn other_servers_get_only_the_fields_they_know() {
    let (http, body) = sent("http://127.0.0.1:1/v1");
    assert!(body.get("prompt_cache_key").is_none());
    assert!(body.get("context_length_exceeded_behavior").is_none());
    assert!(http.headers().get("x-session-affinity").is_none());
}

#[test]
fn the_base_address_may_end_in_a_slash_or_not() {
    for base in ["http://h/v1", "http://h/v1/"] {
        let url = endpoint(&Url::parse(base).unwrap()).unwrap();
        assert_eq!(url.as_str(), "http://h/v1/chat/completions");
    }
    assert!(endpoint(&Url::parse("ftp://h/v1").unwrap()).is_err());
    assert!(endpoint(&Url::parse("mailto:x@y").unwrap()).is_err());
}

#[test]
fn a_key_invalid_in_a_header_is_refused_without_being_shown() {
    let mut settings = Settings::new(Url::parse("http://h/v1").unwrap(), "m");
    settings.api_key = Some("fw_a\nb".into());
    let error = Client::new(settings).err().unwrap();
    assert!(matches!(error, ClientError::ApiKey));
    assert!(!error.to_string().contains("fw_a"));
}

#[test]
fn a_key_quoted_by_the_upstream_is_redacted() {
    let client = client("http://h/v1");
    let text = format!("{}fw_secret!", "x".repeat(495));
    let failure = client.shared.failure(FailureKind::KeyRefused, &text);
    assert!(!failure.detail.contains("fw_"), "{}", failure.detail);
}
