//! Limits are told before and when they are hit.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApp, Transcript};

fn header(response: &reqwest::Response, name: &str) -> u64 {
    response.headers()[name].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn chat_is_limited_for_the_business_and_says_how_long_to_wait() {
    let app = TestApp::start_with(&[("RATE_LIMIT_CHAT", "3/1m")]).await;
    let user = app.with_member().await;
    for left in [2, 1, 0] {
        let response = user.ask_with(json!({ "message": "Hi #tokens=2" })).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "ratelimit-limit"), 3);
        assert_eq!(header(&response, "ratelimit-remaining"), left);
        assert!(header(&response, "ratelimit-reset") <= 60);
        Transcript::read(response).await;
    }
    let refused = user.ask_with(json!({ "message": "One more" })).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait = header(&refused, "retry-after");
    assert!((1..=20).contains(&wait), "{wait}");
    assert_eq!(header(&refused, "ratelimit-remaining"), 0);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["code"], "RATE_LIMIT_EXCEEDED");
    assert_eq!(body["retryAfter"], wait);
    assert!(body["message"].as_str().unwrap().contains("Wait"));
    let other = app.with_member().await;
    other.ask("Another business is not held up").await;
}

#[tokio::test]
async fn api_calls_with_a_token_have_a_tier_of_their_own() {
    let app = TestApp::start_with(&[("RATE_LIMIT_API", "2/1m")]).await;
    let user = app.with_member().await;
    for left in [1, 0] {
        let response = user.api(Method::GET, "/c-suite/conversations").send().await.unwrap();
        assert_eq!(header(&response, "ratelimit-remaining"), left);
    }
    let refused = user.api(Method::GET, "/c-suite/profile").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "API_RATE_LIMIT_EXCEEDED");
    user.ask("Chat does not count against it").await;
    let browser = user.browse(Method::GET, "/c-suite/profile").send().await.unwrap();
    assert_eq!(browser.status(), StatusCode::OK, "nor does a browser");
}

#[tokio::test]
async fn a_repeated_send_costs_nothing() {
    let app = TestApp::start_with(&[("RATE_LIMIT_CHAT", "1/1h")]).await;
    let user = app.with_member().await;
    let id = "0197c0de-0000-7000-8000-00000000000a";
    let body = json!({ "message": "Once #tokens=3", "clientRequestId": id });
    for _ in 0..3 {
        let response = user.ask_with(body.clone()).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        Transcript::read(response).await;
    }
}

#[tokio::test]
async fn made_up_sessions_do_not_lift_the_ceiling_on_pages() {
    let app = TestApp::start_with(&[("RATE_LIMIT_PAGES", "3/1h")]).await;
    let mut refused = 0;
    for made_up in 0..40 {
        let cookie = format!("csuite_session=AAAA{made_up}");
        let page = app.request(Method::GET, "/").header("cookie", cookie).send().await.unwrap();
        refused += u32::from(page.status() == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 10, "an address has ten visitors' worth");
}
