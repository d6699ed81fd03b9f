//! The prompt of every stored reply can be rebuilt byte for byte, regardless of later changes.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::routing::post;
use axum::{Json, Router};
use csuite::chat::service::replay;
use csuite::platform::db::Db;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApp, Transcript, User};

/// An upstream that records its requests, except those for summaries. Replies with as many words as
/// `#words=` in the last question says, 3 by default, and is cut off if the question contains
/// `#cut`.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Value>>>);

impl Recorder {
    async fn start() -> (Self, String) {
        let recorder = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let router =
            Router::new().route("/v1/chat/completions", post(answer)).with_state(recorder.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (recorder, url)
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn last(&self) -> Value {
        self.0.lock().unwrap().last().unwrap().clone()
    }
}

async fn answer(
    State(recorder): State<Recorder>,
    Json(body): Json<Value>,
) -> Sse<impl futures_util::Stream<Item = Result<Event, Infallible>>> {
    let messages = body["messages"].as_array().unwrap();
    let is_summary = messages[0]["content"].as_str().unwrap().starts_with("You keep the memory");
    let question = messages.iter().rev();
    let mut question =
        question.filter(|m| m["role"] == "user").map(|m| m["content"].as_str().unwrap());
    let question = question.find(|q| !q.starts_with("Your last message")).unwrap().to_owned();
    let (text, reason) = if is_summary {
        ("They spoke of bread.".to_owned(), "stop")
    } else {
        let number = {
            let mut asked = recorder.0.lock().unwrap();
            asked.push(body);
            asked.len()
        };
        let words = question.split_once("#words=").map_or(3, |(_, rest)| rest.parse().unwrap());
        let text = (0..words).map(|n| format!("word{n} of {number}, ")).collect();
        (text, if question.contains("#cut") { "length" } else { "stop" })
    };
    let events = [
        json!({"choices": [{"index": 0, "delta": {"content": text}}]}).to_string(),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}],
               "usage": {"prompt_tokens": 9, "completion_tokens": 9}})
        .to_string(),
        "[DONE]".to_owned(),
    ];
    Sse::new(futures_util::stream::iter(events.map(|data| Ok(Event::default().data(data)))))
}

/// Asks questions and keeps the request of each reply.
struct Sent<'a> {
    user: &'a User<'a>,
    recorder: &'a Recorder,
    by_message: HashMap<String, Value>,
}

impl Sent<'_> {
    async fn post(&mut self, path: &str, body: Value) -> Transcript {
        let before = self.recorder.count();
        let response = self.user.api(Method::POST, path).json(&body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let transcript = Transcript::read(response).await;
        assert_eq!(self.recorder.count(), before + 1);
        self.by_message.insert(transcript.started().message, self.recorder.last());
        transcript
    }

    async fn ask(
        &mut self,
        persona: &str,
        conversation: Option<&str>,
        message: &str,
    ) -> Transcript {
        let body = json!({ "message": message, "conversationId": conversation });
        self.post(&format!("/c-suite/{persona}/chat"), body).await
    }

    async fn again(&mut self, message: &str, what: &str, body: Value) -> Transcript {
        self.post(&format!("/c-suite/messages/{message}/{what}"), body).await
    }
}

async fn measure(user: &User<'_>, day: Value) {
    let saved = user.api(Method::POST, "/c-suite/analytics").json(&day).send().await.unwrap();
    assert!(saved.status().is_success(), "{}", saved.text().await.unwrap());
}

/// A small context, so that prompts must omit history and facts.
const SMALL: [(&str, &str); 3] = [
    ("FIREWORKS_CONTEXT_TOKENS", "4096"),
    ("FIREWORKS_MAX_TOKENS", "500"),
    ("FIREWORKS_FALLBACK_MODEL", ""),
];

#[tokio::test]
async fn every_prompt_of_a_conversation_is_rebuilt_byte_for_byte() {
    let (recorder, url) = Recorder::start().await;
    let mut settings = SMALL.to_vec();
    settings.push(("FIREWORKS_BASE_URL", &url));
    let app = TestApp::start_with(&settings).await;
    let user = app.with_member().await;
    let mut sent = Sent { user: &user, recorder: &recorder, by_message: HashMap::new() };
    let about = "Families within a mile, who come on foot and pay in cash. ".repeat(30);
    user.tell(json!({ "industry": "Bakery", "goals": ["A second shop", "Less waste"] })).await;

    let first = sent.ask("ceo", None, "First").await;
    let conversation = first.started().conversation;
    let question = first.0[0].data["userMessageId"].as_str().unwrap().to_owned();
    user.tell(json!({ "industry": "Bakery and café", "customers": about })).await;
    measure(&user, json!({ "date": "2026-11-01", "revenue": 1850.5, "sessions": 310 })).await;
    for n in 0..7 {
        sent.ask("ceo", Some(&conversation), &format!("Then {n} #words=200")).await;
    }
    let cut = sent.ask("ceo", Some(&conversation), "Long #cut #words=40").await;
    let rest = sent.again(&cut.started().message, "continue", json!({})).await;
    sent.again(&rest.started().message, "continue", json!({})).await;
    sent.again(&rest.started().message, "retry", json!({})).await;
    sent.ask("ceo", Some(&conversation), "After it #words=5").await;
    user.tell(json!({ "industry": "Café", "challenges": about.repeat(2) })).await;
    sent.again(&cut.started().message, "retry", json!({})).await;
    sent.again(&question, "edit", json!({ "message": "First, in other words" })).await;
    sent.again(&first.started().message, "retry", json!({})).await;
    sent.ask("cfo", None, "The same to another adviser").await;
    user.tell(json!({ "competitors": about.repeat(2), "sells": about, "tone": about })).await;
    sent.ask("cto", None, "With facts left out").await;

    assert_eq!(sent.by_message.len(), 18);
    let db = Db::open_sqlite(&app.database()).await.unwrap();
    let (mut trimmed, mut left_out) = (0, 0);
    for (message, body) in &sent.by_message {
        let again = replay(&db, message).await.unwrap();
        assert_eq!(serde_json::to_value(&again.prompt.messages).unwrap(), body["messages"]);
        assert_eq!(again.model, body["model"].as_str().unwrap());
        assert_eq!(again.temperature, body["temperature"].as_f64().unwrap() as f32);
        assert_eq!(json!(again.max_tokens), body["max_tokens"]);
        trimmed += usize::from(again.prompt.cut.upto.is_some());
        left_out += again.prompt.cut.facts_left_out.len();
    }
    assert!(
        trimmed > 0 && left_out > 0,
        "{trimmed} prompts were trimmed, {left_out} facts left out"
    );
}

/// Runs `csuite replay`. Returns whether it succeeded, and its stdout if it did, else its stderr.
async fn command(app: &TestApp, url: &str, arguments: &[&str]) -> (bool, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_csuite"));
    command
        .arg("replay")
        .args(arguments)
        .current_dir(app.folder.path())
        .env("FIREWORKS_BASE_URL", url)
        .env("DATABASE_URL", format!("sqlite:{}", app.database().display()));
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn the_command_prints_the_prompt_and_sends_it_again() {
    let (recorder, url) = Recorder::start().await;
    let app = TestApp::start_with(&[("FIREWORKS_BASE_URL", &url)]).await;
    let user = app.with_member().await;
    let asked = user.ask("Where do we stand?").await.started();
    let body = recorder.last();
    let (done, printed) = command(&app, &url, &[&asked.message]).await;
    assert!(done, "{printed}");
    for message in body["messages"].as_array().unwrap() {
        let content = message["content"].as_str().unwrap();
        let role = message["role"].as_str().unwrap();
        assert!(printed.contains(&format!("=== {role} ===\n{content}\n")), "{printed}");
    }
    assert_eq!(recorder.count(), 1, "nobody was asked");

    let before = user.get_json("/c-suite/usage?group=day").await;
    let (done, printed) = command(&app, &url, &[&asked.message, "--send"]).await;
    assert!(done && printed.contains("nothing of this is stored"), "{printed}");
    assert!(printed.contains("-word0 of 1, word1 of 1, word2 of 1,"), "{printed}");
    assert!(printed.contains("+word0 of 2, word1 of 2, word2 of 2,"), "{printed}");
    let mut again = recorder.last();
    for body in [&mut again, &mut body.clone()] {
        body.as_object_mut().unwrap().remove("user");
    }
    assert_eq!(again["messages"], body["messages"]);
    assert_eq!(again["temperature"], body["temperature"]);
    assert_eq!(user.get_json("/c-suite/usage?group=day").await, before);
}

#[tokio::test]
async fn a_prompt_that_cannot_be_rebuilt_says_why() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let asked = user.ask("Once").await.started();
    let run = async |id: &str| {
        let (done, said) = command(&app, "", &[id]).await;
        assert!(!done, "{said}");
        said
    };
    assert!(run("nonsense").await.contains("is not a message id"));
    assert!(run("0197c0de-dead-7000-8000-000000000000").await.contains("no reply has this id"));
    let change = async |sql: &'static str| {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(app.database());
        let mut conn =
            <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    };
    change("UPDATE messages SET content = 'Twice' WHERE role = 'user'").await;
    assert!(run(&asked.message).await.contains("is not the one that was sent"));
    change("UPDATE messages SET prompt_version = '2026-10-1' WHERE role = 'assistant'").await;
    let said = run(&asked.message).await;
    assert!(said.contains("template 2026-10-1") && said.contains("this program builds"), "{said}");
    change("UPDATE messages SET prompt_digest = NULL WHERE role = 'assistant'").await;
    assert!(run(&asked.message).await.contains("older than stored prompts"));
    let path = format!("/c-suite/conversations/{}", asked.conversation);
    user.api(Method::DELETE, &path).send().await.unwrap();
    assert!(run(&asked.message).await.contains("deleted with its conversation"));
}

#[test]
fn a_command_without_a_database_says_so_and_creates_none() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("deep").join("none.db");
    for arguments in [
        &["replay", "0197c0de-0000-7000-8000-000000000000"][..],
        &["token", "create", "--email", "robin@business.example"],
    ] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_csuite"));
        command
            .args(arguments)
            .current_dir(folder.path())
            .env("DATABASE_URL", format!("sqlite:{}", absent.display()));
        let output = command.output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && output.stdout.is_empty(), "{told}");
        assert!(told.contains("there is no database") && told.contains("DATABASE_URL"), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
    }
}
