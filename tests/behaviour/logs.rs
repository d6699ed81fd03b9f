//! The log of a real process: an error's id leads to its cause, and spans carry the context.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use crate::support::{SITE, TestApp};

/// A server process on the data of a `TestApp` that has ended, with its log in a file.
struct Process {
    child: Child,
    /// Read from as long as the process may write to it.
    _output: BufReader<ChildStdout>,
    url: String,
    log: std::path::PathBuf,
}

impl Process {
    fn start(folder: &Path, filter: &str) -> Self {
        let log = folder.join("log");
        let mut child = Command::new(env!("CARGO_BIN_EXE_csuite"))
            .current_dir(folder)
            .env("DATABASE_URL", format!("sqlite:{}", folder.join("test.db").display()))
            .env("SITE_ROOT", SITE)
            .env("ADDR", "127.0.0.1:0")
            .env("RUST_LOG", filter)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let url = format!("http://{}", line.trim().rsplit('/').next().unwrap());
        Self { child, _output: output, url, log }
    }

    async fn call(&self, token: &str, method: Method, path: &str, body: &Value) -> Value {
        let request = reqwest::Client::new().request(method, format!("{}{path}", self.url));
        let response = request.bearer_auth(token).json(body).send().await.unwrap();
        let text = response.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    /// Returns the log lines that contain `text`.
    fn lines(&self, text: &str) -> Vec<Value> {
        let log = std::fs::read_to_string(&self.log).unwrap();
        let lines = log.lines().filter(|line| line.contains(text));
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn drop_table(folder: &Path, table: &'static str) {
    let options = SqliteConnectOptions::new().filename(folder.join("test.db")).foreign_keys(false);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let drop = sqlx::AssertSqlSafe(format!("DROP TABLE {table}"));
    sqlx::query(drop).execute(&mut connection).await.unwrap();
}

/// Returns the field `name` of the span `span` around a log line. Panics if there is no such span.
fn field<'a>(line: &'a Value, span: &str, name: &str) -> &'a Value {
    let spans = line["spans"].as_array().unwrap();
    let found = spans.iter().find(|it| it["name"] == span);
    &found.unwrap_or_else(|| panic!("no span {span} in {line}"))[name]
}

#[tokio::test]
async fn an_error_id_identifies_the_log_line_with_its_cause() {
    let app = TestApp::start().await;
    let token = app.with_member().await.token;
    let folder = app.stop().await;
    for filter in ["info", "error"] {
        let process = Process::start(folder.path(), filter);
        drop_table(folder.path(), if filter == "info" { "conversations" } else { "insights" })
            .await;
        let path = if filter == "info" { "/c-suite/conversations" } else { "/c-suite/insights" };
        let error = process.call(&token, Method::GET, path, &json!({})).await;
        assert_eq!(error["code"], "INTERNAL", "{error}");
        let id = error["requestId"].as_str().unwrap();
        let lines = process.lines(id);
        let cause = lines.iter().find(|line| line["level"] == "ERROR").unwrap();
        assert!(cause["error.cause"].as_str().unwrap().contains("no such table"), "{cause}");
        assert_eq!(field(cause, "request", "request.id"), id);
        assert_eq!(field(cause, "request", "http.route"), path);
        assert!(field(cause, "request", "tenant.id").is_string(), "{cause}");
        assert!(field(cause, "request", "account.id").is_string(), "{cause}");
        assert_eq!(lines.len(), if filter == "info" { 2 } else { 1 }, "{lines:?}");
    }
}

#[tokio::test]
async fn a_failed_reply_is_logged_with_its_request_its_message_and_its_model() {
    let app = TestApp::start().await;
    let token = app.with_member().await.token;
    let folder = app.stop().await;
    let process = Process::start(folder.path(), "info");
    let body = json!({ "message": "Now #fault=cut" });
    process.call(&token, Method::POST, "/c-suite/ceo/chat", &body).await;
    let failed = process.lines("upstream request failed");
    let line = failed.first().unwrap();
    assert_eq!(field(line, "request", "http.route"), "/c-suite/{persona}/chat");
    assert_eq!(field(line, "reply", "persona"), "ceo");
    assert!(
        field(line, "reply", "message.id").is_string() && field(line, "reply", "model").is_string()
    );
}
