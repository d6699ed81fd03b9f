//! Pages in a browser without JavaScript.

use reqwest::{Method, StatusCode, header};

use crate::support::{TestApp, eventually};

#[tokio::test]
async fn pages_load_nothing_from_other_origins() {
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
async fn a_running_reply_refreshes_without_javascript() {
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
async fn a_page_contains_each_reply_once() {
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
async fn simulated_replies_are_labelled_on_every_page() {
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
async fn only_the_chat_page_loads_the_app() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    assert!(user.page("/chat").await.contains("modulepreload"));
    for path in ["/", "/profile", "/account", "/dashboard", "/no/such/page"] {
        let page = user.browse(Method::GET, path).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("<h1") && !page.contains("modulepreload"), "{path}");
    }
}

#[tokio::test]
async fn the_chat_page_contains_the_apps_data_and_no_reply_twice() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let done = user.ask("</script><script>alert(1)</script> #tokens=4").await.started();
    let address = format!("/chat/{}", done.conversation);
    eventually("the end of the answer", || async {
        user.page(&address).await.contains("data-status=\"complete\"")
    })
    .await;
    let page = user.page(&address).await;
    let seed = page.split("id=\"seed\">").nth(1).unwrap().split("</script>").next().unwrap();
    let seed: serde_json::Value = serde_json::from_str(seed).unwrap();
    let messages = seed["Ok"]["messages"].as_array().unwrap();
    assert_eq!(messages[0]["text"], "</script><script>alert(1)</script> #tokens=4");
    assert_eq!(messages[1]["blocks"], serde_json::json!([""]), "its block is in the markup");
    assert_eq!(page.matches("w1 w2 w3").count(), 1);
    assert!(!page.contains("<script>alert"));
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
async fn healthz_and_readyz_answer_ok() {
    let app = TestApp::start().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(app.get(path).await.status(), StatusCode::OK, "{path}");
    }
}

fn location(response: &reqwest::Response) -> String {
    response.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn versions_are_switched_by_arrows_without_javascript() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = user.ask("Again and again #tokens=3").await.started();
    let page = format!("/chat/{}", first.conversation);
    assert!(!user.page(&page).await.contains("Previous version"), "one version has no arrows");
    let fields = [
        ("message_id", first.message.as_str()),
        ("client_request_id", "0197c0de-0000-7000-8000-0000000000b1"),
    ];
    let retried = user.form("retry_reply", &page, &fields).await;
    assert_eq!(location(&retried), page);
    eventually("the second version", || async { user.page(&page).await.contains("2/2") }).await;
    let html = user.page(&page).await;
    assert!(html.contains("Version 2 of 2") && html.contains("Previous version"), "{html}");
    assert!(!html.contains(&format!("id=\"message-{}\"", first.message)));
    let fields = [("message_id", first.message.as_str())];
    eventually("the way back", || async {
        let chosen = user.form("select_version", &page, &fields).await;
        location(&chosen) == format!("{page}#message-{}", first.message)
    })
    .await;
    let html = user.page(&page).await;
    assert!(html.contains("Version 1 of 2"), "{html}");
    assert!(html.contains(&format!("id=\"message-{}\"", first.message)));
}

#[tokio::test]
async fn a_question_is_edited_without_javascript_and_a_refused_edit_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let asked = user.ask("How do we grow? #tokens=3").await;
    let question = asked.0[0].data["userMessageId"].as_str().unwrap().to_owned();
    let page = format!("/chat/{}", asked.started().conversation);
    let edit = format!("{page}?edit={question}");
    let html = user.page(&page).await;
    assert!(html.contains(&format!("href=\"{edit}\"")) && !html.contains("name=\"edited\""));
    let html = user.page(&edit).await;
    assert!(
        html.contains("name=\"edited\"") && html.contains(">How do we grow? #tokens=3</textarea>")
    );
    let request_id = ("client_request_id", "0197c0de-0000-7000-8000-0000000000b2");
    let long = format!("Remember this {}", "x".repeat(5_001));
    let fields = [("message_id", question.as_str()), ("edited", long.as_str()), request_id];
    let refused = user.form("edit_message", &edit, &fields).await;
    assert!(location(&refused).ends_with(&edit), "{}", location(&refused));
    let html = user.page(&edit).await;
    assert!(html.contains(">Remember this xxx") && html.contains("id=\"edited-error\""), "{html}");
    assert!(html.contains("5000"), "and says what was wrong");
    let fields =
        [("message_id", question.as_str()), ("edited", "How do we shrink? #tokens=3"), request_id];
    let saved = user.form("edit_message", &edit, &fields).await;
    assert_eq!(location(&saved), page);
    eventually("the new answer", || async {
        let html = user.page(&page).await;
        html.contains("How do we shrink?") && html.contains("data-status=\"complete\"")
    })
    .await;
    let html = user.page(&page).await;
    assert!(!html.contains("grow? #tokens=3</div>") && html.contains("2/2"), "{html}");
}

#[tokio::test]
async fn a_reply_is_continued_without_javascript_below_a_seam() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let cut = user.ask("A story #tokens=3 #fault=length*1").await.started();
    let page = format!("/chat/{}", cut.conversation);
    assert!(user.page(&page).await.contains(">Continue<"));
    let fields = [
        ("message_id", cut.message.as_str()),
        ("client_request_id", "0197c0de-0000-7000-8000-0000000000b3"),
    ];
    let continued = user.form("continue_reply", &page, &fields).await;
    assert_eq!(location(&continued), page);
    eventually("the rest", || async { user.page(&page).await.contains("w5") }).await;
    let html = user.page(&page).await;
    assert!(html.contains("data-continues=\"true\"") && html.contains(">continued<"), "{html}");
    assert!(!html.contains(">Continue<"), "whole now");
    assert!(!html.contains("maximum length"), "and nothing is said of the cut");
}

#[tokio::test]
async fn nothing_is_editable_or_regenerable_while_a_reply_streams() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let running = user.ask_and_leave("Slowly #tokens=5000 #speed=50").await;
    let page = format!("/chat/{}", running.conversation);
    let html = user.page(&page).await;
    assert!(!html.contains("?edit=") && !html.contains(">Regenerate<"), "{html}");
    let messages = format!("/c-suite/conversations/{}/messages", running.conversation);
    let question = user.get_json(&messages).await["data"][0]["id"].as_str().unwrap().to_owned();
    let html = user.page(&format!("{page}?edit={question}")).await;
    assert!(!html.contains("name=\"edited\""), "a page that comes back by itself would lose it");
}

#[tokio::test]
async fn visitors_and_members_read_how_it_works_and_what_is_done_with_data() {
    let app = TestApp::start().await;
    let front = app.get("/").await.text().await.unwrap();
    let user = app.with_member().await;
    for (path, says) in [("/help", "Worked out"), ("/privacy", "operator")] {
        assert!(front.contains(&format!("href=\"{path}\"")), "{path}");
        let response = app.get(path).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(response.text().await.unwrap().contains(says), "{path}");
        assert!(user.page(path).await.contains(says), "{path}");
    }
}

#[tokio::test]
async fn the_style_guide_is_served_in_development_only() {
    let app = TestApp::start().await;
    let response = app.get("/styleguide").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(!response.text().await.unwrap().contains("Style guide"));
    let app = TestApp::start_with(&[("STYLE_GUIDE", "1")]).await;
    let response = app.get("/styleguide?scheme=dark").await;
    assert_eq!(response.status(), StatusCode::OK);
    let page = response.text().await.unwrap();
    assert!(page.contains("data-scheme=\"dark\"") && !page.contains(" style=\""));
    for state in
        ["number-found", "number-conflict", "number-worked-out", "number-in-profile", "unmatched"]
    {
        assert!(page.contains(state), "{state}");
    }
}
