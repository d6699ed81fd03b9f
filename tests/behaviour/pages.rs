//! Pages as a browser without JavaScript gets them.

use reqwest::{Method, StatusCode, header};

use crate::support::{TestApp, eventually};

#[tokio::test]
async fn pages_may_load_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let response = app.get("/").await;
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    for rule in ["default-src 'none'", "'nonce-", "frame-ancestors 'none'", "style-src 'self'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    let page = response.text().await.unwrap();
    for script in page.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap();
        assert!(tag.contains(&nonce), "a script without the nonce: {tag}");
    }
    assert!(!page.contains(" style=\"") && !page.contains(" onclick="));
}

#[tokio::test]
async fn a_question_asked_without_javascript_is_answered_on_the_page() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let fields = [
        ("conversation_id", ""),
        ("persona", "cmo"),
        ("message", "Where do our customers come from?"),
        ("client_request_id", "0197c0de-0000-7000-8000-0000000000ff"),
    ];
    let response = user.form("send_message", "/chat?persona=cmo", &fields).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    let location = response.headers()[header::LOCATION].to_str().unwrap().to_owned();
    assert!(location.starts_with("/chat/"), "{location}");
    eventually("the answer on the page", || async {
        user.page(&location).await.contains("imulated reply")
    })
    .await;
    let again = user.form("send_message", "/chat?persona=cmo", &fields).await;
    assert_eq!(again.headers()[header::LOCATION], location.as_str(), "sent twice is one question");
}

#[tokio::test]
async fn a_running_answer_refreshes_itself_without_javascript() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let running = user.ask_and_leave("Slowly #tokens=400 #speed=50").await;
    let page = user.page(&format!("/chat/{}", running.conversation)).await;
    assert!(page.contains("http-equiv=\"refresh\""), "the page comes back by itself");
    let done = user.ask("Quickly #tokens=4").await.started();
    let page = user.page(&format!("/chat/{}", done.conversation)).await;
    assert!(!page.contains("http-equiv=\"refresh\""), "a finished one does not");
}

#[tokio::test]
async fn a_page_holds_each_answer_once() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let transcript = user.ask("Count. #tokens=60").await;
    let page = user.page(&format!("/chat/{}", transcript.started().conversation)).await;
    assert!(transcript.text().contains("w57 w58"));
    assert_eq!(page.matches("w57 w58").count(), 1, "as HTML, and not as data again");
}

#[tokio::test]
async fn a_refused_question_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let long = format!("Remember this {}", "x".repeat(5_001));
    let fields = [
        ("conversation_id", ""),
        ("persona", "ceo"),
        ("message", long.as_str()),
        ("client_request_id", "0197c0de-0000-7000-8000-0000000000fe"),
    ];
    let response = user.form("send_message", "/chat", &fields).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    let page = user.page("/chat").await;
    assert!(page.contains("Remember this xxx"));
    assert!(page.contains("5000") || page.contains("5,000"), "and says what was wrong");
}

#[tokio::test]
async fn simulated_answers_are_said_to_be_on_every_page() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for path in ["/chat", "/profile", "/account"] {
        let page = user.page(path).await.to_lowercase();
        assert!(page.contains("simulated"), "{path}");
    }
    for path in ["/", "/signup", "/signin"] {
        let page = app.get(path).await.text().await.unwrap().to_lowercase();
        assert!(page.contains("simulated"), "{path}");
    }
}

#[tokio::test]
async fn only_the_chat_page_loads_the_browser_half() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    assert!(user.page("/chat").await.contains("modulepreload"));
    for path in ["/", "/profile", "/account", "/no/such/page"] {
        let page = user.browse(Method::GET, path).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("<h1") && !page.contains("modulepreload"), "{path}");
    }
}

#[tokio::test]
async fn pages_for_members_send_visitors_to_sign_in() {
    let app = TestApp::start().await;
    for (path, sign_in) in [
        ("/chat", "/signin"),
        ("/chat?persona=cfo", "/signin?next="),
        ("/profile", "/signin?next="),
        ("/account", "/signin?next="),
    ] {
        let response =
            app.request(Method::GET, path).header(header::ACCEPT, "text/html").send().await;
        let response = response.unwrap();
        assert_eq!(response.status(), StatusCode::FOUND, "{path}");
        let location = response.headers()[header::LOCATION].to_str().unwrap();
        assert!(location.starts_with(sign_in), "{path} → {location}");
    }
}

#[tokio::test]
async fn the_process_says_that_it_lives_and_is_ready() {
    let app = TestApp::start().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(app.get(path).await.status(), StatusCode::OK, "{path}");
    }
}
