//! The OpenAPI document describes exactly the routes that exist. Each response here is checked
//! against it field by field.

use std::collections::BTreeSet;

use csuite::business::model as business;
use csuite::chat::model::{MESSAGE_MAX_CHARS, TITLE_MAX_CHARS};
use csuite::error::Code;
use csuite::insights::model as insights;
use csuite::personas::{self, built_in};
use csuite::usage::model::GroupBy;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::description::{Description, METHODS, Operation};
use crate::rooms::{code_of, rooms};
use crate::support::{TestApp, User};

const ABSENT: &str = "0197c0de-dead-7000-8000-000000000000";

/// Returns the paths that the source registers with `.route("/path", …)`, except those of page scripts
/// (`app`), of the emulator (`fireworks`), and those that only pages call. A router cannot list them.
fn registered() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (room, file, text) in rooms() {
        if ["app", "fireworks"].contains(&room.as_str()) {
            continue;
        }
        for route in code_of(&file, &text).split(".route(").skip(1) {
            let path = route.trim_start().strip_prefix('"').and_then(|it| it.split('"').next());
            let path = path.filter(|path| path.starts_with('/'));
            let path = path.unwrap_or_else(|| panic!("{}: a path is unclear", file.display()));
            found.insert(path.to_owned());
        }
    }
    found.retain(|path| !["/chat/", "/analytics/"].iter().any(|page| path.starts_with(page)));
    found
}

/// Collects every `$ref` in `value`.
fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn send(user: &User<'_>, method: &str, path: &str) -> reqwest::RequestBuilder {
    user.api(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), path)
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else_is() {
    let app = TestApp::start().await;
    let description = Description::of(&app).await;
    let described: BTreeSet<String> =
        description.operations().into_keys().map(|(_, path)| path).collect();
    let registered = registered();
    assert!(registered.len() > 20, "routes are found: {registered:?}");
    let missing: Vec<_> = registered.difference(&described).collect();
    let gone: Vec<_> = described.difference(&registered).collect();
    assert!(missing.is_empty(), "describe these in src/server/openapi.json: {missing:?}");
    assert!(gone.is_empty(), "these are described and not there: {gone:?}");
}

/// The server itself lists the methods of a path, when another one is called.
#[tokio::test]
async fn every_path_takes_the_methods_that_are_described_and_no_others() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let description = Description::of(&app).await;
    for (path, item) in description.document["paths"].as_object().unwrap() {
        let (described, others): (BTreeSet<_>, BTreeSet<_>) =
            METHODS.into_iter().partition(|method| item.get(method).is_some());
        let real = path.replace("{id}", ABSENT).replace("{persona}", "ceo");
        let response = send(&user, others.first().unwrap(), &real).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let allowed = response.headers()["allow"].to_str().unwrap().to_lowercase();
        let allowed: BTreeSet<_> =
            allowed.split(',').map(str::trim).filter(|method| *method != "head").collect();
        assert_eq!(allowed, described, "{path}");
    }
}

#[test]
fn no_adviser_slug_shadows_a_route() {
    for path in registered() {
        let word = path.strip_prefix("/c-suite/").and_then(|rest| rest.split('/').next());
        let Some(word) = word.filter(|word| !word.starts_with('{')) else { continue };
        assert!(
            personas::is_reserved(word),
            "{word} of {path} is reserved in src/personas/slug.rs"
        );
    }
}

#[tokio::test]
async fn every_reference_resolves_and_every_component_is_used() {
    let app = TestApp::start().await;
    let description = Description::of(&app).await;
    let mut used = BTreeSet::new();
    references(&description.document, &mut used);
    for reference in &used {
        description.target(reference);
    }
    for (kind, components) in description.document["components"].as_object().unwrap() {
        for name in components.as_object().unwrap().keys().filter(|_| kind != "securitySchemes") {
            let reference = format!("#/components/{kind}/{name}");
            assert!(used.contains(reference.as_str()), "{reference} is used nowhere");
        }
    }
    let ids: Vec<_> = description.operations().into_values().map(|it| &it["operationId"]).collect();
    let different: BTreeSet<_> = ids.iter().map(|id| id.as_str().expect("an id")).collect();
    assert_eq!(different.len(), ids.len(), "each operation has a name of its own");
    for ((_, path), operation) in description.operations() {
        let named: BTreeSet<_> = [&description.document["paths"][&path], operation]
            .into_iter()
            .filter_map(|it| it["parameters"].as_array())
            .flatten()
            .map(|parameter| description.resolved(parameter))
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let in_path: BTreeSet<_> =
            path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
        assert_eq!(named, in_path, "{path}");
    }
}

#[tokio::test]
async fn every_error_code_is_described_at_its_status() {
    let app = TestApp::start().await;
    let description = Description::of(&app).await;
    let source = rooms().into_iter().find(|(_, file, _)| file.ends_with("src/error.rs")).unwrap().2;
    let variants = source.split("pub enum Code {").nth(1).unwrap().split('}').next().unwrap();
    let variants: Vec<&str> = variants
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .map(|line| line.trim_end_matches(','))
        .collect();
    let mut names = BTreeSet::new();
    for variant in variants {
        let name = variant.chars().fold(String::new(), |name, c| {
            let gap = if c.is_uppercase() && !name.is_empty() { "_" } else { "" };
            name + gap + &c.to_ascii_uppercase().to_string()
        });
        let code: Code = serde_json::from_value(json!(name)).unwrap();
        // Only the browser half creates this code.
        if code != Code::Offline {
            names.insert((code.status().to_string(), name));
        }
    }
    let responses = description.document["components"]["responses"].as_object().unwrap();
    let mut described = BTreeSet::new();
    for (status, response) in responses {
        let code = &response["content"]["application/json"]["schema"]["properties"]["code"];
        for name in code["enum"].as_array().into_iter().flatten() {
            described.insert((status.clone(), name.as_str().unwrap().to_owned()));
        }
    }
    assert_eq!(described, names);
    let for_people = include_str!("../../docs/API.md");
    for (status, name) in names {
        let row = for_people.lines().find(|line| line.starts_with(&format!("| {status} |")));
        assert!(row.is_some_and(|row| row.contains(&format!("`{name}`"))), "docs/API.md: {name}");
    }
}

#[tokio::test]
async fn described_limits_and_choices_match_the_code() {
    let app = TestApp::start().await;
    let description = Description::of(&app).await;
    let schemas = &description.document["components"]["schemas"];
    let or_nothing = |choices: &[&'static str]| [&[""], choices].concat();
    for (described, real) in [
        (&schemas["MessageText"]["maxLength"], json!(MESSAGE_MAX_CHARS)),
        (&schemas["Title"]["maxLength"], json!(TITLE_MAX_CHARS)),
        (&schemas["Line"]["maxLength"], json!(business::LINE_MAX_CHARS)),
        (&schemas["FreeText"]["maxLength"], json!(business::TEXT_MAX_CHARS)),
        (&schemas["Goals"]["maxItems"], json!(business::MOST_GOALS)),
        (&schemas["Goals"]["items"]["maxLength"], json!(business::GOAL_MAX_CHARS)),
        (&schemas["Size"]["enum"], json!(or_nothing(&business::SIZES))),
        (&schemas["Stage"]["enum"], json!(or_nothing(&business::STAGES))),
        (&schemas["RevenueRange"]["enum"], json!(or_nothing(&business::REVENUE_RANGES))),
        (&schemas["Persona"]["examples"], json!(built_in::all().map(|persona| persona.slug))),
        (&schemas["UsageGroup"]["enum"], json!(GroupBy::ALL.map(GroupBy::slug))),
        (&schemas["Severity"]["enum"], json!(insights::Severity::ALL.map(|it| it.slug()))),
        (&schemas["ModuleSlug"]["maxLength"], json!(insights::MODULE_SLUG_MAX_CHARS)),
        (&schemas["Summary"]["maxLength"], json!(insights::SUMMARY_MAX_CHARS)),
        (&schemas["Highlights"]["maxItems"], json!(insights::MOST_HIGHLIGHTS)),
        (&schemas["Highlights"]["items"]["maxLength"], json!(insights::HIGHLIGHT_MAX_CHARS)),
    ] {
        assert_eq!(*described, real);
    }
}

#[tokio::test]
async fn authentication_and_not_found_are_answered_as_described() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let description = Description::of(&app).await;
    for ((method, path), operation) in description.operations() {
        let real = path.replace("{id}", ABSENT).replace("{persona}", "ceo");
        let open = operation["security"].as_array().is_some_and(Vec::is_empty);
        let name = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let visitor = app.request(name, &real).json(&json!({})).send().await.unwrap();
        assert_eq!(visitor.status() != StatusCode::UNAUTHORIZED, open, "{method} {path}");
        description.holds(&method, &path, visitor).await;
        let known = send(&user, &method, &real).json(&json!({})).send().await.unwrap();
        let answer = description.holds(&method, &path, known).await;
        let message = answer["message"].as_str().unwrap_or_default();
        assert!(!message.ends_with("address."), "{method} {path}: {message}");
    }
}

#[tokio::test]
async fn requests_accept_exactly_the_described_fields() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let description = Description::of(&app).await;
    const UNKNOWN: &str = "There is no field with this name.";
    for ((method, path), operation) in description.operations() {
        let content = operation.get("requestBody").map(|body| &body["content"]);
        let Some(body) = content.and_then(|content| content.get("application/json")) else {
            continue;
        };
        let real = path.replace("{id}", ABSENT).replace("{persona}", "ceo");
        let schema = description.resolved(&body["schema"]);
        assert_eq!(schema["additionalProperties"], false, "{method} {path}");
        let names = schema["properties"].as_object().unwrap().keys().map(String::as_str);
        for name in names.chain(["notDescribed"]) {
            // The value has the wrong type. A described field is refused for its value, the other
            // one as unknown.
            let takes_object = schema["properties"][name]["type"] == "object";
            let wrong = json!({ name: if takes_object { json!([]) } else { json!({}) } });
            let response = send(&user, &method, &real).json(&wrong).send().await.unwrap();
            let answer = description.holds(&method, &path, response).await;
            let reason = answer["details"][name].as_str().unwrap_or_default();
            assert_eq!(reason == UNKNOWN, name == "notDescribed", "{method} {path}: {answer}");
            assert!(!reason.is_empty(), "{method} {path}: {answer}");
        }
    }
}

/// Calls every operation successfully and checks the responses.
#[tokio::test]
async fn responses_match_their_description() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let description = Description::of(&app).await;
    let call = async |method: &str, path: &str, real: &str, body: Value| {
        let request = send(&user, method, real);
        let request = if body.is_null() { request } else { request.json(&body) };
        description.holds(method, path, request.send().await.unwrap()).await
    };
    const CHAT: &str = "/c-suite/{persona}/chat";
    let ask = async |message: &str| {
        let body = json!({ "message": message });
        let events = call("post", CHAT, "/c-suite/cfo/chat", body).await;
        let last = events.as_array().unwrap().last().unwrap().clone();
        (events[0]["data"].clone(), last)
    };

    let (start, last) = ask("Cut by length #tokens=5 #fault=length").await;
    assert_eq!(last["event"], "done");
    let conversation = start["conversationId"].as_str().unwrap();
    let (answer, question) =
        (start["messageId"].as_str().unwrap(), start["userMessageId"].as_str().unwrap());
    for (fault, name) in [("http-401", "error"), ("cut", "error"), ("usage-none", "done")] {
        assert_eq!(ask(&format!("In other ways #tokens=9 #fault={fault}")).await.1["event"], name);
    }
    let again = json!({ "clientRequestId": "0197c0de-0000-7000-8000-0000000000cc" });
    let edit = json!({ "message": "We sell bread. Put differently #tokens=5" });
    for (method, of, name, body) in [
        ("get", answer, "events", Value::Null),
        ("post", answer, "continue", Value::Null),
        ("post", answer, "retry", again),
        ("post", question, "edit", edit),
        ("post", answer, "select", Value::Null),
    ] {
        let (path, real) =
            (format!("/c-suite/messages/{{id}}/{name}"), format!("/c-suite/messages/{of}/{name}"));
        call(method, &path, &real, body).await;
    }

    let running = user.ask_and_leave("Stopped #tokens=500 #speed=50").await.message;
    let stop = format!("/c-suite/messages/{running}/stop");
    call("post", "/c-suite/messages/{id}/stop", &stop, Value::Null).await;
    let events = format!("/c-suite/messages/{running}/events");
    let stopped = call("get", "/c-suite/messages/{id}/events", &events, Value::Null).await;
    assert_eq!(stopped.as_array().unwrap().last().unwrap()["event"], "stopped");

    let of = |template: &str| template.replace("{id}", conversation).replace("{persona}", "cfo");
    for path in [
        "/c-suite/conversations",
        "/c-suite/conversations/{id}",
        "/c-suite/conversations/{id}/messages",
        "/c-suite/{persona}/conversations",
        "/c-suite/{persona}/conversations/{id}",
        "/c-suite/{persona}/conversations/{id}/messages",
        "/c-suite/personas",
        "/c-suite/profile",
        "/healthz",
        "/readyz",
        "/openapi.json",
    ] {
        call("get", path, &of(path), Value::Null).await;
    }
    let all = of("/c-suite/conversations/{id}/messages?all=true");
    let all = call("get", "/c-suite/conversations/{id}/messages", &all, Value::Null).await;
    assert!(all.to_string().contains("\"profileProposal\":{"), "{all}");
    let page = "/c-suite/conversations?limit=1";
    let page = call("get", "/c-suite/conversations", page, Value::Null).await;
    assert!(page["nextCursor"].is_string());
    for group in GroupBy::ALL {
        let real = format!("/c-suite/usage?group={}", group.slug());
        let report = call("get", "/c-suite/usage", &real, Value::Null).await;
        assert!(!report["data"].as_array().unwrap().is_empty(), "{}", group.slug());
    }
    let begun = json!({ "personaType": "cto", "title": "Begun" });
    call("post", "/c-suite/conversations", "/c-suite/conversations", begun).await;
    let path = "/c-suite/conversations/{id}";
    call("patch", path, &of(path), json!({ "pinned": true })).await;
    call("delete", path, &of(path), Value::Null).await;
    let path = "/c-suite/conversations/{id}/restore";
    call("post", path, &of(path), Value::Null).await;
    let found = "/c-suite/conversations/search?q=begun+OR+length";
    call("get", "/c-suite/conversations/search", found, Value::Null).await;
    let found = "/c-suite/conversations/search?q=by+length";
    let found = call("get", "/c-suite/conversations/search", found, Value::Null).await;
    assert!(!found["data"][0]["messages"].as_array().unwrap().is_empty(), "{found}");
    let day = json!({ "date": "2026-11-01", "users": 85, "revenue": 940.5, "metrics": {} });
    for _ in 0..2 {
        call("post", "/c-suite/analytics", "/c-suite/analytics", day.clone()).await;
    }
    user.form("save_metric", "/analytics/metrics", &[("name", "Churn"), ("aggregation", "mean")])
        .await;
    call("get", "/c-suite/analytics/metrics", "/c-suite/analytics/metrics", Value::Null).await;
    let file = "date,sessions,users,conversions,revenue,churn\n2026-11-02,1,2,3,4,0.5\n";
    let import = user.api(Method::POST, "/c-suite/analytics/import");
    let imported = import.header("content-type", "text/csv").body(file).send().await.unwrap();
    description.holds("post", "/c-suite/analytics/import", imported).await;
    let newest = "/c-suite/analytics?limit=1";
    let newest = call("get", "/c-suite/analytics", newest, Value::Null).await;
    assert!(newest["nextCursor"].is_string());
    let day = "/c-suite/analytics/2026-11-01";
    call("delete", "/c-suite/analytics/{date}", day, Value::Null).await;
    let found = json!({ "moduleSlug": "stock-watch", "summary": "Flour runs out on Friday." });
    for _ in 0..2 {
        call("post", "/c-suite/insights", "/c-suite/insights", found.clone()).await;
    }
    let newest = "/c-suite/insights?limit=1";
    let newest = call("get", "/c-suite/insights", newest, Value::Null).await;
    assert!(newest["nextCursor"].is_string());
    let profile =
        json!({ "sells": "Bread", "goals": ["A second shop"], "size": "2–5", "version": 0 });
    call("put", "/c-suite/profile", "/c-suite/profile", profile).await;
    call("put", "/c-suite/profile", "/c-suite/profile", json!({ "version": 0 })).await;

    let described: BTreeSet<Operation> = description.operations().into_keys().collect();
    assert_eq!(*description.succeeded.lock().unwrap(), described, "each was seen to succeed");
}

#[tokio::test]
async fn limits_and_budgets_are_refused_as_described() {
    let app = TestApp::start_with(&[("RATE_LIMIT_API", "2/1m"), ("RATE_LIMIT_CHAT", "2/1m")]).await;
    let user = app.with_member().await;
    let description = Description::of(&app).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let response = user.api(Method::GET, "/c-suite/profile").send().await.unwrap();
        statuses.push(response.status().as_u16());
        description.holds("get", "/c-suite/profile", response).await;
    }
    user.ask("Before there was a budget #tokens=20").await;
    user.form("set_budgets", "/admin/usage", &[("monthly", "0.000001")]).await;
    for _ in 0..2 {
        let response = user.ask_with(json!({ "message": "One more" })).send().await.unwrap();
        statuses.push(response.status().as_u16());
        description.holds("post", "/c-suite/{persona}/chat", response).await;
    }
    assert_eq!(statuses, [200, 200, 429, 402, 429]);
}
