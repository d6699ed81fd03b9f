//! Limits on requests and event streams: clients are told the remaining requests, and how long to
//! wait.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApp, Transcript, User};

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
async fn api_calls_have_a_tier_of_their_own() {
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
    assert_eq!(browser.status(), StatusCode::TOO_MANY_REQUESTS, "a browser's calls are no others");
    user.page("/chat").await;
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
async fn forged_sessions_count_as_visitors_of_their_address() {
    let app = TestApp::start_with(&[("RATE_LIMIT_PAGES", "3/1h")]).await;
    let mut refused = 0;
    for made_up in 0..10 {
        let cookie = format!("csuite_session=AAAA{made_up}");
        let page = app.request(Method::GET, "/").header("cookie", cookie).send().await.unwrap();
        refused += u32::from(page.status() == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 7);
}

#[tokio::test]
async fn refused_and_unknown_requests_count_against_the_limit() {
    for path in ["/no/such/page", "/c-suite/profile", "/c-suite/nothing", "/pkg/csuite.css"] {
        let app = TestApp::start_with(&[("RATE_LIMIT_PAGES", "1/1h")]).await;
        let mut last = StatusCode::OK;
        for _ in 0..3 {
            last = app.get(path).await.status();
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS, "{path}: two at once for an address");
    }
}

#[tokio::test]
async fn an_ipv6_64_is_one_address_behind_a_proxy() {
    let settings = [("RATE_LIMIT_PAGES", "1/1h"), ("TRUSTED_PROXIES", "1")];
    let app = TestApp::start_with(&settings).await;
    let status = async |address: String| {
        let page = app.request(Method::GET, "/").header("x-forwarded-for", address);
        page.send().await.unwrap().status()
    };
    assert_eq!(status("2001:db8::1".to_owned()).await, StatusCode::OK);
    for host in 2..6 {
        let of_household = status(format!("2001:db8::{host}")).await;
        assert_eq!(of_household, StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(status("2001:db8:0:1::1".to_owned()).await, StatusCode::OK, "another household");
}

#[tokio::test]
async fn a_clients_open_requests_behind_a_proxy_are_bounded() {
    let settings = [("MAX_CONNECTIONS_PER_ADDRESS", "2"), ("TRUSTED_PROXIES", "1")];
    let app = TestApp::start_with(&settings).await;
    let user = app.with_member().await;
    let from = |address: &str| {
        let body = json!({ "message": "Slowly #tokens=1000 #speed=20" });
        user.ask_with(body).header("x-forwarded-for", address.to_owned())
    };
    let mut open = Vec::new();
    for _ in 0..2 {
        let stream = from("203.0.113.7").send().await.unwrap();
        assert_eq!(stream.status(), StatusCode::OK);
        open.push(stream);
    }
    let refused = from("203.0.113.7").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(header(&refused, "retry-after"), 5);
    let other = from("203.0.113.8").send().await.unwrap();
    assert_eq!(other.status(), StatusCode::OK, "another client is not held up");
}

#[tokio::test]
async fn a_members_event_streams_are_bounded() {
    let app = TestApp::start_with(&[("MAX_STREAMS_PER_MEMBER", "2")]).await;
    let (user, other) = (app.with_member().await, app.with_member().await);
    let feed = async |user: &User<'_>| user.browse(Method::GET, "/chat/feed").send().await.unwrap();
    let (first, second) = (feed(&user).await, feed(&user).await);
    assert_eq!((first.status(), second.status()), (StatusCode::OK, StatusCode::OK));
    let refused = feed(&user).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(header(&refused, "retry-after") > 0);
    assert_eq!(feed(&other).await.status(), StatusCode::OK, "another member is not held up");
    // The limit does not apply to the stream of a question's own reply.
    assert_eq!(user.ask("Now #tokens=2").await.last().name, "done");
    drop((first, second));
    for _ in 0..100 {
        if feed(&user).await.status() == StatusCode::OK {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("closed streams give their places back");
}
