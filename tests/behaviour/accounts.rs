//! Signing up, in and out, as a browser without JavaScript does it.

use reqwest::{Method, StatusCode, header};

use crate::support::{PASSWORD, TestApp, session_cookie};

#[tokio::test]
async fn a_new_business_signs_up_and_lands_on_its_profile() {
    let app = TestApp::start().await;
    let fields = [
        ("name", "Ada"),
        ("email", " Ada@Example.com "),
        ("password", PASSWORD),
        ("business_name", "Engines & Co"),
    ];
    let response = app.form("sign_up", "/signup", &fields).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    assert!(response.headers()[header::LOCATION].to_str().unwrap().starts_with("/profile"));
    let cookies = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(cookies.contains("HttpOnly") && cookies.contains("SameSite=Lax"), "{cookies}");
}

#[tokio::test]
async fn a_refused_sign_up_keeps_what_was_typed_but_never_the_password() {
    let app = TestApp::start().await;
    let fields = [
        ("name", "Ada <b>"),
        ("email", "not-an-address"),
        ("password", "short"),
        ("business_name", "Engines & Co"),
    ];
    let response = app.form("sign_up", "/signup", &fields).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    let location = response.headers()[header::LOCATION].to_str().unwrap();
    assert!(location.ends_with("/signup"), "back to the form, nothing in the address: {location}");
    let cookie = session_cookie(&response).unwrap();
    let page = app.request(Method::GET, "/signup").header(header::COOKIE, cookie).send().await;
    let page = page.unwrap().text().await.unwrap();
    assert!(page.contains("Ada &lt;b&gt;") && page.contains("not-an-address"), "{page}");
    assert!(page.contains("Engines &amp; Co"));
    assert!(!page.contains("value=\"short\""), "a password is never sent back");
    assert!(page.contains("12"), "the reason names the length");
}

#[tokio::test]
async fn one_address_has_one_account() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let fields = [
        ("name", "Other"),
        ("email", user.email.as_str()),
        ("password", PASSWORD),
        ("business_name", "Other"),
    ];
    let response = app.form("sign_up", "/signup", &fields).send().await.unwrap();
    assert!(response.headers()[header::LOCATION].to_str().unwrap().ends_with("/signup"));
}

#[tokio::test]
async fn signing_in_gives_a_new_session_id_and_goes_where_one_wanted() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let fields = [("email", user.email.as_str()), ("password", PASSWORD), ("next", "/profile")];
    let response = user.form("sign_in", "/signin?next=%2Fprofile", &fields).await;
    assert_eq!(response.headers()[header::LOCATION], "/profile");
    let renewed = session_cookie(&response).expect("a new cookie");
    assert_ne!(renewed, user.cookie);
    let evil = [("email", user.email.as_str()), ("password", PASSWORD), ("next", "//evil.example")];
    let response = app.form("sign_in", "/signin", &evil).send().await.unwrap();
    assert_eq!(response.headers()[header::LOCATION], "/chat", "never to another site");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_read_the_same() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let mut pages = Vec::new();
    for email in [user.email.as_str(), "nobody@nowhere.example"] {
        let fields = [("email", email), ("password", "wrong-wrong-wrong")];
        let response = app.form("sign_in", "/signin", &fields).send().await.unwrap();
        let cookie = session_cookie(&response).unwrap();
        let page = app.request(Method::GET, "/signin").header(header::COOKIE, cookie).send().await;
        let page = page.unwrap().text().await.unwrap().replace(email, "ADDRESS");
        let start = page.find("role=\"alert\"").expect("an alert");
        pages.push(page[start..start + 200].to_owned());
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn guessing_passwords_is_throttled() {
    let app = TestApp::start_with(&[("RATE_LIMIT_SIGN_IN", "3/15m")]).await;
    let user = app.with_member().await;
    let mut last = String::new();
    for _ in 0..5 {
        let response = app
            .request(Method::POST, "/api/sign_in")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(crate::support::encode(&[
                ("email", &user.email),
                ("password", "wrong-wrong-wrong"),
            ]))
            .send()
            .await
            .unwrap();
        last = response.text().await.unwrap();
    }
    assert!(last.contains("RATE_LIMIT_EXCEEDED"), "{last}");
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere_it_is_used() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let response = user.form("sign_out", "/chat", &[]).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    let page = user.browse(Method::GET, "/chat").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::FOUND);
    let location = page.headers()[header::LOCATION].to_str().unwrap();
    assert!(location.starts_with("/signin"), "{location}");
}

#[tokio::test]
async fn a_token_command_prints_the_token_and_nothing_else() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    assert_eq!(user.token.lines().count(), 1);
    user.get_json("/c-suite/profile").await;
}
