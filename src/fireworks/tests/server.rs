//! Model servers for tests: one whose responses a test defines and which records the requests, and one that sends bytes.
//! The behaviour tests use them too (`tests/behaviour/main.rs`).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

/// Returns the response to a request, given its body and the number of earlier requests.
type Rule = Box<dyn Fn(&Value, usize) -> Response + Send + Sync>;

pub struct Server {
    pub base: Url,
    inner: Arc<Inner>,
}

struct Inner {
    rule: Rule,
    seen: Mutex<Vec<Seen>>,
}

#[derive(Clone)]
pub struct Seen {
    pub headers: HeaderMap,
    pub body: Value,
}

impl Server {
    /// Starts listening on a free port.
    pub async fn start(rule: impl Fn(&Value, usize) -> Response + Send + Sync + 'static) -> Self {
        let (listener, base) = listen().await;
        let inner = Arc::new(Inner { rule: Box::new(rule), seen: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, inner }
    }

    /// Returns all requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.inner.seen.lock().unwrap().clone()
    }

    /// Returns the bodies of all requests so far.
    pub fn bodies(&self) -> Vec<Value> {
        self.seen().into_iter().map(|seen| seen.body).collect()
    }
}

async fn answer(State(inner): State<Arc<Inner>>, headers: HeaderMap, bytes: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let number = {
        let mut seen = inner.seen.lock().unwrap();
        seen.push(Seen { headers, body: body.clone() });
        seen.len() - 1
    };
    (inner.rule)(&body, number)
}

/// Listens on a free port. Returns the base URL of an API there.
async fn listen() -> (TcpListener, Url) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    (listener, Url::parse(&base).unwrap())
}

/// Returns a base URL at which nothing listens.
pub async fn nobody() -> Url {
    listen().await.1
}

/// A step of a response that a server writes as raw bytes.
pub enum Step {
    Send(String),
    Wait(Duration),
}

/// Starts a server that does the same to each connection and then closes it, for responses that no HTTP library sends.
pub async fn raw(steps: Vec<Step>) -> Url {
    let (listener, base) = listen().await;
    let steps = Arc::new(steps);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let steps = Arc::clone(&steps);
            tokio::spawn(async move {
                // The client may close the connection at any time.
                let _ = socket.read(&mut vec![0; 65_536]).await;
                for step in steps.iter() {
                    match step {
                        Step::Send(text) => drop(socket.write_all(text.as_bytes()).await),
                        Step::Wait(time) => tokio::time::sleep(*time).await,
                    }
                }
                let _ = socket.shutdown().await;
            });
        }
    });
    base
}

/// Returns a complete reply.
pub fn ok() -> Response {
    events([json!({ "choices": [{ "delta": { "content": "Well." }, "finish_reason": "stop" }] })])
}

/// Returns a reply of these chunks.
pub fn events(chunks: impl IntoIterator<Item = Value>) -> Response {
    let chunks: String = chunks.into_iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    let body = format!("{chunks}data: [DONE]\n\n");
    ([("content-type", "text/event-stream")], body).into_response()
}

/// Returns an error with a JSON body.
pub fn error(status: u16, body: &str) -> Response {
    typed(status, "application/json", body)
}

/// Returns a response with any content type.
pub fn typed(status: u16, content_type: &'static str, body: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("content-type", content_type)], body.to_owned()).into_response()
}
