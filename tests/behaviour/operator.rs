//! Only operators see what the model provider says.

use reqwest::{Method, StatusCode, header};

use std::sync::{Arc, Mutex};

use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use sqlx::Connection;

use crate::support::TestApp;

/// Fault, text of the operators' notice, and the provider's message, which only `/operator` shows.
const OUTAGES: [(&str, &str, &str); 4] = [
    ("http-401", "The API key is refused.", "The API key you provided is invalid."),
    ("http-412", "suspended or out of credit", "Account emulated is suspended"),
    ("http-404", "No model is served.", "Model not found, inaccessible"),
    ("http-400", "The model server refuses our requests.", "Invalid request"),
];

/// Returns the notices on a page; empty if there are none.
fn notice(page: &str) -> &str {
    let after = page.split("upstream-notices").nth(1).unwrap_or_default();
    after.split("</aside>").next().unwrap_or_default()
}

#[tokio::test]
async fn the_first_account_is_the_operator_and_later_ones_are_not() {
    let app = TestApp::start().await;
    let first = app.with_member().await;
    let second = app.with_member().await;
    assert!(first.page("/operator").await.contains("Model provider"));
    assert!(first.page("/account").await.contains("href=\"/operator\""));
    let refused = second.browse(Method::GET, "/operator").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
    let page = refused.text().await.unwrap();
    assert!(page.contains("Page not found") && !page.contains("FIREWORKS"), "{page}");
    assert!(!second.page("/account").await.contains("href=\"/operator\""));
    let visitor = app.request(Method::GET, "/operator").header(header::ACCEPT, "text/html");
    let visitor = visitor.send().await.unwrap();
    assert_eq!(visitor.status(), StatusCode::FOUND);
    assert_eq!(visitor.headers()[header::LOCATION], "/signin?next=/operator");
}

#[tokio::test]
async fn the_addresses_in_operators_are_operators_whatever_their_role() {
    let app = TestApp::start().await;
    let (first, second, third) =
        (app.with_member().await, app.with_member().await, app.with_member().await);
    let users = [first.cookie.clone(), second.cookie.clone(), third.cookie.clone()];
    let named = format!("nobody@example.com, {}", second.email.to_uppercase());
    second.become_member().await;
    let folder = app.stop().await;
    let app = TestApp::start_in(folder, &[("OPERATORS", &named)]).await;
    let mut statuses = Vec::new();
    for cookie in users {
        let page = app.request(Method::GET, "/operator").header(header::COOKIE, cookie);
        statuses.push(page.send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 404]);
}

#[tokio::test]
async fn an_outage_is_shown_to_the_operator_on_every_page_until_it_ends() {
    for (fault, told, said) in OUTAGES {
        let app = TestApp::start().await;
        let operator = app.with_member().await;
        assert_eq!(notice(&operator.page("/account").await), "");
        operator.ask(&format!("Who mends this? #fault={fault}")).await;
        for path in ["/account", "/chat", "/profile"] {
            let page = operator.page(path).await;
            assert!(notice(&page).contains(told), "{fault} on {path}");
        }
        let page = operator.page("/operator").await;
        assert!(page.contains(told) && page.contains(said), "{fault}: {page}");
        assert!(page.contains("Not answering"), "{fault}");
        operator.ask("And now? #tokens=2").await;
        assert_eq!(notice(&operator.page("/account").await), "", "{fault}: it is over");
    }
}

#[tokio::test]
async fn provider_messages_never_reach_a_business() {
    for (fault, told, said) in OUTAGES {
        let app = TestApp::start().await;
        let _operator = app.with_member().await;
        let owner = app.with_member().await;
        let answer = owner.ask(&format!("Who mends this? #fault={fault}")).await;
        let message = answer.last().data.to_string();
        assert!(message.contains("The operator of this installation has been told"), "{message}");
        for foreign in [told, said, "emulated", "FIREWORKS", "accounts/fireworks"] {
            assert!(!message.contains(foreign), "{fault}: {message}");
        }
        for path in ["/account", "/chat", "/dashboard", "/admin/usage"] {
            let page = owner.page(path).await;
            assert!(notice(&page).contains("The operator of this installation has been told why"));
            for foreign in [told, said, "Provider status", "FIREWORKS"] {
                assert!(!page.contains(foreign), "{fault} on {path}: {foreign}");
            }
        }
        owner.become_member().await;
        assert_eq!(notice(&owner.page("/account").await), "", "a member without a role");
        let visitor = app.get("/").await.text().await.unwrap();
        assert_eq!(notice(&visitor), "");
    }
}

#[tokio::test]
async fn only_the_operator_sees_that_the_fallback_is_in_use() {
    let app = TestApp::start().await;
    let operator = app.with_member().await;
    let owner = app.with_member().await;
    owner.ask("Who answers? #tokens=2 #fault=model-missing").await;
    let told = "is not served; accounts/fireworks/models/gpt-oss-120b answers instead.";
    assert!(notice(&operator.page("/account").await).contains(told));
    let page = operator.page("/operator").await;
    assert!(page.contains("The fallback model answers."), "{page}");
    assert_eq!(notice(&owner.page("/account").await), "");
}

#[tokio::test]
async fn only_the_operator_reads_how_to_connect_a_model() {
    let app = TestApp::start().await;
    let operator = app.with_member().await;
    let owner = app.with_member().await;
    let page = operator.page("/account").await;
    assert!(page.contains("no AI model connected") && page.contains("href=\"/operator\""));
    assert!(operator.page("/operator").await.contains("FIREWORKS_API_KEY"));
    for page in [owner.page("/account").await, app.get("/").await.text().await.unwrap()] {
        assert!(page.contains("Demo answers:") && page.contains("no AI model connected"));
        assert!(!page.contains("FIREWORKS") && !page.contains("href=\"/operator\""), "{page}");
    }
}

/// Starts an upstream that refuses requests with `max_tokens` or `temperature`. Returns its URL and
/// the requests it has received.
async fn strict_upstream() -> (String, Arc<Mutex<Vec<Value>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let answer = move |Json(request): Json<Value>| async move {
        kept.lock().unwrap().push(request.clone());
        strictly(&request)
    };
    let router = Router::new().route("/v1/chat/completions", post(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, seen)
}

fn strictly(request: &Value) -> Response {
    let refused = [
        ("max_tokens", "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        ("temperature", "Unsupported value: 'temperature'. Only the default (1) is supported."),
    ];
    for (field, message) in refused {
        if request.get(field).is_some() {
            let error = json!({ "error": { "message": message, "param": field } });
            return (StatusCode::BAD_REQUEST, Json(error)).into_response();
        }
    }
    let chunk = json!({ "choices": [{ "delta": { "content": "Yes." }, "finish_reason": "stop" }] });
    let body = format!("data: {chunk}\n\ndata: [DONE]\n\n");
    ([("content-type", "text/event-stream")], body).into_response()
}

#[tokio::test]
async fn a_server_that_refuses_fields_works_with_two_settings_and_is_remembered_after_a_restart() {
    let (url, seen) = strict_upstream().await;
    let settings = [("FIREWORKS_BASE_URL", url.as_str()), ("FIREWORKS_MODEL", "gpt-5-like")];
    let app = TestApp::start_with(&settings).await;
    let operator = app.with_member().await;
    assert!(operator.page("/operator").await.contains("None. Every model takes requests"));
    let answer = operator.ask("Does it work?").await;
    assert_eq!((answer.last().name.as_str(), answer.text().as_str()), ("done", "Yes."));
    assert_eq!(seen.lock().unwrap().len(), 3);
    let page = operator.page("/operator").await;
    for shown in [
        "gpt-5-like",
        "max_tokens is sent as max_completion_tokens.",
        "temperature is left out.",
        "Only the default (1) is supported.",
        "Answering",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let owner = app.with_member().await;
    let cookie = operator.cookie.clone();
    assert_eq!(
        owner.form("forget_adjustments", "/account", &[("model", "gpt-5-like")]).await.status(),
        404
    );

    adjustments_are_stored(&app, 2).await;
    let (email, token) = (operator.email.clone(), operator.token.clone());
    let folder = app.stop().await;
    let app = TestApp::start_in(folder, &settings).await;
    let operator = crate::support::User { app: &app, email, cookie, token };
    operator.ask("And after a restart?").await;
    assert_eq!(seen.lock().unwrap().len(), 4, "asked in its own form at once");

    let forgotten =
        operator.form("forget_adjustments", "/operator", &[("model", "gpt-5-like")]).await;
    assert_eq!(forgotten.headers()[header::LOCATION], "/operator?forgotten=1#adjustments");
    let page = operator.page("/operator?forgotten=1").await;
    assert!(
        page.contains("Adjustments forgotten.") && page.contains("None. Every model takes"),
        "{page}"
    );
    operator.ask("And now?").await;
    assert_eq!(seen.lock().unwrap().len(), 7, "learned anew");
}

/// Waits until so many adjustments are stored. They are stored concurrently with the reply.
async fn adjustments_are_stored(app: &TestApp, count: i64) {
    crate::support::eventually("what was learned is stored", || async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(app.database());
        let mut database = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        let stored: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM upstream_adjustments")
            .fetch_one(&mut database)
            .await
            .unwrap();
        stored == count
    })
    .await;
}

#[tokio::test]
async fn what_was_learned_of_one_server_is_not_applied_to_another() {
    let servers = [strict_upstream().await, strict_upstream().await];
    let mut folder = tempfile::tempdir().unwrap();
    // The first server, another one with the same model, and the first again.
    for (server, requests, stored) in [(0, 3, 2), (1, 3, 4), (0, 4, 4)] {
        let (url, seen) = &servers[server];
        let settings = [("FIREWORKS_BASE_URL", url.as_str()), ("FIREWORKS_MODEL", "gpt-5-like")];
        let app = TestApp::start_in(folder, &settings).await;
        let answer = app.with_member().await.ask("Does it work?").await;
        assert_eq!(answer.text(), "Yes.");
        assert_eq!(seen.lock().unwrap().len(), requests, "of server {server}");
        let first = seen.lock().unwrap()[0].clone();
        assert!(first["max_tokens"].is_u64() && first["temperature"].is_number(), "{first}");
        adjustments_are_stored(&app, stored).await;
        folder = app.stop().await;
    }
}

#[tokio::test]
async fn an_unreachable_server_is_explained_only_to_the_operator() {
    let app = TestApp::start_with(&[
        ("FIREWORKS_BASE_URL", "http://127.0.0.1:9/v1"),
        ("FIREWORKS_MODEL", "local"),
    ])
    .await;
    let operator = app.with_member().await;
    let owner = app.with_member().await;
    let answer = owner.ask("Anyone there?").await;
    assert_eq!(answer.last().data["retryable"], true);
    let page = operator.page("/account").await;
    assert!(notice(&page).contains("Nothing listens at FIREWORKS_BASE_URL."), "{}", notice(&page));
    assert!(!owner.page("/account").await.contains("FIREWORKS"));
    assert!(operator.page("/operator").await.contains("refused"), "the network's own words");
}

#[tokio::test]
async fn implausible_usage_is_disputed_and_shown_to_the_operator() {
    let app = TestApp::start().await;
    let operator = app.with_member().await;
    assert!(!operator.page("/operator").await.contains("Disputed usage"));
    for (shape, disputed) in [("usage-null", false), ("usage-wrapped-32", true)] {
        let answer = operator.ask(&format!("Five words make an answer #shape={shape}")).await;
        let usage = &answer.last().data["usage"];
        assert_eq!((&usage["estimated"], &usage["disputed"]), (&true.into(), &disputed.into()));
        let conversation = answer.started().conversation;
        let path = format!("/c-suite/conversations/{conversation}/messages");
        let stored = operator.get_json(&path).await["data"][1]["usage"].clone();
        assert_eq!(&stored, usage);
    }
    let page = operator.page("/operator").await;
    assert!(page.contains("Disputed usage") && page.contains("1 reply"), "{page}");
    let other = app.with_member().await;
    assert!(!other.page("/admin/usage").await.contains("Disputed"));
}
