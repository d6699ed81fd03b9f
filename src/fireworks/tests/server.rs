//! A server whose responses a test defines, and which records the requests.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
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
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let inner = Arc::new(Inner { rule: Box::new(rule), seen: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base: Url::parse(&base).unwrap(), inner }
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

/// Returns a complete reply.
pub fn ok() -> Response {
    let body = "data: {\"choices\":[{\"delta\":{\"content\":\"Well.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
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

pub fn redirect(status: u16, location: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("location", location.to_owned())]).into_response()
}
