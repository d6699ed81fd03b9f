//! The business profile by API and by form.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::TestApp;

const HOSTILE: &str = "</textarea><script>alert('x')</script>\n\"quotes\" & 'more' {{x}}";

#[tokio::test]
async fn hostile_text_in_every_field_stays_text() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let line = "<script>alert(1)</script>";
    let profile = json!({
        "businessName": line, "industry": line, "goals": [line, "</li><script>"], "sells": HOSTILE,
        "customers": HOSTILE, "competitors": HOSTILE, "challenges": HOSTILE, "tone": HOSTILE,
    });
    let saved = user.api(Method::PUT, "/c-suite/profile").json(&profile).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    let read = user.get_json("/c-suite/profile").await;
    for field in ["sells", "customers", "competitors", "challenges", "tone"] {
        assert_eq!(read[field], HOSTILE, "{field} comes back byte for byte");
    }
    for path in ["/profile", "/chat", "/account"] {
        let page = user.page(path).await;
        assert!(!page.contains("<script>alert"), "{path}");
        assert!(!page.contains("</textarea><script"), "{path}");
    }
}

#[tokio::test]
async fn fields_left_out_keep_their_values() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let put = |body: Value| user.api(Method::PUT, "/c-suite/profile").json(&body).send();
    put(json!({ "industry": "Bakery", "goals": ["Grow"] })).await.unwrap();
    put(json!({ "tone": "Plain" })).await.unwrap();
    let profile = user.get_json("/c-suite/profile").await;
    assert_eq!((&profile["industry"], &profile["tone"]), (&json!("Bakery"), &json!("Plain")));
    assert_eq!(profile["goals"], json!(["Grow"]));
    assert!(profile["updatedBy"].is_string() && profile["updatedAt"].is_string());
}

#[tokio::test]
async fn a_concurrent_edit_is_a_conflict_and_overwrites_nothing() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let version = user.get_json("/c-suite/profile").await["version"].as_i64().unwrap();
    let put = |body: Value| user.api(Method::PUT, "/c-suite/profile").json(&body).send();
    let first = put(json!({ "industry": "First", "version": version })).await.unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    let second = put(json!({ "industry": "Second", "version": version })).await.unwrap();
    assert_eq!(second.status(), StatusCode::CONFLICT);
    let body: Value = second.json().await.unwrap();
    assert_eq!(body["code"], "EDIT_CONFLICT");
    assert!(body["message"].as_str().unwrap().contains("Robin Owner"), "{body}");
    assert_eq!(user.get_json("/c-suite/profile").await["industry"], "First");
}

#[tokio::test]
async fn invalid_values_are_named_by_field() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let bad = json!({
        "industry": "x".repeat(121), "size": "Enormous", "sells": "nul\u{0}", "goals": vec!["g"; 9],
    });
    let response = user.api(Method::PUT, "/c-suite/profile").json(&bad).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let body: Value = response.json().await.unwrap();
    for field in ["industry", "size", "sells", "goals"] {
        assert!(body["details"][field].is_string(), "{field}: {body}");
    }
}

#[tokio::test]
async fn a_profile_can_be_sent_back_as_it_was_read() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let put = |body: Value| user.api(Method::PUT, "/c-suite/profile").json(&body).send();
    // Before the first save and after it.
    for _ in 0..2 {
        let read = user.get_json("/c-suite/profile").await;
        let saved = put(read.clone()).await.unwrap();
        assert_eq!(saved.status(), StatusCode::OK, "{read}");
        let saved: Value = saved.json().await.unwrap();
        assert_eq!(saved["businessName"], read["businessName"]);
        assert_eq!(put(saved.clone()).await.unwrap().json::<Value>().await.unwrap(), saved);
    }
    let mut other = user.get_json("/c-suite/profile").await;
    other["updatedBy"] = json!("Somebody else");
    other["industry"] = json!("Bakery");
    let saved: Value = put(other).await.unwrap().json().await.unwrap();
    assert_eq!(
        (&saved["industry"], &saved["updatedBy"]),
        (&json!("Bakery"), &json!("Robin Owner"))
    );
}
